//! Texts of advice on Findings.

use super::super::advice::*;
use super::super::advice_lines::evidence_changed;
use super::check;

#[test]
fn advice_without_the_model_is_in_both_languages() {
    check("no_section", no_section);
    check("without_model", |l| without_model(l, "X1"));
    check("agent_without_model", |l| agent_without_model(l, "X1"));
    check("budget_spent", budget_spent);
    check("no_runbook_fits", no_runbook_fits);
    check("not_grounded", not_grounded);
    check("evidence_changed", evidence_changed);
}
