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

/// Mean latency, in ms, of targets that answer one probe after the other, by the times at which probes start, in ms.
fn latency(starts: &[(f64, String)], takes: f64) -> f64 {
    let mut free_at = std::collections::BTreeMap::new();
    let waits = starts.iter().map(|(at, target)| {
        let free_at = free_at.entry(target).or_insert(0.0);
        *free_at = at.max(*free_at) + takes;
        *free_at - at
    });
    waits.sum::<f64>() / starts.len() as f64
}

#[test]
fn latencies_in_slots_are_little_higher_than_without() {
    // A second of 1,000 probes: 900 of fifteen targets that take 0.2 ms, 100 of five that take 5 ms.
    let start = Instant::now();
    let target = |name: &str| -> &'static str { TARGETS[name[..2].parse::<usize>().unwrap()] };
    const TARGETS: [&str; 20] = [
        "f0", "f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8", "f9", "fa", "fb", "fc", "fd", "fe", "s0", "s1", "s2",
        "s3", "s4",
    ];
    let mut schedule = Schedule::new(start);
    let mut without = Vec::new();
    for number in 0..1_000_u64 {
        let at = if number % 10 == 9 { 15 + number / 10 % 5 } else { number % 15 };
        let name = format!("{at:02}-{number}");
        without.push((number as f64, target(&name).to_string()));
        schedule.plan(name.into(), start + Duration::from_millis(number));
    }
    let (mut together, mut in_batches) = (Vec::new(), Vec::new());
    while let Some(now) = schedule.next_at() {
        for run in schedule.take_due(now, target) {
            let since = |at: Instant| at.duration_since(start).as_secs_f64() * 1e3;
            let slot = SLOT.as_secs_f64() * 1e3;
            let slot = (since(run.due_at) / slot).ceil() * slot;
            in_batches.push((since(run.starts_at), target(&run.name).to_string()));
            together.push((slot, target(&run.name).to_string()));
        }
    }
    for (kind, takes) in [("f", 0.2), ("s", 5.0)] {
        let of = |starts: &[(f64, String)]| {
            let starts: Vec<_> = starts.iter().filter(|(_, target)| target.starts_with(kind)).cloned().collect();
            latency(&starts, takes)
        };
        let (without, in_batches, together) = (of(&without), of(&in_batches), of(&together));
        assert!(in_batches <= without * 1.5, "{kind}: {in_batches} and {without}");
        assert!(in_batches <= together, "{kind}: {in_batches} and {together}");
        if kind == "f" {
            assert!(in_batches < together * 0.85, "dealing matters: {in_batches} and {together}");
        }
    }
}
