//! The catalogue of texts that people on duty read, in Brazilian Portuguese and English. One file per subject.
//!
//! Words of the API stay as they are in both languages: kinds, phases, outcomes, condition reasons, field paths, setting names. So do
//! the messages of libraries and of the operating system.

/// Formats one of two texts with the same arguments: Portuguese first, then English.
macro_rules! text {
    ($language:expr, $portuguese:literal, $english:literal $(, $argument:expr)* $(,)?) => {
        match $language {
            $crate::domain::texts::Language::Portuguese => format!($portuguese $(, $argument)*),
            $crate::domain::texts::Language::English => format!($english $(, $argument)*),
        }
    };
}

pub mod advice;
pub mod advice_lines;
pub mod answers;
mod channels;
mod checks;
mod cli;
mod conditions;
pub mod conversation;
pub mod curator;
pub mod desk;
pub mod digest;
mod evidence;
mod expressions;
mod language;
pub mod mailbox;
mod model;
pub mod notices;
pub mod panel;
mod readings;
pub mod refusals;
mod runbooks;
mod silences;
#[cfg(test)]
mod tests;
mod threads;
mod validation;

pub use channels::{
    ChannelFault, certificate_verified, channel_fault, channel_off, delivery, no_channel, sending_test, test_body,
    test_subject,
};
pub use checks::{
    blind, blind_title, check_failed, held_by_held_requirement, held_by_probe, held_by_requirement, held_by_target,
    held_by_unread_requirement, item_without_name, late_probes, late_probes_title, message_failed,
    names_only_unset_settings, not_given, resolved_message, show_failed, surplus, surplus_title,
};
pub use cli::{
    ApiFault, CheckWarning, DocumentError, api_fault, check_columns, check_warning, demo_advice, demo_started,
    desk_listens, desk_sign_in, document_error, health_answer, health_unanswered, health_unknown, no_scenario,
    operator_started, shutting_down, standalone_started, unknown_field,
};
pub use conditions::{
    acknowledgement_refused, acknowledgement_removed, cannot_evaluate, cannot_evaluate_recently, checks_pass,
    failures_not_confirmed, finding_repaired, findings_open, late, not_evaluated_yet, not_watched_and_open,
    owner_refused, released, resolved, run_failure, spec_valid, suspended, suspended_spec, taken_over, undecodable,
    vote_invalid, vote_on_earlier_advice, vote_without_advice, watched_again,
};
pub use evidence::{items, omitted};
pub use expressions::{compilation, evaluation};
pub use language::Language;
pub use model::{
    TrialFigures, model_fault, model_off, no_findings, self_test_begins, self_test_rows, self_test_verdict, trial,
    trial_total,
};
pub use readings::{detail, unread};
pub use runbooks::{
    RunbookProblem, RunbookProblemKind, WordMatch, coverage_summary, evaluation_columns, evaluation_rows,
    evaluation_verdict, full_text_only, missing_words, no_question, no_questions, nothing_found, places, runbook_gap,
    runbook_problem, shares, word_matched, words_and_vectors,
};
pub use silences::{
    SilenceArgument, no_silence, no_such_silence, silence_argument, silence_columns, silence_deleted, silence_ended,
    silence_errors, silence_input, silence_made, silence_matches, silence_over, silence_problem, silence_recurs,
    yes_or_no,
};
pub use threads::{message_acknowledged, name_taken, names_taken};
pub use validation::{validation, validations};
