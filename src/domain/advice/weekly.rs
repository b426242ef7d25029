//! The weekly message of Curador to Maestro: what the runbooks lack, and which of their sections led to wrong advice.

use super::votes::SectionVotes;
use crate::domain::runbooks::{Coverage, Gap};
use crate::domain::texts::{Language, curator as texts, runbook_gap};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// Votes that are older do not count: the section may have been corrected since.
pub const VOTES_AGE: SignedDuration = SignedDuration::from_hours(28 * 24);
/// Lines of each list at most.
const LINES_MAX: usize = 30;

/// The name of the Thread of the week of a time, which has the message. It is also the id of the conversation.
pub fn thread_name(at: Timestamp, zone: &TimeZone) -> String {
    let week = at.to_zoned(zone.clone()).date().iso_week_date();
    format!("coverage-{}-w{:02}", week.year(), week.week())
}

/// The name of the Message of the week in its Thread.
pub fn message_name(thread: &str) -> String {
    format!("{thread}-message")
}

/// The text; `None` where the runbooks cover everything, and no section has votes that say `wrong`.
pub fn body(coverage: &Coverage, votes: &[SectionVotes], language: Language) -> Option<String> {
    let mut blocks = Vec::new();
    let (unchecked, without): (Vec<&Gap>, Vec<&Gap>) =
        coverage.gaps.iter().partition(|gap| matches!(gap, Gap::UncoveredCheck { .. }));
    let lines = |gaps: Vec<&Gap>| gaps.into_iter().map(|gap| runbook_gap(language, gap)).collect::<Vec<_>>();
    let wrong = votes.iter().filter(|votes| votes.wrong > 0);
    let wrong: Vec<String> =
        wrong.map(|of| texts::section_votes(language, &of.spec, of.section.as_deref(), of.wrong, of.useful)).collect();
    for (heading, lines) in [
        (texts::without_runbook(language), lines(without)),
        (texts::uncovered_checks(language), lines(unchecked)),
        (texts::wrong_sections(language), wrong),
    ] {
        blocks.extend(list(&heading, &lines, language));
    }
    if blocks.is_empty() {
        return None;
    }
    blocks.insert(0, texts::summary(language, coverage.covered, coverage.checks));
    blocks.push(texts::what_to_do(language));
    Some(blocks.join("\n\n"))
}

fn list(heading: &str, lines: &[String], language: Language) -> Option<String> {
    if lines.is_empty() {
        return None;
    }
    let left = lines.len().saturating_sub(LINES_MAX);
    let shown = lines.iter().take(LINES_MAX).map(|line| format!("- {line}"));
    let more = (left > 0).then(|| format!("- {}", texts::and_more(language, left)));
    Some(format!("{heading}:\n{}", shown.chain(more).collect::<Vec<_>>().join("\n")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coverage() -> Coverage {
        let (scenario, spec) = ("desk.api.health".to_string(), "desk-api-health".to_string());
        let gaps = vec![
            Gap::NoRunbook { scenario: "vm123.openpanel.bridge".into() },
            Gap::AbsentRunbook { scenario: "wizard.vm112.bundle".into(), spec: "wizard".into() },
            Gap::AbsentSection { scenario: scenario.clone(), spec: spec.clone(), section: "Como reparar".into() },
            Gap::UncoveredCheck { scenario, spec, check: "status-ok".into() },
        ];
        Coverage { checks: 5, covered: 2, gaps }
    }

    fn votes(useful: u32, wrong: u32) -> SectionVotes {
        SectionVotes { spec: "proxmox-cluster".into(), section: Some("Como reparar".into()), useful, wrong }
    }

    #[test]
    fn nothing_is_said_where_all_is_covered_and_no_section_has_wrong_votes() {
        let covered = Coverage { checks: 3, covered: 3, gaps: Vec::new() };
        assert_eq!(body(&covered, &[votes(5, 0)], Language::Portuguese), None);
        assert!(body(&covered, &[votes(5, 1)], Language::Portuguese).is_some());
        assert!(body(&coverage(), &[], Language::Portuguese).is_some());
    }

    #[test]
    fn the_message_says_what_is_missing_in_both_languages() {
        let whole = SectionVotes { section: None, ..votes(0, 2) };
        let said = |language| body(&coverage(), &[votes(1, 3), whole.clone(), votes(4, 0)], language).unwrap();
        assert_eq!(
            said(Language::Portuguese),
            "Os runbooks cobrem 2 de 5 verificações.\n\n\
             Cenários sem runbook:\n- vm123.openpanel.bridge: o Scenario não indica um runbook\n\
             - wizard.vm112.bundle: o runbook wizard não existe\n\
             - desk.api.health: o runbook desk-api-health não tem a seção \"Como reparar\"\n\n\
             Verificações que o runbook não menciona:\n- desk.api.health: o runbook desk-api-health não fala de `status-ok`\n\n\
             Seções que levaram a conselhos avaliados como errados nas últimas quatro semanas:\n\
             - proxmox-cluster § Como reparar: errado 3, útil 1\n- proxmox-cluster: errado 2, útil 0\n\n\
             Para cobrir uma verificação, escreva o nome dela entre crases no runbook do cenário."
        );
        assert_eq!(
            said(Language::English),
            "The runbooks cover 2 of 5 checks.\n\n\
             Scenarios without a runbook:\n- vm123.openpanel.bridge: the Scenario names no runbook\n\
             - wizard.vm112.bundle: there is no runbook wizard\n\
             - desk.api.health: the runbook desk-api-health has no section \"Como reparar\"\n\n\
             Checks that the runbook does not name:\n- desk.api.health: the runbook desk-api-health does not mention `status-ok`\n\n\
             Sections that led to advice voted wrong within the last four weeks:\n\
             - proxmox-cluster § Como reparar: wrong 3, useful 1\n- proxmox-cluster: wrong 2, useful 0\n\n\
             To cover a check, write its name in backquotes in the runbook of the Scenario."
        );
    }

    #[test]
    fn the_message_is_bounded() {
        let gap = |n: usize| Gap::NoRunbook { scenario: format!("s{n:04}{}", "x".repeat(58)) };
        let coverage = Coverage { checks: 0, covered: 0, gaps: (0..5_000).map(gap).collect() };
        let said = body(&coverage, &[], Language::English).unwrap();
        assert!(said.contains("\n- and 4970 more\n") && said.len() < 4096, "{said}");
    }

    #[test]
    fn the_week_begins_on_monday_in_the_time_zone() {
        let zone = TimeZone::get("America/Sao_Paulo").unwrap();
        for (at, expected) in [
            ("2026-11-23T02:59:59Z", "coverage-2026-w47"),
            ("2026-11-23T03:00:00Z", "coverage-2026-w48"),
            ("2027-01-02T12:00:00Z", "coverage-2026-w53"),
            ("2027-01-04T12:00:00Z", "coverage-2027-w01"),
        ] {
            assert_eq!(thread_name(at.parse().unwrap(), &zone), expected, "{at}");
        }
    }
}
