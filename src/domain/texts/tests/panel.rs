//! The texts of the panel.

use super::super::panel::{board, context, inbox, session, times, words};
use super::check;
use crate::api::{Channel, Severity};
use jiff::SignedDuration;

/// Words that are the same in both languages, and the name of the other language, which is in that one.
const EXEMPT: [&str; 4] = ["token", "runbook", "other_language", "day"];

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
    check("pending", |l| inbox::pending(l, 1).to_string());
    check("pending", |l| inbox::pending(l, 2).to_string());
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
    for (name, text) in [
        ("owned_by", context::owned_by as fn(_, &str) -> String),
        ("take_from", context::take_from),
        ("looks", context::looks),
        ("look", context::look),
        ("replies", context::replies),
    ] {
        check(name, |l| text(l, "X1"));
    }
    for count in [1, 2] {
        check("equal_fields", |l| context::equal_fields(l, count));
        check("other_fields", |l| context::other_fields(l, count));
        check("older", |l| context::older(l, count));
    }
    check("queued", |l| context::queued(l, 2));
    check("proposed", |l| context::proposed(l, "X1", None));
    check("proposed", |l| context::proposed(l, "X1", Some("X2")));
}

#[test]
fn every_text_of_the_board_is_in_both_languages() {
    use board::{Headline, Kind};
    for severity in Severity::ALL {
        check("failing_as", |l| board::failing_as(l, severity));
    }
    for count in [0, 1, 2, 20] {
        for unseen in [0, 1, 2] {
            for suspended in [0, 1, 2] {
                let of = Headline { total: 21, failing: count, unseen, suspended };
                check("headline", |l| board::headline(l, of));
            }
        }
        check("headline", |l| {
            board::headline(l, Headline { total: 1, failing: 0, unseen: count.min(1), suspended: 0 })
        });
        check("window", |l| board::window(l, count, 21));
    }
    for count in [1, 2] {
        check("more", |l| board::more(l, count));
        check("failures", |l| board::failures(l, count as u64));
        check("grid", |l| board::grid(l, count, count, count, count));
        for kind in [Kind::Pass, Kind::Fail, Kind::Unknown, Kind::Held] {
            check("strip", |l| board::strip(l, &[(kind, count)]));
            check("strip", |l| board::strip(l, &[(kind, count); 9]));
        }
    }
    check("page", |l| board::page(l, 2, 3));
    check("selected", |l| board::selected(l, 2, 3));
    check("percent", |l| board::percent(l, Some(0.5)));
    check("milliseconds", |l| board::milliseconds(l, 1500));
    check("down", |l| board::down(l, "X1"));
    check("availability_of", |l| board::availability_of(l, "X1"));
    check("latencies", |l| board::latencies(l, "X1", "X2"));
    check("every", |l| board::every(l, "X1"));
    check("elsewhere", |l| board::elsewhere(l, Some("X1")));
    check("elsewhere", |l| board::elsewhere(l, None));
    check("requested", |l| board::requested(l, "X1"));
    check("as_of", |l| board::as_of(l, "X1"));
    check("nothing_since", |l| board::nothing_since(l, "X1"));
    for channel in Channel::ALL {
        check("not_leaving", |l| board::not_leaving(l, channel, "X1"));
    }
}
