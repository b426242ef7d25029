//! Which past occurrences are similar, and what people wrote about them.

use super::*;
use crate::api::Message;
use serde_json::{Value, json};

fn at(time: &str) -> Timestamp {
    format!("2026-11-{time}:00Z").parse().unwrap()
}

fn finding(name: &str, [scenario, check, key]: [&str; 3], status: Value) -> Finding {
    serde_json::from_value(json!({
        "apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Finding", "metadata": {"name": name},
        "spec": {"scenario": scenario, "check": check, "key": key, "fingerprint": "0123456789"},
        "status": status,
    }))
    .unwrap()
}

fn change(time: &str, to: &str, reason: &str, message: &str) -> Value {
    json!({"at": at(time), "to": to, "reason": reason, "message": message})
}

/// Evidence of an http probe.
fn read(lines: &str) -> Value {
    json!({"failing": {"at": at("20T10:00"), "readings": [{"probe": "api", "reading": lines}]}})
}

/// A Finding that was opened once, at this time, and resolved 25 minutes later.
fn past(name: &str, of: [&str; 3], day: u32, message: &str, evidence: Value) -> Finding {
    let (opened, resolved) = (format!("{day:02}T10:00"), format!("{day:02}T10:25"));
    let status = json!({"phase": "Resolved", "openedAt": at(&opened), "resolvedAt": at(&resolved), "occurrences": 1,
        "message": format!("Recuperado; a mensagem era: {message}"), "evidence": evidence,
        "transitions": [change(&opened, "Open", "Opened", message), change(&resolved, "Resolved", "Recovered", "")]});
    finding(name, of, status)
}

const DESK: [&str; 3] = ["desk.api.health", "api", ""];

fn open() -> Finding {
    let status = json!({"phase": "Open", "openedAt": at("26T10:00"), "occurrences": 3,
    "message": "A API do Desk não responde há 5 minutos", "evidence": read("ok: false\nerror: timeout"),
    "transitions": [
        change("01T08:00", "Open", "Opened", "A API do Desk não responde há 3 minutos"),
        change("01T08:10", "Acknowledged", "Acknowledged", "ana: disco cheio: /var"),
        change("01T09:00", "Resolved", "Recovered", ""),
        change("02T08:00", "Open", "Reopened", "A API do Desk não responde há 4 minutos"),
        change("02T08:30", "Resolved", "Recovered", ""),
        change("26T10:00", "Open", "Reopened", "A API do Desk não responde há 5 minutos"),
    ]});
    finding("desk-1", DESK, status)
}

fn similar(of: &Finding, others: &[Finding], written: &[Written]) -> Vec<Similar> {
    told(candidates(of, others), written)
}

fn names(similar: &[Similar]) -> Vec<(&str, Closeness, Timestamp)> {
    similar.iter().map(|similar| (similar.finding.as_str(), similar.closeness, similar.opened_at)).collect()
}

fn note(finding: &str, time: &str, by: &str, text: &str) -> Written {
    let note = Note { by: by.into(), text: text.into(), at: at(time), is_proven: Some(true), explains: false };
    Written { finding: finding.into(), note }
}

#[test]
fn earlier_occurrences_of_the_same_finding_come_first_and_its_last_is_none_of_them() {
    let found = similar(&open(), &[open()], &[]);
    let expected =
        [("desk-1", Closeness::SameFinding, at("01T08:00")), ("desk-1", Closeness::SameFinding, at("02T08:00"))];
    assert_eq!(names(&found), expected, "the one with a note first");
    assert_eq!(found[0].lasted(), SignedDuration::from_mins(60));
    assert_eq!(found[0].message, "A API do Desk não responde há 3 minutos");
    let note = Note {
        by: "ana".into(),
        text: "disco cheio: /var".into(),
        at: at("01T08:10"),
        is_proven: None,
        explains: false,
    };
    assert_eq!(found[0].notes, [note]);
}

