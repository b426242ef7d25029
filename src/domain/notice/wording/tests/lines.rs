//! Subjects and first lines.

use super::fixtures::{KINDS, at, content, desk, group, part, single, style, vm};
use crate::api::{Channel, NoticeKind, Severity};
use crate::domain::notice::content::{AcknowledgedBy, Content, Item, ModelAdvice, OfOpening, Opening};
use crate::domain::notice::wording::word;
use crate::domain::outgoing::{Mail, Outgoing, Push};
use crate::domain::texts::Language;

pub fn mail(content: &Content, language: Language) -> Mail {
    match word(content, Channel::Mail, &style(language)) {
        Outgoing::Mail(mail) => mail,
        other => panic!("{other:?}"),
    }
}

pub fn push(content: &Content) -> Push {
    match word(content, Channel::Ntfy, &style(Language::Portuguese)) {
        Outgoing::Ntfy(push) => push,
        other => panic!("{other:?}"),
    }
}

fn subject(content: &Content) -> String {
    mail(content, Language::Portuguese).subject
}

fn first_line(content: &Content) -> String {
    mail(content, Language::Portuguese).text.lines().next().unwrap().to_string()
}

fn no_opening() -> Opening {
    Opening { id: String::new(), subject: String::new(), is_known: true, findings: OfOpening::default() }
}

#[test]
fn the_subject_of_an_opening_names_severity_failure_and_scenario() {
    let of = |items: Vec<Item>| subject(&content(NoticeKind::Opened, items));
    assert_eq!(of(vec![vm(112)]), "[crítico] VM 112 não está em execução · proxmox.cluster");
    assert_eq!(
        of(vec![vm(112), vm(122), vm(123)]),
        "[crítico] VM 112 não está em execução · proxmox.cluster (e mais 2)"
    );
    let more = Content { total: 250, ..content(NoticeKind::Opened, vec![vm(112)]) };
    assert_eq!(subject(&more), "[crítico] VM 112 não está em execução · proxmox.cluster (e mais 249)");
    let english = mail(&content(NoticeKind::Opened, vec![desk(), desk()]), Language::English).subject;
    assert_eq!(english, "[high] A API do Desk respondeu 502 em /health · desk.api.health (and 1 more)");
    let bare = Item { finding: "x-0123456789".into(), check: "c".into(), ..Item::default() };
    assert_eq!(of(vec![bare]), "c");
}

#[test]
fn a_subject_is_one_line_of_bounded_length() {
    for message in ["á".repeat(10_000), "one\r\nBcc: x@example.org\n\ttwo".into(), "漢 ".repeat(500), String::new()] {
        let item = Item { message, scenario: "s".repeat(63), severity: Some(Severity::Info), ..vm(1) };
        let subject = subject(&content(NoticeKind::Opened, vec![item; 3]));
        assert!(subject.chars().count() <= 120, "{subject}");
        assert!(!subject.contains(['\r', '\n', '\t']), "{subject:?}");
        assert!(subject.ends_with(&format!("· {} (e mais 2)", "s".repeat(63))), "{subject}");
    }
}

#[test]
fn a_mail_that_follows_an_opening_replies_to_its_subject_exactly() {
    for kind in KINDS {
        let content = single(kind);
        let Some(opening) = content.opening.clone() else { continue };
        for language in Language::ALL {
            let mail = mail(&content, language);
            assert_eq!(mail.subject, format!("Re: {}", opening.subject), "{kind:?}");
            assert_eq!((mail.in_reply_to, mail.message_id), (Some(opening.id.clone()), content.id.clone()));
        }
    }
    let broken = Opening { id: "x".into(), subject: "a\r\nBcc: x@example.org".into(), is_known: true, ..no_opening() };
    let content = Content { opening: Some(broken), ..single(NoticeKind::Resolved) };
    assert_eq!(subject(&content), "Re: a Bcc: x@example.org");
    let of_others = Opening { id: "x".into(), subject: "[crítico] a · shop".into(), is_known: false, ..no_opening() };
    let content = Content { opening: Some(of_others), ..single(NoticeKind::Escalated) };
    assert_eq!(subject(&content), "[crítico] a · shop", "its recipient got no opening, and later mails reply to it");
}

