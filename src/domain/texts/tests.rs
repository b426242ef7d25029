//! Every text exists in both languages, differs between them, and has no words of the other one.

use super::*;
use crate::cel::{CompileError, CostError, EvalError, Place, ResultType, SyntaxError, SyntaxReason};
use crate::domain::lateness::Lateness;
use crate::domain::probe_fields::{CertificatesError, FieldError, HeaderRule, QueryError, UrlFault};
use crate::domain::run_failure::RunFailure;
use crate::domain::transition::ResolveReason;
use crate::domain::validate::{Problem, Reason, ValidationError};
use std::time::Duration;

/// Samples of an enum. A variant without a sample does not compile.
macro_rules! samples {
    ($type:ty { $($pattern:pat => $sample:expr),+ $(,)? }) => {{
        fn exhaustive(value: &$type) {
            #[allow(unreachable_patterns, reason = "a list may name one pattern for several variants")]
            match value { $($pattern => {}),+ }
        }
        let samples: Vec<$type> = vec![$($sample),+];
        samples.iter().for_each(exhaustive);
        $(assert!(samples.iter().any(|sample| matches!(sample, $pattern)), "{}", stringify!($pattern));)+
        samples
    }};
}

mod advice;
mod answers;
mod channels;
mod commands;
mod conversation;
mod curator;
mod model;
mod notices;
mod panel;
mod panel_lists;
mod readings;
mod refusals;
mod runbooks;
mod silences;
mod threads;

const ENGLISH_WORDS: [&str; 17] = [
    " the ",
    " is ",
    " not ",
    " cannot ",
    " are ",
    " of ",
    " and ",
    " or ",
    " with ",
    " at most ",
    " than ",
    " must ",
    " has ",
    " there ",
    " that ",
    " for ",
    " was ",
];
const PORTUGUESE_WORDS: [&str; 12] =
    [" de ", " que ", " foi ", " para ", " com ", " ou ", " e ", " o ", " uma ", " um ", " do ", " da "];
/// Words that are not used in Portuguese texts.
const BAD_PORTUGUESE: [&str; 5] = [" muda ", " mudo ", " severity ", "julgar", " registo "];

fn s() -> String {
    "X1".to_string()
}

/// Checks one text. Messages of libraries and the names of fields do not count: samples use `X1` for them.
fn check(name: &str, render: impl Fn(Language) -> String) {
    let (portuguese, english) = (render(Language::Portuguese), render(Language::English));
    for text in [&portuguese, &english] {
        assert!(!text.trim().is_empty(), "{name} is empty");
    }
    assert_ne!(portuguese, english, "{name} is the same in both languages");
    for text in [&portuguese, &english] {
        assert!(!has_plural_of_one(text), "{name}: a plural after 1: {text}");
    }
    let padded = |text: &str| format!(" {} ", text.replace([',', ':', ';', '(', ')', '\n', '.'], " "));
    for word in ENGLISH_WORDS.iter().chain(&BAD_PORTUGUESE) {
        assert!(!padded(&portuguese).contains(word), "{name}: {word:?} in Portuguese: {portuguese}");
    }
    for word in PORTUGUESE_WORDS {
        assert!(!padded(&english).contains(word), "{name}: {word:?} in English: {english}");
    }
    let accents = |c: char| "ãõçáéíóúâêôà".contains(c.to_lowercase().next().unwrap_or(c));
    assert!(!english.contains(accents), "{name}: accents in English: {english}");
}

/// Whether a text counts one thing and names it in the plural, as in `1 checks`.
fn has_plural_of_one(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    let is_one = |word: &str| word.trim_start_matches(['(', '[', '"']) == "1";
    let is_plural = |word: &str| {
        let word = word.trim_end_matches(|c: char| !c.is_alphanumeric());
        word.len() > 2 && (word.ends_with('s') || word == "are" || word == "were") && !["has", "was"].contains(&word)
    };
    words.windows(2).any(|pair| matches!(pair, [one, what] if is_one(one) && is_plural(what)))
}

fn result_types() -> Vec<ResultType> {
    samples!(ResultType {
        ResultType::Bool => ResultType::Bool,
        ResultType::Text => ResultType::Text,
        ResultType::List => ResultType::List,
        ResultType::Any => ResultType::Any,
    })
}

