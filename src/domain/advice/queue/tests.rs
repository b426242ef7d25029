//! Order and bounds of the queue.

use super::*;
use proptest::prelude::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_000_000 + second).unwrap()
}

fn question(message: &str) -> Job {
    Job::Question { message: message.into() }
}

fn advice(finding: &str, check: &str, severity: Severity, asked: bool) -> Job {
    Job::Advice { finding: finding.into(), scenario: "s".into(), check: check.into(), severity, asked }
}

fn high(finding: &str) -> Job {
    advice(finding, finding, Severity::High, false)
}

fn names(queue: &mut Queue) -> Vec<String> {
    let mut names = Vec::new();
    while let Some(job) = queue.take() {
        names.push(match job {
            Job::Question { message } => message,
            Job::Advice { finding, .. } => finding,
        });
    }
    names
}

#[test]
fn questions_come_first_then_what_people_requested_then_severity_then_age() {
    let mut queue = Queue::new();
    for (second, job) in [
        (0, high("high-1")),
        (1, advice("low-asked", "a", Severity::Low, true)),
        (2, advice("critical", "b", Severity::Critical, false)),
        (3, question("question-1")),
        (4, high("high-2")),
        (5, advice("critical-asked", "c", Severity::Critical, true)),
        (6, question("question-2")),
    ] {
        assert!(matches!(queue.offer(job, at(second)), Offered::Waits { displaced: None, .. }));
    }
    assert_eq!(queue.position(&question("question-2")), Some(2));
    assert_eq!(queue.position(&high("high-1")), Some(6));
    assert_eq!(queue.len(), 7);
    assert!(queue.first().is_some_and(Job::is_asked));
    let expected = ["question-1", "question-2", "low-asked", "critical-asked", "critical", "high-1", "high-2"];
    assert_eq!(names(&mut queue), expected);
    assert!(queue.take().is_none() && queue.first().is_none());
}

#[test]
fn a_job_that_could_not_begin_waits_again_at_its_place() {
    let mut queue = Queue::new();
    for (second, name) in [(0, "first"), (0, "second"), (1, "third")] {
        queue.offer(question(name), at(second));
    }
    queue.offer(high("a"), at(0));
    queue.offer(high("b"), at(1));
    for _ in 0..3 {
        assert_eq!(queue.take(), Some(question("first")));
        let again = queue.keep_place(question("first"), at(100));
        assert_eq!(again, Offered::Waits { position: 1, displaced: None });
    }
    // Only the one that was taken last, and once.
    assert_eq!(queue.take(), Some(question("first")));
    assert_eq!(queue.keep_place(question("other"), at(100)), Offered::Waits { position: 3, displaced: None });
    assert_eq!(queue.keep_place(question("first"), at(101)), Offered::Waits { position: 4, displaced: None });
    let places: Vec<_> = queue.places().map(|(job, place)| (job.clone(), place)).collect();
    assert_eq!(places[4], (high("a"), 5));
    while queue.take() != Some(high("a")) {}
    queue.keep_place(high("a"), at(100));
    assert_eq!(names(&mut queue), ["a", "b"]);
}

#[test]
fn a_job_that_waits_already_keeps_its_place() {
    let mut queue = Queue::new();
    queue.offer(high("a"), at(0));
    queue.offer(high("b"), at(1));
    assert_eq!(queue.offer(high("a"), at(2)), Offered::Waits { position: 1, displaced: None });
    queue.offer(question("q1"), at(3));
    queue.offer(question("q2"), at(4));
    assert_eq!(queue.offer(question("q1"), at(5)), Offered::Waits { position: 1, displaced: None });
    assert_eq!(names(&mut queue), ["q1", "q2", "a", "b"]);
}

#[test]
fn a_person_who_asks_moves_the_advice_forward_and_the_operator_does_not_move_it_back() {
    let mut queue = Queue::new();
    queue.offer(high("a"), at(0));
    queue.offer(advice("b", "b", Severity::Low, false), at(1));
    let asked = Offered::Waits { position: 1, displaced: None };
    assert_eq!(queue.offer(advice("b", "b", Severity::Low, true), at(2)), asked);
    assert_eq!(queue.offer(advice("b", "b", Severity::Low, false), at(3)), asked);
    assert_eq!(names(&mut queue), ["b", "a"]);
}

