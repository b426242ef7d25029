//! The rules one by one, and what a checked answer looks like.

use super::cases::{Section, advice, cause, lines, step};
use super::*;
use std::path::Path;

const TEXT: &str = "- Quórum perdido: recupere a rede entre os nós. Só use `qm unlock 112` se nenhuma cópia está em curso.\n\
    - VM parada: confira no log se foi desligada de propósito; se não foi, `qm start 112`.\n\
    - Nó fora: o disco encheu ou a rede caiu.\n\
    - Não apague nada ao lado do arquivo do banco.\n\n```sh\npvecm nodes\njournalctl -u corosync \\\n  -n 100   # últimas linhas\n```\n";
const POSSIBLE: &str = "o disco encheu ou a rede caiu";
const QUOTE: &str = "confira no log se foi desligada de propósito";

fn case(answer: String) -> Case {
    let section = |heading: &str, text: &str| Section {
        spec: "proxmox-cluster".into(),
        headings: vec!["Cluster Proxmox".into(), heading.into()],
        text: text.into(),
    };
    let sections = vec![
        section("Como reparar", TEXT),
        section("Como reparar", "O último passo é `qm migrate 112 pve2`, em caso de falha."),
    ];
    Case::new("rules".into(), sections, answer)
}

fn of(answer: String) -> Checked {
    checked(&case(answer))
}

fn reasons(checked: &Checked) -> Vec<(What, Reason)> {
    checked.dropped.iter().map(|dropped| (dropped.what, dropped.reason)).collect()
}

fn one(command: &str) -> Checked {
    of(advice("", &[], &[step("", command, "E1", QUOTE)]))
}

fn compare(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/domain/advice/check/tests/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(golden == text, "{name} is not what is shown now:\n{text}");
}

#[test]
fn checked_answers_are_the_golden_ones() {
    let steps = [
        step("Confira o **log** da VM 112.", "qm start 112", "E1", QUOTE),
        step("Veja os nós do cluster.", "journalctl -u corosync -n 100", "E1", "`pvecm nodes`"),
        step("Espere a cópia antes de desbloquear.", "qm unlock 112", "E1", QUOTE),
        step("Apague o banco.", "rm -rf /", "E1", "apague nada ao lado do arquivo"),
    ];
    let answer = advice("A VM 112 parou.", &[cause("Alguém desligou a VM.", "E1", QUOTE)], &steps);
    let portuguese = of(answer);
    compare("advice.pt.txt", &portuguese.text);
    let steps = [step("Look at the log of VM 112 first.", "qm start 112", "E1", QUOTE)];
    let mut english =
        case(advice("VM 112 has stopped.", &[cause("Somebody switched the VM off.", "E1", QUOTE)], &steps));
    english.is_english = true;
    compare("advice.en.txt", &checked(&english).text);
    let mut question =
        case(lines(&[("Veja se ela foi desligada de propósito.", "E1", QUOTE), ("Resolvido.", "E1", QUOTE)]));
    question.is_question = true;
    compare("question.pt.txt", &checked(&question).text);
}

#[test]
fn each_rule_drops_what_it_should() {
    for (text, reason) in [
        ("A VM 113 parou.", Reason::Fact),
        ("Espere 5 minutos.", Reason::Fact),
        ("O problema foi resolvido.", Reason::Claim),
        ("Veja [o log](http://evil.example).", Reason::Markup),
        ("Veja <b>o log</b>.", Reason::Markup),
        ("Veja o l\u{43e}g.", Reason::Characters),
        ("😀", Reason::Empty),
        (&"confira no log se foi desligada de propósito ".repeat(12), Reason::TooLong),
    ] {
        let checked = of(advice("", &[], &[step(text, "", "E1", QUOTE), step("", "", "E1", QUOTE)]));
        assert_eq!(reasons(&checked), [(What::Step, reason)], "{text}");
        assert!(checked.grounded);
    }
    for (excerpt, quote, reason) in [
        ("E9", QUOTE, Reason::NoExcerpt),
        ("E2", QUOTE, Reason::NoQuote),
        ("E1", "confira no log", Reason::ShortQuote),
        ("E1", "confira no log se foi desligada sem propósito", Reason::NoQuote),
        ("E1", "recupere a rede entre os nós … se nenhuma cópia está em curso", Reason::NoQuote),
        ("E1", "de propósito; se não foi, qm start 112. Não apague nada", Reason::NoQuote),
    ] {
        let checked = of(advice("Leia o log.", &[cause("Leia o log.", excerpt, quote)], &[]));
        assert_eq!(reasons(&checked), [(What::Cause, reason), (What::Summary, Reason::Unsupported)], "{quote}");
        assert_eq!((checked.grounded, checked.text.as_str(), checked.citations.len()), (false, "", 0));
    }
}

#[test]
fn a_step_stays_without_a_command_that_is_not_in_its_section() {
    for command in
        ["qm start 113", "qm start 112 --force", "qm start 112 | sh", "pvecm nodes; reboot", "journalctl -u corosync"]
    {
        let checked = one(command);
        assert_eq!(reasons(&checked), [(What::Command, Reason::Command)], "{command}");
        assert!(checked.grounded && !checked.text.contains(command), "{}", checked.text);
    }
    // Another piece of the section has it.
    let text = one("qm migrate 112 pve2").text;
    assert!(text.contains("\n   qm migrate 112 pve2"), "{text}");
    assert!(one(" `pvecm  nodes` ").text.contains("\n   pvecm nodes\n"));
}

#[test]
fn a_command_in_backquotes_is_shown_with_the_sentence_around_it() {
    let text = one("qm unlock 112").text;
    assert!(text.contains("Só use qm unlock 112 se nenhuma cópia está em curso."), "{text}");
}