fn syntax_error(reason: SyntaxReason) -> SyntaxError {
    SyntaxError { line: 1, column: 2, reason }
}

const PLACE: Place = Place { line: 1, column: 2 };

fn literal_error(function: &str) -> CompileError {
    CompileError::Literal { function: function.into(), text: s(), place: PLACE }
}

fn compile_errors() -> Vec<CompileError> {
    let mut all = samples!(CompileError {
        CompileError::TooLong { .. } => CompileError::TooLong { bytes: 5000 },
        CompileError::Syntax(_) => CompileError::Syntax(syntax_error(SyntaxReason::UnclosedText)),
        CompileError::UnknownName { item_available: true, .. } =>
            CompileError::UnknownName { name: s(), item_available: true, place: PLACE },
        CompileError::UnknownName { item_available: false, .. } =>
            CompileError::UnknownName { name: s(), item_available: false, place: PLACE },
        CompileError::UnknownFunction { .. } => CompileError::UnknownFunction { name: s(), place: PLACE },
        CompileError::Operands { .. } =>
            CompileError::Operands { operator: "+", left: "string", right: "int", place: PLACE },
        CompileError::Expected { .. } => CompileError::Expected { expected: "list, map", actual: "int", place: PLACE },
        CompileError::Arguments { .. } => CompileError::Arguments {
            function: s(), actual: vec!["int"], accepted: vec![s(), s()], place: PLACE
        },
        CompileError::NoSuchField { .. } =>
            CompileError::NoSuchField { field: s(), available: vec!["X1", "X2"], place: PLACE },
        CompileError::NoFields { .. } => CompileError::NoFields { field: s(), actual: "int", place: PLACE },
        CompileError::Literal { .. } => literal_error("duration"),
        CompileError::PatternTooLarge { .. } => CompileError::PatternTooLarge { place: PLACE },
        CompileError::WrongType { .. } => CompileError::WrongType { expected: ResultType::Bool, actual: "int" },
        CompileError::TooCostly(_) => CompileError::TooCostly(CostError::NestedTooDeep),
    });
    let syntax = samples!(SyntaxReason {
        SyntaxReason::Character(_) => SyntaxReason::Character('#'),
        SyntaxReason::Unexpected(_) => SyntaxReason::Unexpected(s()),
        SyntaxReason::UnexpectedEnd => SyntaxReason::UnexpectedEnd,
        SyntaxReason::Expected { .. } => SyntaxReason::Expected { expected: ")", found: s() },
        SyntaxReason::UnclosedText => SyntaxReason::UnclosedText,
        SyntaxReason::Escape(_) => SyntaxReason::Escape(s()),
        SyntaxReason::Number(_) => SyntaxReason::Number(s()),
        SyntaxReason::ReservedWord(_) => SyntaxReason::ReservedWord(s()),
        SyntaxReason::NotSupported(_) => SyntaxReason::NotSupported(".?"),
        SyntaxReason::NotAField => SyntaxReason::NotAField,
        SyntaxReason::MacroArgument(_) => SyntaxReason::MacroArgument(s()),
    });
    let at_end = SyntaxReason::Expected { expected: ")", found: String::new() };
    let syntax = syntax.into_iter().chain([at_end]).map(syntax_error);
    let costs = samples!(CostError {
        CostError::NestedTooDeep => CostError::NestedTooDeep,
        CostError::TooManyNodes => CostError::TooManyNodes,
        CostError::TooManyComprehensions => CostError::TooManyComprehensions,
        CostError::TooManyLiterals => CostError::TooManyLiterals,
    });
    for function in ["matches", "timestamp", "time", "int", "bool", "ip", "cidr", "quantity", "semver", "url", "format"]
    {
        all.push(literal_error(function));
    }
    for (operator, left, right) in [("*", "int", "double"), ("<", "timestamp", "string"), ("<", "bool", "string")] {
        all.push(CompileError::Operands { operator, left, right, place: PLACE });
    }
    all.push(CompileError::UnknownFunction { name: "named".into(), place: PLACE });
    all.extend(syntax.map(CompileError::Syntax));
    all.extend(costs.into_iter().map(CompileError::TooCostly));
    all.extend(result_types().into_iter().map(|expected| CompileError::WrongType { expected, actual: "int" }));
    all
}

