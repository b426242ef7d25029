//! Acknowledges a Finding: no further notices about this occurrence.

use super::intent::{ActionResult, Intent, Progress, Record};
use super::{Command, CommandError, Context, Objects, Stored};
use crate::api::{Acknowledgement, Finding, FindingAcknowledgement, Phase, Subject, SubjectState};
use crate::domain::printable::printable;
use crate::domain::refusal::Refusal;
pub(super) use crate::domain::transition::VERB_ACKNOWLEDGE;
use crate::runtime::clock::now;
use crate::runtime::field_managers;
use crate::runtime::write::{WriteError, call};
use crate::views::{self, FindingView, Resources};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::api::{Patch, PatchParams};
use kube::{Api, ResourceExt as _};
use serde_json::json;
use std::collections::BTreeMap;

/// Longest note, in bytes.
pub const NOTE_MAX: usize = 1024;
/// Attempts to write against concurrent edits of the Finding.
const ATTEMPTS_MAX: usize = 5;

/// A note that is not blank and not too long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note(String);

/// Acknowledges one Finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledge {
    finding: String,
    note: Option<Note>,
}

/// The Finding as the API server returned it.
#[derive(Debug)]
enum Written {
    /// With the new acknowledgement.
    New(Finding),
    /// It was already acknowledged.
    Unchanged(Finding),
}

/// What the Action of an acknowledgement says.
struct Wanted {
    finding: String,
    by: String,
    note: Option<String>,
    at: Timestamp,
    action: String,
}

/// What to do about the acknowledgement that the Finding has now.
#[derive(Debug, PartialEq)]
enum Step {
    Write,
    Keep,
    Conflict,
}

