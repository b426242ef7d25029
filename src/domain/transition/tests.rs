use super::*;
use crate::api::{Excerpt, Snapshot};
use proptest::prelude::*;
use serde_json::{Value, json};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + second).unwrap()
}

fn failure(message: &str, second: i64) -> Failure {
    let readings = vec![Excerpt { probe: "api".into(), reading: "{}".into() }];
    Failure {
        severity: Severity::High,
        agent: "pulso".into(),
        title: "Desk".into(),
        message: message.into(),
        runbook: None,
        evidence: Evidence { failing: Some(Snapshot { at: Time(at(second)), readings }), ..Evidence::default() },
        interval: Duration::from_secs(10),
    }
}

fn ending() -> Ending {
    Ending { why: "whole".into(), message: "It was: down".into() }
}

fn opened_status() -> FindingStatus {
    open(None, &failure("down", 0), at(0)).unwrap().0
}

fn by(name: &str, note: Option<&str>) -> Acknowledgement {
    Acknowledgement { by: name.into(), note: note.map(Into::into), at: None, action: None }
}

#[test]
fn a_failure_opens_once_and_reopens_with_a_count() {
    let (opened, step) = open(None, &failure("down", 0), at(0)).unwrap();
    assert_eq!((step, opened.phase, opened.occurrences), (Step::Opened, Some(Phase::Open), Some(1)));
    assert_eq!(open(Some(&opened), &failure("down", 10), at(10)), None);
    let (resolved, step) = resolve(&opened, ResolveReason::Recovered, &ending(), at(20)).unwrap();
    assert_eq!((step, resolved.phase), (Step::Resolved, Some(Phase::Resolved)));
    assert_eq!(resolved.resolved_at, Some(Time(at(20))));
    assert_eq!(resolve(&resolved, ResolveReason::Recovered, &ending(), at(30)), None);
    let told = resolved.transitions.last().map(|t| t.message.as_str());
    assert_eq!((resolved.message.as_deref(), told), (Some("It was: down"), Some("whole")));
    let (again, step) = open(Some(&resolved), &failure("down", 40), at(40)).unwrap();
    assert_eq!(again.message.as_deref(), Some("down"));
    assert_eq!((step, again.occurrences, again.resolved_at.clone()), (Step::Reopened, Some(2), None));
    assert_eq!(again.opened_at, Some(Time(at(40))));
    let told: Vec<_> = again.transitions.iter().map(|t| (t.from, t.to)).collect();
    let p = (Phase::Open, Phase::Resolved);
    assert_eq!(told, [(None, p.0), (Some(p.0), p.1), (Some(p.1), p.0)]);
}

#[test]
fn a_changed_message_is_written_at_intervals_and_a_changed_severity_at_once() {
    let opened = opened_status();
    assert_eq!(open(Some(&opened), &failure("down 2", 299), at(299)), None);
    let (told, step) = open(Some(&opened), &failure("down 2", 300), at(300)).unwrap();
    assert_eq!((step, told.message.as_deref()), (Step::Refreshed, Some("down 2")));
    assert_eq!(told.transitions.len(), 1, "no transition");
    let other = |second| open(Some(&opened), &failure("the name does not exist", second), at(second));
    assert_eq!(other(29), None);
    let (told, _) = other(30).unwrap();
    assert_eq!(told.message.as_deref(), Some("the name does not exist"), "another cause is told sooner");
    let back = |second| open(Some(&told), &failure("down", second), at(second));
    assert!(back(59).is_none() && back(60).is_some());
    let later = Failure { evidence: failure("x", 900).evidence, ..failure("x", 900) };
    let (later, _) = open(Some(&opened), &later, at(900)).unwrap();
    let again = |second| open(Some(&later), &failure("down", second), at(second));
    assert!(again(1199).is_none() && again(1200).is_some(), "causes that alternate are not written each time");
    let rare = Failure { interval: Duration::from_secs(600), ..failure("the name does not exist", 300) };
    assert_eq!(open(Some(&opened), &rare, at(300)), None, "at most once an interval");
    let unread = Failure { evidence: Evidence::default(), ..failure("not read", 1) };
    let (unread, _) = open(Some(&opened), &unread, at(1)).unwrap();
    assert_eq!(unread.message.as_deref(), Some("not read"), "no run saw it, and none will repeat it");
    assert_eq!(open(Some(&unread), &failure("down", 2), at(2)).unwrap().0.message.as_deref(), Some("down"));
    let worse = Failure { severity: Severity::Critical, ..failure("down", 1) };
    assert_eq!(open(Some(&opened), &worse, at(1)).unwrap().0.severity, Some(Severity::Critical));
}