#[test]
fn compile_errors_are_in_both_languages() {
    for error in compile_errors() {
        check(&format!("{error:?}"), |language| compilation(language, &error));
    }
}

#[test]
fn evaluation_errors_are_in_both_languages() {
    let mut all = samples!(EvalError {
        EvalError::UnsetSetting(_) => EvalError::UnsetSetting(s()),
        EvalError::NoSuchKey(_) => EvalError::NoSuchKey(s()),
        EvalError::NoSuchComputedKey => EvalError::NoSuchComputedKey,
        EvalError::NoSuchIndex => EvalError::NoSuchIndex,
        EvalError::NotJson(_) => EvalError::NotJson(s()),
        EvalError::NoFields { .. } => EvalError::NoFields { field: s(), actual: "null" },
        EvalError::Operands { .. } => EvalError::Operands { operator: "<", left: "int", right: "string" },
        EvalError::TypeMismatch { .. } => EvalError::TypeMismatch { actual: "int", expected: &["list", "map"] },
        EvalError::DuplicateMapKey => EvalError::DuplicateMapKey,
        EvalError::Function(_) => EvalError::Function(s()),
        EvalError::DivisionByZero => EvalError::DivisionByZero,
        EvalError::OutOfRange(_) => EvalError::OutOfRange("+"),
        EvalError::UnknownName(_) => EvalError::UnknownName(s()),
        EvalError::TooManySteps => EvalError::TooManySteps,
        EvalError::TooManyStepsInRun(_) => EvalError::TooManyStepsInRun(8_000_000),
        EvalError::TooManyBytes => EvalError::TooManyBytes,
        EvalError::PatternTooLarge => EvalError::PatternTooLarge,
        EvalError::WrongResultType { .. } =>
            EvalError::WrongResultType { expected: ResultType::Bool, actual: "string" },
        EvalError::TooManyItems(_) => EvalError::TooManyItems(101),
        EvalError::LongList { .. } => EvalError::LongList { probe: s(), length: 1001 },
        EvalError::Panicked => EvalError::Panicked,
    });
    let of = |expected| EvalError::WrongResultType { expected, actual: "int" };
    all.extend(result_types().into_iter().map(of));
    for error in all {
        check(&format!("{error:?}"), |language| evaluation(language, &error));
    }
}

fn field_errors() -> Vec<FieldError> {
    samples!(FieldError {
        FieldError::NotOneKind => FieldError::NotOneKind,
        FieldError::NotAUrl { fault: None, .. } => FieldError::NotAUrl { text: s(), fault: None },
        FieldError::NotAUrl { fault: Some(UrlFault::Host), .. } => FieldError::NotAUrl { text: s(), fault: Some(UrlFault::Host) },
        FieldError::NotAUrl { fault: Some(UrlFault::HostName), .. } => FieldError::NotAUrl { text: s(), fault: Some(UrlFault::HostName) },
        FieldError::NotAUrl { fault: Some(UrlFault::IpAddress), .. } => FieldError::NotAUrl { text: s(), fault: Some(UrlFault::IpAddress) },
        FieldError::NotAUrl { fault: Some(UrlFault::Port), .. } => FieldError::NotAUrl { text: s(), fault: Some(UrlFault::Port) },
        FieldError::NotAnAddress { .. } => FieldError::NotAnAddress { text: s() },
        FieldError::MalformedTemplate { .. } => FieldError::MalformedTemplate { text: s() },
        FieldError::NotAHost { .. } => FieldError::NotAHost { text: s() },
        FieldError::NotADomainName { .. } => FieldError::NotADomainName { text: s() },
        FieldError::NotAServerName { .. } => FieldError::NotAServerName { text: s() },
        FieldError::HeaderCharacters { .. } => FieldError::HeaderCharacters { header: s() },
        FieldError::HeaderValue { rule: HeaderRule::Authority, .. } => FieldError::HeaderValue { header: s(), rule: HeaderRule::Authority },
        FieldError::HeaderValue { rule: HeaderRule::BodyLength, .. } => FieldError::HeaderValue { header: s(), rule: HeaderRule::BodyLength },
        FieldError::HeaderValue { rule: HeaderRule::Absent, .. } => FieldError::HeaderValue { header: s(), rule: HeaderRule::Absent },
        FieldError::Certificates(CertificatesError::None) => FieldError::Certificates(CertificatesError::None),
        FieldError::Certificates(CertificatesError::NotPem(_)) => FieldError::Certificates(CertificatesError::NotPem(s())),
        FieldError::Certificates(CertificatesError::NotACertificate(_)) => FieldError::Certificates(CertificatesError::NotACertificate(2)),
    })
}