#[test]
fn the_first_line_says_the_state() {
    for (kind, line) in [
        (NoticeKind::Opened, "[crítico] VM 112 não está em execução"),
        (NoticeKind::Flapping, "Instável: abriu três vezes em uma hora"),
        (NoticeKind::Acknowledged, "Reconhecida por ana (nome não comprovado): troca de disco em curso"),
        (NoticeKind::Reminder, "Ainda aberta desde 26/11/2026 10:08 (há 4 h 3 min)"),
        (NoticeKind::Escalated, "Escalada: ninguém reconheceu; aberta desde 26/11/2026 10:08 (há 17 min)"),
        (NoticeKind::Advised, "Orientação do modelo local, conferida com os runbooks"),
        (NoticeKind::Resolved, "Resolvida em 26/11/2026 12:13"),
    ] {
        assert_eq!(first_line(&single(kind)), line, "{kind:?}");
    }
    for (kind, line) in [
        (NoticeKind::Opened, "3 ocorrências abertas"),
        (NoticeKind::Flapping, "Instáveis: 3 ocorrências abriram três vezes em uma hora"),
        (NoticeKind::Acknowledged, "Reconhecidas: 3 ocorrências"),
        (NoticeKind::Reminder, "Ainda abertas: 3 ocorrências"),
        (NoticeKind::Escalated, "Escalada: ninguém reconheceu 3 ocorrências"),
        (NoticeKind::Advised, "Orientação do modelo local: 3 ocorrências"),
        (NoticeKind::Resolved, "Resolvidas: 2; não são mais monitoradas: 1"),
    ] {
        assert_eq!(first_line(&group(kind)), line, "{kind:?}");
    }
}

#[test]
fn a_message_about_some_findings_of_an_opening_says_how_many_are_still_open() {
    for (kind, line) in [
        (
            NoticeKind::Acknowledged,
            "Reconhecida por ana (nome não comprovado): troca de disco em curso · VM 123 não está em execução · 3 de 3 do mesmo aviso continuam abertas, 1 reconhecida",
        ),
        (
            NoticeKind::Reminder,
            "Ainda aberta desde 26/11/2026 10:08 (há 4 h 3 min) · VM 123 não está em execução · 3 de 3 do mesmo aviso continuam abertas, 1 reconhecida",
        ),
        (
            NoticeKind::Resolved,
            "Resolvida em 26/11/2026 12:13 · Voltou ao normal depois de 2 h 5 min. Era: VM 123 não está em execução · 2 de 3 do mesmo aviso continuam abertas, 1 reconhecida",
        ),
    ] {
        assert_eq!(first_line(&part(kind)), line);
    }
    let ended = |told, open, acknowledged| {
        let mut content = part(NoticeKind::Resolved);
        content.opening.as_mut().unwrap().findings = OfOpening { told, open, acknowledged };
        let line = first_line(&content);
        line.rsplit_once("em execução").unwrap().1.to_string()
    };
    assert_eq!(ended(Some(3), 1, 0), " · 1 de 3 do mesmo aviso continua aberta");
    assert_eq!(ended(Some(3), 0, 0), " · todas as 3 do mesmo aviso estão encerradas");
    assert_eq!(ended(None, 2, 2), " · 2 do mesmo aviso continuam abertas, 2 reconhecidas");
    assert_eq!((ended(None, 0, 0), ended(Some(1), 0, 0)), (String::new(), String::new()));
    let mut two = group(NoticeKind::Resolved);
    two.items.truncate(2);
    (two.total, two.opening.as_mut().unwrap().findings.open) = (2, 1);
    assert_eq!(first_line(&two), "Resolvidas: 2 ocorrências · 1 de 3 do mesmo aviso continua aberta");
    for content in [part(NoticeKind::Resolved), two] {
        assert!(
            push(&content).body.ends_with("abertas, 1 reconhecida") || push(&content).body.ends_with("continua aberta")
        );
    }
}

/// A message is read later: how long ago something was is said besides the time only, and is worth saying.
#[test]
fn every_time_in_a_message_is_absolute() {
    for kind in KINDS {
        for content in [single(kind), group(kind), part(kind)] {
            for language in Language::ALL {
                let text = mail(&content, language).text;
                for line in text.lines().filter(|line| line.contains("há ") || line.contains(" ago")) {
                    assert!(line.contains("2026") && !line.contains(" s)") && !line.contains(" s ago"), "{line}");
                }
            }
        }
    }
}

#[test]
fn what_to_do_comes_before_what_was_read() {
    for kind in [NoticeKind::Opened, NoticeKind::Reminder, NoticeKind::Escalated] {
        let mail = mail(&single(kind), Language::Portuguese);
        for text in [mail.text, mail.html] {
            let places = [
                "VM 112 não está",
                "Aberta desde",
                "O que fazer",
                "procure",
                "O que a verificação mostra",
                "Condição que falhou",
                "Valores lidos",
            ];
            let at: Vec<usize> =
                places.iter().map(|part| text.rfind(part).unwrap_or_else(|| panic!("{part}: {text}"))).collect();
            assert!(at.is_sorted(), "{kind:?}: {at:?} {text}");
        }
    }
}

