use super::cells::{Availability, Cell, Day, Past, pack, unpack};
use super::maintenance::{self, DOWNTIME, Invalid, MAINTENANCE, Reclassified};
use super::open::{OpenHours, last, merged};
use super::{DAYS, Hour, Mark, PastReading, Tally};
use crate::api::{Action, CheckOutcome, RECORDED_BY, RECORDED_BY_FACADE};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use serde_json::json;
use std::time::Duration;

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn past(hours: &[(i64, Tally)]) -> Past {
    let mut past = Past::default();
    for (hour, tally) in hours {
        past.add(Hour(*hour), *tally);
    }
    past
}

fn tally(pass: u32, fail: u32, unknown: u32) -> Tally {
    Tally { pass, fail, unknown, held: 0 }
}

#[test]
fn the_outcome_that_says_most_marks_a_run() {
    use CheckOutcome::{Fail, Held, Pass, Unknown};
    for (outcomes, mark) in [
        (&[Pass, Pass][..], Mark::Pass),
        (&[Pass, Held], Mark::Pass),
        (&[Held, Held], Mark::Held),
        (&[Pass, Unknown], Mark::Unknown),
        (&[Unknown, Fail, Held], Mark::Fail),
        (&[], Mark::Unknown),
    ] {
        assert_eq!(Mark::of(outcomes.iter().copied()), mark, "{outcomes:?}");
    }
}

#[test]
fn hours_are_closed_when_they_are_over_or_have_not_begun() {
    let mut open = OpenHours::default();
    for hour in [-1, 0, 1, 2] {
        assert!(open.add(Hour(hour), 7, 0));
    }
    let over = |second: i64| open.over(Timestamp::from_second(second).unwrap()).iter().map(|h| h.0).collect::<Vec<_>>();
    // Runs of the hour before may still end in the first two minutes.
    assert_eq!(over(3600 + 119), [-1, 2]);
    assert_eq!(over(3600 + 120), [-1, 0, 2]);
    assert_eq!(over(0), [1, 2]);
    open.close(Hour(2));
    assert_eq!(open.of_scenario(7).map(|(hour, _)| hour.0).collect::<Vec<_>>(), [-1, 0, 1]);
    assert_eq!((open.of_scenario(8).count(), open.all().count()), (0, 3));
}

#[test]
fn availability_is_passes_of_passes_and_failures() {
    let now = time("1970-01-03T00:30:00Z");
    let past = past(&[(23, tally(0, 60, 0)), (24, tally(30, 30, 0)), (47, tally(0, 0, 60)), (48, tally(20, 10, 0))]);
    let day = past.availability(now, 24, None);
    // Half of one hour, and a third of the half of another.
    assert_eq!(day, Availability { pass: 50, fail: 40, down_seconds: 1800 + 600 });
    assert_eq!(past.availability(now, 25, None).fail, 100);
    assert_eq!(past.availability(now, 0, None), Availability { pass: 20, fail: 10, down_seconds: 600 });
    // Thirty readings of one second, and ten.
    assert_eq!(past.availability(now, 24, Some(1)).down_seconds, 30 + 10);
    let other = Past { maintenance: [Hour(24)].into(), ..past };
    assert_eq!(other.availability(now, 24, None), Availability { pass: 50, fail: 10, down_seconds: 600 });
    assert_eq!(Availability::default().ratio(), None);
    assert_eq!(Availability { pass: 3, fail: 1, down_seconds: 0 }.ratio(), Some(0.75));
}