fn query_errors() -> Vec<QueryError> {
    samples!(QueryError {
        QueryError::NoStatement => QueryError::NoStatement,
        QueryError::MoreThanOneStatement => QueryError::MoreThanOneStatement,
        QueryError::NotReading { word: None } => QueryError::NotReading { word: None },
        QueryError::NotReading { word: Some(_) } => QueryError::NotReading { word: Some("DELETE".into()) },
        QueryError::Writes => QueryError::Writes,
        QueryError::NulCharacter => QueryError::NulCharacter,
        QueryError::UnclosedComment => QueryError::UnclosedComment,
        QueryError::UnclosedQuote(_) => QueryError::UnclosedQuote('"'),
        QueryError::Syntax(_) => QueryError::Syntax(s()),
        QueryError::ParameterCount { .. } => QueryError::ParameterCount { expected: 1, given: 0 },
    })
}

#[test]
fn validation_errors_are_in_both_languages() {
    let second = Duration::from_secs(1);
    let mut all = samples!(Problem {
        Problem::NotADuration { .. } => Problem::NotADuration { text: s() },
        Problem::DurationOutOfRange { .. } =>
            Problem::DurationOutOfRange { text: s(), min: second, max: second * 60 },
        Problem::Field(_) => Problem::Field(FieldError::NotOneKind),
        Problem::Query(_) => Problem::Query(QueryError::Writes),
        Problem::Expression(_) => Problem::Expression(CompileError::UnknownFunction { name: s(), place: PLACE }),
        Problem::DuplicateName { .. } => Problem::DuplicateName { name: s(), first: s() },
        Problem::ReservedName => Problem::ReservedName,
        Problem::ReservedScenarioName => Problem::ReservedScenarioName,
        Problem::UnknownProbe { .. } => Problem::UnknownProbe { name: s(), available: vec![s(), s()] },
        Problem::UnknownField { .. } =>
            Problem::UnknownField { probe: s(), field: s(), available: vec!["X1", "X2"], place: PLACE },
        Problem::UnknownRequirement { .. } => Problem::UnknownRequirement { name: s() },
        Problem::RequirementCycle { .. } => Problem::RequirementCycle { checks: vec![s(), s()] },
        Problem::SelfDependency { .. } => Problem::SelfDependency { name: s() },
        Problem::DependencyCycle { .. } => Problem::DependencyCycle { path: vec![s(), s()] },
        Problem::SecretKeyNotOffered { .. } =>
            Problem::SecretKeyNotOffered { secret: s(), key: s(), offered: vec![s()] },
        Problem::SecretNotOffered { .. } => Problem::SecretNotOffered { name: s() },
        Problem::CredentialInText { .. } => Problem::CredentialInText { name: s() },
        Problem::FileNotOffered { .. } => Problem::FileNotOffered { path: s() },
    });
    all.extend(field_errors().into_iter().map(Problem::Field));
    all.extend(query_errors().into_iter().map(Problem::Query));
    all.extend(compile_errors().into_iter().map(Problem::Expression));
    for problem in all {
        let error = ValidationError { field: "spec".into(), reason: Reason::InvalidProbe, problem };
        check(&format!("{error:?}"), |language| {
            let text = validation(language, &error);
            text.strip_prefix("spec: ").unwrap().to_string()
        });
    }
}

