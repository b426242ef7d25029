use super::*;
use std::collections::BTreeSet;

fn no_target(_: &str) -> &'static str {
    ""
}

/// Takes the names of what is due, with the milliseconds from the start at which it was due and was to start.
fn due(schedule: &mut Schedule, start: Instant, milliseconds: u64) -> Vec<(String, u128, u128)> {
    let runs = schedule.take_due(start + Duration::from_millis(milliseconds), no_target);
    let since = |at: Instant| at.duration_since(start).as_millis();
    runs.into_iter().map(|run| (run.name.to_string(), since(run.due_at), since(run.starts_at))).collect()
}

#[test]
fn only_the_run_that_was_planned_last_is_due() {
    let start = Instant::now();
    let at = |seconds| start + Duration::from_secs(seconds);
    let mut schedule = Schedule::new(start);
    for (name, seconds) in [("a", 9), ("b", 3), ("a", 1), ("c", 2), ("b", 5)] {
        schedule.plan(name.into(), at(seconds));
    }
    schedule.cancel("c");
    assert_eq!(due(&mut schedule, start, 0), []);
    assert!(schedule.is_due_by("a", at(1)) && !schedule.is_due_by("b", at(4)) && !schedule.is_due_by("c", at(9)));
    assert_eq!(due(&mut schedule, start, 4_000), [("a".into(), 1_000, 1_000)]);
    assert_eq!(due(&mut schedule, start, 4_000), []);
    assert_eq!(due(&mut schedule, start, 99_000), [("b".into(), 5_000, 5_000)]);
    assert_eq!(due(&mut schedule, start, 99_000), []);
    assert_eq!(schedule.next_at(), None, "nothing is kept");
}

#[test]
fn runs_start_in_the_slot_after_they_are_due_and_keep_their_rate() {
    let start = Instant::now();
    let mut schedule = Schedule::new(start);
    schedule.plan("a".into(), start + Duration::from_millis(101));
    schedule.plan("b".into(), start + Duration::from_millis(150));
    schedule.plan_exactly("c".into(), start + Duration::from_millis(103));
    assert_eq!(due(&mut schedule, start, 104), [("c".into(), 103, 103)]);
    assert_eq!(schedule.next_at(), Some(start + Duration::from_millis(150)));
    assert_eq!(due(&mut schedule, start, 151), [("a".into(), 101, 150), ("b".into(), 150, 150)]);
    // An interval that is no multiple of a slot.
    let interval = Duration::from_millis(70);
    let mut due_at = start;
    let mut starts = Vec::new();
    for _ in 0..50 {
        schedule.plan("a".into(), due_at);
        let next = schedule.next_at().unwrap();
        let run = schedule.take_due(next, no_target).remove(0);
        starts.push(run.starts_at);
        due_at = run.due_at + interval;
    }
    assert_eq!(starts[49], start + Duration::from_millis(3_450), "49 intervals are 3,430 ms");
}

#[test]
fn a_slot_with_many_runs_has_batches_that_share_each_target() {
    let start = Instant::now();
    let mut schedule = Schedule::new(start);
    for number in 0..100 {
        let target = if number % 5 == 0 { "slow" } else { "fast" };
        schedule.plan(format!("{target}-{number}").into(), start + Duration::from_millis(50));
    }
    let target = |name: &str| if name.starts_with("slow") { "slow" } else { "fast" };
    let mut sizes = Vec::new();
    let mut all = BTreeSet::new();
    let first = schedule.next_at().unwrap();
    while let Some(at) = schedule.next_at() {
        assert!(at < first + SLOT, "all start within the slot");
        let batch = schedule.take_due(at, target);
        sizes.push((batch.len(), batch.iter().filter(|run| run.name.starts_with("slow")).count()));
        assert!(batch.iter().all(|run| run.starts_at == at), "{batch:?}");
        all.extend(batch.into_iter().map(|run| run.name));
    }
    assert_eq!((sizes, all.len()), (vec![(25, 5); 4], 100));
}

#[test]
fn all_batches_of_a_slot_that_is_taken_late_are_late() {
    let start = Instant::now();
    let mut schedule = Schedule::new(start);
    (0..100).for_each(|number| schedule.plan(number.to_string().into(), start));
    let mut now = start + Duration::from_secs(40);
    let mut late = 0;
    loop {
        late += schedule.take_due(now, no_target).iter().filter(|run| run.starts_at < start + SLOT).count();
        match schedule.next_at() {
            Some(next) => now = next,
            None => break,
        }
    }
    assert_eq!(late, 100);
}

#[test]
fn a_run_that_waits_for_its_batch_can_be_cancelled_and_planned_anew() {
    let start = Instant::now();
    let mut schedule = Schedule::new(start);
    (0..40).for_each(|number| schedule.plan(format!("{number:02}").into(), start));
    let first: BTreeSet<_> = schedule.take_due(start, no_target).into_iter().map(|run| run.name).collect();
    let mut left = (0..40).map(|number| Arc::from(format!("{number:02}"))).filter(|name| !first.contains(name));
    let (cancelled, again): (Arc<str>, Arc<str>) = (left.next().unwrap(), left.next().unwrap());
    schedule.cancel(&cancelled);
    schedule.plan(again.clone(), start + Duration::from_secs(9));
    let second = schedule.take_due(start + SLOT, no_target);
    assert_eq!(second.len(), 18);
    assert!(second.iter().all(|run| run.name != cancelled && run.name != again));
    assert_eq!(schedule.take_due(start + Duration::from_secs(9), no_target).len(), 1);
}