#[test]
fn the_grid_has_the_hours_of_the_time_zone() {
    let zone = TimeZone::get("America/Sao_Paulo").unwrap();
    let now = time("2026-11-26T01:30:00Z");
    let hour = |text: &str| Hour::of(time(text)).0;
    let mut past = past(&[
        // 22 h of the day before, there.
        (hour("2026-11-26T01:00:00Z"), tally(1, 1, 0)),
        (hour("2026-11-25T03:00:00Z"), tally(1, 0, 0)),
        (hour("2026-10-27T03:00:00Z"), tally(0, 1, 0)),
        (hour("2026-10-27T02:00:00Z"), tally(0, 1, 0)),
        (hour("2026-11-25T04:00:00Z"), tally(0, 0, 9)),
        // The clock was ahead.
        (hour("2026-11-27T04:00:00Z"), tally(0, 1, 0)),
    ]);
    past.maintenance.insert(Hour::of(time("2026-11-10T05:00:00Z")));
    let grid = past.grid(now, &zone);
    let shown: Vec<_> = grid
        .iter()
        .enumerate()
        .flat_map(|(day, hours)| hours.iter().enumerate().map(move |(hour, cell)| (day, hour, *cell)))
        .filter(|(_, _, cell)| *cell != Cell::Gap)
        .collect();
    let expected = [(0, 0, Cell::Fail), (14, 2, Cell::Maintenance), (29, 0, Cell::Pass), (29, 22, Cell::Fail)];
    assert_eq!((grid.len(), shown), (DAYS as usize, expected.to_vec()));
    // Where clocks are set back two hours of UTC have the same name, and the worse of them is shown.
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    let twice =
        self::past(&[(hour("2026-10-25T00:00:00Z"), tally(0, 1, 0)), (hour("2026-10-25T01:00:00Z"), tally(1, 0, 0))]);
    assert_eq!(twice.grid(time("2026-10-25T12:00:00Z"), &zone)[29][2], Cell::Fail);
}

fn action(scenario: &str, one: &Reclassified, at: &str) -> Action {
    serde_json::from_value(json!({
        "apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Action",
        "metadata": {"name": "x", "annotations": {RECORDED_BY: RECORDED_BY_FACADE}},
        "spec": {"verb": maintenance::VERB, "subject": {"kind": "Scenario", "name": scenario},
            "actor": {"name": "ana", "via": "rest"}, "parameters": one.parameters(time(at))},
        "status": {"result": "done"},
    }))
    .unwrap()
}

#[test]
fn whole_hours_are_reclassified() {
    let now = time("2026-11-26T12:00:00Z");
    let new = |from: &str, until: &str| Reclassified::new(time(from), time(until), true, "disco", now);
    let one = new("2026-11-26T01:59:00Z", "2026-11-26T03:00:00Z").unwrap();
    assert_eq!((one.from.start(), one.until.start()), (time("2026-11-26T01:00:00Z"), time("2026-11-26T03:00:00Z")));
    let touched = new("2026-11-26T01:00:00Z", "2026-11-26T03:00:01Z").unwrap();
    assert_eq!(touched.until.start(), time("2026-11-26T04:00:00Z"));
    assert_eq!(new("2026-11-26T01:00:00Z", "2026-11-26T01:00:00Z"), Err(Invalid::Empty));
    assert_eq!(new("2026-11-26T01:00:00Z", "2026-11-26T12:00:01Z"), Err(Invalid::NotOver));
    assert_eq!(new("2026-10-27T11:59:59Z", "2026-11-26T12:00:00Z"), Err(Invalid::TooOld));
}

#[test]
fn the_last_action_on_an_hour_counts() {
    let now = time("2026-11-26T12:00:00Z");
    let one = |from: &str, until: &str, is_maintenance| {
        Reclassified::new(time(from), time(until), is_maintenance, "", now).unwrap()
    };
    let all = one("2026-11-26T01:00:00Z", "2026-11-26T04:00:00Z", true);
    let back = one("2026-11-26T02:00:00Z", "2026-11-26T03:00:00Z", false);
    let first = Hour::of(time("2026-11-26T01:00:00Z"));
    let said = action("a", &all, "2026-11-26T10:00:00Z");
    let mut actions = vec![action("a", &back, "2026-11-26T11:00:00Z"), said.clone()];
    let hours = |actions: &[Action]| maintenance::hours(actions, "a").into_iter().collect::<Vec<_>>();
    assert_eq!(hours(&actions), [first, first.plus(2)]);
    actions.push(action("a", &all, "2026-11-26T11:00:01Z"));
    assert_eq!(hours(&actions).len(), 3);
    let of = |change: &dyn Fn(&mut Action)| {
        let mut action = said.clone();
        change(&mut action);
        hours(&[action]).len()
    };
    assert_eq!(of(&|_| {}), 3);
    assert_eq!(of(&|action| action.spec.subject.name = "b".into()), 0);
    assert_eq!(of(&|action| action.status = None), 0);
    assert_eq!(of(&|action| action.metadata.annotations = None), 0, "written by kubectl, which proves no name");
    assert_eq!(of(&|action| drop(action.spec.parameters.insert("as".into(), "other".into()))), 0);
    let far = |action: &mut Action| drop(action.spec.parameters.insert("until".into(), "9999-01-01T00:00:00Z".into()));
    assert_eq!(of(&far), 720, "bounded, whatever an Action says");
    assert_ne!(MAINTENANCE, DOWNTIME);
}

