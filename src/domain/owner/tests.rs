use super::*;
use crate::api::{Acknowledgement, Evidence, Phase, Severity};
use crate::domain::transition::{self, Ending, Failure, ResolveReason};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::time::Duration;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn owner(by: &str) -> Owner {
    Owner { by: by.into(), at: None, action: None }
}

fn status(value: Value) -> FindingStatus {
    serde_json::from_value(value).unwrap()
}

#[test]
fn an_owner_is_recorded_once_and_released() {
    let open = status(json!({"phase": "Open", "occurrences": 2}));
    let (taken, change) = own(&open, Some(&owner("ana")), Some("kubectl-patch"), false, at(10)).unwrap();
    let recorded = taken.owner.clone().unwrap();
    assert_eq!((recorded.by.as_str(), recorded.at.0, recorded.occurrence), ("ana", at(10), 2));
    assert_eq!((recorded.manager.as_deref(), recorded.proven), (Some("kubectl-patch"), false));
    assert_eq!(change, OwnerChange::TakenOver { by: "ana".into() });
    assert_eq!(own(&taken, Some(&owner("ana")), Some("other"), false, at(99)), None, "read again");
    let (proven, _) = own(&taken, Some(&owner("ana")), None, true, at(99)).unwrap();
    assert_eq!((proven.owner.as_ref().unwrap().at.0, proven.owner.unwrap().proven), (at(10), true));
    let (other, _) = own(&taken, Some(&owner("rui")), None, false, at(20)).unwrap();
    assert_eq!(other.owner.unwrap().at.0, at(20));
    let (released, change) = own(&taken, None, None, false, at(30)).unwrap();
    assert_eq!((released, change), (open, OwnerChange::Released { by: "ana".into() }));
}

#[test]
fn a_resolved_finding_keeps_the_owner_of_its_last_occurrence() {
    let resolved = status(json!({"phase": "Resolved", "occurrences": 1,
        "owner": {"by": "ana", "at": "2026-01-01T00:00:00Z", "occurrence": 1}}));
    for written in [None, Some(owner("rui"))] {
        assert_eq!(own(&resolved, written.as_ref(), None, true, at(9)), None);
        assert_eq!(own(&FindingStatus::default(), written.as_ref(), None, true, at(9)), None, "without a phase");
    }
}

#[test]
fn a_name_is_proven_by_the_action_that_says_the_same() {
    let finding = FindingRef { name: "f", uid: "u", occurrences: Some(2) };
    let written = Owner { by: "ana".into(), at: Some(Time(at(5))), action: Some("act".into()) };
    let action = |change: Value| {
        let mut spec = json!({"verb": "take-over", "subject": {"kind": "Finding", "name": "f"},
            "actor": {"name": "ana", "via": "rest"}, "before": {"uid": "u", "occurrence": 2}});
        json_patch::merge(&mut spec, &change);
        serde_json::from_value::<ActionSpec>(spec).unwrap()
    };
    assert!(is_recorded_by(&action(json!({})), at(5), &finding, &written));
    assert!(!is_recorded_by(&action(json!({})), at(6), &finding, &written), "another time");
    for change in [
        json!({"verb": "acknowledge"}),
        json!({"subject": {"name": "g"}}),
        json!({"subject": {"kind": "Thread"}}),
        json!({"before": {"uid": "v"}}),
        json!({"before": {"occurrence": 1}}),
        json!({"before": null}),
        json!({"actor": {"name": "rui"}}),
    ] {
        assert!(!is_recorded_by(&action(change.clone()), at(5), &finding, &written), "{change}");
    }
    let mut current = status(json!({"phase": "Open", "occurrences": 2}));
    assert!(is_proven(&current, &written, None, true, false) && is_proven(&current, &written, None, false, true));
    assert!(!is_proven(&current, &written, None, false, false));
    current = own(&current, Some(&written), Some("facade"), true, at(9)).unwrap().0;
    assert!(is_proven(&current, &written, Some("facade"), false, false), "it stays so");
    assert!(!is_proven(&current, &written, Some("kubectl"), false, false), "another client wrote it");
    current.occurrences = Some(3);
    assert!(!is_proven(&current, &written, Some("facade"), false, false), "of another occurrence");
}

