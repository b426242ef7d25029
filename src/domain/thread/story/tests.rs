use super::*;
use crate::api::{Message, Thread};
use crate::domain::agents::VIGIA;
use crate::domain::thread::escalation::Holds;
use crate::domain::thread::names::thread_name;
use crate::domain::thread::policy::ThreadLimits;
use crate::domain::thread::told::ESCALATED;
use serde_json::{Value, json};
use std::sync::Arc;

const FINDING: &str = "shop-0123456789";
/// When the Finding was opened for the first time.
const START: i64 = 1_700_000_000;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(START + second).unwrap()
}

/// A transition: `o` opens, `r` resolves, `x` removes the check, `a` acknowledges, `u` takes that back.
fn transition((what, second): (char, i64)) -> Value {
    let (to, reason, message) = match what {
        'o' if second == 0 => ("Open", "Opened", "m"),
        'o' => ("Open", "Reopened", "m"),
        'r' => ("Resolved", "Recovered", "over"),
        'x' => ("Resolved", "CheckRemoved", "gone"),
        'a' => ("Acknowledged", "Acknowledged", "ana: on it"),
        _ => ("Open", "AcknowledgementRemoved", ""),
    };
    json!({"at": at(second).to_string(), "to": to, "reason": reason, "message": message})
}

/// The status after these changes, with its Thread if there is one.
fn status(changes: &[(char, i64)], thread: Option<&str>) -> FindingStatus {
    let last = transition(*changes.last().unwrap());
    let mut openings = changes.iter().filter(|(what, _)| *what == 'o');
    let is_resolved = last["to"] == "Resolved";
    let mut status = json!({"phase": last["to"], "severity": "high", "agent": "pulso", "message": "m", "thread": thread,
        "occurrences": openings.clone().count(), "openedAt": at(openings.next_back().unwrap().1).to_string(),
        "transitions": changes.iter().map(|change| transition(*change)).collect::<Vec<_>>()});
    if is_resolved {
        status["resolvedAt"] = last["at"].clone();
    }
    if last["to"] == "Acknowledged" {
        status["acknowledgement"] =
            json!({"by": "ana", "note": "on it", "at": last["at"], "occurrence": 1, "proven": true});
    }
    serde_json::from_value(status).unwrap()
}

fn first_thread() -> String {
    thread_name(FINDING, at(0))
}

fn thread(closed: bool, last_message: Option<i64>) -> Thread {
    let spec = json!({"subject": "s", "agent": "pulso", "finding": FINDING, "closed": closed});
    let object = json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Thread", "metadata": {"name": first_thread()},
        "spec": spec, "status": {"lastMessageAt": last_message.map(|second| at(second).to_string())}});
    serde_json::from_value(object).unwrap()
}

/// Messages of the first Thread as they were told: name, reason, second, fields besides.
fn messages(all: &[(&str, &str, i64, Value)]) -> Told {
    let mut told = Told::default();
    for (number, (name, reason, second, more)) in all.iter().enumerate() {
        let mut object = json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Message", "metadata": {"name": name, "annotations": {"agentic.ligbox.io/recorded-by": "operator"}},
            "spec": {"thread": first_thread(), "author": {"kind": "agent", "name": VIGIA}, "body": "b", "reason": reason,
                "at": at(*second).to_string()},
            "status": {"sequence": number + 1}});
        json_patch::merge(&mut object, more);
        told.insert(Arc::new(serde_json::from_value::<Message>(object).unwrap()));
    }
    told
}

/// What was told of these changes, without anything besides.
fn told(changes: &[(char, i64)]) -> Told {
    let names: Vec<_> = changes
        .iter()
        .map(|(what, second)| {
            let reason = match what {
                'o' if *second == 0 => "Opened",
                'o' => "Reopened",
                'r' | 'x' => "Resolved",
                'a' => "Acknowledged",
                _ => "AcknowledgementRemoved",
            };
            (story_name(&first_thread(), reason, at(*second)), reason, *second, *what == 'o')
        })
        .collect();
    let all: Vec<_> = names
        .iter()
        .map(|(name, reason, second, opens)| {
            let graded = json!({"spec": {"severity": "high", "needsAck": true}});
            (name.as_str(), *reason, *second, if *opens { graded } else { json!({}) })
        })
        .collect();
    messages(&all)
}

fn decide(status: &FindingStatus, thread: Option<&Thread>, told: &Told, now: i64) -> Plan {
    let limits = ThreadLimits { messages_max: 6, ..ThreadLimits::default() };
    let case = Case { finding: FINDING, status, thread, told, limits: &limits };
    let after = Some(SignedDuration::from_mins(15));
    plan(&case, &Surroundings { after, is_told_once: false, holds: &Holds::default }, at(now))
}

