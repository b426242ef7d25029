use super::*;
use crate::api::{FindingStatus, MessagePhase, Thread};
use crate::domain::thread::message_status::Subject;
use crate::domain::thread::names::thread_name;
use crate::domain::thread::told::Told;
use jiff::Timestamp;
use serde_json::{Value, json};

const FINDING: &str = "shop-0123456789";

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + second).unwrap()
}

fn time(second: i64) -> Value {
    json!(at(second).to_string())
}

/// A Thread that began at 0, with these fields besides.
fn thread(more: Value) -> Thread {
    let mut object = json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Thread",
        "metadata": {"name": thread_name(FINDING, at(0)), "generation": 1, "creationTimestamp": time(0)},
        "spec": {"subject": "s", "agent": "pulso", "finding": FINDING}});
    json_patch::merge(&mut object, &more);
    serde_json::from_value(object).unwrap()
}

/// A Message of the operator, written at this second.
fn message(name: &str, reason: &str, second: i64, more: Value) -> Message {
    let mut object = json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Message",
        "metadata": {"name": name, "generation": 1, "annotations": {"agentic.ligbox.io/recorded-by": "operator"}},
        "spec": {"thread": "t", "author": {"kind": "agent", "name": "vigia"}, "body": "b", "reason": reason, "at": time(second)}});
    json_patch::merge(&mut object, &more);
    serde_json::from_value(object).unwrap()
}

fn asking(name: &str, second: i64) -> Message {
    message(name, "Opened", second, json!({"spec": {"needsAck": true}}))
}

/// A Message that a person wrote in the name of an Agent, as if it were of the operator.
fn by_hand(name: &str, second: i64) -> Message {
    message(name, "Opened", second, json!({"spec": {"needsAck": true}, "metadata": {"annotations": null}}))
}

fn status(phase: &str, thread: Option<&Thread>, more: Value) -> FindingStatus {
    let name = thread.and_then(|thread| thread.metadata.name.clone());
    let mut status = json!({"phase": phase, "openedAt": time(0), "thread": name, "transitions": []});
    json_patch::merge(&mut status, &more);
    serde_json::from_value(status).unwrap()
}

fn decide(thread: &Thread, subject: Subject<'_>, messages: &[Message], now: i64) -> Upkeep {
    let mut told = Told::default();
    messages.iter().for_each(|message| told.insert(Arc::new(message.clone())));
    let surroundings = Surroundings { thread, subject, told: &told, now: at(now) };
    upkeep(&surroundings, &ThreadLimits::default(), &HashMap::new(), |_| Some("kubectl-create"))
}

/// The phase of each Message after the decision, by its name.
fn phases(upkeep: &Upkeep) -> Vec<(String, Option<MessagePhase>)> {
    let mut phases: Vec<_> = upkeep
        .messages
        .iter()
        .map(|(message, status)| (message.metadata.name.clone().unwrap(), status.phase))
        .collect();
    phases.sort_by(|a, b| a.0.cmp(&b.0));
    phases
}

#[test]
fn messages_get_the_next_places_in_the_order_in_which_they_were_written() {
    let first = message("z", "Opened", 1, json!({"status": {"observedGeneration": 1, "sequence": 7, "proven": true}}));
    let all = [message("b", "Acknowledged", 3, json!({})), message("a", "Acknowledged", 2, json!({})), first];
    let thread = thread(json!({"status": {"lastSequence": 9}}));
    let open = status("Open", Some(&thread), json!({}));
    let upkeep = decide(&thread, Subject::Finding(&open), &all, 10);
    let places: Vec<_> =
        upkeep.messages.iter().map(|(m, s)| (m.metadata.name.clone().unwrap(), s.sequence.unwrap())).collect();
    assert_eq!(places, [("a".to_string(), 10), ("b".to_string(), 11)], "9 was reserved before, and may be given");
    let reserved = upkeep.thread.unwrap();
    assert_eq!((reserved.last_sequence, reserved.message_count, reserved.pending_count), (Some(11), Some(3), Some(0)));
    assert_eq!(reserved.last_message_at.unwrap().0, at(3));
}

