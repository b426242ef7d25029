//! Acknowledges a Finding: no further notices about this occurrence.

use super::change::{self, Change, Made, Step};
use super::finding::is_same_occurrence;
use super::intent::{ActionResult, Intent, Progress};
use super::{Command, CommandError, Context, Objects, Stored, finding};
use crate::api::{Acknowledgement, Finding, FindingAcknowledgement, Phase};
use crate::domain::printable::printable;
use crate::domain::refusal::{InvalidInput, Refusal};
pub(super) use crate::domain::transition::VERB_ACKNOWLEDGE;
use crate::runtime::clock::now;
use crate::runtime::field_managers;
use crate::runtime::write::call;
use crate::views::{self, FindingView, Resources};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use serde_json::json;

/// Longest note, in bytes.
pub const NOTE_MAX: usize = 1024;

/// The parameter of its Actions.
pub const NOTE: &str = "note";

/// A note that is not blank and not too long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note(String);

/// Acknowledges one Finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledge {
    finding: String,
    note: Option<Note>,
}

/// How it is written.
#[derive(Default)]
struct OfFinding {
    /// The acknowledgement that was there at the first attempt, once there was one.
    first_read: Option<Option<Acknowledgement>>,
}

/// What to do about the acknowledgement that the Finding has now.
#[derive(Debug, PartialEq)]
enum Choice {
    Write,
    Keep,
    Conflict,
}

impl Note {
    /// A note from text, without control characters; `None` where it is blank. Invalid above [`NOTE_MAX`] bytes.
    pub fn parse(text: &str) -> Result<Option<Note>, CommandError> {
        let text = printable(text);
        if text.len() > NOTE_MAX {
            return Err(CommandError::invalid("note", InvalidInput::TooManyBytes { bytes: text.len(), max: NOTE_MAX }));
        }
        Ok((!text.trim().is_empty()).then(|| Note(text.into_owned())))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Acknowledge {
    /// NotFound unless a Finding of this name is cached.
    pub fn new(resources: &Resources, name: &str, note: Option<Note>) -> Result<Acknowledge, CommandError> {
        Ok(Acknowledge { finding: finding::known(resources, name)?, note })
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
        let record = finding::record(VERB_ACKNOWLEDGE, &finding, [(NOTE, note)]);
        let intent = Intent::begin(&permit, context, record).await?;
        Box::pin(change::carry_out(OfFinding::default(), context, intent, finding, stored)).await
    }
}

impl Change for OfFinding {
    type Object = Finding;
    type View = FindingView;
    const KIND: &'static str = "Finding";

    fn next_step(&mut self, _context: &Context, intent: &Intent, finding: &Finding) -> Step {
        let (spec, current) = (&intent.action.spec, finding.spec.acknowledgement.as_ref());
        if views::phase(finding) == Some(Phase::Resolved) {
            let finding = spec.subject.name.clone();
            return Step::Refuse(CommandError::Conflict(Refusal::NothingToAcknowledge { finding }));
        }
        let note = intent.parameter(NOTE);
        match choose(current, self.first_read.as_ref(), &spec.actor.name, note) {
            Choice::Keep => Step::Keep(ActionResult::Unchanged),
            Choice::Conflict => Step::Refuse(CommandError::Conflict(Refusal::AcknowledgementChanged)),
            Choice::Write => {
                self.first_read.get_or_insert(current.cloned());
                let at = intent.began_at().to_string();
                Step::Write(json!({"by": spec.actor.name, "note": note, "at": at, "action": intent.name()}))
            }
        }
    }

    fn made(&self, intent: &Intent, finding: Option<&Finding>) -> Made {
        was_made(intent, finding)
    }

    fn view(&self, context: &Context, intent: &Intent, finding: Finding) -> FindingView {
        view_of(context, intent, finding)
    }
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
            Box::pin(change::carry_out(OfFinding::default(), context, intent, finding, stored)).await
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
        (Made::No, Some(finding)) => {
            Box::pin(change::carry_out(OfFinding::default(), context, intent, finding, stored)).await
        }
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
    context.resources.finding_view(&expected(finding, is_of_this), &context.caller.name)
}

fn ended() -> CommandError {
    CommandError::Conflict(Refusal::ResolvedMeanwhile)
}

fn not_known(intent: &Intent) -> CommandError {
    CommandError::Conflict(Refusal::AcknowledgementUnknown { finding: intent.action.spec.subject.name.clone() })
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

/// `current` is the acknowledgement now, `first_read` the one of the first attempt, if this is not the first.
fn choose(
    current: Option<&Acknowledgement>,
    first_read: Option<&Option<Acknowledgement>>,
    name: &str,
    note: Option<&str>,
) -> Choice {
    let is_wanted = |a: &Acknowledgement| a.by == name && (note.is_none() || a.note.as_deref() == note);
    match current {
        Some(acknowledgement) if is_wanted(acknowledgement) => Choice::Keep,
        // Another person was faster, and stays.
        Some(acknowledgement) if first_read == Some(&None) && acknowledgement.by != name => Choice::Keep,
        _ if first_read.is_some_and(|first| first.as_ref() != current) => Choice::Conflict,
        Some(acknowledgement) if acknowledgement.by != name => Choice::Keep,
        _ => Choice::Write,
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
            (None, None, None, Choice::Write),
            (by("ana", "x"), None, None, Choice::Keep),
            (by("ana", "x"), None, Some("x"), Choice::Keep),
            (by("ana", "x"), None, Some("y"), Choice::Write),
            (by("rui", "x"), None, Some("y"), Choice::Keep),
            (None, Some(None), Some("y"), Choice::Write),
            (by("rui", "x"), Some(None), Some("y"), Choice::Keep),
            (by("rui", "x"), Some(by("eva", "x")), Some("y"), Choice::Conflict),
            (by("ana", "y"), Some(None), Some("y"), Choice::Keep),
            (None, Some(by("ana", "x")), Some("y"), Choice::Conflict),
        ];
        for (current, first_read, note, expected) in cases {
            let choice = choose(current.as_ref(), first_read.as_ref(), "ana", note);
            assert_eq!(choice, expected, "{current:?} {first_read:?} {note:?}");
        }
    }
}
