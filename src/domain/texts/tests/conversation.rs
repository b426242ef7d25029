//! The texts of Threads.

use super::*;
use crate::api::Severity;
use crate::domain::texts::conversation as texts;

const MINUTE: Option<Duration> = Some(Duration::from_secs(60));

#[test]
fn the_story_of_a_finding_is_in_both_languages() {
    check("badge", |l| texts::badge(l, Some(Severity::Critical)));
    check("opened", |l| texts::opened(l, "X1"));
    check("reopened", |l| texts::reopened(l, 2, "X1"));
    check("severity_changed", |l| texts::severity_changed(l, Severity::High, Severity::Critical, "X1"));
    check("acknowledged", |l| texts::acknowledged(l, "X1", "X2"));
    check("note", |l| texts::note(l, "X1"));
    check("quiet_until_resolved", texts::quiet_until_resolved);
    check("acknowledgement_removed", |l| texts::acknowledgement_removed(l, "X1"));
    check("acknowledgement_expired", |l| texts::acknowledgement_expired(l, "X1", "X2"));
    check("escalated", |l| texts::escalated(l, Duration::from_secs(900), "X1"));
    check("flapping", |l| texts::flapping(l, "X1"));
    for is_open in [true, false] {
        check("settled", |l| texts::settled(l, is_open, "X1"));
    }
    for after in [None, MINUTE] {
        for moment in [None, Some("X1")] {
            check("resolved", |l| texts::resolved(l, moment, after));
            check("unwatched", |l| texts::unwatched(l, moment, after));
        }
    }
}

#[test]
fn parts_of_the_story_are_in_both_languages() {
    for count in [1, 2] {
        check("root", |l| texts::root(l, "X1", count));
        check("more_findings", |l| texts::more_findings(l, count));
        check("more_values", |l| texts::more_values(l, count));
    }
    check("of_scenario", |l| texts::of_scenario(l, "X1", "X2"));
    check("affected", |l| texts::affected(l).to_string());
    check("cause", |l| texts::cause(l, "X1"));
    check("empty", |l| texts::empty(l).to_string());
    check("runbook_unread", |l| texts::runbook_unread(l, "X1"));
}
