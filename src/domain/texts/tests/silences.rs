use super::{check, s};
use crate::domain::silence::{InputProblem, SilenceProblem};
use crate::domain::texts::{
    ApiFault, Language, SilenceArgument, api_fault, no_silence, no_such_silence, silence_argument, silence_columns,
    silence_deleted, silence_ended, silence_input, silence_made, silence_matches, silence_over, silence_problem,
    silence_recurs, yes_or_no,
};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::time::Duration;

#[test]
fn what_is_wrong_with_a_silence_is_in_both_languages() {
    let (start, end) = (Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH);
    let (min, max) = (Duration::from_secs(1), Duration::from_secs(60));
    let all = samples!(SilenceProblem {
        SilenceProblem::MatcherCount { .. } => SilenceProblem::MatcherCount { count: 0, max: 16 },
        SilenceProblem::MatchesEmpty => SilenceProblem::MatchesEmpty,
        SilenceProblem::ValueTooLong { .. } => SilenceProblem::ValueTooLong { chars: 257, max: 256 },
        SilenceProblem::NotAPattern { .. } => SilenceProblem::NotAPattern { text: s() },
        SilenceProblem::PatternTooLarge { .. } => SilenceProblem::PatternTooLarge { text: s() },
        SilenceProblem::NotASeverity { .. } => SilenceProblem::NotASeverity { text: s() },
        SilenceProblem::NeverActive { .. } => SilenceProblem::NeverActive { text: s() },
        SilenceProblem::NoEnd => SilenceProblem::NoEnd,
        SilenceProblem::TwoEnds => SilenceProblem::TwoEnds,
        SilenceProblem::EndNotAfterStart { .. } => SilenceProblem::EndNotAfterStart { start, end },
        SilenceProblem::OverAtCreation { .. } => SilenceProblem::OverAtCreation { created: start, end },
        SilenceProblem::NotACron { .. } => SilenceProblem::NotACron { text: s() },
        SilenceProblem::NotATimeZone { .. } => SilenceProblem::NotATimeZone { text: s() },
        SilenceProblem::NotADuration { .. } => SilenceProblem::NotADuration { text: s() },
        SilenceProblem::DurationOutOfRange { .. } => SilenceProblem::DurationOutOfRange { text: s(), min, max },
    });
    for problem in all {
        check(&format!("{problem:?}"), |language| silence_problem(language, &TimeZone::UTC, &problem));
    }
}

#[test]
fn what_is_wrong_with_what_a_person_says_is_in_both_languages() {
    let (end, now) = (Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH);
    for problem in samples!(InputProblem {
        InputProblem::Spec(_) => InputProblem::Spec(SilenceProblem::NoEnd),
        InputProblem::ReasonLength { .. } => InputProblem::ReasonLength { chars: 0, max: 1024 },
        InputProblem::NotOneEnd => InputProblem::NotOneEnd,
        InputProblem::NotALength { .. } => InputProblem::NotALength { text: s() },
        InputProblem::TooShort { .. } => InputProblem::TooShort { text: s() },
        InputProblem::TooLong { .. } => InputProblem::TooLong { text: s() },
        InputProblem::LengthIsOver { .. } => InputProblem::LengthIsOver { text: s(), end, now },
    }) {
        check(&format!("{problem:?}"), |language| silence_input(language, &TimeZone::UTC, &problem));
    }
    let over = InputProblem::LengthIsOver { text: s(), end, now };
    let zone = TimeZone::get("America/Sao_Paulo").unwrap();
    assert!(silence_input(Language::English, &zone, &over).contains("after now, 1969-12-31 21:00:00 -03"));
    for argument in samples!(SilenceArgument {
        SilenceArgument::NotAMatcher { .. } => SilenceArgument::NotAMatcher { text: s() },
        SilenceArgument::UnknownProperty { .. } => SilenceArgument::UnknownProperty { name: s(), known: "X2".into() },
        SilenceArgument::NotATime { .. } => SilenceArgument::NotATime { text: s() },
    }) {
        check(&format!("{argument:?}"), |language| silence_argument(language, &argument));
    }
    for fault in samples!(ApiFault {
        ApiFault::KeepsChanging => ApiFault::KeepsChanging,
        ApiFault::Gone => ApiFault::Gone,
        ApiFault::Exists => ApiFault::Exists,
        ApiFault::NoAnswer { .. } => ApiFault::NoAnswer { seconds: 15 },
        ApiFault::Refused { .. } => ApiFault::Refused { answer: s() },
        ApiFault::Failed { .. } => ApiFault::Failed { error: s() },
        ApiFault::Kubeconfig { .. } => ApiFault::Kubeconfig { error: s() },
    }) {
        check(&format!("{fault:?}"), |language| api_fault(language, &fault));
    }
    check("no_such_silence", |language| no_such_silence(language, &s()));
}

#[test]
fn the_output_of_the_command_is_in_both_languages() {
    check("made", |language| silence_made(language, &s(), "X2", Some("X3")));
    check("recurs", |language| silence_recurs(language, &s(), "X2"));
    check("made without an end", |language| silence_made(language, &s(), "X2", None));
    for count in [0, 1, 2] {
        check("matches", |language| silence_matches(language, count));
    }
    check("ended", |language| silence_ended(language, &s()));
    check("deleted", |language| silence_deleted(language, &s()));
    check("over", |language| silence_over(language, &s()));
    check("none", no_silence);
    for is_so in [true, false] {
        assert_ne!(yes_or_no(Language::Portuguese, is_so), yes_or_no(Language::English, is_so));
    }
    let columns = [Language::Portuguese, Language::English].map(silence_columns);
    assert!(columns[0].iter().zip(columns[1]).all(|(portuguese, english)| *portuguese != english));
}