#[test]
fn advice_comes_first_in_lines_of_its_own() {
    let mut content = single(NoticeKind::Advised);
    content.items[0].advice = Some(ModelAdvice { text: "1. um\n-- \n   <b>dois</b>".into(), is_stale: true });
    let mail = mail(&content, Language::Portuguese);
    assert!(mail.text.contains("\n\n1. um\n--\n   <b>dois</b>\n\nAberta desde"), "{}", mail.text);
    assert!(mail.html.contains("white-space:pre-wrap\">1. um\n--\n   &lt;b&gt;dois&lt;/b&gt;</p>"), "{}", mail.html);
    for text in [&mail.text, &mail.html] {
        let remark = text.find("as evidências mudaram").unwrap();
        assert!(remark < text.find("1. um").unwrap(), "{text}");
    }
}

#[test]
fn what_is_no_longer_watched_did_not_recover() {
    for message in [
        "Não é mais monitorado: o cenário não existe mais. Última mensagem: VM 112 não está em execução",
        "Não está mais na lista, depois de 2 h. Última mensagem: VM 112 não está em execução",
        "VM 112 não está em execução",
    ] {
        let mut content = single(NoticeKind::Resolved);
        content.items[0].is_unwatched = true;
        content.items[0].message = message.into();
        let line = first_line(&content);
        assert!(line.starts_with("Não é mais monitorado: ") && line.ends_with("VM 112 não está em execução"), "{line}");
        assert_eq!(line.matches("monitorado").count(), 1, "{line}");
        for channel in Channel::ALL {
            let said = format!("{:?}", word(&content, channel, &style(Language::Portuguese))).to_lowercase();
            assert!(!said.contains("resolvido") && !said.contains("voltou ao normal"), "{channel:?}: {said}");
        }
    }
    let all = content(NoticeKind::Resolved, vec![Item { is_unwatched: true, ..vm(1) }; 2]);
    assert_eq!(first_line(&all), "Não são mais monitoradas: 2 ocorrências");
}

#[test]
fn a_name_that_is_not_proven_is_said_to_be_so() {
    let mut content = single(NoticeKind::Acknowledged);
    content.items[0].acknowledgement = Some(AcknowledgedBy { by: "ana".into(), proven: true, ..Default::default() });
    assert_eq!(first_line(&content), "Reconhecida por ana");
    content.items[0].acknowledgement = Some(AcknowledgedBy { by: "ana".into(), ..Default::default() });
    assert_eq!(first_line(&content), "Reconhecida por ana (nome não comprovado)");
}

#[test]
fn after_flapping_a_reminder_says_the_state_of_now() {
    let mut content = single(NoticeKind::Reminder);
    content.items[0].acknowledgement = Some(AcknowledgedBy { by: "ana".into(), proven: true, ..Default::default() });
    assert_eq!(first_line(&content), "Ainda aberta desde 26/11/2026 10:08 (há 4 h 3 min). Reconhecida por ana");
    content.items[0].resolved_at = Some(at("2026-11-26T16:56:00Z"));
    assert_eq!(first_line(&content), "Resolvida em 26/11/2026 13:56");
    assert_eq!(push(&content).priority, 3);
    let mut content = group(NoticeKind::Reminder);
    content.items[0].resolved_at = Some(at("2026-11-26T16:56:00Z"));
    assert_eq!(first_line(&content), "Ainda abertas: 2; encerradas: 1");
    assert_eq!(push(&content).priority, 5);
    content.items.iter_mut().for_each(|item| item.resolved_at = Some(at("2026-11-26T16:56:00Z")));
    assert_eq!(first_line(&content), "Resolvidas: 3 ocorrências");
}

#[test]
fn a_flapping_notice_says_when_the_next_one_comes() {
    let content = single(NoticeKind::Flapping);
    let next = "O próximo aviso vem quando o estado se mantiver por 15 minutos.";
    let mail = mail(&content, Language::Portuguese);
    assert!(mail.text.contains(next) && mail.html.contains(next) && push(&content).body.contains(next));
}

#[test]
fn priorities_follow_severity_and_ends_are_quiet() {
    let of = |kind, severity| push(&content(kind, vec![Item { severity: Some(severity), ..vm(112) }])).priority;
    for (severity, opened, resolved) in [
        (Severity::Critical, 5, 3),
        (Severity::High, 4, 3),
        (Severity::Medium, 3, 3),
        (Severity::Low, 2, 2),
        (Severity::Info, 1, 1),
    ] {
        assert_eq!((of(NoticeKind::Opened, severity), of(NoticeKind::Resolved, severity)), (opened, resolved));
    }
    assert_eq!(
        (of(NoticeKind::Escalated, Severity::Critical), of(NoticeKind::Acknowledged, Severity::Critical)),
        (5, 2)
    );
}
