use super::{check, s};
use crate::domain::silence::SilenceProblem;
use crate::domain::texts::{
    Language, no_silence, silence_columns, silence_deleted, silence_ended, silence_made, silence_matches, silence_over,
    silence_problem, yes_or_no,
};
use jiff::Timestamp;
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
        SilenceProblem::NoEnd => SilenceProblem::NoEnd,
        SilenceProblem::TwoEnds => SilenceProblem::TwoEnds,
        SilenceProblem::EndNotAfterStart { .. } => SilenceProblem::EndNotAfterStart { start, end },
        SilenceProblem::NotACron { .. } => SilenceProblem::NotACron { text: s() },
        SilenceProblem::NotATimeZone { .. } => SilenceProblem::NotATimeZone { text: s() },
        SilenceProblem::NotADuration { .. } => SilenceProblem::NotADuration { text: s() },
        SilenceProblem::DurationOutOfRange { .. } => SilenceProblem::DurationOutOfRange { text: s(), min, max },
    });
    for problem in all {
        check(&format!("{problem:?}"), |language| silence_problem(language, &problem));
    }
}

#[test]
fn the_output_of_the_command_is_in_both_languages() {
    check("made", |language| silence_made(language, &s(), "X2", Some("X3")));
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