#[test]
fn other_messages_are_in_both_languages() {
    check("check_failed", |l| check_failed(l, "X1", ""));
    check("check_failed", |l| check_failed(l, "X1", "X2"));
    check("item_without_name", |l| item_without_name(l, "X1", 0));
    check("message_failed", |l| message_failed(l, "X1", &EvalError::NoSuchKey("X2".into())));
    check("show_failed", |l| show_failed(l, &EvalError::NoSuchKey("X1".into())));
    check("held_by_probe", |l| held_by_probe(l, "X1"));
    check("held_by_requirement", |l| held_by_requirement(l, "X1"));
    check("held_by_held_requirement", |l| held_by_held_requirement(l, "X1"));
    check("held_by_unread_requirement", |l| held_by_unread_requirement(l, "X1"));
    check("held_by_target", |l| held_by_target(l, "X1"));
    check("omitted", |l| omitted(l, 12));
    check("items", |l| items(l, 2));
    check("not_given", |l| not_given(l, "X1"));
    check("blind", |l| blind(l, "X1"));
    check("blind_title", |l| blind_title(l, "X1"));
    check("surplus", |l| surplus(l, "X1", 1, "X2", 200, 100));
    check("surplus", |l| surplus(l, "X1", 2, "X2, X3", 200, 100));
    check("surplus_title", |l| surplus_title(l, "X1"));
    check("late_probes_title", late_probes_title);
    let minute = Duration::from_secs(60);
    for (probes, late) in [(1, 1), (40, 1), (40, 3)] {
        check("late_probes", |l| late_probes(l, Lateness { probes, late }, minute / 2, minute * 2));
    }
    check("spec_valid", spec_valid);
    check("suspended_spec", suspended_spec);
    check("undecodable", |l| undecodable(l, "X1"));
    check("findings_open", |l| findings_open(l, "X1"));
    check("not_watched_and_open", |l| not_watched_and_open(l, "X1", "X2"));
    check("watched_again", watched_again);
    check("late", |l| late(l, std::time::Duration::from_secs(300), None));
    check("late", |l| late(l, std::time::Duration::from_secs(300), Some("X1")));
    check("suspended", suspended);
    check("not_evaluated_yet", |l| not_evaluated_yet(l, None));
    check("not_evaluated_yet", |l| not_evaluated_yet(l, Some("X1")));
    check("cannot_evaluate", |l| cannot_evaluate(l, "X1"));
    check("failures_not_confirmed", |l| failures_not_confirmed(l, "X1"));
    check("cannot_evaluate_recently", cannot_evaluate_recently);
    check("checks_pass", |l| checks_pass(l, 1));
    check("checks_pass", |l| checks_pass(l, 2));
    check("acknowledgement_refused", |l| acknowledgement_refused(l, "X1"));
    check("acknowledgement_removed", acknowledgement_removed);
    check("owner_refused", |l| owner_refused(l, "X1"));
    check("taken_over", |l| taken_over(l, "X1"));
    check("released", |l| released(l, "X1"));
    check("finding_repaired", |l| finding_repaired(l, "X1"));
    for reason in samples!(ResolveReason {
        ResolveReason::Recovered => ResolveReason::Recovered,
        ResolveReason::ItemRemoved => ResolveReason::ItemRemoved,
        ResolveReason::CheckRemoved => ResolveReason::CheckRemoved,
        ResolveReason::ScenarioRemoved => ResolveReason::ScenarioRemoved,
    }) {
        check("resolved", |l| resolved(l, reason).to_string());
        for (open_for, was) in [(None, None), (None, Some("X1")), (Some(Duration::from_secs(7500)), Some("X1"))] {
            check("resolved_message", |l| resolved_message(l, reason, open_for, was));
        }
    }
    for failure in samples!(RunFailure {
        RunFailure::ShuttingDown => RunFailure::ShuttingDown,
        RunFailure::ConfigurationTimedOut(_) => RunFailure::ConfigurationTimedOut(Duration::from_secs(1)),
        RunFailure::ConfigurationUnreadable(_) => RunFailure::ConfigurationUnreadable(s()),
        RunFailure::EvaluationPanicked => RunFailure::EvaluationPanicked,
        RunFailure::Panicked => RunFailure::Panicked,
    }) {
        check("run_failure", |l| run_failure(l, &failure));
    }
}
