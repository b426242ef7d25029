//! Acknowledges a Finding: no further notices about this occurrence.

use super::action::{ActionResult, Record};
use super::{CommandError, Context, Objects};
use crate::api::{Acknowledgement, Finding, FindingAcknowledgement, Phase};
use crate::domain::printable::printable;
use crate::runtime::clock::now;
use crate::runtime::field_managers;
use crate::runtime::write::{WriteError, call};
use crate::views::{self, FindingView, Resources};
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
enum Written {
    /// With the new acknowledgement.
    New(Finding),
    /// It was already acknowledged.
    Unchanged(Finding),
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

    /// Writes the acknowledgement into the spec, from where the operator copies it to the status, and returns the Finding as it
    /// will be then. The first person to acknowledge stays; only they can change their note. A resolved Finding is a Conflict, and
    /// TooMany where the caller gave too many commands.
    pub async fn execute(self, context: &Context) -> Result<FindingView, CommandError> {
        let permit = context.admit(Objects::ONE)?;
        let note = self.note.as_ref().map(|note| context.secrets.redact(note.as_str()));
        let note = note.as_deref();
        let parameters = note.map(|note| BTreeMap::from([("note".to_string(), note.to_string())])).unwrap_or_default();
        let record = Record { verb: "acknowledge", kind: "Finding", name: &self.finding, parameters };
        let finding = match write(context, &self.finding, note).await {
            Ok(Written::New(finding)) => {
                record.succeeded(&permit, context, ActionResult::Done).await;
                expected(finding, true)
            }
            Ok(Written::Unchanged(finding)) => {
                record.succeeded(&permit, context, ActionResult::Unchanged).await;
                expected(finding, false)
            }
            Err(error) => {
                record.failed(&permit, context, &error).await;
                return Err(error);
            }
        };
        Ok(context.resources.finding_view(&finding))
    }
}

async fn write(context: &Context, id: &str, note: Option<&str>) -> Result<Written, CommandError> {
    let api: Api<Finding> = context.api();
    let params = PatchParams { field_manager: Some(field_managers::FACADE.into()), ..Default::default() };
    let name = &context.caller.name;
    let at = now();
    let mut first_read: Option<Option<Acknowledgement>> = None;
    for _ in 0..ATTEMPTS_MAX {
        let finding = call(api.get(id)).await?;
        if views::phase(&finding) == Some(Phase::Resolved) {
            return Err(CommandError::Conflict(format!("{id} is resolved: there is nothing to acknowledge")));
        }
        match next_step(finding.spec.acknowledgement.as_ref(), first_read.as_ref(), name, note) {
            Step::Keep => return Ok(Written::Unchanged(finding)),
            Step::Conflict => {
                let message = "the acknowledgement was changed at the same time: read the Finding again";
                return Err(CommandError::Conflict(message.into()));
            }
            Step::Write => {}
        }
        let patch = json!({
            "metadata": {"resourceVersion": finding.resource_version()},
            "spec": {"acknowledgement": {"by": name, "note": note, "at": at.to_string()}},
        });
        first_read.get_or_insert(finding.spec.acknowledgement);
        match call(api.patch(id, &params, &Patch::Merge(patch))).await {
            Ok(written) => return Ok(Written::New(written)),
            Err(WriteError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(CommandError::Conflict("the Finding keeps changing: try again".into()))
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
        Some(Acknowledgement { by: name.into(), note: Some(note.into()), at: None })
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
            (by("rui", "x"), Some(None), Some("y"), Step::Conflict),
            (by("ana", "y"), Some(None), Some("y"), Step::Keep),
            (None, Some(by("ana", "x")), Some("y"), Step::Conflict),
        ];
        for (current, first_read, note, expected) in cases {
            let step = next_step(current.as_ref(), first_read.as_ref(), "ana", note);
            assert_eq!(step, expected, "{current:?} {first_read:?} {note:?}");
        }
    }
}
