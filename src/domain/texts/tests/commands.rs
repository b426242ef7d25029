//! What commands print.

use super::*;

#[test]
fn output_of_commands_is_in_both_languages() {
    for column in 0..4 {
        check("check_columns", |l| check_columns(l)[column].to_lowercase());
    }
    check("unknown_field", |l| unknown_field(l, "X1"));
    check("standalone_started", |l| standalone_started(l, "X1", "X2", "X3", "X4"));
    check("desk_listens", |l| desk_listens(l, "X1"));
    check("desk_sign_in", |l| desk_sign_in(l, "X1"));
    check("health_answer", |l| health_answer(l, "X1", "X2", "X3"));
    check("health_unanswered", |l| health_unanswered(l, "X1", "X2"));
    check("health_unknown", |l| health_unknown(l, "X1", 404));
    check("shutting_down", shutting_down);
    for (facade_only, controllers_only) in [(false, false), (true, false), (false, true)] {
        check("operator_started", |l| operator_started(l, "X1", "X2", "X3", facade_only, controllers_only));
    }
    check("demo_advice", |l| demo_advice(l, None));
    check("demo_advice with a model", |l| demo_advice(l, Some("X1")));
    check("demo_started", |l| demo_started(l, "X1", "X2"));
    for error in samples!(DocumentError {
        DocumentError::TooManyBytes => DocumentError::TooManyBytes,
        DocumentError::TooManyFiles { .. } => DocumentError::TooManyFiles { found: 3, max: 2 },
        DocumentError::TooManyEntries { .. } => DocumentError::TooManyEntries { max: 2 },
        DocumentError::TooDeep { .. } => DocumentError::TooDeep { max: 2 },
        DocumentError::Unreadable(_) => DocumentError::Unreadable(s()),
        DocumentError::NotAFile => DocumentError::NotAFile,
        DocumentError::NotUtf8 { .. } => DocumentError::NotUtf8 { line: 1 },
        DocumentError::Duplicate { .. } => DocumentError::Duplicate { kind: s(), name: s(), first: s() },
        DocumentError::NotYaml(_) => DocumentError::NotYaml(s()),
        DocumentError::WrongApiVersion { .. } =>
            DocumentError::WrongApiVersion { api_version: s(), expected: s() },
        DocumentError::WrongKind { .. } => DocumentError::WrongKind { kind: s() },
        DocumentError::NoName { .. } => DocumentError::NoName { kind: s() },
    }) {
        check(&format!("{error:?}"), |l| document_error(l, &error));
    }
    for warning in samples!(CheckWarning {
        CheckWarning::AbsentAgent { .. } => CheckWarning::AbsentAgent { scenario: s(), agent: s() },
        CheckWarning::AbsentDependency { .. } => CheckWarning::AbsentDependency { scenario: s(), name: s() },
        CheckWarning::AbsentRunbook { .. } => CheckWarning::AbsentRunbook { scenario: s(), path: s() },
        CheckWarning::AbsentSection { .. } => CheckWarning::AbsentSection { scenario: s(), path: s(), section: s() },
        CheckWarning::IgnoredFile { .. } => CheckWarning::IgnoredFile { path: s() },
    }) {
        check(&format!("{warning:?}"), |l| check_warning(l, &warning));
    }
    check("no_scenario", no_scenario);
}
