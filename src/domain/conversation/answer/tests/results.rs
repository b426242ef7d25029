//! What came of commands, as golden files.

use super::*;
use crate::api::{ActionSpec, ActionStatus, Actor, CheckOutcome, CheckResult, RequestedRun, Role, Subject};
use crate::domain::conversation::tests::fixtures::time;
use crate::domain::refusal::Refusal;

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
    let taken = action("take-over", ("Finding", NAME), &[("from", "rui")]);
    let (first_taken, own) =
        (action("take-over", ("Finding", NAME), &[]), action("take-over", ("Finding", NAME), &[("from", "ana")]));
    let nobody = action("release", ("Finding", NAME), &[]);
    let released = action("release", ("Finding", NAME), &[("from", "ana")]);
    let status = FindingStatus { acknowledgement: Some(acknowledgement()), ..status() };
    for (name, spec, result, message) in [
        ("acknowledge", &noted, Some("done"), None),
        ("acknowledge-unchanged", &noted, Some("unchanged"), None),
        ("acknowledge-refused", &noted, Some("refused"), Some("an answer of the API of {\"another\": \"kind\"}")),
        ("unacknowledge", &unack, Some("done"), None),
        ("take-over", &taken, Some("done"), None),
        ("take-over-first", &first_taken, Some("done"), None),
        ("take-over-unchanged", &own, Some("unchanged"), None),
        ("release", &released, Some("done"), None),
        ("release-unchanged", &nobody, Some("unchanged"), None),
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
