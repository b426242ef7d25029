//! The texts of the weekly message of Curador.

use super::*;
use crate::domain::texts::curator as texts;

#[test]
fn the_weekly_message_is_in_both_languages() {
    check("subject", |l| texts::subject(l, "X1"));
    check("summary", |l| texts::summary(l, 2, 5));
    check("without_runbook", texts::without_runbook);
    check("uncovered_checks", texts::uncovered_checks);
    check("wrong_sections", texts::wrong_sections);
    check("section_votes", |l| texts::section_votes(l, "X1", Some("X2"), 3, 2));
    check("and_more", |l| texts::and_more(l, 3));
    check("what_to_do", texts::what_to_do);
}

#[test]
fn refused_votes_are_told_in_both_languages() {
    check("vote_invalid", |l| vote_invalid(l, "X1"));
    check("vote_without_advice", vote_without_advice);
}
