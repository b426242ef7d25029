//! Texts about the local model.

use super::super::*;
use super::{check, s};
use crate::domain::model::{Measured, ModelFault, Speed, Unfit, Verdict};
use std::time::Duration;

#[test]
fn faults_of_the_model_are_in_both_languages() {
    let faults = samples!(ModelFault {
        ModelFault::Away { .. } => ModelFault::Away { error: s() },
        ModelFault::Missing { .. } => ModelFault::Missing { model: s() },
        ModelFault::Timeout { .. } => ModelFault::Timeout { seconds: 600 },
        ModelFault::Cut { .. } => ModelFault::Cut { reason: "length".into() },
        ModelFault::Empty => ModelFault::Empty,
        ModelFault::TooLong => ModelFault::TooLong,
        ModelFault::Malformed { .. } => ModelFault::Malformed { error: s() },
        ModelFault::Unfit(_) => ModelFault::Unfit(Unfit::NoEnd),
        ModelFault::Silent { .. } => ModelFault::Silent { seconds: 10 },
        ModelFault::Redirect { .. } => ModelFault::Redirect { status: 302 },
        ModelFault::Refused { .. } => ModelFault::Refused { status: 400, error: s() },
        ModelFault::Failed { .. } => ModelFault::Failed { error: s() },
        ModelFault::Defect => ModelFault::Defect,
    });
    let unfit = samples!(Unfit {
        Unfit::NoEnd => Unfit::NoEnd,
        Unfit::NotDone => Unfit::NotDone,
        Unfit::Digest => Unfit::Digest,
        Unfit::NoDurations => Unfit::NoDurations,
        Unfit::VectorCount => Unfit::VectorCount,
        Unfit::VectorLengths => Unfit::VectorLengths,
        Unfit::Vector => Unfit::Vector,
    });
    for fault in faults.into_iter().chain(unfit.into_iter().map(ModelFault::Unfit)) {
        check(&format!("{fault:?}"), |l| model_fault(l, &fault));
    }
}

#[test]
fn a_missing_model_names_the_command_that_installs_it() {
    let fault = ModelFault::Missing { model: "qwen2.5:7b-instruct".into() };
    for language in [Language::Portuguese, Language::English] {
        assert!(model_fault(language, &fault).ends_with("ollama pull qwen2.5:7b-instruct"));
    }
}

#[test]
fn what_came_of_trying_a_model_is_in_both_languages() {
    check("no_findings", no_findings);
    for (grounded, surviving) in [((0, 2), (3, 4)), ((2, 2), (0, 0)), ((0, 0), (0, 0))] {
        let figures = TrialFigures { grounded, surviving, seconds: 95.0 };
        check("trial", |l| trial(l, "X1", &figures));
        check("trial_total", |l| trial_total(l, &figures));
    }
}

#[test]
fn the_output_of_the_self_test_is_in_both_languages() {
    check("model_off", |l| model_off(l, "OLLAMA_BASE_URL"));
    check("self_test_begins", |l| self_test_begins(l, "X1", "X1"));
    let second = Duration::from_secs(1);
    let (prompt_tokens, answer_tokens) = (750, 64);
    let measured =
        Measured { load: second, prompt_bytes: 3072, prompt_tokens, prompt: second, answer_tokens, answer: second };
    let speed = Speed::of(&measured).unwrap();
    for row in 0..4 {
        check("self_test_rows", |l| self_test_rows(l, &measured, &speed)[row].0.clone());
    }
    for row in 1..4 {
        check("self_test_rows", |l| self_test_rows(l, &measured, &speed)[row].1.clone());
    }
    let verdicts = samples!(Verdict {
        Verdict::Holds => Verdict::Holds,
        Verdict::Tight => Verdict::Tight,
        Verdict::Exceeded => Verdict::Exceeded,
    });
    for verdict in verdicts {
        check(&format!("{verdict:?}"), |l| self_test_verdict(l, verdict, second * 600, second * 900));
    }
}
