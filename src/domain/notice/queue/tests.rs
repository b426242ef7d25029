//! Which groups leave, and in which order.

use super::*;
use serde_json::{Value, json};

const WAIT: SignedDuration = SignedDuration::from_secs(30);

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn planned(recipient: &str, since: i64, next_attempt_at: Option<i64>) -> Value {
    json!({"kind": "Opened", "occurrence": 1, "channel": "mail", "recipient": recipient, "state": "Planned",
        "since": format!("{:.6}", at(since)), "at": at(since), "nextAttemptAt": next_attempt_at.map(at)})
}

fn queue(findings: &[(&str, Vec<Value>)]) -> Queue {
    let mut queue = Queue::default();
    for (finding, notices) in findings {
        let status = json!({"phase": "Open", "severity": "high", "occurrences": 1, "notices": notices});
        queue.seen(finding, &serde_json::from_value(status).unwrap());
    }
    queue
}

fn recipients(ready: &[Ready]) -> Vec<&str> {
    ready.iter().map(|ready| ready.key.pair.recipient.as_str()).collect()
}

#[test]
fn recipients_that_were_not_tried_come_before_those_that_could_not_be_reached() {
    let queue = queue(&[
        ("a", vec![planned("late@x", 50, Some(90)), planned("away@x", 0, Some(80)), planned("new@x", 60, None)]),
        ("b", vec![planned("newer@x", 65, None), planned("later@x", 0, Some(200))]),
    ]);
    assert_eq!(recipients(&queue.ready(WAIT, at(100))), ["new@x", "newer@x", "away@x", "late@x"]);
    assert_eq!(recipients(&queue.ready(WAIT, at(85))), ["away@x"]);
    assert_eq!(queue.next_ready(WAIT), Some(at(80)));
}

#[test]
fn a_group_that_leaves_takes_what_is_to_be_tried_again_and_at_most_so_many() {
    let again = queue(&[("a", vec![planned("ana@x", 0, Some(500))]), ("b", vec![planned("ana@x", 60, None)])]);
    let members = |ready: &[Ready]| ready.iter().map(|ready| ready.members.len()).collect::<Vec<_>>();
    assert_eq!(members(&again.ready(WAIT, at(100))), [2]);
    assert_eq!(members(&again.ready(WAIT, at(80))), Vec::<usize>::new());
    let names: Vec<String> = (0..MEMBERS_MAX + 1).map(|number| format!("f{number:04}")).collect();
    let all: Vec<_> = names.iter().map(|name| (name.as_str(), vec![planned("ana@x", 0, None)])).collect();
    assert_eq!(members(&queue(&all).ready(WAIT, at(100))), [MEMBERS_MAX]);
}

#[test]
fn advice_leaves_after_all_else_about_one_finding_at_a_time() {
    let advice = |since| {
        let mut advice = planned("ana@x", since, None);
        advice["kind"] = json!("Advised");
        advice
    };
    let queue = queue(&[
        ("a", vec![advice(1)]),
        ("b", vec![advice(2), planned("away@x", 0, Some(90))]),
        ("c", vec![planned("new@x", 60, None)]),
    ]);
    let ready = queue.ready(WAIT, at(100));
    assert_eq!(recipients(&ready), ["new@x", "away@x", "ana@x"]);
    let members: Vec<&str> = ready[2].members.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(members, ["a"], "the other one follows");
}