#[test]
fn then_come_those_of_the_same_check_and_then_those_with_close_evidence() {
    let mut own = open();
    own.status.as_mut().unwrap().transitions.drain(..5);
    let timeout = || read("ok: false\nerror: timeout");
    let others = [
        past("far", ["wizard", "api", ""], 21, "O portal do Wizard mostra outra página", timeout()),
        past("close", ["wizard", "api", ""], 20, "A API do Wizard não responde há 9 minutos", timeout()),
        past("other-error", ["wizard", "tls", ""], 22, "A API do Wizard não responde", read("ok: false\nerror: tls")),
        past("same-words", ["wizard", "page", ""], 3, "A API do Desk não responde há 1 minutos", json!(null)),
        past("same-check", ["desk.api.health", "api", "2"], 4, "outra coisa", json!(null)),
        finding("open", ["desk.api.health", "api", "3"], json!({"phase": "Open", "openedAt": at("26T09:00")})),
    ];
    let found = similar(&own, &others, &[]);
    let expected = [
        ("same-check", Closeness::SameCheck, at("04T10:00")),
        ("close", Closeness::CloseEvidence, at("20T10:00")),
        ("same-words", Closeness::CloseEvidence, at("03T10:00")),
    ];
    assert_eq!(names(&found), expected);
}

#[test]
fn the_same_status_code_is_close_evidence_and_a_good_one_is_not() {
    let of = |name: &str, code: u16, message: &str| {
        past(name, [name, "status", ""], 5, message, read(&format!("ok: true\nerror: \"\"\nstatus: {code}")))
    };
    let close = |a: &Finding, b: &Finding| candidates(a, [b]).len() == 1;
    let desk = of("desk", 500, "respondeu 500 com erro na consulta");
    assert!(close(&desk, &of("odoo", 500, "respondeu 500 com erro na página")), "three of five words");
    assert!(!close(&desk, &of("odoo", 503, "respondeu 503 com erro na página")));
    assert!(!close(&of("desk", 200, "respondeu mal na consulta"), &of("odoo", 200, "respondeu mal na página")));
}

#[test]
fn at_most_three_are_shown_whatever_there_is() {
    let others: Vec<Finding> =
        (1..=25).map(|day| past(&format!("f{day}"), ["desk.api.health", "api", "x"], day, "m", json!(null))).collect();
    let found = similar(&open(), &others, &[note("f3", "03T10:05", "rui", "nada")]);
    assert_eq!(found.len(), SHOWN_MAX);
    assert_eq!(names(&found)[2].0, "f25", "f3 is too long ago for what was written there to be looked up");
    let found = similar(&open(), &others, &[note("f20", "20T10:05", "rui", "nada")]);
    assert_eq!(names(&found)[2].0, "f20", "it says more than those after it");
}

#[test]
fn what_people_wrote_is_of_the_occurrence_that_it_followed() {
    let written = [
        note("desk-1", "01T08:20", "rui", "apaguei os logs"),
        note("desk-1", "02T07:59", "rui", "resolvido ontem"),
        note("desk-1", "02T08:00", "eva", "de novo"),
        note("desk-1", "26T10:01", "eva", "agora"),
        note("other", "01T08:20", "eva", "de outra"),
        note("desk-1", "01T07:00", "eva", "antes"),
    ];
    let found = similar(&open(), &[], &written);
    let texts = |index: usize| found[index].notes.iter().map(|note| note.text.as_str()).collect::<Vec<_>>();
    assert_eq!(texts(0), ["de novo"]);
    assert_eq!(texts(1), ["disco cheio: /var", "apaguei os logs", "resolvido ontem"]);
}

#[test]
fn the_earlier_occurrences_of_a_finding_are_listed_the_last_one_first() {
    let open = open().status.unwrap();
    let times: Vec<_> = earlier(&open).iter().map(|(opened, resolved, _)| (*opened, *resolved)).collect();
    assert_eq!(times, [(at("02T08:00"), at("02T08:30")), (at("01T08:00"), at("01T09:00"))]);
    let past = past("f", DESK, 5, "m", json!(null)).status.unwrap();
    assert!(earlier(&past).is_empty(), "its last occurrence is the current one");
}

#[test]
fn what_fixed_it_is_kept_whatever_was_said_since() {
    let mut written: Vec<Written> =
        (10..20).map(|minute| note("f", &format!("05T10:{minute}"), "ana", &format!("passo {minute}"))).collect();
    written[2].note.explains = true;
    let past = past("f", ["desk.api.health", "api", "x"], 5, "m", json!(null));
    let found = told(candidates(&open(), [&past]), &written);
    let of = found.iter().find(|similar| similar.finding == "f").unwrap();
    let texts: Vec<_> = of.notes.iter().map(|note| (note.text.as_str(), note.explains)).collect();
    assert_eq!(texts, [("passo 12", true), ("passo 18", false), ("passo 19", false)]);
}

