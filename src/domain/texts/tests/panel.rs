//! The texts of the panel.

use super::super::panel::{board, context, inbox, session, times, words};
use super::check;
use crate::api::Severity;
use jiff::SignedDuration;

/// Words that are the same in both languages, and the name of the other language, which is in that one.
const EXEMPT: [&str; 3] = ["token", "runbook", "other_language"];

#[test]
fn every_text_of_the_panel_is_in_both_languages() {
    for (name, word) in [words::WORDS, inbox::WORDS, session::WORDS, context::WORDS, board::WORDS].concat() {
        if !EXEMPT.contains(&name) {
            check(name, |language| word(language).to_string());
        }
    }
    for severity in Severity::ALL {
        check("severity", |l| words::severity(l, severity).to_string());
    }
    check("wait_seconds", |l| words::wait_seconds(l, 3));
    check("up_to_date", |l| words::up_to_date(l, 2, 3));
    check("ago", |l| times::ago(l, SignedDuration::from_mins(3)));
    for count in [1, 2] {
        check("counts", |l| inbox::counts(l, count, count));
        check("acknowledged", |l| inbox::acknowledged(l, count));
        check("arrived", |l| inbox::arrived(l, count));
    }
    check("pending", |l| inbox::pending(l).to_string());
    check("select", |l| inbox::select(l, "X1"));
    check("first_of", |l| inbox::first_of(l, 300, 400));
    check("window", |l| inbox::window(l, 2));
    check("signed_in_as", |l| session::signed_in_as(l, "X1"));
    check("opened", |l| context::opened(l).0.to_string());
    check("times", |l| context::times(l, 3));
    check("acknowledged_by", |l| context::acknowledged_by(l, "X1"));
    check("read_by", |l| context::read_by(l, "X1"));
    check("ran", |l| context::ran(l, 2, 3));
    check("lasted", |l| context::lasted(l, "X1"));
    check("votes", |l| context::votes(l, 2, 3));
}