impl Note {
    /// A note from text, without control characters; `None` where it is blank. Invalid above [`NOTE_MAX`] bytes.
    pub fn parse(text: &str) -> Result<Option<Note>, CommandError> {
        let text = printable(text);
        if text.len() > NOTE_MAX {
            return Err(CommandError::invalid("note", format!("{} bytes, at most {NOTE_MAX}", text.len())));
        }
        Ok((!text.trim().is_empty()).then(|| Note(text.into_owned())))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Acknowledge {
    /// NotFound unless a Finding of this name is cached: only the name of an existing object may become part of a request path
    /// at the API server.
    pub fn new(resources: &Resources, finding: &str, note: Option<Note>) -> Result<Acknowledge, CommandError> {
        if resources.finding(finding).is_none() {
            return Err(CommandError::no_such("Finding", finding));
        }
        Ok(Acknowledge { finding: finding.to_string(), note })
    }
}

impl Command for Acknowledge {
    type Output = FindingView;

    /// Writes the acknowledgement into the spec, from where the operator copies it to the status, and returns the Finding as it
    /// will be then. The first person to acknowledge stays; only they can change their note. A resolved Finding is a Conflict, and
    /// TooMany where the caller gave too many commands.
    async fn execute(
        self,
        context: &Context,
        earlier: Option<Intent>,
        stored: &Stored<FindingView>,
    ) -> Result<FindingView, CommandError> {
        match earlier {
            Some(intent) => Box::pin(again(context, intent, stored)).await,
            None => Box::pin(self.first(context, stored)).await,
        }
    }
}

impl Acknowledge {
    async fn first(self, context: &Context, stored: &Stored<FindingView>) -> Result<FindingView, CommandError> {
        let permit = context.admit(Objects::ONE)?;
        // Of what does not exist no Action is recorded.
        let finding = call(context.api::<Finding>().get(&self.finding)).await?;
        let note = self.note.as_ref().map(|note| context.secrets.redact(note.as_str()).into_owned());
        let subject = Subject { kind: "Finding".into(), name: self.finding };
        let before = SubjectState {
            uid: finding.uid(),
            generation: finding.metadata.generation,
            occurrence: finding.status.as_ref().and_then(|status| status.occurrences),
        };
        let parameters = note.map(|note| BTreeMap::from([("note".to_string(), note)])).unwrap_or_default();
        let intent =
            Intent::begin(&permit, context, Record { verb: VERB_ACKNOWLEDGE, subject, before, parameters }).await?;
        Box::pin(carry_out(context, intent, finding, stored)).await
    }
}

/// Carries a request out of which an Action is recorded, and records the result.
async fn carry_out(
    context: &Context,
    mut intent: Intent,
    finding: Finding,
    stored: &Stored<FindingView>,
) -> Result<FindingView, CommandError> {
    let written = write(context, &Wanted::of(&intent), finding).await;
    let (view, result) = match written {
        Ok(Written::New(finding)) => (Ok(view_of(context, &intent, finding)), ActionResult::Done),
        Ok(Written::Unchanged(finding)) => (Ok(view_of(context, &intent, finding)), ActionResult::Unchanged),
        Err(error @ CommandError::Unavailable { .. }) => match look_again(context, &intent).await {
            Some((Made::Yes, Some(finding))) => (Ok(view_of(context, &intent, finding)), ActionResult::Done),
            Some((Made::No, _)) => (Err(error.clone()), ActionResult::Refused(error.refusal())),
            // It stays without a result, and is completed once the API can be read.
            _ => return Err(error),
        },
        Err(error) => (Err(error.clone()), ActionResult::Refused(error.refusal())),
    };
    intent.end(context, &result, stored(&view)).await;
    view
}

/// After a write whose outcome is not known: whether the change was made, and the Finding; `None` where it can't be read.
async fn look_again(context: &Context, intent: &Intent) -> Option<(Made, Option<Finding>)> {
    let finding = call(context.api::<Finding>().get_opt(&intent.action.spec.subject.name)).await.ok()?;
    Some((was_made(intent, finding.as_ref()), finding))
}

/// Answers a request whose Action has no response: carries it out where that was not done.
async fn again(
    context: &Context,
    mut intent: Intent,
    stored: &Stored<FindingView>,
) -> Result<FindingView, CommandError> {
    match intent.progress() {
        Progress::Begun => Box::pin(complete(context, intent, stored)).await,
        Progress::Refused => {
            context.admit(Objects::ONE)?;
            let finding = call(context.api::<Finding>().get(&intent.action.spec.subject.name)).await?;
            if !is_same_occurrence(&intent, &finding) {
                let view = Err(ended());
                intent.answer(context, stored(&view)).await;
                return view;
            }
            Box::pin(carry_out(context, intent, finding, stored)).await
        }
        Progress::Done => {
            let finding = call(context.api::<Finding>().get(&intent.action.spec.subject.name)).await?;
            let view = Ok(view_of(context, &intent, finding));
            intent.answer(context, stored(&view)).await;
            view
        }
        Progress::Unknown => Err(not_known(&intent)),
    }
}

/// Completes an Action that was left without a result: where the change was made, with its result; else the change is made now. An
/// error says why it was not made.
pub(super) async fn complete(
    context: &Context,
    mut intent: Intent,
    stored: &Stored<FindingView>,
) -> Result<FindingView, CommandError> {
    let finding = call(context.api::<Finding>().get_opt(&intent.action.spec.subject.name)).await?;
    match (was_made(&intent, finding.as_ref()), finding) {
        (Made::Yes, Some(finding)) => {
            let view = Ok(view_of(context, &intent, finding));
            intent.end(context, &ActionResult::Done, stored(&view)).await;
            view
        }
        (Made::No, Some(finding)) => Box::pin(carry_out(context, intent, finding, stored)).await,
        (Made::Ended, _) => {
            let error = ended();
            let view = Err(error.clone());
            intent.end(context, &ActionResult::Refused(error.refusal()), stored(&view)).await;
            view
        }
        _ => {
            let error = not_known(&intent);
            let result = ActionResult::Unknown(error.refusal());
            intent.end(context, &result, stored(&Err(error.clone()))).await;
            Err(error)
        }
    }
}

/// The Finding as it will be, where its acknowledgement may be the one of this Action.
fn view_of(context: &Context, intent: &Intent, finding: Finding) -> FindingView {
    let action = finding.spec.acknowledgement.as_ref().and_then(|a| a.action.as_deref());
    let is_of_this = action == Some(intent.name().as_str());
    context.resources.finding_view(&expected(finding, is_of_this))
}

fn ended() -> CommandError {
    CommandError::Conflict(Refusal::ResolvedMeanwhile)
}

/// Whether the occurrence that was to be acknowledged has not ended.
fn is_same_occurrence(intent: &Intent, finding: &Finding) -> bool {
    let before = intent.action.spec.before.as_ref();
    let occurrence = finding.status.as_ref().and_then(|status| status.occurrences);
    before.is_some_and(|before| before.uid == finding.metadata.uid && before.occurrence == occurrence)
}

fn not_known(intent: &Intent) -> CommandError {
    CommandError::Conflict(Refusal::AcknowledgementUnknown { finding: intent.action.spec.subject.name.clone() })
}

/// Whether the change of an Action was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Made {
    Yes,
    No,
    /// It was not, and the occurrence that was to be acknowledged has ended.
    Ended,
    Unknown,
}

/// Each change of the spec counts the generation up: where that is what it was, nothing was written.
fn was_made(intent: &Intent, finding: Option<&Finding>) -> Made {
    let (name, Some(before)) = (intent.name(), &intent.action.spec.before) else { return Made::Unknown };
    let Some(finding) = finding.filter(|finding| finding.metadata.uid == before.uid) else { return Made::Unknown };
    let status = finding.status.as_ref();
    let in_spec = finding.spec.acknowledgement.as_ref().and_then(|a| a.action.as_ref());
    let in_status = status.and_then(|status| status.acknowledgement.as_ref()).and_then(|a| a.action.as_ref());
    if [in_spec, in_status].contains(&Some(&name)) {
        Made::Yes
    } else if finding.metadata.generation.is_none() || finding.metadata.generation != before.generation {
        Made::Unknown
    } else if is_same_occurrence(intent, finding) {
        Made::No
    } else {
        Made::Ended
    }
}

impl Wanted {
    fn of(intent: &Intent) -> Wanted {
        let spec = &intent.action.spec;
        Wanted {
            finding: spec.subject.name.clone(),
            by: spec.actor.name.clone(),
            note: spec.parameters.get("note").cloned(),
            at: intent.began_at(),
            action: intent.name(),
        }
    }
}

/// `finding` is as it was read.
async fn write(context: &Context, wanted: &Wanted, mut finding: Finding) -> Result<Written, CommandError> {
    let api: Api<Finding> = context.api();
    let params = PatchParams { field_manager: Some(field_managers::FACADE.into()), ..Default::default() };
    let (id, note) = (&wanted.finding, wanted.note.as_deref());
    let mut first_read: Option<Option<Acknowledgement>> = None;
    for _ in 0..ATTEMPTS_MAX {
        if views::phase(&finding) == Some(Phase::Resolved) {
            return Err(CommandError::Conflict(Refusal::NothingToAcknowledge { finding: id.clone() }));
        }
        match next_step(finding.spec.acknowledgement.as_ref(), first_read.as_ref(), &wanted.by, note) {
            Step::Keep => return Ok(Written::Unchanged(finding)),
            Step::Conflict => {
                return Err(CommandError::Conflict(Refusal::AcknowledgementChanged));
            }
            Step::Write => {}
        }
        let acknowledgement =
            json!({"by": wanted.by, "note": note, "at": wanted.at.to_string(), "action": wanted.action});
        let patch = json!({
            "metadata": {"resourceVersion": finding.resource_version()},
            "spec": {"acknowledgement": acknowledgement},
        });
        first_read.get_or_insert(finding.spec.acknowledgement.take());
        match call(api.patch(id, &params, &Patch::Merge(patch))).await {
            Ok(written) => return Ok(Written::New(written)),
            Err(WriteError::Conflict) => finding = call(api.get(id)).await?,
            Err(error) => return Err(error.into()),
        }
    }
    Err(CommandError::Conflict(Refusal::KeepsChanging { kind: "Finding".into() }))
}

/// `current` is the acknowledgement now, `first_read` the one of the first attempt, if this is not the first.
fn next_step(
    current: Option<&Acknowledgement>,
    first_read: Option<&Option<Acknowledgement>>,
    name: &str,
    note: Option<&str>,
) -> Step {
    let is_wanted = |a: &Acknowledgement| a.by == name && (note.is_none() || a.note.as_deref() == note);
    match current {
        Some(acknowledgement) if is_wanted(acknowledgement) => Step::Keep,
        // Another person was faster, and stays.
        Some(acknowledgement) if first_read == Some(&None) && acknowledgement.by != name => Step::Keep,
        _ if first_read.is_some_and(|first| first.as_ref() != current) => Step::Conflict,
        Some(acknowledgement) if acknowledgement.by != name => Step::Keep,
        _ => Step::Write,
    }
}

/// The Finding as it will be once the operator has copied the acknowledgement; `is_new` where this caller has just written it.
fn expected(mut finding: Finding, is_new: bool) -> Finding {
    let (Some(status), Some(written)) = (&mut finding.status, finding.spec.acknowledgement.clone()) else {
        return finding;
    };
    if status.acknowledgement.is_none() || is_new {
        status.phase = Some(Phase::Acknowledged);
        status.acknowledgement = Some(FindingAcknowledgement {
            by: written.by,
            note: written.note,
            at: written.at.unwrap_or_else(|| Time(now())),
            action: written.action,
            occurrence: status.occurrences.unwrap_or(1),
            manager: is_new.then(|| field_managers::FACADE.into()),
            proven: is_new,
        });
    }
    finding
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by(name: &str, note: &str) -> Option<Acknowledgement> {
        Some(Acknowledgement { by: name.into(), note: Some(note.into()), at: None, action: None })
    }

    #[test]
    fn a_note_has_no_control_characters() {
        let note = Note::parse("seen\u{1b}[2J\r\nby me").unwrap().unwrap();
        assert_eq!(note.as_str(), "seen\u{fffd}[2J\nby me");
    }

    #[test]
    fn the_first_to_acknowledge_stays_and_a_concurrent_change_is_a_conflict() {
        let cases = [
            (None, None, None, Step::Write),
            (by("ana", "x"), None, None, Step::Keep),
            (by("ana", "x"), None, Some("x"), Step::Keep),
            (by("ana", "x"), None, Some("y"), Step::Write),
            (by("rui", "x"), None, Some("y"), Step::Keep),
            (None, Some(None), Some("y"), Step::Write),
            (by("rui", "x"), Some(None), Some("y"), Step::Keep),
            (by("rui", "x"), Some(by("eva", "x")), Some("y"), Step::Conflict),
            (by("ana", "y"), Some(None), Some("y"), Step::Keep),
            (None, Some(by("ana", "x")), Some("y"), Step::Conflict),
        ];
        for (current, first_read, note, expected) in cases {
            let step = next_step(current.as_ref(), first_read.as_ref(), "ana", note);
            assert_eq!(step, expected, "{current:?} {first_read:?} {note:?}");
        }
    }
}