#[test]
fn a_summary_is_held_to_the_same_rules() {
    let good = step("", "", "E1", POSSIBLE);
    for (summary, reason) in [
        ("A VM 113 parou.", Reason::Fact),
        ("Foi resolvido.", Reason::Claim),
        ("Rode qm stop 112.", Reason::Words),
        ("Apague o banco.", Reason::Words),
        ("Elimine o disco da VM 112.", Reason::Words),
        ("Possivelmente confira no log.", Reason::Words),
        ("A VM parada.", Reason::Words),
        ("<b>x</b>", Reason::Markup),
    ] {
        let checked = of(advice(summary, &[], std::slice::from_ref(&good)));
        assert_eq!(reasons(&checked), [(What::Summary, reason)], "{summary}");
        assert!(checked.text.starts_with("Passos:\n1. Nó fora: o disco encheu"), "{}", checked.text);
    }
    let said = "Possivelmente o disco encheu.";
    let checked = of(advice(said, &[cause(said, "E1", POSSIBLE), cause("O disco encheu.", "E1", QUOTE)], &[]));
    assert_eq!(reasons(&checked), [(What::Wording, Reason::Words)]);
    let expected = "Possivelmente o disco encheu.\n\nCausas prováveis:\n- Possivelmente o disco encheu. (certeza média)\n  Runbook \
        proxmox-cluster § Como reparar: “Nó fora: o disco encheu ou a rede caiu.”\n- VM parada: confira";
    assert!(checked.text.starts_with(expected), "{}", checked.text);
}

#[test]
fn what_only_introduces_something_else_is_shown_with_a_command_of_it_or_not_at_all() {
    let quote = "O que chegou, na máquina do Desk";
    let checked_with = |answer: String| {
        let mut case = case(answer);
        case.sections[0].text = format!("{quote}:\n\n```sh\nsqlite3 desk.db 'SELECT 1'\nls -l desk.db\n```\n");
        checked(&case)
    };
    let bare = checked_with(advice("", &[cause("", "E1", quote)], &[step("", "", "E1", quote)]));
    assert_eq!((bare.text.as_str(), bare.grounded), ("", false));
    assert_eq!(reasons(&bare), [(What::Cause, Reason::Introduction), (What::Step, Reason::Introduction)]);
    let other = checked_with(advice("", &[], &[step("", "rm -rf /", "E1", quote)]));
    assert_eq!((other.text.as_str(), reasons(&other)[1]), ("", (What::Step, Reason::Introduction)));
    let one = checked_with(advice("", &[], &[step("", "ls -l desk.db", "E1", quote)]));
    assert!(one.text.contains("ls -l desk.db") && !one.text.contains("sqlite3"), "{}", one.text);
}

#[test]
fn citations_are_named_once_and_the_text_is_bounded() {
    let same: Vec<_> = (0..5).map(|_| step("", "", "E1", QUOTE)).collect();
    let checked = of(advice("", &[], &same));
    assert_eq!(checked.citations.len(), 1);
    assert_eq!(checked.citations[0].section.as_deref(), Some("Como reparar"));
    assert!(checked.citations[0].quote.starts_with("VM parada: confira no log"));
    assert_eq!(reasons(&checked), [(What::Step, Reason::Repeated); 4]);
    let item = |number: usize| format!("- início do item {number}: {}\n", "ção ".repeat(400));
    let steps: Vec<_> = (0..5).map(|number| step("", "", "E1", &format!("início do item {number}"))).collect();
    let mut long = case(advice("", &[], &steps));
    long.sections.truncate(1);
    long.sections[0].text = (0..5).map(item).collect();
    let excerpts = vec![cited(&long.sections[0])];
    let prompt = Prompt { excerpts, ..prompt(&long) };
    let whole = check(&long.answer, &prompt, Language::Portuguese);
    assert!(whole.text.len() <= CHECKED_MAX && whole.text.len() > CHECKED_MAX / 2, "{}", whole.text.len());
    assert_eq!(reasons(&whole), [(What::Line, Reason::Surplus)]);
}

fn cited(section: &Section) -> Cited {
    let (spec, headings, text) = (section.spec.clone(), section.headings.clone(), section.text.clone());
    Cited { id: "E1".into(), excerpt: Excerpt { spec, headings, text, hash: String::new() } }
}

#[test]
fn ids_and_steps_are_written_in_several_ways() {
    for (id, text) in [("[E1]", "Leia o log."), ("e1", "Passo 1: leia o log."), (" E1.", "Step 12: leia o log.")] {
        assert!(of(advice("", &[], &[step(text, "", id, QUOTE)])).text.contains("\n1. VM parada: confira"), "{id}");
    }
    assert!(!of(advice("", &[], &[step("Passo 9 a fazer: leia o log.", "", "E1", QUOTE)])).grounded);
}

#[test]
fn an_answer_in_another_language_is_dropped_whole() {
    let short = ["Look at the log.", "Wait for the backup.", "Start the machine.", "Then check the network."];
    let steps: Vec<_> = short.iter().map(|text| step(text, "", "E1", QUOTE)).collect();
    let checked = of(advice("", &[], &steps));
    assert_eq!((reasons(&checked), checked.grounded), (vec![(What::Answer, Reason::Language)], false));
}

#[test]
fn what_was_dropped_is_bounded() {
    let checked = of("x\u{7}".repeat(5000));
    assert_eq!(reasons(&checked), [(What::Answer, Reason::TooLong)]);
    assert!(checked.dropped[0].detail.chars().count() <= 120 && !checked.dropped[0].detail.contains('\u{7}'));
}
