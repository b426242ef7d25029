//! Takes the acknowledgement of a Finding back: notices about this occurrence are sent again.

use super::change::{self, Change, Made, Step};
use super::intent::{ActionResult, Intent, Record};
use super::{Command, CommandError, Context, Objects, Stored};
use crate::api::{Acknowledgement, Finding, Phase, Subject, SubjectState};
use crate::domain::refusal::Refusal;
use crate::runtime::write::call;
use crate::views::{self, FindingView, Resources};
use kube::ResourceExt as _;
use serde_json::Value;
use std::collections::BTreeMap;

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
    /// NotFound unless a Finding of this name is cached: only the name of an existing object may become part of a request path
    /// at the API server.
    pub fn new(resources: &Resources, finding: &str) -> Result<Unacknowledge, CommandError> {
        if resources.finding(finding).is_none() {
            return Err(CommandError::no_such("Finding", finding));
        }
        Ok(Unacknowledge { finding: finding.to_string() })
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
        let Some(intent) = earlier else {
            let permit = context.admit(Objects::ONE)?;
            // Of what does not exist no Action is recorded.
            let finding = call(context.api::<Finding>().get(&self.finding)).await?;
            let intent = Intent::begin(&permit, context, record(&finding)).await?;
            return Box::pin(change::carry_out(TakenBack, context, intent, finding, stored)).await;
        };
        let finding = call(context.api::<Finding>().get(&self.finding)).await?;
        Box::pin(change::resume(TakenBack, context, intent, finding, stored)).await
    }
}

fn record(finding: &Finding) -> Record {
    let by = finding.spec.acknowledgement.as_ref().map(|acknowledgement| acknowledgement.by.clone());
    Record {
        verb: VERB,
        subject: Subject { kind: "Finding".into(), name: finding.name_any() },
        before: SubjectState {
            uid: finding.uid(),
            generation: finding.metadata.generation,
            occurrence: finding.status.as_ref().and_then(|status| status.occurrences),
        },
        parameters: by.map(|by| BTreeMap::from([(BY.to_string(), by)])).unwrap_or_default(),
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
        let is_gone = finding.is_some_and(|finding| matches!(next_step(intent, finding), Step::Keep(_)));
        if is_gone { Made::Yes } else { Made::No }
    }

    fn view(&self, context: &Context, _intent: &Intent, finding: Finding) -> FindingView {
        view_of(context, finding)
    }
}

fn next_step(intent: &Intent, finding: &Finding) -> Step {
    let name = &intent.action.spec.subject.name;
    let before = intent.action.spec.before.as_ref();
    let occurrence = finding.status.as_ref().and_then(|status| status.occurrences);
    if before.is_some_and(|before| before.uid != finding.metadata.uid) {
        return Step::Refuse(CommandError::Conflict(Refusal::Recreated { name: name.clone() }));
    }
    if views::phase(finding) == Some(Phase::Resolved) {
        return Step::Refuse(CommandError::Conflict(Refusal::AcknowledgementEnded { finding: name.clone() }));
    }
    if before.is_some_and(|before| before.occurrence != occurrence) {
        return Step::Refuse(CommandError::Conflict(Refusal::OpenedAgain { finding: name.clone() }));
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
