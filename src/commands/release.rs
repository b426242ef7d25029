//! Releases a Finding: nobody works on it any more.

use super::change::{self, Change, Made, Step};
use super::intent::{ActionResult, Intent};
use super::take_over::{FROM, patch, record, refusal};
use super::{Command, CommandError, Context, Objects, Stored};
use crate::api::Finding;
use crate::domain::owner::VERB_RELEASE;
use crate::domain::refusal::Refusal;
use crate::runtime::write::call;
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
    /// NotFound unless a Finding of this name is cached: only the name of an existing object may become part of a request path
    /// at the API server.
    pub fn new(resources: &Resources, finding: &str) -> Result<Release, CommandError> {
        if resources.finding(finding).is_none() {
            return Err(CommandError::no_such("Finding", finding));
        }
        Ok(Release { finding: finding.to_string() })
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
        let Some(intent) = earlier else {
            let permit = context.admit(Objects::ONE)?;
            // Of what does not exist no Action is recorded.
            let finding = call(context.api::<Finding>().get(&self.finding)).await?;
            let from = finding.spec.owner.as_ref().map(|owner| owner.by.clone());
            let intent = Intent::begin(&permit, context, record(VERB_RELEASE, &finding, from)).await?;
            return Box::pin(change::carry_out(Released, context, intent, finding, stored)).await;
        };
        let finding = call(context.api::<Finding>().get(&self.finding)).await?;
        Box::pin(change::resume(Released, context, intent, finding, stored)).await
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
        let is_gone = finding.is_some_and(|finding| matches!(next_step(intent, finding), Step::Keep(_)));
        if is_gone { Made::Yes } else { Made::No }
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
