//! Answers to every request, as golden files, and to any text.

mod results;

use super::*;
use crate::api::{FindingStatus, Phase, ScenarioSpec, ScenarioStatus, Severity};
use crate::domain::conversation::command::{free_question, is_remark, parse};
use crate::domain::conversation::tests::fixtures::{
    NAME, PAGE, acknowledgement, at, group, language_name, silences, spec, status, style,
};
use crate::domain::conversation::tests::{compare, hostile};
use crate::domain::runbooks::Excerpt;
use crate::domain::similar::{Closeness, Note};
use crate::domain::texts::Language;
use proptest::prelude::*;
use serde_json::json;

fn place() -> Place {
    Place { namespace: "agentic-ops".into(), url: "https://desk.example.org".into() }
}

fn open_item(name: &str, agent: &str, severity: Severity, minute: u32) -> OpenItem {
    OpenItem {
        name: name.into(),
        scenario: name.split('-').next().unwrap_or_default().into(),
        agent: agent.into(),
        message: format!("{name} falhou"),
        severity: Some(severity),
        opened_at: Some(at(&format!("2026-11-26T13:{minute:02}:00Z"))),
        is_acknowledged: minute == 2,
        is_silenced: minute == 1,
    }
}

fn open() -> OpenList {
    let items = vec![
        open_item("pfsense.api-1", "trilho", Severity::Low, 5),
        open_item("desk.api-1", "pulso", Severity::High, 2),
        open_item("desk.api-2", "pulso", Severity::High, 1),
        open_item("proxmox.cluster-1", "pulso", Severity::Critical, 8),
    ];
    OpenList::new(items, "pulso", "Pulso")
}

fn scenario() -> (ScenarioSpec, ScenarioStatus) {
    let spec = json!({"title": "API do Desk", "agent": "pulso", "severity": "high",
        "runbook": {"spec": "desk-api-health", "section": "Como verificar à mão"}, "probes": [], "checks": []});
    let status = json!({"health": "failing", "state": "ready", "lastRunAt": "2026-11-26T13:59:00Z", "openFindings": 2,
        "conditions": []});
    (serde_json::from_value(spec).unwrap(), serde_json::from_value(status).unwrap())
}

/// What is asked about in a test.
#[derive(Clone, Copy, Debug, PartialEq)]
enum On {
    Finding,
    Scenario,
    Agent,
    OneOf,
    Findings,
    Unknown,
    Nothing,
}

struct Case<'a> {
    text: &'a str,
    on: On,
    is_closed: bool,
    status: FindingStatus,
    /// Whether there are similar past occurrences.
    has_past: bool,
    found: &'a [Excerpt],
    model: LocalModel,
    /// Open Findings that say what was asked about.
    besides: &'a [String],
}

fn case(text: &str, on: On) -> Case<'_> {
    let status = status();
    Case { text, on, is_closed: false, status, has_past: false, found: &[], model: LocalModel::Off, besides: &[] }
}

/// Pieces of a runbook that fit a question, the second one without headings.
fn excerpts() -> Vec<Excerpt> {
    let excerpt = |headings: &[&str], text: &str| Excerpt {
        spec: "proxmox-cluster".into(),
        headings: headings.iter().map(|heading| heading.to_string()).collect(),
        text: text.into(),
        hash: "0123456789abcdef".into(),
    };
    vec![
        excerpt(&["Cluster Proxmox", "Como reparar"], "1. `qm start 112`\n\n   Espere um minuto.\n"),
        excerpt(&[], "Cenário `proxmox.cluster`."),
        excerpt(&["Cluster Proxmox", "Quando escalar"], "Não cabe mais."),
    ]
}

fn said(case: &Case<'_>, carried_out: Option<CarriedOut<'_>>, language: Language) -> Said {
    with_known(case, carried_out, |known| answer(known, &style(language)))
}

