//! Takes the acknowledgement of a Finding back: notices about this occurrence are sent again.

use super::intent::{ActionResult, Intent, Progress, Record};
use super::{Command, CommandError, Context, Objects, Stored};
use crate::api::{Acknowledgement, Finding, Phase, Subject, SubjectState};
use crate::domain::refusal::Refusal;
use crate::runtime::field_managers;
use crate::runtime::write::{WriteError, call};
use crate::views::{self, FindingView, Resources};
use kube::api::{Patch, PatchParams};
use kube::{Api, ResourceExt as _};
use serde_json::json;
use std::collections::BTreeMap;

/// The verb of its Actions.
pub(super) const VERB: &str = "unacknowledge";
/// The parameter of its Actions with the person whose acknowledgement it was.
const BY: &str = "by";
/// Attempts to write against concurrent edits of the Finding.
const ATTEMPTS_MAX: usize = 5;

/// Takes the acknowledgement of one Finding back, whoever gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unacknowledge {
    finding: String,
}

/// The Finding as the API server returned it, and whether this changed it.
struct Written {
    finding: Finding,
    result: ActionResult,
}

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
        let Some(mut intent) = earlier else {
            let permit = context.admit(Objects::ONE)?;
            // Of what does not exist no Action is recorded.
            let finding = call(context.api::<Finding>().get(&self.finding)).await?;
            let intent = Intent::begin(&permit, context, record(&finding)).await?;
            return Box::pin(carry_out(context, intent, finding, stored)).await;
        };
        let finding = call(context.api::<Finding>().get(&self.finding)).await?;
        match intent.progress() {
            Progress::Begun => Box::pin(carry_out(context, intent, finding, stored)).await,
            Progress::Refused => {
                context.admit(Objects::ONE)?;
                Box::pin(carry_out(context, intent, finding, stored)).await
            }
            Progress::Done | Progress::Unknown => {
                let view = Ok(view_of(context, finding));
                intent.answer(context, stored(&view)).await;
                view
            }
        }
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

/// Carries a request out of which an Action is recorded, and records the result. `finding` is as it was read.
async fn carry_out(
    context: &Context,
    mut intent: Intent,
    finding: Finding,
    stored: &Stored<FindingView>,
) -> Result<FindingView, CommandError> {
    let (view, result) = match write(context, &intent, finding).await {
        Ok(Written { finding, result }) => (Ok(view_of(context, finding)), result),
        Err(error @ CommandError::Unavailable { .. }) => {
            match call(context.api::<Finding>().get_opt(&intent.action.spec.subject.name)).await {
                Ok(Some(finding)) if matches!(next_step(&intent, &finding), Step::Keep) => {
                    (Ok(view_of(context, finding)), ActionResult::Done)
                }
                Ok(_) => (Err(error.clone()), ActionResult::Refused(error.refusal())),
                // It stays without a result, and is completed once the API can be read.
                Err(_) => return Err(error),
            }
        }
        Err(error) => (Err(error.clone()), ActionResult::Refused(error.refusal())),
    };
    intent.end(context, &result, stored(&view)).await;
    view
}

/// Completes an Action that was left without a result: the acknowledgement is removed now, unless it is another one since.
pub(super) async fn complete(context: &Context, mut intent: Intent) -> Result<(), CommandError> {
    let name = intent.action.spec.subject.name.clone();
    let Some(finding) = call(context.api::<Finding>().get_opt(&name)).await? else {
        let error = CommandError::NotFound(Refusal::Deleted { name });
        intent.end(context, &ActionResult::Refused(error.refusal()), None).await;
        return Err(error);
    };
    Box::pin(carry_out(context, intent, finding, &|_| None)).await.map(drop)
}

async fn write(context: &Context, intent: &Intent, mut finding: Finding) -> Result<Written, CommandError> {
    let api: Api<Finding> = context.api();
    let name = &intent.action.spec.subject.name;
    let params = PatchParams { field_manager: Some(field_managers::FACADE.into()), ..Default::default() };
    for _ in 0..ATTEMPTS_MAX {
        match next_step(intent, &finding) {
            Step::Refuse(error) => return Err(error),
            Step::Keep => {
                // An earlier attempt may have removed it.
                let was_there = intent.parameter(BY).is_some();
                let result = if was_there { ActionResult::Done } else { ActionResult::Unchanged };
                return Ok(Written { finding, result });
            }
            Step::Write => {}
        }
        let patch = json!({
            "metadata": {"resourceVersion": finding.resource_version()},
            "spec": {"acknowledgement": null},
        });
        match call(api.patch(name, &params, &Patch::Merge(patch))).await {
            Ok(finding) => return Ok(Written { finding, result: ActionResult::Done }),
            Err(WriteError::Conflict) => finding = call(api.get(name)).await?,
            Err(error) => return Err(error.into()),
        }
    }
    Err(CommandError::Conflict(Refusal::KeepsChanging { kind: "Finding".into() }))
}

/// What to do about the Finding as it is now.
enum Step {
    Write,
    /// It has no acknowledgement.
    Keep,
    Refuse(CommandError),
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
        None => Step::Keep,
        Some(Acknowledgement { by, .. }) if intent.parameter(BY) == Some(by.as_str()) => Step::Write,
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
    context.resources.finding_view(&finding)
}
