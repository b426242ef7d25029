//! The daily digest.

use super::fixtures::{at, style};
use super::golden::{compare, language_name};
use crate::api::Severity;
use crate::domain::notice::content::AcknowledgedBy;
use crate::domain::notice::digest_content::{Digest, Line, LineSubject, SECTION_LINES_MAX, Section};
use crate::domain::notice::wording::{MAIL_MAX, word_digest};
use crate::domain::texts::Language;
use std::fmt::Write;

fn line(scenario: &str, message: &str, severity: Severity) -> Line {
    Line {
        subject: LineSubject::Finding { name: format!("{scenario}-0123456789"), scenario: scenario.into() },
        severity: Some(severity),
        title: "Título".into(),
        message: message.into(),
        since: Some(at("2026-11-25T13:08:00Z")),
        by: None,
    }
}

fn section(lines: Vec<Line>) -> Section {
    Section { total: lines.len(), lines }
}

fn by(note: Option<&str>, proven: bool) -> Option<AcknowledgedBy> {
    Some(AcknowledgedBy { by: "ana".into(), note: note.map(String::from), at: None, proven })
}

fn digest() -> Digest {
    let vm = line("proxmox.cluster", "VM 112 não está em execução", Severity::Critical);
    let desk = line("desk.api.health", "A API do Desk respondeu 502 em /health", Severity::High);
    let unwatched = Line {
        subject: LineSubject::Scenario("ollama.vm123.health".into()),
        title: "Ollama".into(),
        message: "suspenso".into(),
        ..line("", "", Severity::Medium)
    };
    Digest {
        date: jiff::civil::date(2026, 11, 26),
        at: at("2026-11-26T11:00:00Z"),
        id: "digest-2026-11-26.0a1b2c@agentic-ops".into(),
        open: section(vec![vm.clone(), desk.clone()]),
        acknowledged: section(vec![Line { by: by(Some("aguarda peça"), true), ..desk.clone() }]),
        flapping: section(vec![desk.clone()]),
        silenced: section(vec![Line { by: by(Some("manutenção"), false), ..vm }]),
        unwatched: Section { lines: vec![unwatched], total: 4 },
    }
}

#[test]
fn digests_are_those_of_the_golden_files() {
    for language in Language::ALL {
        let mail = word_digest(&digest(), &style(language));
        let mut text = String::new();
        writeln!(text, "Subject: {}\nMessage-ID: {}\n\n{}", mail.subject, mail.message_id, mail.text).unwrap();
        compare(&format!("digest.{}.txt", language_name(language)), &text);
        compare(&format!("digest.{}.html", language_name(language)), &mail.html);
    }
}

#[test]
fn a_section_without_lines_is_left_out() {
    let empty = Section::default();
    let only_open = Digest {
        acknowledged: empty.clone(),
        flapping: empty.clone(),
        silenced: empty.clone(),
        unwatched: empty.clone(),
        ..digest()
    };
    let mail = word_digest(&only_open, &style(Language::Portuguese));
    assert_eq!(mail.subject, "Resumo de 26/11/2026: 2 em aberto");
    assert!(!mail.text.contains("Silenciadas") && mail.in_reply_to.is_none(), "{}", mail.text);
    assert!(!only_open.is_empty() && Digest { open: empty, ..only_open }.is_empty());
}

#[test]
fn a_digest_is_bounded_and_harmless() {
    for text in ["<script>\"\r\nBcc: x\u{202e}".repeat(15), "漢".repeat(300)] {
        let line = Line { by: by(Some(&text), false), title: text.clone(), ..line(&text, &text, Severity::Low) };
        let full = || Section { lines: vec![line.clone(); SECTION_LINES_MAX + 10], total: 1_000_000 };
        let digest = Digest {
            open: full(),
            acknowledged: full(),
            flapping: full(),
            silenced: full(),
            unwatched: full(),
            ..digest()
        };
        let mail = word_digest(&digest, &style(Language::Portuguese));
        assert!(mail.text.len() + mail.html.len() <= MAIL_MAX, "{}", mail.text.len() + mail.html.len());
        assert!(mail.subject.chars().count() <= 120 && !mail.subject.contains(['\r', '\n']), "{}", mail.subject);
        assert!(!mail.html.contains("<script") && !mail.html.contains('\u{202e}'));
        assert!(mail.text.contains("e mais 9999"), "{}", mail.text);
    }
}
