//! Takes the acknowledgement of a Finding back: notices about this occurrence are sent again.

use super::change::{self, Change, Made, Step};
use super::intent::{ActionResult, Intent};
use super::{Command, CommandError, Context, Stored, finding};
use crate::api::{Acknowledgement, Finding, Phase};
use crate::domain::refusal::Refusal;
use crate::views::{FindingView, Resources};
use serde_json::Value;

/// The verb of its Actions.
pub(super) const VERB: &str = "unacknowledge";
/// The parameter of its Actions with the person whose acknowledgement it was.
const BY: &str = "by";

/// Takes the acknowledgement of one Finding back, whichever person gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unacknowledge {
    finding: String,
}

/// How it is written.
struct TakenBack;

impl Unacknowledge {
    /// NotFound unless a Finding of this name is cached.
    pub fn new(resources: &Resources, name: &str) -> Result<Unacknowledge, CommandError> {
        Ok(Unacknowledge { finding: finding::known(resources, name)? })
    }
}

impl Command for Unacknowledge {
    type Output = FindingView;

    /// Removes the acknowledgement from the spec, upon which the operator opens the Finding again, and returns the Finding as it will be
    /// then. One that is not acknowledged stays as it is. A resolved Finding is a Conflict, and TooMany where the caller gave too many
    /// commands.
    async fn execute(
        self,
        context: &Context,
        earlier: Option<Intent>,
        stored: &Stored<FindingView>,
    ) -> Result<FindingView, CommandError> {
        let record = |finding: &Finding| {
            let by = finding.spec.acknowledgement.as_ref().map(|acknowledgement| acknowledgement.by.clone());
            finding::record(VERB, finding, [(BY, by)])
        };
        finding::execute(TakenBack, context, (&self.finding, record), earlier, stored).await
    }
}

/// Completes an Action that was left without a result: the acknowledgement is removed now, unless it is another one since.
pub(super) async fn complete(context: &Context, intent: Intent) -> Result<(), CommandError> {
    change::complete(TakenBack, context, intent).await
}

impl Change for TakenBack {
    type Object = Finding;
    type View = FindingView;
    const KIND: &'static str = "Finding";

    fn next_step(&mut self, _context: &Context, intent: &Intent, finding: &Finding) -> Step {
        next_step(intent, finding)
    }

    fn made(&self, intent: &Intent, finding: Option<&Finding>) -> Made {
        finding::made(finding.map(|finding| next_step(intent, finding)))
    }

    fn view(&self, context: &Context, _intent: &Intent, finding: Finding) -> FindingView {
        view_of(context, finding)
    }
}

fn next_step(intent: &Intent, finding: &Finding) -> Step {
    let ended = |finding| Refusal::AcknowledgementEnded { finding };
    if let Some(refusal) = finding::refusal(intent, finding, ended) {
        return Step::Refuse(CommandError::Conflict(refusal));
    }
    match &finding.spec.acknowledgement {
        // An earlier attempt may have removed it.
        None if intent.parameter(BY).is_some() => Step::Keep(ActionResult::Done),
        None => Step::Keep(ActionResult::Unchanged),
        Some(Acknowledgement { by, .. }) if intent.parameter(BY) == Some(by.as_str()) => Step::Write(Value::Null),
        Some(_) => Step::Refuse(CommandError::Conflict(Refusal::AcknowledgementChanged)),
    }
}

/// The Finding as it will be once the operator has read that the acknowledgement is gone.
fn view_of(context: &Context, mut finding: Finding) -> FindingView {
    if let (Some(status), None) = (&mut finding.status, &finding.spec.acknowledgement)
        && status.is_active()
    {
        status.phase = Some(Phase::Open);
        status.acknowledgement = None;
    }
    context.resources.finding_view(&finding, &context.caller.name)
}