#[test]
fn evidence_is_written_again_where_it_says_something_new() {
    let with = |show: &str, status: &str, second: i64| {
        let value = |path: &str, value: &str| ReadValue { path: path.into(), value: value.into() };
        let now = format!("{second}");
        let values = vec![value("probes.a.status", status), value("now", &now), value("probes.a.latency", &now)];
        let failure = failure("down", second);
        Failure { evidence: Evidence { show: Some(show.into()), values, ..failure.evidence.clone() }, ..failure }
    };
    let (opened, _) = open(None, &with("a", "503", 0), at(0)).unwrap();
    assert_eq!(open(Some(&opened), &with("a", "503", 900), at(900)), None, "only time has passed");
    assert_eq!(open(Some(&opened), &with("a", "500", 29), at(29)), None, "at intervals");
    assert!(open(Some(&opened), &with("a", "500", 30), at(30)).is_some(), "a status tells causes apart");
    for next in [with("a", "500", 300), with("b", "503", 300)] {
        let (told, step) = open(Some(&opened), &next, at(300)).unwrap();
        assert_eq!((step, told.evidence.as_ref()), (Step::Refreshed, Some(&next.evidence)));
    }
    let (told, _) = open(Some(&opened), &failure("down 2", 300), at(300)).unwrap();
    let resolved = conditions::find(&told.conditions, RESOLVED).unwrap();
    assert_eq!((resolved.reason.as_str(), resolved.message.as_str()), ("Opened", "down 2"));
}

#[test]
fn the_runbook_follows_the_scenario_at_once() {
    let runbook = |section: &str| FindingRunbook { spec: "desk".into(), section: Some(section.into()), url: None };
    let with = |runbook: Option<FindingRunbook>| Failure { runbook, ..failure("down", 1) };
    let (opened, _) = open(None, &with(Some(runbook("a"))), at(0)).unwrap();
    assert_eq!(opened.runbook, Some(runbook("a")));
    for next in [Some(runbook("b")), None] {
        let (changed, step) = open(Some(&opened), &with(next.clone()), at(1)).unwrap();
        assert_eq!((step, changed.runbook), (Step::Refreshed, next));
    }
    assert_eq!(open(Some(&opened), &with(Some(runbook("a"))), at(1)), None);
    let (resolved, _) = resolve(&opened, ResolveReason::Recovered, &ending(), at(2)).unwrap();
    assert_eq!(resolved.runbook, Some(runbook("a")), "as of the last failure");
}

#[test]
fn an_acknowledgement_holds_for_one_occurrence() {
    let opened = opened_status();
    let (noted, step) =
        acknowledge(&opened, Some(&by("ana", Some("vi"))), Some("kubectl-patch"), false, at(5)).unwrap();
    assert_eq!((step, noted.phase), (Step::Acknowledged, Some(Phase::Acknowledged)));
    let ack = noted.acknowledgement.clone().unwrap();
    assert_eq!((ack.by.as_str(), ack.at.clone(), ack.occurrence, ack.proven), ("ana", Time(at(5)), 1, false));
    assert_eq!(
        acknowledge(&noted, Some(&by("ana", Some("vi"))), Some("kubectl-patch"), false, at(9)),
        None,
        "read again"
    );
    assert_eq!(acknowledge(&noted, Some(&by("ana", Some("vi"))), Some("kubectl"), false, at(9)), None, "applied again");
    let (proven, _) = acknowledge(&noted, Some(&by("ana", Some("vi"))), Some("facade"), true, at(9)).unwrap();
    assert!(proven.acknowledgement.unwrap().proven);
    assert_eq!(open(Some(&noted), &failure("down", 10), at(10)), None, "quiet until it clears");
    let (resolved, _) = resolve(&noted, ResolveReason::Recovered, &ending(), at(20)).unwrap();
    let (again, _) = open(Some(&resolved), &failure("down", 30), at(30)).unwrap();
    assert_eq!((again.phase, again.acknowledgement), (Some(Phase::Open), None));
}