#[test]
fn one_finding_of_a_scenario_and_check_waits() {
    let mut queue = Queue::new();
    queue.offer(advice("vm-112", "vm-running", Severity::High, false), at(0));
    let covered = Offered::Covered { finding: "vm-112".into() };
    assert_eq!(queue.offer(advice("vm-122", "vm-running", Severity::High, false), at(1)), covered);
    assert_eq!(queue.offer(advice("vm-122", "vm-running", Severity::Low, false), at(1)), covered);
    // The more urgent one takes the entry, a person's request above all.
    let displaced = queue.offer(advice("vm-123", "vm-running", Severity::Critical, false), at(2));
    let expected = Some(advice("vm-112", "vm-running", Severity::High, false));
    assert_eq!(displaced, Offered::Waits { position: 1, displaced: expected }, "it is to be offered again");
    assert_eq!(queue.position(&advice("vm-112", "vm-running", Severity::High, false)), None);
    queue.offer(advice("vm-104", "vm-running", Severity::Low, true), at(3));
    let covered = Offered::Covered { finding: "vm-104".into() };
    assert_eq!(queue.offer(advice("vm-112", "vm-running", Severity::Critical, true), at(4)), covered);
    assert_eq!(queue.offer(advice("vm-123", "vm-running", Severity::Critical, false), at(5)), covered);
    assert_eq!(names(&mut queue), ["vm-104"]);
}

#[test]
fn a_resolved_finding_waits_no_longer() {
    let mut queue = Queue::new();
    queue.offer(high("a"), at(0));
    queue.offer(question("a"), at(0));
    assert!(queue.remove_finding("a") && !queue.remove_finding("a"));
    assert_eq!(names(&mut queue), ["a"], "the question");
}

#[test]
fn in_a_full_queue_the_least_urgent_gives_way() {
    let mut queue = Queue::new();
    for number in 0..QUEUE_MAX {
        queue.offer(high(&format!("f{number:02}")), at(i64::try_from(number).unwrap()));
    }
    assert_eq!(queue.offer(high("late"), at(100)), Offered::Full);
    assert_eq!(queue.offer(advice("low", "low", Severity::Low, true), at(100)), displaced(1, "f49"));
    assert_eq!(queue.offer(advice("crit", "crit", Severity::Critical, false), at(100)), displaced(2, "f48"));
    for number in 0..QUEUE_MAX {
        assert!(matches!(
            queue.offer(question(&format!("q{number}")), at(200)),
            Offered::Waits { displaced: Some(_), .. }
        ));
    }
    assert_eq!(queue.offer(question("one too many"), at(300)), Offered::Full);
    assert_eq!(queue.offer(question("q3"), at(300)), Offered::Waits { position: 4, displaced: None });
    assert_eq!(queue.len(), QUEUE_MAX);
}

fn displaced(position: u32, finding: &str) -> Offered {
    Offered::Waits { position, displaced: Some(high(finding)) }
}

fn job() -> impl Strategy<Value = Job> {
    let severity = prop::sample::select(Severity::ALL.to_vec());
    prop_oneof![
        1 => (0u32..60).prop_map(|number| question(&format!("q{number}"))),
        3 => (0u32..90, 0u32..3, severity, prop::bool::weighted(0.2)).prop_map(|(check, key, severity, asked)| {
            advice(&format!("f{check}-{key}"), &format!("c{check}"), severity, asked)
        }),
    ]
}

#[derive(Clone, Debug)]
enum Step {
    Offer(Job),
    Take,
    Remove(Job),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![8 => job().prop_map(Step::Offer), 1 => Just(Step::Take), 1 => job().prop_map(Step::Remove)]
}

proptest! {
    #[test]
    fn the_queue_stays_bounded_ordered_and_without_duplicates(steps in prop::collection::vec((step(), 0i64..5), 0..200)) {
        let (mut queue, mut now) = (Queue::new(), 0);
        for (step, passed) in steps {
            now += passed;
            match step {
                Step::Offer(job) => match queue.offer(job.clone(), at(now)) {
                    Offered::Waits { position, displaced } => {
                        prop_assert_eq!(queue.position(&job), Some(position));
                        prop_assert!(displaced.is_none_or(|other| job.urgency() < other.urgency()));
                    }
                    Offered::Covered { finding } => {
                        let waits = |w: &Waiting| w.job.is_same_entry(&job) && matches!(&w.job, Job::Advice { finding: f, .. } if *f == finding);
                        prop_assert!(queue.waiting.iter().any(waits));
                    }
                    Offered::Full => {
                        prop_assert_eq!(queue.len(), QUEUE_MAX);
                        prop_assert!(queue.waiting.iter().all(|w| w.job.urgency() <= job.urgency()));
                    }
                },
                Step::Take => {
                    let most = queue.waiting.iter().map(|w| w.job.urgency()).min();
                    prop_assert_eq!(queue.take().map(|job| job.urgency()), most);
                }
                Step::Remove(job) => {
                    queue.retain(|waiting| !waiting.is_same_subject(&job));
                    prop_assert_eq!(queue.position(&job), None);
                }
            }
            prop_assert!(queue.len() <= QUEUE_MAX);
            prop_assert!(queue.waiting.is_sorted_by_key(Waiting::order));
            for (number, one) in queue.waiting.iter().enumerate() {
                prop_assert!(queue.waiting[..number].iter().all(|other| !other.job.is_same_entry(&one.job)));
            }
        }
    }
}