/// Reason and second of what is to be told.
fn outline(plan: &Plan) -> Vec<(&'static str, i64)> {
    plan.tell.iter().map(|one| (one.what.reason(), one.at.as_second() - START)).collect()
}

#[test]
fn a_finding_that_opens_gets_a_thread_with_its_story() {
    let nothing = Told::default();
    let plan = decide(&status(&[('o', 0), ('a', 0)], None), None, &nothing, 10);
    assert_eq!((plan.thread.as_str(), plan.make, plan.refer), (first_thread().as_str(), true, true));
    assert_eq!(outline(&plan), [("Opened", 0), ("Acknowledged", 0)]);
    assert!(plan.tell[0].needs_ack && !plan.tell[1].needs_ack && plan.tell[0].at < plan.tell[1].at);
    let What::Acknowledged(by) = &plan.tell[1].what else { panic!("{plan:?}") };
    assert_eq!((by.by.as_str(), by.note.as_deref(), by.proven), ("ana", Some("on it"), true));

    let upgraded = decide(&status(&[('o', 0), ('r', 5), ('o', 9)], None), None, &nothing, 10);
    let all = vec![("Opened", 0), ("Resolved", 5), ("Reopened", 9)];
    assert_eq!((upgraded.thread.clone(), outline(&upgraded)), (first_thread(), all), "as if it had been made in time");
    assert_eq!(upgraded.tell[2].what, What::Reopened(2));
    let later = 5 + 25 * 3600;
    let upgraded = decide(&status(&[('o', 0), ('r', 5), ('o', later)], None), None, &nothing, later + 1);
    assert_eq!(
        (upgraded.thread.clone(), outline(&upgraded)),
        (thread_name(FINDING, at(later)), vec![("Reopened", later)])
    );
    assert!(decide(&status(&[('o', 0), ('r', 5)], None), None, &nothing, 10).is_empty(), "it was over before");
    assert!(decide(&FindingStatus::default(), None, &nothing, 10).is_empty(), "it has no phase yet");
}

#[test]
fn only_what_was_not_told_is_told() {
    let (thread, name) = (thread(false, None), first_thread());
    let all = [('o', 0), ('a', 3), ('u', 4), ('r', 65), ('o', 70)];
    for count in 0..=all.len() {
        let plan = decide(&status(&all, Some(&name)), Some(&thread), &told(&all[..count]), 80);
        let expected =
            [("Opened", 0), ("Acknowledged", 3), ("AcknowledgementRemoved", 4), ("Resolved", 65), ("Reopened", 70)];
        assert_eq!(outline(&plan), expected[count..], "{count}");
        assert!(!plan.make && !plan.refer);
    }
    let plan = decide(&status(&all[..4], Some(&name)), Some(&thread), &told(&all[..3]), 80);
    let after = Some(Duration::from_secs(65));
    assert_eq!(plan.tell[0].what, What::Resolved { after, is_unwatched: false });
    let removed = decide(&status(&[('o', 0), ('x', 65)], Some(&name)), Some(&thread), &told(&all[..1]), 80);
    assert_eq!(removed.tell[0].what, What::Resolved { after, is_unwatched: true });
}

#[test]
fn a_recurrence_goes_on_in_the_thread_for_a_day_unless_that_is_closed_or_full() {
    const DAY: i64 = 24 * 3600;
    let name = first_thread();
    let first = [('o', 0), ('r', 60)];
    let of = |opened: i64, is_closed: bool, told: &Told| {
        let status = status(&[('o', 0), ('r', 60), ('o', opened)], Some(&name));
        let plan = decide(&status, Some(&thread(is_closed, Some(60))), told, opened + 1);
        assert_eq!(outline(&plan), [("Reopened", opened)]);
        (plan.thread == name, plan.make, plan.refer)
    };
    let (same, other) = ((true, false, false), (false, true, true));
    assert_eq!(of(60 + DAY, false, &told(&first)), same);
    assert_eq!(of(61 + DAY, false, &told(&first)), other);
    assert_eq!(of(70, true, &told(&first)), other, "it is closed");
    let many: Vec<_> = (0..4).map(|n| (format!("m{n}"), n)).collect();
    let many: Vec<_> = many.iter().map(|(name, n)| (name.as_str(), "Correlated", *n, json!({}))).collect();
    let mut full = messages(&many);
    told(&first).all().for_each(|message| full.insert(message.clone()));
    assert_eq!(of(70, false, &full), other, "it is full");

    // The Thread before is completed first.
    let status = status(&[('o', 0), ('r', 60), ('o', 70 + DAY)], Some(&name));
    let plan = decide(&status, Some(&thread(false, None)), &told(&first[..1]), 80 + DAY);
    assert_eq!((plan.thread == name, outline(&plan)), (true, vec![("Resolved", 60)]));
}