#[test]
fn a_name_is_proven_if_it_was_checked_when_it_was_written() {
    let noted = |proven| {
        let (noted, _) =
            acknowledge(&opened_status(), Some(&by("ana", Some("vi"))), Some("kubectl"), proven, at(5)).unwrap();
        noted
    };
    let (yes, no, none) = (noted(true), noted(false), opened_status());
    let (ana, other_note, rui) = (by("ana", Some("vi")), by("ana", Some("x")), by("rui", Some("vi")));
    let (kubectl, argo) = (Some("kubectl"), Some("argocd"));
    let at_another_time = Acknowledgement { at: Some(Time(at(6))), ..ana.clone() };
    for (name, noted, written, manager, facade, checked, expected) in [
        ("names are not checked", &none, &ana, kubectl, false, false, false),
        ("the facade does, as its Action says", &none, &ana, kubectl, true, false, true),
        ("a field manager is nobody's", &none, &ana, Some("agentic-ops-facade"), false, false, false),
        ("the API server does", &none, &ana, kubectl, false, true, true),
        ("no manager is known", &none, &ana, None, false, true, true),
        ("it stood before the API server did", &no, &ana, kubectl, false, true, false),
        ("its note alone was edited since", &no, &other_note, argo, false, true, false),
        ("another name was checked", &no, &rui, kubectl, false, true, true),
        ("the note of a proven one was edited", &yes, &other_note, argo, false, true, true),
        ("it was proven, and names are no longer checked", &yes, &ana, kubectl, false, false, true),
        ("its note is edited while names are not checked", &yes, &other_note, kubectl, false, false, false),
        ("its time is edited", &yes, &at_another_time, kubectl, false, false, false),
        ("nor who writes it again", &yes, &ana, argo, false, false, false),
        ("nor another name", &yes, &rui, kubectl, false, false, false),
    ] {
        assert_eq!(is_proven(noted, written, manager, facade, checked), expected, "{name}");
    }
    // What was noted holds for its occurrence alone.
    let (resolved, _) = resolve(&no, ResolveReason::Recovered, &ending(), at(20)).unwrap();
    let (again, _) = open(Some(&resolved), &failure("down", 30), at(30)).unwrap();
    assert!(is_proven(&again, &ana, kubectl, false, true));
}

#[test]
fn an_action_records_an_acknowledgement_word_for_word() {
    let spec = json!({"verb": "acknowledge", "subject": {"kind": "Finding", "name": "f"},
        "before": {"uid": "u", "occurrence": 2}, "actor": {"name": "ana", "via": "rest"}, "parameters": {"note": "vi"}});
    let written = Acknowledgement { at: Some(Time(at(5))), ..by("ana", Some("vi")) };
    let finding = FindingRef { name: "f", uid: "u", occurrences: Some(2) };
    let is_recorded = |spec: &Value, finding: &FindingRef<'_>, written: &Acknowledgement| {
        is_recorded_by(&serde_json::from_value(spec.clone()).unwrap(), at(5), finding, written)
    };
    assert!(is_recorded(&spec, &finding, &written));
    for (field, value) in [
        ("/verb", json!("run")),
        ("/subject/kind", json!("Scenario")),
        ("/subject/name", json!("g")),
        ("/before/uid", json!("v")),
        ("/before/uid", json!(null)),
        ("/before/occurrence", json!(1)),
        ("/before", json!(null)),
        ("/actor/name", json!("rui")),
        ("/parameters/note", json!("vi.")),
        ("/parameters", json!({})),
    ] {
        let mut other = spec.clone();
        *other.pointer_mut(field).unwrap() = value;
        assert!(!is_recorded(&other, &finding, &written), "{field}");
    }
    for other in [by("ana", Some("vi")), Acknowledgement { note: None, ..written.clone() }] {
        assert!(!is_recorded(&spec, &finding, &other), "{other:?}");
    }
    assert!(!is_recorded(&spec, &FindingRef { occurrences: Some(3), ..finding }, &written));
    assert!(!is_recorded(&spec, &finding, &Acknowledgement { at: Some(Time(at(6))), ..written.clone() }));
}