#[test]
fn nothing_is_written_that_says_nothing_new() {
    let thread_before = thread(json!({}));
    let open = status("Open", Some(&thread_before), json!({}));
    let first = decide(&thread_before, Subject::Finding(&open), &[asking("a", 0)], 10);
    let (stored, next) = &first.messages[0];
    let told = Message { status: Some(next.clone()), ..(**stored).clone() };
    let kept = Thread { status: first.thread.clone(), ..thread_before };
    let again = decide(&kept, Subject::Finding(&open), &[told], 20);
    assert!(again.is_empty(), "{again:?}");
    // What is removed by retention does not change when it was last used.
    let emptied = decide(&kept, Subject::Finding(&open), &[], 20).thread.unwrap();
    assert_eq!((emptied.message_count, emptied.last_message_at.map(|at| at.0)), (Some(0), Some(at(0))));
    let closed = Thread { spec: crate::api::ThreadSpec { closed: true, ..kept.spec.clone() }, ..kept };
    let status = decide(&closed, Subject::Finding(&open), &[message("end", "Resolved", 0, json!({}))], 20).thread;
    let closed = Thread { status, ..closed };
    assert!(decide(&closed, Subject::Finding(&open), &[], 20).thread.is_none(), "retention removes it next");
}

#[test]
fn a_message_is_pending_until_it_is_acknowledged_or_moot() {
    let current = thread(json!({}));
    let open = status("Open", Some(&current), json!({}));
    let acknowledgement = json!({"acknowledgement": {"by": "ana", "at": time(5), "occurrence": 1, "proven": true}});
    let acknowledged = status("Acknowledged", Some(&current), acknowledgement);
    let resolved = status("Resolved", Some(&current), json!({"resolvedAt": time(9)}));
    let elsewhere = status("Resolved", None, json!({"resolvedAt": time(9)}));
    let later = status("Open", None, json!({"thread": thread_name(FINDING, at(50))}));
    let end = || message("end", "Resolved", 9, json!({}));
    let pending = Some(MessagePhase::Pending);
    let archived = Some(MessagePhase::Archived);
    let of = |subject, messages: &[Message]| {
        let upkeep = decide(&current, subject, messages, 10);
        phases(&upkeep).into_iter().find(|(name, _)| name == "a").unwrap().1
    };
    let one = || asking("a", 0);
    assert_eq!(of(Subject::Finding(&open), &[one()]), pending);
    assert_eq!(of(Subject::Finding(&acknowledged), &[one()]), Some(MessagePhase::Acknowledged));
    assert_eq!(of(Subject::Finding(&resolved), &[one()]), pending, "the Thread says so first");
    assert_eq!(of(Subject::Finding(&resolved), &[one(), end()]), archived);
    assert_eq!(of(Subject::Finding(&open), &[asking("a", 10), end()]), pending, "it was opened again");
    assert_eq!(of(Subject::Finding(&open), &[one(), asking("b", 5)]), archived, "a later one asks the same");
    assert_eq!(of(Subject::Finding(&elsewhere), &[one()]), archived);
    assert_eq!(of(Subject::Finding(&later), &[one()]), archived, "another Thread tells of it now");
    assert_eq!(of(Subject::Gone, &[one()]), archived);
    assert_eq!(of(Subject::None, &[one()]), archived, "the Thread is about no Finding");
    assert_eq!(of(Subject::None, &[by_hand("a", 0)]), pending);
    assert_eq!(of(Subject::Finding(&open), &[one(), by_hand("b", 5)]), pending, "that is not part of the story");
    let by =
        message("a", "Opened", 0, json!({"spec": {"needsAck": true, "acknowledgement": {"by": "rui", "note": "n"}}}));
    let upkeep = decide(&current, Subject::Finding(&acknowledged), &[by], 10);
    let recorded = upkeep.messages[0].1.acknowledgement.clone().unwrap();
    assert_eq!((recorded.by.as_str(), recorded.of_finding, recorded.at.0), ("rui", false, at(10)));
    let settled = |more: Value| {
        let status = json!({"observedGeneration": 1, "sequence": 1, "phase": "Acknowledged", "proven": true});
        let mut settled = json!({"spec": {"needsAck": true}, "status": status});
        json_patch::merge(&mut settled, &more);
        [message("a", "Opened", 0, settled)]
    };
    let recorded = json!({"status": {"acknowledgement": {"by": "ana", "at": time(5), "proven": true}}});
    assert_eq!(phases(&decide(&current, Subject::Gone, &settled(recorded), 10)), [], "it stays as it is");

    // A status that was written by hand.
    assert_eq!(of(Subject::Finding(&open), &settled(json!({}))), pending);
    let archived_by_hand = settled(json!({"status": {"phase": "Archived"}}));
    assert_eq!(of(Subject::Finding(&open), &archived_by_hand), pending);
    let upkeep = decide(&current, Subject::Finding(&open), &[archived_by_hand[0].clone(), end()], 10);
    assert_eq!(phases(&upkeep), [("end".to_string(), None)], "what a resolution archived stays archived");
}

