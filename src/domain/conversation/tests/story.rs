//! The story of a Finding, in both languages, as golden files.

use super::compare;
use super::fixtures::{NAME, PAGE, acknowledgement, group, language_name, silences, spec, status, style, time};
use crate::api::{FindingStatus, Phase, Severity};
use crate::domain::conversation::tell::{Event, tell};
use crate::domain::conversation::{Facts, Said};
use crate::domain::texts::Language;
use std::time::Duration;

fn said(event: &Event<'_>, status: &FindingStatus, language: Language) -> Said {
    let (spec, group, silences) = (spec(), group(), silences());
    let facts =
        Facts { finding: NAME, spec: &spec, status, page: Some(PAGE), group: Some(&group), silences: &silences };
    tell(event, &facts, &style(language))
}

fn text(said: &Said) -> String {
    let cited = |citation: &crate::api::Citation| {
        format!("{} / {}: {:?}", citation.spec, citation.section.as_deref().unwrap_or_default(), citation.quote)
    };
    let citations: Vec<String> = said.citations.iter().map(cited).collect();
    format!("{}\n\n===== citations\n{}\n", said.body, citations.join("\n"))
}

#[test]
fn the_story_is_that_of_the_golden_files() {
    let acknowledgement = acknowledgement();
    let resolved = FindingStatus {
        phase: Some(Phase::Resolved),
        resolved_at: Some(time("2026-11-26T15:13:00Z")),
        message: Some("Voltou ao normal depois de 2 h 5 min. Era: VM 112 não está em execução".into()),
        ..status()
    };
    let known = FindingStatus { phase: Some(Phase::Acknowledged), ..status() };
    let after = Some(Duration::from_secs(7500));
    for (name, event, status) in [
        ("opened", Event::Opened, status()),
        ("reopened", Event::Reopened(2), status()),
        ("severity", Event::SeverityChanged { from: Severity::High, to: Severity::Critical }, status()),
        ("acknowledged", Event::Acknowledged(&acknowledgement), known),
        ("message-acknowledged", Event::Acknowledged(&acknowledgement), status()),
        ("acknowledgement-removed", Event::AcknowledgementRemoved, status()),
        ("acknowledgement-expired", Event::AcknowledgementExpired { by: "ana" }, status()),
        ("escalated", Event::Escalated(Duration::from_secs(900)), status()),
        ("correlated", Event::Correlated, status()),
        ("resolved", Event::Resolved { after, is_unwatched: false }, resolved.clone()),
        ("unwatched", Event::Resolved { after, is_unwatched: true }, resolved),
    ] {
        for language in Language::ALL {
            let said = said(&event, &status, language);
            compare(&format!("{name}.{}.txt", language_name(language)), &text(&said));
        }
    }
}

#[test]
fn the_same_event_is_always_told_in_the_same_words() {
    assert_eq!(
        said(&Event::Opened, &status(), Language::Portuguese),
        said(&Event::Opened, &status(), Language::Portuguese)
    );
}

#[test]
fn a_finding_of_which_little_is_known_is_told_too() {
    let (spec, status) = (spec(), FindingStatus::default());
    let facts = Facts { finding: NAME, spec: &spec, status: &status, page: None, group: None, silences: &[] };
    for event in [Event::Opened, Event::Correlated, Event::Resolved { after: None, is_unwatched: false }] {
        let said = tell(&event, &facts, &style(Language::Portuguese));
        assert!(said.body.contains("vm-running") && said.citations.is_empty(), "{}", said.body);
    }
}

#[test]
fn a_page_without_the_named_section_is_quoted_from_its_beginning() {
    let (spec, status) = (spec(), status());
    for (page, quoted) in [
        (Some("Só texto."), "> Só texto."),
        (Some(" \n"), "Runbook proxmox-cluster: não foi possível ler a página aqui."),
        (None, "Runbook proxmox-cluster: não foi possível ler a página aqui."),
    ] {
        let facts = Facts { finding: NAME, spec: &spec, status: &status, page, group: None, silences: &[] };
        let said = tell(&Event::Opened, &facts, &style(Language::Portuguese));
        assert!(said.body.contains(quoted), "{}", said.body);
    }
}