fn with_known<T>(case: &Case<'_>, carried_out: Option<CarriedOut<'_>>, then: impl FnOnce(&Known<'_>) -> T) -> T {
    let (finding_spec, (scenario_spec, scenario_status), place, group) = (spec(), scenario(), place(), group());
    let silences = silences();
    let scenarios = ["vm123.finance.stack".to_string(), "vm123.openpanel.bridge".to_string()];
    let findings = ["desk.api-1".to_string(), "desk.api-2".to_string()];
    let understood = parse(case.text);
    let about = match case.on {
        On::Finding => About::Finding(Facts {
            finding: NAME,
            spec: &finding_spec,
            status: &case.status,
            page: Some(PAGE),
            group: Some(&group),
            silences: &silences,
        }),
        On::Scenario => About::Scenario(ScenarioFacts {
            name: "desk.api",
            spec: &scenario_spec,
            status: Some(&scenario_status),
            page: Some(PAGE),
            silences: &silences,
        }),
        On::Agent => About::Agent("Pulso"),
        On::OneOf => About::OneOf { asked: "vm123", scenarios: &scenarios },
        On::Findings => About::Findings { asked: "desk", names: &findings },
        On::Unknown => About::Unknown("nada"),
        On::Nothing => About::Nothing,
    };
    let conversation = Conversation { asker: "ana", is_closed: case.is_closed, place: &place };
    let now = at("2026-11-26T14:00:00Z");
    let similar = || if case.has_past { past() } else { Vec::new() };
    let free = free_question(case.text).map(|_| Free { found: case.found, model: case.model });
    then(&Known {
        understood: &understood,
        is_remark: is_remark(case.text),
        conversation,
        about,
        besides: case.besides,
        now,
        open: &open,
        similar: &similar,
        carried_out,
        free,
    })
}

/// Past occurrences, each closer than the next.
fn past() -> Vec<Similar> {
    let note = |by: &str, text: &str, is_proven| Note {
        by: by.into(),
        text: text.into(),
        at: at("2026-11-20T10:20:00Z"),
        is_proven,
        explains: false,
    };
    let of = |finding: &str, closeness, minutes: i64, notes: Vec<Note>| Similar {
        finding: finding.into(),
        scenario: "proxmox.cluster".into(),
        check: "vm-running".into(),
        key: "112".into(),
        closeness,
        opened_at: at("2026-11-20T10:00:00Z"),
        resolved_at: at("2026-11-20T10:00:00Z") + jiff::SignedDuration::from_mins(minutes),
        message: "VM 113 não está em execução".into(),
        notes,
    };
    let notes = vec![note("ana", "faltou memória no nó", None), note("rui", "liguei a VM", Some(false))];
    vec![
        of(NAME, Closeness::SameFinding, 25, notes),
        of("proxmox.cluster-9876543210", Closeness::SameCheck, 135, vec![note("eva", "migrei para pve2", Some(true))]),
        Similar { message: String::new(), ..of("other-1", Closeness::CloseEvidence, 2, Vec::new()) },
    ]
}

/// It was opened for the third time within the hour, ten minutes ago.
fn flapping_status() -> FindingStatus {
    let change = |minute: u32, to: &str, reason: &str| {
        let at = format!("2026-11-26T13:{minute:02}:00Z");
        serde_json::from_value(json!({"at": at, "to": to, "reason": reason})).unwrap()
    };
    let transitions = vec![
        change(10, "Open", "Opened"),
        change(20, "Resolved", "Recovered"),
        change(30, "Open", "Reopened"),
        change(40, "Resolved", "Recovered"),
        change(50, "Open", "Reopened"),
    ];
    FindingStatus { transitions, ..status() }
}

#[test]
fn answers_are_those_of_the_golden_files() {
    let known =
        FindingStatus { phase: Some(Phase::Acknowledged), acknowledgement: Some(acknowledgement()), ..status() };
    let found = excerpts();
    let besides = ["proxmox.cluster-1".to_string()];
    for (name, case) in [
        ("status-finding", case("status", On::Finding)),
        ("status-acknowledged", Case { status: known, ..case("status", On::Finding) }),
        ("status-flapping", Case { status: flapping_status(), ..case("status", On::Finding) }),
        ("status-before", Case { has_past: true, ..case("status", On::Finding) }),
        ("before", Case { has_past: true, ..case("Isso já aconteceu antes?", On::Finding) }),
        ("before-none", case("seen before?", On::Finding)),
        ("before-nothing", case("já aconteceu?", On::Nothing)),
        ("type-advise", case("conselho: já reiniciei", On::Finding)),
        ("status-scenario", case("status", On::Scenario)),
        ("status-agent", case("status de pulso", On::Agent)),
        ("status-unknown", case("status de nada", On::Unknown)),
        ("status-nothing", case("status", On::Nothing)),
        ("open", case("abertos", On::Finding)),
        ("runbook", case("o que fazer?", On::Finding)),
        ("runbook-scenario", case("runbook", On::Scenario)),
        ("runbook-nothing", case("runbook", On::Nothing)),
        ("help", case("ajuda", On::Nothing)),
        ("not-understood", case("eh", On::Nothing)),
        ("remark", case("vou ver", On::Finding)),
        ("nothing-found", case("por que caiu?", On::Nothing)),
        ("nothing-found-finding", case("por que caiu?", On::Finding)),
        ("nothing-found-asked", Case { model: LocalModel::Follows, ..case("por que caiu?", On::Finding) }),
        ("found", Case { found: &found, ..case("por que caiu?", On::Nothing) }),
        ("found-asked", Case { found: &found, model: LocalModel::Follows, ..case("por que caiu?", On::Scenario) }),
        ("misspelt", case("statsu", On::Nothing)),
        ("status-one-of", case("status de vm123", On::OneOf)),
        ("status-findings", case("status de desk", On::Findings)),
        ("status-besides", Case { besides: &besides, ..case("status de desk", On::Scenario) }),
        ("invalid", case("silenciar 400d", On::Finding)),
        ("type-acknowledge", case("ack it's me: \"disco\"", On::Finding)),
        ("type-unacknowledge", case("unack", On::Finding)),
        ("type-take-over", case("assumir", On::Finding)),
        ("type-release", case("release", On::Finding)),
        ("type-run", case("rodar", On::Finding)),
        ("type-run-named", case("rodar proxmox.cluster", On::Nothing)),
        ("type-silence", case("silenciar 2h troca de disco", On::Scenario)),
        ("type-silence-finding", case("silenciar 2h", On::Finding)),
        ("type-unsilence", case("reativar", On::Finding)),
        ("type-nothing", case("ack", On::Nothing)),
        ("closed", Case { is_closed: true, ..case("status", On::Finding) }),
    ] {
        for language in Language::ALL {
            let said = said(&case, None, language);
            compare(&format!("answer-{name}.{}.txt", language_name(language)), &format!("{}\n", said.body));
        }
    }
}

#[test]
fn a_list_of_open_findings_is_bounded_and_says_how_many_there_are() {
    let items: Vec<OpenItem> =
        (0..10_000).map(|n| open_item(&format!("s{n:05}-1"), "pulso", Severity::High, 1)).collect();
    let open = move || OpenList::new(items.clone(), "pulso", "Pulso");
    let (understood, place) = (parse("abertos"), place());
    let conversation = Conversation { asker: "ana", is_closed: false, place: &place };
    let known = Known {
        understood: &understood,
        is_remark: false,
        conversation,
        about: About::Nothing,
        besides: &[],
        now: Timestamp::UNIX_EPOCH,
        open: &open,
        similar: &Vec::new,
        carried_out: None,
        free: None,
    };
    let said = answer(&known, &style(Language::Portuguese));
    assert!(said.body.starts_with("10000 ocorrências abertas:\n- [alto] s00000-1 falhou"), "{}", said.body);
    assert!(said.body.ends_with("- e mais 9980 ocorrências"), "{}", said.body);
}

#[test]
fn the_list_of_open_findings_is_made_only_for_an_answer_that_shows_it() {
    let (place, finding_spec, status) = (place(), spec(), status());
    let (scenario_spec, scenario_status) = scenario();
    let scenarios = ["a".to_string()];
    let findings = ["b".to_string()];
    for (text, on, is_made) in [
        ("status", On::Nothing, true),
        ("abertos", On::Finding, true),
        ("status", On::Scenario, true),
        ("status", On::Agent, true),
        ("status", On::Finding, false),
        ("ajuda", On::Nothing, false),
        ("runbook", On::Finding, false),
        ("ack", On::Finding, false),
        ("por que caiu?", On::Nothing, false),
        ("por que caiu?", On::Finding, false),
        ("status de nada", On::Unknown, false),
    ] {
        let understood = parse(text);
        let about = match on {
            On::Finding => About::Finding(Facts {
                finding: NAME,
                spec: &finding_spec,
                status: &status,
                page: None,
                group: None,
                silences: &[],
            }),
            On::Scenario => About::Scenario(ScenarioFacts {
                name: "desk.api",
                spec: &scenario_spec,
                status: Some(&scenario_status),
                page: None,
                silences: &[],
            }),
            On::Agent => About::Agent("Pulso"),
            On::OneOf => About::OneOf { asked: "vm123", scenarios: &scenarios },
            On::Findings => About::Findings { asked: "desk", names: &findings },
            On::Unknown => About::Unknown("nada"),
            On::Nothing => About::Nothing,
        };
        let made = std::cell::Cell::new(0);
        let list = || {
            made.set(made.get() + 1);
            open()
        };
        let conversation = Conversation { asker: "ana", is_closed: false, place: &place };
        let now = Timestamp::UNIX_EPOCH;
        let free = free_question(text).map(|_| Free { found: &[], model: LocalModel::NotAsked });
        let known = Known {
            understood: &understood,
            is_remark: is_remark(text),
            conversation,
            about,
            besides: &[],
            now,
            open: &list,
            similar: &Vec::new,
            carried_out: None,
            free,
        };
        answer(&known, &style(Language::Portuguese));
        assert_eq!(made.get(), u32::from(is_made), "{text} {on:?}");
    }
}

#[test]
fn an_answer_is_grounded_unless_nothing_was_understood_or_found() {
    let found = excerpts();
    for (case, expected) in [
        (case("status", On::Nothing), true),
        (case("status de nada.existe", On::Unknown), false),
        (case("silenciar", On::Finding), true),
        (case("statsu", On::Finding), false),
        (case("vou ver", On::Finding), false),
        (case("por que caiu?", On::Finding), false),
        (Case { found: &found, ..case("por que caiu?", On::Nothing) }, true),
        (Case { is_closed: true, ..case("por que caiu?", On::Nothing) }, true),
    ] {
        assert_eq!(with_known(&case, None, |known| known.is_grounded()), expected, "{}", case.text);
    }
    let said = said(&Case { found: &found, ..case("por que caiu?", On::Nothing) }, None, Language::Portuguese);
    let cited: Vec<(&str, Option<&str>)> =
        said.citations.iter().map(|of| (of.quote.as_str(), of.section.as_deref())).collect();
    let expected =
        [("1. `qm start 112`\n\n   Espere um minuto.", Some("Como reparar")), ("Cenário `proxmox.cluster`.", None)];
    assert_eq!(cited, expected, "the best two");
}

#[test]
fn too_many_messages_of_an_author_are_told_once() {
    let said = too_many("ana\u{202e}", 30, &style(Language::Portuguese));
    assert!(said.body.starts_with("ana\u{fffd} já recebeu 30 respostas em um minuto."), "{}", said.body);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_answered_within_bounds(
        text in "(ack|run|silenciar 2h|status|rodar|ciente|status de)?( ?[\\PC\n]{0,60}|[\u{0}-\u{20}\u{202e}'\"{}$`\\\\]{0,60})",
        times in 1..300_usize,
        on in 0..5_usize,
    ) {
        let on = [On::Finding, On::Scenario, On::Agent, On::Unknown, On::Nothing][on];
        let text = text.repeat(times);
        let found = [Excerpt { spec: text.clone(), headings: vec![text.clone()], text: format!("x{text}"), hash: String::new() }];
        for language in Language::ALL {
            hostile::check(&said(&Case { found: &found, ..case(&text, on) }, None, language));
        }
    }
}
