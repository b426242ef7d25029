//! The texts of answers.

use super::*;
use crate::api::{CheckOutcome, Health, Severity, WatchState};
use crate::domain::argument::ArgumentError;
use crate::domain::texts::answers::{self as texts, About, Did, State};

#[test]
fn what_an_agent_does_is_in_both_languages() {
    check("flapping_next", texts::flapping_next);
    check("not_understood", texts::not_understood);
    check("remark", texts::remark);
    check("nothing_found", texts::nothing_found);
    check("only_the_runbook", texts::only_the_runbook);
    check("without_the_model", texts::without_the_model);
    check("found_in_runbooks", texts::found_in_runbooks);
    check("the_model_answers", texts::the_model_answers);
    check("the_model_did_not_answer", |l| texts::the_model_did_not_answer(l, "X1"));
    check("the_model_was_too_late", texts::the_model_was_too_late);
    check("the_model_was_turned_off", |l| texts::the_model_was_turned_off(l, "X1"));
    check("the_model_had_nothing", texts::the_model_had_nothing);
    check("did_you_mean", |l| texts::did_you_mean(l, "X1"));
    check("one_of", |l| texts::one_of(l, "X1"));
    check("open_about", |l| texts::open_about(l, "X1"));
    check("help_heading", texts::help_heading);
    for line in 0..texts::help(Language::English).len() {
        check("help", |l| texts::help(l)[line].clone());
    }
    check("commands_by_rest", texts::commands_by_rest);
    check("not_carried_out", texts::not_carried_out);
    check("not_about_a_finding", texts::not_about_a_finding);
    check("not_about_a_scenario", texts::not_about_a_scenario);
    check("name_placeholder", |l| texts::name_placeholder(l).to_string());
    check("message_placeholder", |l| texts::message_placeholder(l).to_string());
    check("reason_placeholder", |l| texts::reason_placeholder(l).to_string());
    check("no_thread", |l| texts::no_thread(l, "X1"));
    check("with_program", texts::with_program);
    check("no_subject", texts::no_subject);
    check("no_such", |l| texts::no_such(l, "X1"));
    check("closed", texts::closed);
    check("new_by_kubectl", texts::new_by_kubectl);
    for most in [1, 30] {
        check("too_many", |l| texts::too_many(l, "X1", most));
    }
    check("what_is_known", texts::what_is_known);
    for error in samples!(ArgumentError {
        ArgumentError::NoDuration => ArgumentError::NoDuration,
        ArgumentError::NotADuration(_) => ArgumentError::NotADuration(s()),
        ArgumentError::DurationOutOfRange(_) => ArgumentError::DurationOutOfRange(s()),
        ArgumentError::NotAScenario(_) => ArgumentError::NotAScenario(s()),
        ArgumentError::NoEnd => ArgumentError::NoEnd,
        ArgumentError::OneAtATime => ArgumentError::OneAtATime,
        ArgumentError::NoteTooLong { .. } => ArgumentError::NoteTooLong { bytes: 2000, max: 1024 },
    }) {
        check(&format!("{error:?}"), |l| texts::invalid(l, &error));
    }
}

#[test]
fn states_of_what_is_asked_about_are_in_both_languages() {
    for state in samples!(State {
        State::Open => State::Open,
        State::Acknowledged => State::Acknowledged,
        State::Resolved => State::Resolved,
        State::Unknown => State::Unknown,
    }) {
        check("finding_state", |l| texts::finding_state(l, state, "X1"));
    }
    for health in [None, Some(Health::Healthy), Some(Health::Failing), Some(Health::Unknown)] {
        check("scenario_state", |l| texts::scenario_state(l, "X1", health));
    }
    for why in ["", "X1"] {
        for state in [WatchState::Invalid, WatchState::Suspended, WatchState::Late] {
            check("not_watched", |l| texts::not_watched(l, state, why).unwrap());
        }
    }
    check("last_run", |l| texts::last_run(l, "X1"));
    check("before_heading", texts::before_heading);
    check("none_before", texts::none_before);
    check("before_of_what", texts::before_of_what);
    for (other, notes) in [(None, ""), (Some(("X3", "X4")), "X5")] {
        check("before", |l| texts::before(l, "X1", "X2", other, notes));
    }
    check("severity_of", |l| texts::severity_of(l, Severity::High));
    for agent in [None, Some("X1")] {
        for count in [0, 1, 2] {
            check("open_count", |l| texts::open_count(l, agent, count));
        }
    }
    for (all, others) in [(1, 1), (2, 1), (4, 3)] {
        check("open_besides", |l| texts::open_besides(l, all, others));
    }
    check("open_item", |l| texts::open_item(l, "X1", Some("X2"), [true, true], "X3"));
    check("open_item", |l| texts::open_item(l, "X1", None, [true, false], "X3"));
    for is_finding in [true, false] {
        for until in [Some("X2"), None] {
            check("silenced", |l| texts::silenced(l, is_finding, until, "X3", "X4", "X5"));
        }
        check("how_to_end", |l| texts::how_to_end(l, is_finding.then_some("X1")));
    }
    check("still_silenced", texts::still_silenced);
}