fn mark() -> impl Strategy<Value = Mark> {
    proptest::sample::select(Mark::ALL.to_vec())
}

fn reading() -> impl Strategy<Value = PastReading> {
    (-100_000_i64..4_000_000_000, mark(), 0_u64..262_144).prop_map(|(second, mark, latency)| PastReading {
        at: Timestamp::from_second(second).unwrap(),
        mark,
        latency: Duration::from_millis(latency),
    })
}

fn counts() -> impl Strategy<Value = Tally> {
    let count = || prop_oneof![3 => Just(0_u32), 2 => 0_u32..4000, 1 => any::<u32>()];
    (count(), count(), count(), count()).prop_map(|(pass, fail, unknown, held)| Tally { pass, fail, unknown, held })
}

proptest! {
    #[test]
    fn a_reading_is_the_same_after_packing(reading in reading()) {
        let (hour, packed) = reading.pack();
        prop_assert_eq!(PastReading::unpack(hour, packed), reading);
    }

    #[test]
    fn a_day_is_the_same_after_packing(counts in proptest::collection::vec(counts(), 24)) {
        let day: Day = counts.try_into().unwrap();
        prop_assert_eq!(unpack(&pack(&day)), day);
    }

    #[test]
    fn any_bytes_are_a_day(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = unpack(&bytes);
        for hour in unpack(&bytes) {
            let _ = hour.total();
        }
    }

    /// Whatever the clock shows, each reading is counted once, however often its hour is closed and opened again.
    #[test]
    fn each_reading_is_counted_once(steps in proptest::collection::vec((0_i64..6 * 3600, mark(), any::<bool>()), 0..200)) {
        let mut open = OpenHours::default();
        let mut stored = std::collections::BTreeMap::<Hour, (Vec<u32>, Tally)>::new();
        let mut expected = std::collections::BTreeMap::<Hour, Tally>::new();
        for (second, mark, closes) in steps {
            let at = Timestamp::from_second(second).unwrap();
            let (hour, packed) = PastReading { at, mark, latency: Duration::ZERO }.pack();
            prop_assert!(open.add(hour, 1, packed));
            let sum = expected.entry(hour).or_default();
            *sum = sum.plus(Tally::of(&[packed]));
            if closes {
                for hour in open.over(at) {
                    let added: Vec<u32> = open.of_hour(hour).flat_map(|(_, packed)| packed.to_vec()).collect();
                    let (raw, sum) = stored.entry(hour).or_default();
                    *raw = merged(raw, &added);
                    *sum = sum.plus(Tally::of(&added));
                    open.close(hour);
                }
            }
        }
        for (hour, _, packed) in open.all() {
            let (raw, sum) = stored.entry(hour).or_default();
            raw.push(packed);
            *sum = sum.plus(Tally::of(&[packed]));
        }
        let sums: std::collections::BTreeMap<Hour, Tally> = stored.iter().map(|(hour, (_, sum))| (*hour, *sum)).collect();
        let total: usize = stored.values().map(|(raw, _)| raw.len()).sum();
        let lasts = last(stored.into_iter().map(|(hour, (raw, _))| (hour, raw)), 10);
        prop_assert_eq!(lasts.len(), total.min(10));
        prop_assert!(lasts.is_sorted_by_key(|reading| reading.at));
        prop_assert_eq!(sums, expected);
    }
}