#[test]
fn an_acknowledgement_is_removed_in_one_transition() {
    let (noted, _) = acknowledge(&opened_status(), Some(&by("ana", None)), None, true, at(5)).unwrap();
    let (back, step) = acknowledge(&noted, None, None, false, at(6)).unwrap();
    assert_eq!((step, back.phase, back.acknowledgement.clone()), (Step::Unacknowledged, Some(Phase::Open), None));
    assert_eq!(back.transitions.len(), noted.transitions.len() + 1);
    assert_eq!(acknowledge(&back, None, None, false, at(7)), None);
}

#[test]
fn a_finding_without_a_status_resolves_and_opens_as_new() {
    let blank = FindingStatus::default();
    let (resolved, step) = resolve(&blank, ResolveReason::Recovered, &ending(), at(5)).unwrap();
    assert_eq!((step, resolved.phase, resolved.occurrences), (Step::Resolved, Some(Phase::Resolved), None));
    let (opened, step) = open(Some(&blank), &failure("down", 5), at(5)).unwrap();
    assert_eq!((step, opened.phase, opened.occurrences), (Step::Opened, Some(Phase::Open), Some(1)));
}

#[test]
fn a_resolved_finding_takes_no_acknowledgement() {
    let (resolved, _) = resolve(&opened_status(), ResolveReason::CheckRemoved, &ending(), at(5)).unwrap();
    assert_eq!(acknowledge(&resolved, Some(&by("ana", None)), None, false, at(6)), None);
}

#[test]
fn conditions_say_the_same_as_the_phase() {
    let value = |s: &FindingStatus, t: &str| conditions::find(&s.conditions, t).unwrap().status.clone();
    let opened = opened_status();
    assert_eq!((value(&opened, RESOLVED), value(&opened, ACKNOWLEDGED)), ("False".into(), "False".into()));
    let (noted, _) = acknowledge(&opened, Some(&by("ana", None)), None, false, at(1)).unwrap();
    assert_eq!((value(&noted, RESOLVED), value(&noted, ACKNOWLEDGED)), ("False".into(), "True".into()));
    let (resolved, _) = resolve(&noted, ResolveReason::Recovered, &ending(), at(2)).unwrap();
    assert_eq!(value(&resolved, RESOLVED), "True");
}

#[derive(Clone, Debug)]
enum Move {
    Break(String),
    Resolve,
    Acknowledge(Option<&'static str>),
}

fn any_move() -> impl Strategy<Value = Move> {
    prop_oneof![
        "[a-c]{1,3}".prop_map(Move::Break),
        Just(Move::Resolve),
        prop::option::of(prop_oneof![Just("ana"), Just("rui")]).prop_map(Move::Acknowledge),
    ]
}

proptest! {
    /// Whatever happens in whatever order: the lists stay bounded, the count never falls, each step is seen once.
    #[test]
    fn no_order_of_events_breaks_a_finding(moves in prop::collection::vec(any_move(), 0..80)) {
        let mut status = FindingStatus::default();
        for (i, next) in moves.into_iter().enumerate() {
            let now = at(i as i64 * 60);
            let before = status.clone();
            let changed = match next {
                Move::Break(message) => open(Some(&status), &failure(&message, i as i64 * 60), now),
                Move::Resolve => resolve(&status, ResolveReason::Recovered, &ending(), now),
                Move::Acknowledge(who) => acknowledge(&status, who.map(|w| by(w, None)).as_ref(), None, false, now),
            };
            let Some((next, _)) = changed else { continue };
            prop_assert!(next.transitions.len() <= TRANSITIONS_MAX);
            prop_assert!(next.occurrences >= before.occurrences);
            prop_assert_ne!(&next, &before);
            prop_assert_eq!(next.phase == Some(Phase::Acknowledged), next.acknowledgement.is_some() && next.phase != Some(Phase::Resolved));
            prop_assert!(serde_json::to_vec(&next).unwrap().len() < 64 << 10);
            status = next;
        }
    }
}