#[test]
fn a_message_by_hand_in_the_name_of_an_agent_is_marked() {
    let thread = thread(json!({}));
    let open = status("Open", Some(&thread), json!({}));
    let first = decide(&thread, Subject::Finding(&open), &[asking("a", 0), by_hand("b", 1)], 10);
    let marks: Vec<_> = first.messages.iter().map(|(_, next)| (next.proven, next.manager.as_deref())).collect();
    assert_eq!(marks, [(true, None), (false, Some("kubectl-create"))]);
    let (stored, next) = &first.messages[1];
    let kept = Message { status: Some(next.clone()), ..(**stored).clone() };
    assert!(decide(&thread, Subject::Finding(&open), &[kept], 10).messages.is_empty());
    let claims = by_hand("b", 1);
    let claimed = serde_json::from_value(json!({"sequence": 1, "observedGeneration": 1, "proven": true})).unwrap();
    let claims = Message { status: Some(claimed), ..claims };
    let next = &decide(&thread, Subject::Finding(&open), &[claims], 10).messages[0].1;
    assert_eq!((next.proven, next.manager.as_deref()), (false, Some("kubectl-create")), "whatever its status says");
}

#[test]
fn senseless_sequences_that_were_written_by_hand_do_not_end_the_order() {
    let places = |last: u32, sequences: &[(&str, Option<u32>)]| {
        let one = |(second, (name, sequence)): (i64, &(&str, Option<u32>))| {
            message(
                name,
                "Correlated",
                second,
                json!({"status": {"observedGeneration": 1, "sequence": sequence, "proven": true}}),
            )
        };
        let messages: Vec<Message> = (0..).zip(sequences).map(one).collect();
        let thread = thread(json!({"status": {"lastSequence": last}}));
        let open = status("Open", Some(&thread), json!({}));
        let upkeep = decide(&thread, Subject::Finding(&open), &messages, 100);
        let places: Vec<_> =
            upkeep.messages.iter().map(|(m, s)| (m.metadata.name.clone().unwrap(), s.sequence)).collect();
        (places, upkeep.thread.and_then(|thread| thread.last_sequence))
    };
    let name = |name: &str, sequence| (name.to_string(), Some(sequence));
    assert_eq!(places(u32::MAX, &[("a", Some(1)), ("b", None)]), (vec![name("b", 2)], Some(2)));
    assert_eq!(places(u32::MAX, &[("a", None)]), (vec![name("a", 1)], Some(1)));
    assert_eq!(
        places(9, &[("a", Some(1)), ("b", None)]),
        (vec![name("b", 10)], Some(10)),
        "reserved, and not given yet"
    );
    assert_eq!(places(2, &[("a", Some(1)), ("b", Some(u32::MAX)), ("c", None)]).0, [name("b", 3), name("c", 4)]);
    let exhausted = places(2, &[("a", Some(1)), ("b", Some(999_999_999)), ("c", None), ("d", None)]);
    assert_eq!(exhausted, (vec![name("b", 2), name("c", 3), name("d", 4)], Some(4)), "all are numbered anew");
}

#[test]
fn a_clock_that_is_set_back_changes_no_order() {
    let thread = thread(json!({}));
    let open = status("Open", Some(&thread), json!({}));
    let mut stored: Vec<Message> = Vec::new();
    let mut last = thread;
    // The clock is set back by an hour after the second.
    for (name, second) in [("d", 3600), ("c", 3660), ("b", 60), ("a", 120)] {
        stored.push(message(name, "Correlated", second, json!({})));
        let upkeep = decide(&last, Subject::Finding(&open), &stored, second);
        for (message, status) in &upkeep.messages {
            let message = stored.iter_mut().find(|other| other.metadata.name == message.metadata.name).unwrap();
            message.status = Some(status.clone());
        }
        last.status = upkeep.thread.or(last.status);
    }
    let mut places: Vec<_> =
        stored.iter().map(|m| (m.status.as_ref().unwrap().sequence, m.metadata.name.as_deref())).collect();
    places.sort_unstable();
    assert_eq!(places, [(Some(1), Some("d")), (Some(2), Some("c")), (Some(3), Some("b")), (Some(4), Some("a"))]);
}

