//! Answers to every request, as golden files, and to any text.

use super::*;
use crate::api::{
    ActionSpec, ActionStatus, Actor, CheckOutcome, CheckResult, FindingStatus, Phase, RequestedRun, Role, ScenarioSpec,
    ScenarioStatus, Severity, Subject,
};
use crate::domain::conversation::command::parse;
use crate::domain::conversation::tests::fixtures::{
    NAME, PAGE, acknowledgement, at, group, language_name, silences, spec, status, style, time,
};
use crate::domain::conversation::tests::{compare, hostile};
use crate::domain::refusal::Refusal;
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
    Unknown,
    Nothing,
}

struct Case<'a> {
    text: &'a str,
    on: On,
    is_closed: bool,
    status: FindingStatus,
}

fn case(text: &str, on: On) -> Case<'_> {
    Case { text, on, is_closed: false, status: status() }
}

fn said(case: &Case<'_>, carried_out: Option<CarriedOut<'_>>, language: Language) -> Said {
    let (finding_spec, (scenario_spec, scenario_status), place, group) = (spec(), scenario(), place(), group());
    let silences = silences();
    let scenarios = ["vm123.finance.stack".to_string(), "vm123.openpanel.bridge".to_string()];
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
        On::Unknown => About::Unknown("nada"),
        On::Nothing => About::Nothing,
    };
    let conversation = Conversation { asker: "ana", is_closed: case.is_closed, place: &place };
    let now = at("2026-11-26T14:00:00Z");
    let known = Known { understood: &understood, conversation, about, now, open: &open, carried_out };
    answer(&known, &style(language))
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
    for (name, case) in [
        ("status-finding", case("status", On::Finding)),
        ("status-acknowledged", Case { status: known, ..case("status", On::Finding) }),
        ("status-flapping", Case { status: flapping_status(), ..case("status", On::Finding) }),
        ("status-scenario", case("status", On::Scenario)),
        ("status-agent", case("status de pulso", On::Agent)),
        ("status-unknown", case("status de nada", On::Unknown)),
        ("status-nothing", case("status", On::Nothing)),
        ("open", case("abertos", On::Finding)),
        ("runbook", case("o que fazer?", On::Finding)),
        ("runbook-scenario", case("runbook", On::Scenario)),
        ("runbook-nothing", case("runbook", On::Nothing)),
        ("help", case("ajuda", On::Nothing)),
        ("not-understood", case("por que caiu?", On::Nothing)),
        ("not-understood-finding", case("por que caiu?", On::Finding)),
        ("misspelt", case("statsu", On::Nothing)),
        ("status-one-of", case("status de vm123", On::OneOf)),
        ("invalid", case("silenciar 400d", On::Finding)),
        ("type-acknowledge", case("ack it's me: \"disco\"", On::Finding)),
        ("type-unacknowledge", case("unack", On::Finding)),
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

fn action(verb: &str, subject: (&str, &str), parameters: &[(&str, &str)]) -> ActionSpec {
    ActionSpec {
        verb: verb.into(),
        subject: Subject { kind: subject.0.into(), name: subject.1.into() },
        actor: Actor { name: "ana".into(), roles: vec![Role::Devops], via: "rest".into() },
        parameters: parameters.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect(),
        request: None,
        before: None,
    }
}

#[test]
fn results_of_commands_are_those_of_the_golden_files() {
    let check = |name: &str, outcome, message: &str| CheckResult {
        name: name.into(),
        key: String::new(),
        outcome,
        message: message.into(),
    };
    let run = RequestedRun {
        requested_at: "2026-11-26T13:59:58Z".into(),
        run_at: time("2026-11-26T13:59:59Z"),
        checks: vec![
            check("status", CheckOutcome::Fail, "respondeu {\"error\": \"disk\"}"),
            check("body", CheckOutcome::Held, "espera por status"),
            check("api", CheckOutcome::Pass, ""),
        ],
        opened: Vec::new(),
        resolved: Vec::new(),
    };
    let scenario = ("Scenario", "desk.api.health");
    let asked = action("run", scenario, &[("requested_at", "2026-11-26T13:59:58Z")]);
    let later = action("run", scenario, &[("requested_at", "2026-11-26T14:00:00Z")]);
    let noted = action("acknowledge", ("Finding", NAME), &[("note", "troca de disco"), ("message", "m")]);
    let silence = [("matchers", "scenario = desk.api.health"), ("ends_at", "2026-11-26T16:00:00Z"), ("reason", "x")];
    let of_matchers = action("silence", ("Silence", "silence-1"), &silence);
    let matchers = ("matchers", "scenario=proxmox.cluster, check=vm-running, key=112");
    let until = ("ends_at", "2026-11-26T16:00:00Z");
    let of_finding = action(
        "silence",
        ("Silence", "silence-1"),
        &[matchers, until, ("finding", NAME), ("ended_at", "2026-11-26T15:00:00Z")],
    );
    let of_scenario = action("silence", ("Silence", "silence-1"), &[until, ("scenario", "proxmox.cluster")]);
    let ended = ("silences", "silence-1, silence-2");
    let unsilence = action("unsilence", ("Finding", NAME), &[matchers, ("finding", NAME), ended]);
    let unsilence_none = action("unsilence", ("Scenario", "proxmox.cluster"), &[("scenario", "proxmox.cluster")]);
    let unack = action("unacknowledge", ("Finding", NAME), &[]);
    let status = FindingStatus { acknowledgement: Some(acknowledgement()), ..status() };
    for (name, spec, result, message) in [
        ("acknowledge", &noted, Some("done"), None),
        ("acknowledge-unchanged", &noted, Some("unchanged"), None),
        ("acknowledge-refused", &noted, Some("refused"), Some("an answer of the API of {\"another\": \"kind\"}")),
        ("unacknowledge", &unack, Some("done"), None),
        ("run", &asked, Some("done"), None),
        ("run-later", &later, Some("done"), None),
        ("run-refused", &asked, Some("refused"), Some("The roles devops may not run Scenarios.")),
        ("silence", &of_matchers, Some("done"), None),
        ("silence-finding", &of_finding, Some("done"), None),
        ("silence-scenario", &of_scenario, Some("done"), None),
        ("unsilence", &unsilence, Some("done"), None),
        ("unsilence-unchanged", &unsilence_none, Some("unchanged"), None),
        ("unknown", &of_matchers, Some("unknown"), Some("the process ended")),
        ("under-way", &asked, None, None),
        ("other", &action("end-silence", ("Silence", "silence-1"), &[]), Some("done"), None),
    ] {
        let ended = ActionStatus {
            result: result.map(Into::into),
            message: message.map(Into::into),
            ..ActionStatus::default()
        };
        let command = CarriedOut { action: "action-1", spec, status: Some(&ended), run: Some(&run) };
        for language in Language::ALL {
            let case = Case { status: status.clone(), ..case("ack", On::Finding) };
            let said = said(&case, Some(command), language);
            compare(&format!("did-{name}.{}.txt", language_name(language)), &format!("{}\n", said.body));
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
        conversation,
        about: About::Nothing,
        now: Timestamp::UNIX_EPOCH,
        open: &open,
        carried_out: None,
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
        let known = Known { understood: &understood, conversation, about, now, open: &list, carried_out: None };
        answer(&known, &style(Language::Portuguese));
        assert_eq!(made.get(), u32::from(is_made), "{text} {on:?}");
    }
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
        for language in Language::ALL {
            hostile::check(&said(&case(&text, on), None, language));
        }
    }
}

/// A refusal with its reason is worded from that; the message is in English for clients of the API.
#[test]
fn a_refusal_is_told_in_the_language_of_the_conversation() {
    let action = action("run", ("Scenario", "desk.api.health"), &[]);
    for (result, refusal, portuguese, english) in [
        (
            "refused",
            Refusal::RoleRequired { roles: "ops_lead".into() },
            "Recusado, e nada foi alterado: executar cenários exige um dos papéis ops_lead.",
            "Refused, and nothing was changed: running Scenarios requires one of the roles ops_lead.",
        ),
        (
            "unknown",
            Refusal::AcknowledgementUnknown { finding: "f-1".into() },
            "Não se sabe se foi feito: não se sabe se a ocorrência f-1 foi reconhecida",
            "It is not known whether it was done: whether this acknowledged f-1 is not known",
        ),
    ] {
        let (reason, values) = refusal.recorded();
        let message = Some("running Scenarios requires one of the roles ops_lead".to_string());
        let ended = ActionStatus { result: Some(result.into()), message, reason, values, ..ActionStatus::default() };
        let command = CarriedOut { action: "action-1", spec: &action, status: Some(&ended), run: None };
        for (language, expected) in [(Language::Portuguese, portuguese), (Language::English, english)] {
            let said = said(&case("rodar", On::Finding), Some(command), language);
            assert!(said.body.starts_with(expected), "{}", said.body);
        }
    }
}