#[test]
fn results_of_commands_are_in_both_languages() {
    let (one, two) = ([s()], [s(), "X2".to_string()]);
    for did in samples!(Did<'_> {
        Did::Acknowledge { .. } => Did::Acknowledge { finding: "X1", by: "X2" },
        Did::Unacknowledge { .. } => Did::Unacknowledge { finding: "X1" },
        Did::TakeOver { from: None, .. } => Did::TakeOver { finding: "X1", by: "X2", from: None },
        Did::TakeOver { from: Some(_), .. } => Did::TakeOver { finding: "X1", by: "X2", from: Some("X3") },
        Did::Release { .. } => Did::Release { finding: "X1", from: Some("X2") },
        Did::Advise { .. } => Did::Advise { finding: "X1" },
        Did::Run { .. } => Did::Run { scenario: "X1" },
        Did::Silence { before: Some(_), .. } =>
            Did::Silence { name: "X1", about: About::Finding("X2", "X3"), until: Some("X4"), before: Some("X5") },
        Did::Silence { about: About::Scenario(_), .. } =>
            Did::Silence { name: "X1", about: About::Scenario("X2"), until: Some("X3"), before: None },
        Did::Silence { until: None, .. } =>
            Did::Silence { name: "X1", about: About::Matchers("X2"), until: None, before: None },
        Did::Silence { until: Some(_), .. } =>
            Did::Silence { name: "X1", about: About::Matchers("X2"), until: Some("X3"), before: None },
        Did::Unsilence { ended: [_], .. } => Did::Unsilence { about: About::Scenario("X1"), ended: &one },
        Did::Unsilence { .. } => Did::Unsilence { about: About::Finding("X1", "X2"), ended: &two },
        Did::Other { .. } => Did::Other { verb: "X1", subject: "X2" },
    }) {
        check("done", |l| texts::done(l, &did));
        check("unchanged", |l| texts::unchanged(l, &did));
    }
    check("notices_go_on", texts::notices_go_on);
    check("reason_is", |l| texts::reason_is(l, "X1"));
    check("refused", |l| texts::refused(l, "X1"));
    check("uncertain", |l| texts::uncertain(l, "X1"));
    check("under_way", |l| texts::under_way(l, "X1"));
    for count in [1, 2] {
        check("ran", |l| texts::ran(l, "X1", count));
    }
    check("not_run_yet", texts::not_run_yet);
    for outcome in samples!(CheckOutcome {
        CheckOutcome::Pass => CheckOutcome::Pass,
        CheckOutcome::Fail => CheckOutcome::Fail,
        CheckOutcome::Unknown => CheckOutcome::Unknown,
        CheckOutcome::Held => CheckOutcome::Held,
    }) {
        for count in [1, 2] {
            check("outcome", |l| texts::outcome(l, outcome, count));
        }
    }
    check("undo_acknowledge", texts::undo_acknowledge);
}

#[test]
fn the_end_before_is_told_only_where_it_was_another() {
    let said = |until, before| {
        let about = About::Scenario("cafe");
        texts::done(Language::English, &Did::Silence { name: "a", about, until: Some(until), before: Some(before) })
    };
    assert!(said("13:00", "12:00").ends_with(" until 13:00. That end replaces the one before, which was 12:00."));
    assert!(said("12:00", "12:00").ends_with(" until 12:00."));
}