#[test]
fn the_creator_of_a_persons_message_is_recorded_once() {
    let person = json!({"spec": {"author": {"kind": "person", "name": "ana"}}});
    let conversation = thread(json!({"spec": {"finding": null}}));
    let upkeep = decide(&conversation, Subject::None, &[message("a", "X", 0, person.clone())], 10);
    assert_eq!(upkeep.messages[0].1.manager.as_deref(), Some("kubectl-create"));
    let mut stored = message("a", "X", 0, person);
    stored.status = serde_json::from_value(json!({"sequence": 1, "proven": true, "manager": "facade"})).unwrap();
    let upkeep = decide(&conversation, Subject::None, &[stored], 10);
    let next = &upkeep.messages[0].1;
    assert_eq!((next.manager.as_deref(), next.proven), (Some("facade"), true), "only the generation is new");
}

#[test]
fn the_first_mail_about_the_occurrence_is_the_root_and_stays_it() {
    let current = thread(json!({}));
    let mail = |id: &str, since: i64, channel: &str| json!({"channel": channel, "recipient": id, "occurrence": 1, "messageId": id, "since": time(since)});
    let informed = json!({"informed": [mail("b@x", 9, "mail"), mail("n", 1, "ntfy"), mail("a@x", 8, "mail")]});
    let open = status("Open", Some(&current), informed);
    let root = |thread: &Thread, subject| decide(thread, subject, &[], 10).thread.unwrap().mail_root;
    assert_eq!(root(&current, Subject::Finding(&open)).as_deref(), Some("a@x"));
    let known = thread(json!({"status": {"mailRoot": "first@x"}}));
    assert_eq!(root(&known, Subject::Finding(&open)).as_deref(), Some("first@x"));
    let other = FindingStatus { thread: None, ..open.clone() };
    assert_eq!(root(&current, Subject::Finding(&other)), None, "it is about another Thread");
}

#[test]
fn threads_are_closed_in_time_and_never_while_a_message_is_pending() {
    const HOUR: i64 = 3600;
    let of_finding = thread(json!({}));
    let conversation = thread(json!({"spec": {"finding": null}}));
    let open = status("Open", Some(&of_finding), json!({}));
    let resolved = status("Resolved", Some(&of_finding), json!({"resolvedAt": time(HOUR)}));
    let other = status("Resolved", None, json!({"resolvedAt": time(HOUR)}));
    let past = status("Open", None, json!({"thread": thread_name(FINDING, at(50))}));
    let note = || message("m", "Correlated", 2 * HOUR, json!({}));
    let of = |thread: &Thread, subject, messages: &[Message], now| decide(thread, subject, messages, now).closing;
    let day = 24 * HOUR;
    let cases = [
        (&of_finding, Subject::Finding(&open), Closing::Open),
        (&of_finding, Subject::Finding(&resolved), Closing::At(at(HOUR + day))),
        (&of_finding, Subject::Finding(&other), Closing::At(at(2 * HOUR + day))),
        (&of_finding, Subject::Finding(&past), Closing::At(at(2 * HOUR + day))),
        (&of_finding, Subject::Gone, Closing::At(at(2 * HOUR + day))),
        (&conversation, Subject::None, Closing::At(at(2 * HOUR + 7 * day))),
    ];
    for (number, (thread, subject, expected)) in cases.into_iter().enumerate() {
        assert_eq!(of(thread, subject, &[note()], 2 * HOUR), expected, "{number}");
        let Closing::At(due) = expected else { continue };
        let second = due.as_second() - at(0).as_second();
        assert_eq!(of(thread, subject, &[note()], second), Closing::Now, "{number}");
        let closed = Thread { spec: crate::api::ThreadSpec { closed: true, ..thread.spec.clone() }, ..thread.clone() };
        assert_eq!(of(&closed, subject, &[note()], second), Closing::Open, "{number}: it is closed");
    }
    let waits = of(&conversation, Subject::None, &[by_hand("a", 0)], 100 * day);
    assert_eq!(waits, Closing::Open);
    assert_eq!(of(&of_finding, Subject::Finding(&resolved), &[asking("a", 0)], 100 * day), Closing::Open);
}
