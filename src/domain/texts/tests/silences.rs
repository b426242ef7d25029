use super::{check, s};
use crate::domain::silence::SilenceProblem;
use crate::domain::texts::{silence_problem, silence_undecodable};
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
    check("undecodable", |language| silence_undecodable(language, s()));
}
