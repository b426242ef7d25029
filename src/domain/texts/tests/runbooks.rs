use super::{check, s};
use crate::domain::runbooks::evaluation::{Count, Figures};
use crate::domain::runbooks::{Coverage, Gap};
use crate::domain::texts::Language;
use crate::domain::texts::{
    RunbookProblem, RunbookProblemKind as Kind, WordMatch, coverage_summary, evaluation_columns, evaluation_rows,
    evaluation_verdict, full_text_only, missing_words, no_question, no_questions, nothing_found, places, runbook_gap,
    runbook_problem, shares, word_matched, words_and_vectors,
};

#[test]
fn what_is_wrong_with_runbooks_is_in_both_languages() {
    for kind in samples!(Kind {
        Kind::Name => Kind::Name,
        Kind::Outside => Kind::Outside,
        Kind::NotAFile => Kind::NotAFile,
        Kind::Unreadable(_) => Kind::Unreadable(s()),
        Kind::Cut { .. } => Kind::Cut { max: 9 },
        Kind::TooManyFiles { .. } => Kind::TooManyFiles { found: 9, max: 5 },
        Kind::TooManyBytes { .. } => Kind::TooManyBytes { max: 9 },
        Kind::TooManyEntries { .. } => Kind::TooManyEntries { max: 9 },
        Kind::TooDeep { .. } => Kind::TooDeep { max: 9 },
    }) {
        for path in ["", "a/b"] {
            let problem = RunbookProblem { path: path.into(), kind: kind.clone() };
            check(&format!("{problem:?}"), |language| runbook_problem(language, &problem));
        }
    }
}

#[test]
fn what_runbooks_lack_is_in_both_languages() {
    for gap in samples!(Gap {
        Gap::NoRunbook { .. } => Gap::NoRunbook { scenario: s() },
        Gap::AbsentRunbook { .. } => Gap::AbsentRunbook { scenario: s(), spec: s() },
        Gap::AbsentSection { .. } => Gap::AbsentSection { scenario: s(), spec: s(), section: s() },
        Gap::UncoveredCheck { .. } => Gap::UncoveredCheck { scenario: s(), spec: s(), check: s() },
    }) {
        check(&format!("{gap:?}"), |language| runbook_gap(language, &gap));
    }
    let coverage = Coverage { checks: 9, covered: 5, gaps: Vec::new() };
    check("summary", |language| coverage_summary(language, &coverage));
}

#[test]
fn why_a_section_is_found_is_in_both_languages() {
    for by in samples!(WordMatch {
        WordMatch::Stem => WordMatch::Stem,
        WordMatch::Likeness => WordMatch::Likeness,
        WordMatch::Lexicon => WordMatch::Lexicon,
    }) {
        check(by.as_str(), |language| word_matched(language, &s(), &s(), by));
    }
    check("missing", |language| missing_words(language, &[s(), s()]));
    check("shares", |language| shares(language, 40, 50));
    check("nothing", nothing_found);
    check("full text", |language| full_text_only(language, None));
    check("fault", |language| full_text_only(language, Some("X1")));
    check("vectors", |language| words_and_vectors(language, &s()));
    check("places", |language| places(language, Some(5), Some((9, 0.5))));
}

#[test]
fn how_well_the_search_finds_is_in_both_languages() {
    let figures = Figures { questions: 9, ..Count::default().figures() };
    for row in 0..evaluation_rows(Language::English, &figures).len() {
        check("figures", |language| evaluation_rows(language, &figures)[row].0.clone());
    }
    check("words", |language| evaluation_columns(language).0);
    check("words and vectors", |language| evaluation_columns(language).1);
    for is_worse in [true, false] {
        check("verdict", |language| evaluation_verdict(language, is_worse));
    }
    check("no question", |language| no_question(language, &s(), 5));
    check("no questions", no_questions);
}
