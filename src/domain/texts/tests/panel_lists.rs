//! The texts of the pages that list something, and of the tools.

use super::super::panel::{actions, chat, handover, lists, model, runbooks, silences};
use super::check;

/// A request that Agents understand, in which a word is one of the other language, too.
const EXEMPT: [&str; 2] = ["ask_do", "copilot"];

#[test]
fn every_text_of_the_lists_is_in_both_languages() {
    let all =
        [lists::WORDS, actions::WORDS, silences::WORDS, handover::WORDS, chat::WORDS, runbooks::WORDS, model::WORDS];
    for (name, word) in all.concat() {
        if !EXEMPT.contains(&name) {
            check(name, |language| word(language).to_string());
        }
    }
    for count in [1, 2] {
        check("count_findings", |l| lists::count_findings(l, count));
        check("count_threads", |l| lists::count_threads(l, count));
        check("count_agents", |l| lists::count_agents(l, count));
        check("asked_of_model", |l| lists::asked_of_model(l, count));
        check("actions", |l| actions::count(l, count));
        check("silences", |l| silences::count(l, count));
        check("summary", |l| handover::summary(l, count, count, count));
        check("found", |l| runbooks::found(l, count));
    }
    for count in [1, 2] {
        check("open_findings", |l| lists::open_findings(l, count));
        check("pending_messages", |l| lists::pending_messages(l, count));
        check("holds", |l| silences::holds(l, count));
    }
    for count in [1, 2] {
        check("runs_per_hour", |l| lists::runs_per_hour(l, count));
    }
    check("none", |l| handover::summary(l, 0, 0, 0));
    check("of_all", |l| lists::of_all(l, 50, "X1"));
    check("wrong_filter_more", |l| lists::wrong_filter_more(l, "X1", "X2"));
    check("until_in", |l| silences::until_in(l, "X1"));
    check("begins_in", |l| silences::begins_in(l, "X1"));
    check("until_time", |l| silences::until_time(l).to_string());
    check("more", |l| silences::more(l, 3));
    check("more", |l| handover::more(l, 3));
    check("period", |l| handover::period(l, "X1", "X1"));
    check("with", |l| handover::with(l, "X1"));
    check("taken_by", |l| handover::taken_by(l, "X1"));
    check("last_hours", |l| handover::last_hours(l, 12));
    check("of_scenario", |l| chat::of_scenario(l, "X1"));
    check("for_so_long", |l| model::for_so_long(l, "X1"));
}

#[test]
fn every_verb_of_the_choice_has_words_of_its_own() {
    for (verb, word) in actions::VERBS {
        check(verb, |l| word(l).to_string());
    }
    for via in ["desk", "rest", "agent", "mail"] {
        check(via, |l| actions::by(l, via).unwrap().to_string());
    }
    for result in [None, Some("done"), Some("unchanged"), Some("refused"), Some("failed"), Some("unknown")] {
        check("result", |l| actions::came(l, result).unwrap().to_string());
    }
    let language = crate::domain::texts::Language::English;
    assert!(actions::did(language, "x").is_none() && actions::by(language, "kubectl").is_none());
    assert!(actions::came(language, Some("x")).is_none());
}
