//! Why a command was not carried out: a reason with a stable code, and the names and values that its words are made of.

use crate::domain::silence::InputProblem;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The field of the serialized form that has the code.
const CODE: &str = "reason";

/// What is wrong with a field of the input of a command, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvalidInput {
    Blank {
        max: usize,
    },
    TooManyCharacters {
        chars: usize,
        max: usize,
    },
    TooManyBytes {
        bytes: usize,
        max: usize,
    },
    NotAnHour,
    NotAVote,
    Silence(InputProblem),
    /// The end of an acknowledgement is none of those to choose from.
    NotAnEnd {
        value: String,
    },
    /// An end that is not after now.
    IsOver {
        until: Timestamp,
        now: Timestamp,
    },
    KeyReused,
    NumberOfObjects {
        count: usize,
        max: usize,
    },
    NotInThread {
        message: String,
        thread: String,
    },
    NotOfScenario {
        finding: String,
        scenario: String,
    },
    /// What it names can't be used.
    Refused(Refusal),
}

/// Why a command was refused, or why it is not known whether it was carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason")]
pub enum Refusal {
    /// No object of this kind has this name.
    NoSuchObject {
        kind: String,
        name: String,
    },
    /// No Scenario has this name, and some have it as a word of theirs.
    NoSuchScenario {
        name: String,
        /// Their names, with commas between them.
        found: String,
    },
    /// The object was deleted since the request.
    Deleted {
        name: String,
    },
    /// What was to be changed was deleted meanwhile.
    ObjectDeleted,
    /// The Message was stored, and deleted since.
    MessageDeleted,
    /// The Silence was made, and deleted since.
    SilenceDeleted {
        name: String,
    },
    /// Another object with this name is in the place of the one that was asked about.
    Recreated {
        name: String,
    },
    /// The name is that of another object.
    NameTaken {
        kind: String,
        name: String,
    },
    /// Another client changed the object at the same time.
    ChangedAtOnce,
    AcknowledgementChanged,
    /// Another person took the Finding over, or released it.
    OwnerChanged,
    /// The object was changed at the same time again and again.
    KeepsChanging {
        kind: String,
    },
    RequestInProgress,
    StoredResponseChanged,
    /// A person's conversation is closed.
    ThreadClosed {
        thread: String,
    },
    ThreadFull {
        thread: String,
        max: String,
    },
    ThreadDeleted {
        thread: String,
    },
    NotAboutFinding,
    NotAboutScenario,
    /// A command about the Finding of the conversation names another Finding or Scenario.
    NamesAnother {
        name: String,
    },
    /// The Finding is resolved.
    NothingToAcknowledge {
        finding: String,
    },
    AcknowledgementEnded {
        finding: String,
    },
    /// The Finding is resolved: nobody works on it any more.
    NothingToOwn {
        finding: String,
    },
    /// What fixed it is told once the Finding is resolved.
    NotResolved {
        finding: String,
    },
    /// There is no conversation about the last occurrence to keep it in.
    NoThread {
        finding: String,
    },
    /// Nobody can be advised on it any more.
    NothingToAdvise {
        finding: String,
    },
    /// There is nothing to vote on.
    NoAdvice {
        finding: String,
    },
    /// It was resolved before the acknowledgement could be written.
    ResolvedMeanwhile,
    /// Another occurrence began since the request.
    OpenedAgain {
        finding: String,
    },
    NoAcknowledgementNeeded {
        message: String,
    },
    MessageArchived {
        message: String,
    },
    FindingOfMessageResolved {
        message: String,
    },
    ScenarioSuspended {
        scenario: String,
    },
    /// With what its condition Ready says.
    ScenarioNotReady {
        scenario: String,
        why: String,
    },
    /// Running Scenarios needs one of these roles, with commas between them.
    RoleRequired {
        roles: String,
    },
    TooManyCommands {
        seconds: String,
    },
    /// A field of the input, and what would be right, in English.
    InvalidField {
        field: String,
        problem: String,
    },
    /// The Kubernetes API refused the object, in its words.
    RejectedByApi {
        message: String,
    },
    /// The object has a value that this version of the program can't decode.
    Undecodable,
    /// It can't be done now, in English.
    Unavailable {
        message: String,
    },
    /// A reason is missing, or longer than this.
    ReasonLength {
        max: String,
    },
    /// The end of a time in the past is not after its start.
    PastEmpty,
    /// It is not over.
    PastNotOver,
    /// It begins before all history.
    PastTooOld,
    NoRequestTime,
    MessageNotStored,
    SilenceNotMade,
    /// Whether this Finding was acknowledged is not known.
    AcknowledgementUnknown {
        finding: String,
    },
    UnknownVerb {
        verb: String,
    },
}

impl Refusal {
    pub fn no_such(kind: &str, name: &str) -> Refusal {
        Refusal::NoSuchObject { kind: kind.into(), name: name.into() }
    }

    /// Whether the same request may succeed later: what stands in its way passes, or a person corrects it.
    pub fn is_passing(&self) -> bool {
        matches!(
            self,
            Refusal::ChangedAtOnce | Refusal::KeepsChanging { .. } | Refusal::RequestInProgress | Refusal::Undecodable
        )
    }

    /// The code, and the values by name.
    pub fn recorded(&self) -> (Option<String>, BTreeMap<String, String>) {
        let Ok(Value::Object(fields)) = serde_json::to_value(self) else { return (None, BTreeMap::new()) };
        let texts = fields.into_iter().filter_map(|(name, value)| Some((name, value.as_str()?.to_string())));
        let mut values: BTreeMap<String, String> = texts.collect();
        (values.remove(CODE), values)
    }

    /// From a code and its values; `None` of a code that this version does not know, or with other values.
    pub fn parse(code: &str, values: &BTreeMap<String, String>) -> Option<Refusal> {
        let mut fields: Map<String, Value> =
            values.iter().map(|(name, value)| (name.clone(), Value::String(value.clone()))).collect();
        fields.insert(CODE.into(), code.into());
        serde_json::from_value(Value::Object(fields)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_recorded_by_its_code_and_values() {
        for (refusal, code, values) in [
            (Refusal::no_such("Scenario", "none"), "NoSuchObject", vec![("kind", "Scenario"), ("name", "none")]),
            (Refusal::NotAboutFinding, "NotAboutFinding", vec![]),
            (Refusal::RoleRequired { roles: "ops_lead".into() }, "RoleRequired", vec![("roles", "ops_lead")]),
        ] {
            let (recorded, by_name) = refusal.recorded();
            assert_eq!(recorded.as_deref(), Some(code));
            let expected: BTreeMap<_, _> = values.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
            assert_eq!(by_name, expected);
            assert_eq!(Refusal::parse(code, &by_name), Some(refusal));
        }
        assert_eq!(Refusal::parse("OfALaterVersion", &BTreeMap::new()), None);
        assert_eq!(Refusal::parse("RoleRequired", &BTreeMap::new()), None, "a value is missing");
    }
}
