//! Releases a Finding: nobody works on it any more.

use super::change::{self, Change, Made, Step};
use super::intent::{ActionResult, Intent};
use super::take_over::{FROM, owner, patch, refusal};
use super::{Command, CommandError, Context, Stored, finding};
use crate::api::Finding;
use crate::domain::owner::VERB_RELEASE;
use crate::domain::refusal::Refusal;
use crate::views::{FindingView, Resources};
use serde_json::Value;

/// Releases one Finding, whichever person took it over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    finding: String,
}

/// How it is written.
struct Released;

impl Release {
    /// NotFound unless a Finding of this name is cached.
    pub fn new(resources: &Resources, name: &str) -> Result<Release, CommandError> {
        Ok(Release { finding: finding::known(resources, name)? })
    }
}

impl Command for Release {
    type Output = FindingView;

    /// Removes the owner from the spec, and returns the Finding as it will be once the operator has read that. One that nobody took over
    /// stays as it is. A resolved Finding is a Conflict, and TooMany where the caller gave too many commands.
    async fn execute(
        self,
        context: &Context,
        earlier: Option<Intent>,
        stored: &Stored<FindingView>,
    ) -> Result<FindingView, CommandError> {
        let record = |finding: &Finding| finding::record(VERB_RELEASE, finding, [(FROM, owner(finding))]);
        finding::execute(Released, context, (&self.finding, record), earlier, stored).await
    }
}

/// Completes an Action that was left without a result: the owner is removed now, unless it is another one since.
pub(super) async fn complete(context: &Context, intent: Intent) -> Result<(), CommandError> {
    change::complete(Released, context, intent).await
}

impl Change for Released {
    type Object = Finding;
    type View = FindingView;
    const KIND: &'static str = "Finding";

    fn next_step(&mut self, _context: &Context, intent: &Intent, finding: &Finding) -> Step {
        next_step(intent, finding)
    }

    fn made(&self, intent: &Intent, finding: Option<&Finding>) -> Made {
        finding::made(finding.map(|finding| next_step(intent, finding)))
    }

    fn patch(&self, value: Value) -> Value {
        patch(value)
    }

    fn view(&self, context: &Context, _intent: &Intent, mut finding: Finding) -> FindingView {
        if let (Some(status), None) = (&mut finding.status, &finding.spec.owner)
            && status.is_active()
        {
            status.owner = None;
        }
        context.resources.finding_view(&finding, &context.caller.name)
    }
}

fn next_step(intent: &Intent, finding: &Finding) -> Step {
    if let Some(refusal) = refusal(intent, finding) {
        return Step::Refuse(CommandError::Conflict(refusal));
    }
    match &finding.spec.owner {
        // An earlier attempt may have removed it.
        None if intent.parameter(FROM).is_some() => Step::Keep(ActionResult::Done),
        None => Step::Keep(ActionResult::Unchanged),
        Some(owner) if intent.parameter(FROM) == Some(owner.by.as_str()) => Step::Write(Value::Null),
        Some(_) => Step::Refuse(CommandError::Conflict(Refusal::OwnerChanged)),
    }
}