#[test]
fn a_thread_that_was_deleted_is_made_again_while_its_finding_is_active() {
    let name = first_thread();
    let plan = decide(&status(&[('o', 0), ('r', 5), ('o', 9)], Some(&name)), None, &Told::default(), 10);
    assert_eq!((plan.thread.as_str(), plan.make, plan.refer), (name.as_str(), true, false));
    assert_eq!(outline(&plan), [("Opened", 0), ("Resolved", 5), ("Reopened", 9)]);
    assert!(decide(&status(&[('o', 0), ('r', 5)], Some(&name)), None, &Told::default(), 10).is_empty());
    let renamed = decide(&status(&[('o', 0)], Some("by-hand")), None, &Told::default(), 10);
    assert_eq!((renamed.thread.as_str(), renamed.refer), (name.as_str(), true));
}

#[test]
fn a_thread_by_hand_under_its_name_is_not_that_of_the_finding() {
    let name = first_thread();
    let open = status(&[('o', 0)], Some(&name));
    for finding in [json!(null), json!("other-0123456789")] {
        let mut by_hand = serde_json::to_value(thread(false, None)).unwrap();
        json_patch::merge(&mut by_hand, &json!({"spec": {"finding": finding}}));
        let by_hand: Thread = serde_json::from_value(by_hand).unwrap();
        let plan = decide(&open, Some(&by_hand), &told(&[('o', 0)]), 10);
        assert_eq!((plan.thread.clone(), plan.make, plan.refer), (format!("{name}.2"), true, true));
        assert_eq!(outline(&plan), [("Opened", 0)], "all of it is told there");
        let last = decide(&status(&[('o', 0)], Some(&format!("{name}.9"))), Some(&by_hand), &Told::default(), 10);
        assert!(last.is_empty(), "others have all names");
    }
    let second = status(&[('o', 0)], Some(&format!("{name}.2")));
    let plan = decide(&second, Some(&thread(false, None)), &Told::default(), 10);
    assert_eq!((plan.thread, plan.make, plan.refer), (format!("{name}.2"), false, false));
}

#[test]
fn a_message_by_hand_is_not_part_of_the_story() {
    let (thread, name) = (thread(false, None), first_thread());
    let opened = story_name(&name, "Opened", at(0));
    let by_hand = json!({"metadata": {"annotations": null}, "spec": {"severity": "high", "needsAck": true}});
    let taken = (opened.as_str(), "Opened", 0, by_hand);
    let open = status(&[('o', 0)], Some(&name));
    assert_eq!(outline(&decide(&open, Some(&thread), &messages(std::slice::from_ref(&taken)), 10)), [("Opened", 0)]);
    let other = format!("{opened}.2");
    let own = (other.as_str(), "Opened", 0, json!({"spec": {"severity": "high", "needsAck": true}}));
    assert!(decide(&open, Some(&thread), &messages(&[taken, own]), 10).is_empty(), "it has the next name");
}

#[test]
fn what_is_removed_from_a_closed_thread_is_not_told_again() {
    let name = first_thread();
    let over = status(&[('o', 0), ('r', 60)], Some(&name));
    assert!(decide(&over, Some(&thread(true, Some(60))), &Told::default(), 99).is_empty());
    let plan = decide(&over, Some(&thread(true, Some(5))), &told(&[('o', 0)]), 99);
    assert_eq!(outline(&plan), [("Resolved", 60)], "it was closed by hand while the Finding was active");
}

#[test]
fn the_severity_is_compared_with_what_was_told_last() {
    let (thread, name) = (thread(false, None), first_thread());
    let mut status = status(&[('o', 0)], Some(&name));
    assert!(decide(&status, Some(&thread), &told(&[('o', 0)]), 10).is_empty());
    status.severity = Some(Severity::Low);
    let plan = decide(&status, Some(&thread), &told(&[('o', 0)]), 10);
    assert_eq!(plan.tell[0].what, What::SeverityChanged { from: Severity::High, to: Severity::Low });
    let again = decide(&status, Some(&thread), &told(&[('o', 0)]), 20);
    assert_eq!(again.tell[0].name, plan.tell[0].name, "whichever replica tells it");
    let not_yet = decide(&status, Some(&thread), &Told::default(), 10);
    assert_eq!((outline(&not_yet), not_yet.tell[0].severity), (vec![("Opened", 0)], Some(Severity::Low)));
    assert!(!not_yet.tell[0].needs_ack, "only for high and above");
}

