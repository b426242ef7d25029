//! Takes a Finding over: says who works on it. It is no acknowledgement, and notices go on.

use super::change::{self, Change, Made, Step};
use super::intent::{ActionResult, Intent};
use super::{Command, CommandError, Context, Stored, finding};
use crate::api::{Finding, FindingOwner};
use crate::domain::owner::VERB_TAKE_OVER;
use crate::domain::refusal::Refusal;
use crate::runtime::clock::now;
use crate::runtime::field_managers;
use crate::views::{FindingView, Resources};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use serde_json::{Value, json};

/// The parameter of its Actions, and of those that release: the person whose Finding it was.
pub(super) const FROM: &str = "from";

/// Makes the caller the owner of one Finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakeOver {
    finding: String,
    /// The owner that the caller saw; `Some(None)` where they saw none.
    seen: Option<Option<String>>,
}

/// How it is written.
struct Taken;

impl TakeOver {
    /// NotFound unless a Finding of this name is cached. `seen` is the owner that the caller saw, where that is known: another one since is a Conflict.
    pub fn new(resources: &Resources, name: &str, seen: Option<Option<String>>) -> Result<TakeOver, CommandError> {
        Ok(TakeOver { finding: finding::known(resources, name)?, seen })
    }
}

impl Command for TakeOver {
    type Output = FindingView;

    /// Writes the owner into the spec, from where the operator copies it to the status, and returns the Finding as it will be then. From
    /// another owner it is taken, unless that one took it at the same time, which is a Conflict. A resolved Finding is a Conflict, and
    /// TooMany where the caller gave too many commands.
    async fn execute(
        self,
        context: &Context,
        earlier: Option<Intent>,
        stored: &Stored<FindingView>,
    ) -> Result<FindingView, CommandError> {
        let seen = self.seen;
        let record = |finding: &Finding| {
            let from = seen.unwrap_or_else(|| owner(finding));
            finding::record(VERB_TAKE_OVER, finding, [(FROM, from)])
        };
        finding::execute(Taken, context, (&self.finding, record), earlier, stored).await
    }
}

/// The owner in the spec.
pub(super) fn owner(finding: &Finding) -> Option<String> {
    finding.spec.owner.as_ref().map(|owner| owner.by.clone())
}

/// Completes an Action that was left without a result: the owner is written now, unless it is another one since.
pub(super) async fn complete(context: &Context, intent: Intent) -> Result<(), CommandError> {
    change::complete(Taken, context, intent).await
}

impl Change for Taken {
    type Object = Finding;
    type View = FindingView;
    const KIND: &'static str = "Finding";

    fn next_step(&mut self, _context: &Context, intent: &Intent, finding: &Finding) -> Step {
        next_step(intent, finding)
    }

    fn made(&self, intent: &Intent, finding: Option<&Finding>) -> Made {
        let action = finding.and_then(|finding| finding.spec.owner.as_ref()).and_then(|owner| owner.action.as_ref());
        if action == Some(&intent.name()) { Made::Yes } else { Made::No }
    }

    fn patch(&self, value: Value) -> Value {
        patch(value)
    }

    fn view(&self, context: &Context, _intent: &Intent, finding: Finding) -> FindingView {
        context.resources.finding_view(&expected(finding), &context.caller.name)
    }
}

/// The merge patch that writes an owner, or removes it.
pub(super) fn patch(value: Value) -> Value {
    json!({ "spec": { "owner": value } })
}

/// Why the owner of a Finding can't be changed any more.
pub(super) fn refusal(intent: &Intent, finding: &Finding) -> Option<Refusal> {
    finding::refusal(intent, finding, |finding| Refusal::NothingToOwn { finding })
}

fn next_step(intent: &Intent, finding: &Finding) -> Step {
    if let Some(refusal) = refusal(intent, finding) {
        return Step::Refuse(CommandError::Conflict(refusal));
    }
    let (name, owner) = (intent.name(), finding.spec.owner.as_ref());
    let actor = &intent.action.spec.actor.name;
    match owner {
        // An earlier attempt wrote it.
        Some(owner) if owner.action.as_ref() == Some(&name) => Step::Keep(ActionResult::Done),
        Some(owner) if owner.by == *actor => Step::Keep(ActionResult::Unchanged),
        _ if owner.map(|owner| owner.by.as_str()) != intent.parameter(FROM) => {
            Step::Refuse(CommandError::Conflict(Refusal::OwnerChanged))
        }
        _ => Step::Write(json!({"by": actor, "at": intent.began_at().to_string(), "action": name})),
    }
}

/// The Finding as it will be once the operator has copied the owner.
fn expected(mut finding: Finding) -> Finding {
    let (Some(status), Some(written)) = (&mut finding.status, finding.spec.owner.clone()) else { return finding };
    let is_copied = status.owner.as_ref().is_some_and(|owner| owner.by == written.by && owner.action == written.action);
    if status.is_active() && !is_copied {
        let is_of_facade = written.action.is_some();
        status.owner = Some(FindingOwner {
            by: written.by,
            at: written.at.unwrap_or_else(|| Time(now())),
            occurrence: status.occurrences.unwrap_or(1),
            action: written.action,
            manager: is_of_facade.then(|| field_managers::FACADE.into()),
            proven: is_of_facade,
        });
    }
    finding
}