#[test]
fn the_last_notes_are_kept_and_each_only_once() {
    let written: Vec<Written> =
        (10..20).map(|minute| note("f", &format!("05T10:{minute}"), "ana", &format!("passo {}", minute / 2))).collect();
    let past = past("f", ["desk.api.health", "api", "x"], 5, "m", json!(null));
    let found = told(candidates(&open(), [&past]), &written);
    let of = found.iter().find(|similar| similar.finding == "f").unwrap();
    let texts: Vec<_> = of.notes.iter().map(|note| note.text.as_str()).collect();
    assert_eq!(texts, ["passo 7", "passo 8", "passo 9"]);
}

#[test]
fn a_resolved_finding_without_transitions_has_the_times_of_its_status() {
    let mut past = past("f", ["desk.api.health", "api", "x"], 5, "m", json!(null));
    past.status.as_mut().unwrap().transitions.clear();
    let found = told(candidates(&open(), [&past]), []);
    let of = found.iter().find(|similar| similar.finding == "f").unwrap();
    assert_eq!((of.lasted(), of.message.as_str()), (SignedDuration::from_mins(25), ""));
}

#[test]
fn what_people_say_of_the_finding_in_its_threads_counts() {
    let said = |text: &str| Some(text.to_string()).filter(|text| !text.ends_with('?'));
    let message = |kind: &str, about: Value| -> Message {
        serde_json::from_value(json!({
            "apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Message", "metadata": {"name": "m"},
            "spec": {"thread": "t", "author": {"kind": kind, "name": "ana"}, "body": "troquei\u{1b}[2J\no cabo",
                "at": "2026-11-05T10:30:00.000000Z", "finding": about},
            "status": {"proven": true},
        }))
        .unwrap()
    };
    let found = written("f", &message("person", json!(null)), said).unwrap();
    assert_eq!((found.note.text.as_str(), found.note.at), ("troquei\u{fffd}[2J o cabo", at("05T10:30")));
    assert_eq!(written("f", &message("person", json!(null)), |_| None), None);
    let mut explains = message("person", json!(null));
    explains.spec.reason = Some("Explained".into());
    assert!(written("f", &explains, |_| None).unwrap().note.explains, "whatever a command would be");
    explains.spec.author.kind = crate::api::AuthorKind::Agent;
    assert_eq!(written("f", &explains, said), None);
    assert_eq!(written("f", &message("agent", json!(null)), said), None);
    assert_eq!(written("f", &message("person", json!("g")), said), None, "it is about another Finding");
}

#[test]
fn what_can_not_be_close_has_no_candidates() {
    let own = open();
    let steps = [("Open", "Opened"), ("Open", "Reopened"), ("Acknowledged", "Acknowledged"), ("Resolved", "Recovered")];
    let times = json!({"openedAt": at("10T10:00"), "resolvedAt": at("10T10:25"), "evidence": read("error: timeout"),
        "message": "A API do Desk não responde há 5 minutos"});
    let mut is_close = 0;
    // All sequences of up to four transitions.
    for number in 0..5_usize.pow(4) {
        let places = (0..4).map(|place| number / 5_usize.pow(place) % 5).filter(|step| *step < steps.len());
        let transitions: Vec<_> = places
            .enumerate()
            .map(|(at, step)| {
                change(&format!("1{at}T10:00"), steps[step].0, steps[step].1, "A API do Desk não responde")
            })
            .collect();
        for phase in ["Open", "Acknowledged", "Resolved"] {
            let mut status = times.clone();
            status["phase"] = json!(phase);
            status["transitions"] = json!(transitions);
            let other = finding("other", ["other", "check", ""], status);
            let found = !of_finding(&other, Closeness::CloseEvidence).is_empty();
            assert!(!found || may_be_close(&own, &other), "{phase} {transitions:?}");
            is_close += usize::from(found);
        }
    }
    assert!(is_close > 100, "{is_close}");
    assert!(may_be_close(&own, &finding("other", DESK, json!({"phase": "Open"}))), "the same check");
}