#[test]
fn the_acknowledgement_of_a_message_is_told_and_asked_for_again_once_it_has_passed() {
    let (thread, name) = (thread(false, None), first_thread());
    let opened = story_name(&name, "Opened", at(0));
    let acknowledged = |until: Value| {
        let recorded = json!({"by": "bia", "at": at(5).to_string(), "until": until, "proven": false});
        let more = json!({"spec": {"severity": "high", "needsAck": true}, "status": {"phase": "Acknowledged", "acknowledgement": recorded}});
        (opened.as_str(), "Opened", 0, more)
    };
    let by = following_name(&name, "Acknowledged", &opened);
    let told_of = (by.as_str(), "Acknowledged", 6, json!({}));
    let open = status(&[('o', 0)], Some(&name));
    let until = json!(at(100).to_string());
    let plan = decide(&open, Some(&thread), &messages(&[acknowledged(until.clone())]), 10);
    assert_eq!((outline(&plan), plan.wake), (vec![("Acknowledged", 10)], Some(at(100))));
    let all = messages(&[acknowledged(until), told_of.clone()]);
    assert!(decide(&open, Some(&thread), &all, 99).is_empty());
    let plan = decide(&open, Some(&thread), &all, 100);
    assert_eq!((outline(&plan), plan.tell[0].needs_ack), (vec![("AcknowledgementExpired", 100)], true));
    let of_finding = status(&[('o', 0), ('a', 50)], Some(&name));
    assert_eq!(
        outline(&decide(&of_finding, Some(&thread), &all, 100)),
        [("Acknowledged", 50)],
        "the Finding is acknowledged"
    );
    let resolved = status(&[('o', 0), ('r', 50)], Some(&name));
    assert_eq!(outline(&decide(&resolved, Some(&thread), &all, 100)), [("Resolved", 50)]);
    let endless = messages(&[acknowledged(Value::Null), told_of]);
    assert_eq!(decide(&open, Some(&thread), &endless, 100), Plan { thread: name.clone(), ..Plan::default() });
}

#[test]
fn a_critical_finding_that_nobody_acknowledges_is_escalated_once() {
    let (thread, name) = (thread(false, None), first_thread());
    let escalated =
        |changes: &[(char, i64)], more: &[(&str, &str, i64, Value)], holds: &dyn Fn() -> Holds, now: i64| {
            let mut status = status(changes, Some(&name));
            status.severity = Some(Severity::Critical);
            let opened = story_name(&name, "Opened", at(0));
            let graded = json!({"spec": {"severity": "critical", "needsAck": true}});
            let first = [(opened.as_str(), "Opened", 0, graded)];
            let told = messages(&[&first[..], more].concat());
            let limits = ThreadLimits::default();
            let case = Case { finding: FINDING, status: &status, thread: Some(&thread), told: &told, limits: &limits };
            let after = Some(SignedDuration::from_mins(15));
            plan(&case, &Surroundings { after, is_told_once: false, holds }, at(now))
        };
    let free = Holds::default;
    let early = escalated(&[('o', 0)], &[], &free, 899);
    assert_eq!((outline(&early), early.wake), (vec![], Some(at(900))));
    let due = escalated(&[('o', 0)], &[], &free, 900);
    assert_eq!((outline(&due), due.tell[0].needs_ack), (vec![("Escalated", 900)], true));
    assert_eq!(due.tell[0].what, What::Escalated(Duration::from_secs(900)));
    let known = story_name(&name, ESCALATED, at(0));
    let known = [(known.as_str(), "Escalated", 900, json!({"spec": {"severity": "critical", "needsAck": true}}))];
    assert_eq!(escalated(&[('o', 0)], &known, &free, 2000).tell, []);
    for holds in [
        Holds { failing_dependencies: vec!["dep".into()], silences: Vec::new() },
        Holds { failing_dependencies: Vec::new(), silences: vec!["s".into()] },
    ] {
        let held = escalated(&[('o', 0)], &[], &|| holds.clone(), 900);
        assert_eq!((outline(&held), held.wake), (vec![], Some(at(905))), "it is looked at again");
    }
    let acknowledged = escalated(&[('o', 0), ('a', 5)], &[], &free, 900);
    assert_eq!(outline(&acknowledged), [("Acknowledged", 5)]);
}
