//! The reasons of refusals.

use super::{check, s};
use crate::domain::refusal::{InvalidInput, Refusal};
use crate::domain::silence::InputProblem;
use crate::domain::texts::Language;
use crate::domain::texts::refusals::{invalid_input, refusal};
use jiff::Timestamp;

#[test]
fn every_reason_of_a_refusal_is_in_both_languages() {
    let (kind, name) = ("Silence".to_string(), s());
    for sample in samples!(Refusal {
        Refusal::NoSuchObject { .. } => Refusal::NoSuchObject { kind: kind.clone(), name: s() },
        Refusal::NoSuchScenario { .. } => Refusal::NoSuchScenario { name: s(), found: "X2".into() },
        Refusal::Deleted { .. } => Refusal::Deleted { name: s() },
        Refusal::ObjectDeleted => Refusal::ObjectDeleted,
        Refusal::MessageDeleted => Refusal::MessageDeleted,
        Refusal::SilenceDeleted { .. } => Refusal::SilenceDeleted { name: s() },
        Refusal::Recreated { .. } => Refusal::Recreated { name: s() },
        Refusal::NameTaken { .. } => Refusal::NameTaken { kind: kind.clone(), name: s() },
        Refusal::ChangedAtOnce => Refusal::ChangedAtOnce,
        Refusal::AcknowledgementChanged => Refusal::AcknowledgementChanged,
        Refusal::OwnerChanged => Refusal::OwnerChanged,
        Refusal::KeepsChanging { .. } => Refusal::KeepsChanging { kind: kind.clone() },
        Refusal::RequestInProgress => Refusal::RequestInProgress,
        Refusal::StoredResponseChanged => Refusal::StoredResponseChanged,
        Refusal::ThreadClosed { .. } => Refusal::ThreadClosed { thread: s() },
        Refusal::ThreadFull { .. } => Refusal::ThreadFull { thread: s(), max: "10000".into() },
        Refusal::ThreadDeleted { .. } => Refusal::ThreadDeleted { thread: s() },
        Refusal::NotAboutFinding => Refusal::NotAboutFinding,
        Refusal::NamesAnother { .. } => Refusal::NamesAnother { name: s() },
        Refusal::NotAboutScenario => Refusal::NotAboutScenario,
        Refusal::NothingToAcknowledge { .. } => Refusal::NothingToAcknowledge { finding: s() },
        Refusal::AcknowledgementEnded { .. } => Refusal::AcknowledgementEnded { finding: s() },
        Refusal::NothingToOwn { .. } => Refusal::NothingToOwn { finding: s() },
        Refusal::NotResolved { .. } => Refusal::NotResolved { finding: s() },
        Refusal::NoThread { .. } => Refusal::NoThread { finding: s() },
        Refusal::NothingToAdvise { .. } => Refusal::NothingToAdvise { finding: s() },
        Refusal::NoAdvice { .. } => Refusal::NoAdvice { finding: s() },
        Refusal::ResolvedMeanwhile => Refusal::ResolvedMeanwhile,
        Refusal::OpenedAgain { .. } => Refusal::OpenedAgain { finding: s() },
        Refusal::NoAcknowledgementNeeded { .. } => Refusal::NoAcknowledgementNeeded { message: s() },
        Refusal::MessageArchived { .. } => Refusal::MessageArchived { message: s() },
        Refusal::FindingOfMessageResolved { .. } => Refusal::FindingOfMessageResolved { message: s() },
        Refusal::ScenarioSuspended { .. } => Refusal::ScenarioSuspended { scenario: s() },
        Refusal::ScenarioNotReady { .. } => Refusal::ScenarioNotReady { scenario: s(), why: "X2".into() },
        Refusal::RoleRequired { .. } => Refusal::RoleRequired { roles: s() },
        Refusal::TooManyCommands { .. } => Refusal::TooManyCommands { seconds: "1".into() },
        Refusal::InvalidField { .. } => Refusal::InvalidField { field: s(), problem: "X2".into() },
        Refusal::RejectedByApi { .. } => Refusal::RejectedByApi { message: s() },
        Refusal::Undecodable => Refusal::Undecodable,
        Refusal::Unavailable { .. } => Refusal::Unavailable { message: s() },
        Refusal::NoRequestTime => Refusal::NoRequestTime,
        Refusal::ReasonLength { .. } => Refusal::ReasonLength { max: s() },
        Refusal::PastEmpty => Refusal::PastEmpty,
        Refusal::PastNotOver => Refusal::PastNotOver,
        Refusal::PastTooOld => Refusal::PastTooOld,
        Refusal::MessageNotStored => Refusal::MessageNotStored,
        Refusal::SilenceNotMade => Refusal::SilenceNotMade,
        Refusal::AcknowledgementUnknown { .. } => Refusal::AcknowledgementUnknown { finding: s() },
        Refusal::UnknownVerb { .. } => Refusal::UnknownVerb { verb: s() },
    }) {
        check(&format!("{sample:?}"), |language| refusal(language, &sample));
        let (code, values) = sample.recorded();
        let code = code.unwrap();
        assert!((1..=63).contains(&code.len()) && values.len() <= 8, "{code}");
        assert_eq!(Refusal::parse(&code, &values), Some(sample));
    }
    let no_such = Refusal::no_such("Scenario", &name);
    assert_eq!(refusal(Language::Portuguese, &no_such), "não há cenário com o nome \"X1\"");
}

#[test]
fn invalid_input_is_worded_in_both_languages() {
    for sample in samples!(InvalidInput {
        InvalidInput::Blank { .. } => InvalidInput::Blank { max: 5 },
        InvalidInput::TooManyCharacters { .. } => InvalidInput::TooManyCharacters { chars: 6, max: 5 },
        InvalidInput::TooManyBytes { .. } => InvalidInput::TooManyBytes { bytes: 6, max: 5 },
        InvalidInput::NotAnHour => InvalidInput::NotAnHour,
        InvalidInput::NotAVote => InvalidInput::NotAVote,
        InvalidInput::Silence(_) => InvalidInput::Silence(InputProblem::NotOneEnd),
        InvalidInput::NotAnEnd { .. } => InvalidInput::NotAnEnd { value: s() },
        InvalidInput::IsOver { .. } => InvalidInput::IsOver { until: Timestamp::UNIX_EPOCH, now: Timestamp::UNIX_EPOCH },
        InvalidInput::KeyReused => InvalidInput::KeyReused,
        InvalidInput::NumberOfObjects { .. } => InvalidInput::NumberOfObjects { count: 6, max: 5 },
        InvalidInput::NotInThread { .. } => InvalidInput::NotInThread { message: s(), thread: "X2".into() },
        InvalidInput::NotOfScenario { .. } => InvalidInput::NotOfScenario { finding: s(), scenario: "X2".into() },
        InvalidInput::Refused(_) => InvalidInput::Refused(Refusal::no_such("Finding", "X1")),
    }) {
        check(&format!("{sample:?}"), |language| invalid_input(language, &sample));
    }
}