/// What happens to a Finding.
#[derive(Clone, Debug)]
enum Event {
    Fails,
    Recovers,
    Owns(Option<&'static str>),
    Acknowledges(bool),
    /// The operator makes spec and status agree.
    Reconciles,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        2 => Just(Event::Fails),
        2 => Just(Event::Recovers),
        3 => prop::sample::select(vec![None, Some("ana"), Some("rui")]).prop_map(Event::Owns),
        1 => any::<bool>().prop_map(Event::Acknowledges),
        4 => Just(Event::Reconciles),
    ]
}

/// A Finding as the API has it.
#[derive(Clone, Debug, Default)]
struct World {
    owner: Option<Owner>,
    acknowledgement: Option<Acknowledgement>,
    status: FindingStatus,
}

impl World {
    fn happens(&mut self, event: &Event, now: Timestamp) {
        match event {
            Event::Fails => {
                let failure = Failure {
                    severity: Severity::High,
                    agent: "pulso".into(),
                    title: "t".into(),
                    message: "m".into(),
                    runbook: None,
                    evidence: Evidence::default(),
                    interval: Duration::from_secs(60),
                };
                if let Some((next, step)) = transition::open(Some(&self.status), &failure, now) {
                    if step == transition::Step::Reopened {
                        (self.owner, self.acknowledgement) = (None, None);
                    }
                    self.status = next;
                }
            }
            Event::Recovers => {
                let ending = Ending { why: "w".into(), message: "m".into() };
                let resolved = transition::resolve(&self.status, ResolveReason::Recovered, &ending, now);
                if let Some((next, _)) = resolved.filter(|_| self.status.phase.is_some()) {
                    self.status = next;
                }
            }
            Event::Owns(by) => self.owner = by.map(owner),
            Event::Acknowledges(does) => {
                let by = Acknowledgement { by: "eva".into(), note: None, at: None, action: None };
                self.acknowledgement = does.then_some(by);
            }
            Event::Reconciles => self.reconcile(now),
        }
    }

    fn reconcile(&mut self, now: Timestamp) {
        if self.status.phase == Some(Phase::Resolved) {
            (self.owner, self.acknowledgement) = (None, None);
            return;
        }
        if let Some((next, _)) = transition::acknowledge(&self.status, self.acknowledgement.as_ref(), None, false, now)
        {
            self.status = next;
        }
        if let Some((next, _)) = own(&self.status, self.owner.as_ref(), None, false, now) {
            self.status = next;
        }
    }
}

proptest! {
    /// Whatever happens in whatever order, an owner changes nothing else, and is one of the occurrence that it was written in.
    #[test]
    fn an_owner_changes_nothing_else_and_ends_with_its_occurrence(events in prop::collection::vec(event(), 1..40)) {
        let (mut world, mut without) = (World::default(), World::default());
        for (second, event) in events.iter().enumerate() {
            let now = at(i64::try_from(second).unwrap() + 1);
            world.happens(event, now);
            if !matches!(event, Event::Owns(_)) {
                without.happens(event, now);
            }
            let rest = |world: &World| FindingStatus { owner: None, ..world.status.clone() };
            prop_assert_eq!(rest(&world), rest(&without));
            prop_assert_eq!(&world.acknowledgement, &without.acknowledgement);
            if let Some(recorded) = &world.status.owner {
                prop_assert_eq!(Some(recorded.occurrence), world.status.occurrences);
            }
            if matches!(event, Event::Reconciles) {
                let before = world.status.clone();
                world.reconcile(now);
                prop_assert_eq!(&before, &world.status, "reading it again changes nothing");
                match world.status.phase {
                    Some(phase) if phase.is_active() => prop_assert_eq!(
                        world.status.owner.as_ref().map(|owner| owner.by.as_str()),
                        world.owner.as_ref().map(|owner| owner.by.as_str())
                    ),
                    Some(_) => prop_assert_eq!(&world.owner, &None),
                    None => prop_assert_eq!(&world.status.owner, &None),
                }
            }
        }
    }
}
