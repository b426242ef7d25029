use super::admission::{Admission, Admitted, PoolBound, Seen, Speed};
use super::{Pool, ProbeLimits};
use std::time::{Duration, Instant};

const LIMITS: ProbeLimits = ProbeLimits { total: 32, of_target: 16 };
const FAST: Option<Seen> = after(3);
const VERY_SLOW: Option<Seen> = after(2_000);
const SILENT: Option<Seen> = Some(Seen { held: Duration::from_secs(10), in_time: false });

/// A probe that ended after so many milliseconds.
const fn after(milliseconds: u64) -> Option<Seen> {
    Some(Seen { held: Duration::from_millis(milliseconds), in_time: true })
}

/// A pool without tasks: waiting probes are numbered, and probes under way are ended by the test.
struct World {
    admission: Admission<usize>,
    now: Instant,
    probes: usize,
    under_way: Vec<Admitted<usize>>,
}

impl World {
    fn new() -> World {
        World { admission: Admission::new(LIMITS), now: Instant::now(), probes: 0, under_way: Vec::new() }
    }

    fn wait(&mut self, target: &str, count: usize) {
        for _ in 0..count {
            self.probes += 1;
            self.admission.wait(target, Speed::Silent, self.probes, self.now);
        }
        self.admit();
    }

    fn admit(&mut self) {
        while let Some(admitted) = self.admission.next() {
            self.under_way.push(admitted);
        }
    }

    /// Ends the oldest probe of a target.
    fn end(&mut self, target: &str, seen: Option<Seen>) {
        let at = self.under_way.iter().position(|probe| &*probe.target == target).unwrap();
        let ended = self.under_way.remove(at);
        self.admission.end(&ended.target, ended.speed, seen);
        self.admit();
    }

    /// A target that answered fast the last time.
    fn fast(&mut self, target: &str) {
        self.wait(target, 1);
        self.end(target, FAST);
    }

    fn count(&self, target: &str) -> usize {
        self.under_way.iter().filter(|probe| probe.target.starts_with(target)).count()
    }
}

#[test]
fn a_target_uses_its_share_and_one_that_was_never_read_an_eighth_of_it() {
    let mut world = World::new();
    world.wait("new:80", 20);
    assert_eq!(world.count("new:80"), 2);
    assert_eq!(world.admission.bound("new:80"), PoolBound::Target);
    world.end("new:80", FAST);
    assert_eq!(world.count("new:80"), 16, "it has answered");
    world.end("new:80", None);
    assert_eq!(world.count("new:80"), 16, "nothing is known of a cancelled probe");
}

#[test]
fn silent_targets_together_use_half_and_never_keep_others_waiting() {
    let mut world = World::new();
    world.fast("good:80");
    for number in 0..100 {
        world.wait(&format!("hung{number}:80"), 5);
    }
    assert_eq!(world.count("hung"), 16);
    world.wait("good:80", 3);
    assert_eq!(world.count("good:80"), 3);
    world.end("good:80", VERY_SLOW);
    world.wait("good:80", 1);
    assert_eq!(world.count("good:80"), 3, "it answers, though slowly");
    assert_eq!(world.admission.bound("hung99:80"), PoolBound::SlowTargets);
}

#[test]
fn a_target_that_times_out_is_silent_until_it_answers() {
    let mut world = World::new();
    world.fast("host:80");
    world.wait("host:80", 16);
    assert_eq!(world.count("host:80"), 16);
    world.end("host:80", SILENT);
    world.wait("host:80", 4);
    assert_eq!(world.count("host:80"), 15, "those under way are not ended, and no other starts");
    for _ in 0..14 {
        world.end("host:80", SILENT);
    }
    assert_eq!(world.count("host:80"), 2);
    world.end("host:80", FAST);
    assert_eq!(world.count("host:80"), 4);
}

/// Targets that take just less than a second, or any other time, and together would fill the pool many times over.
#[test]
fn the_slower_targets_are_the_more_of_the_pool_they_leave_to_faster_ones() {
    for (milliseconds, most) in [(3, 32), (62, 32), (63, 28), (249, 28), (500, 24), (999, 24), (1_000, 20), (9_000, 20)]
    {
        let mut world = World::new();
        world.fast("good:80");
        for number in 0..1_000 {
            let target = format!("slow{number}:80");
            world.wait(&target, 1);
            world.end(&target, after(milliseconds));
        }
        for number in 0..1_000 {
            world.wait(&format!("slow{number}:80"), 5);
        }
        assert_eq!(world.count("slow"), most, "{milliseconds} ms");
        world.wait("good:80", 4);
        assert_eq!(world.count("good:80"), 4.min(32 - most), "{milliseconds} ms");
    }
}

#[test]
fn slower_targets_leave_places_though_others_that_are_slow_fill_theirs() {
    let mut world = World::new();
    world.fast("good:80");
    for number in 0..100 {
        let target = format!("moderate{number}:80");
        world.wait(&target, 1);
        world.end(&target, after(100));
    }
    for number in 0..100 {
        world.wait(&format!("moderate{number}:80"), 1);
    }
    for number in 0..100 {
        world.wait(&format!("hung{number}:80"), 1);
    }
    assert_eq!((world.count("moderate"), world.count("hung")), (28, 0));
    world.wait("good:80", 4);
    assert_eq!(world.count("good:80"), 4);
    // Places that become free go to those that hold fewer, until both hold as many.
    for _ in 0..100 {
        let target = world.under_way.first().unwrap().target.clone();
        world.end(&target, None);
        world.wait(&target, 1);
    }
    let counts = (world.count("moderate"), world.count("hung"));
    assert!(counts.0.abs_diff(counts.1) <= 2, "{counts:?}");
}

#[test]
fn a_target_that_is_slow_now_and_then_counts_as_slow() {
    for (pattern, is_fast) in [
        (&[2_000, 3, 3, 3][..], false),
        (&[900, 3, 3, 3, 3, 3, 3, 3][..], false),
        (&[200, 3, 3, 3, 3, 3, 3, 3][..], true),
    ] {
        let mut world = World::new();
        world.fast("host:80");
        for milliseconds in pattern.iter().cycle().take(pattern.len() * 8) {
            world.wait("host:80", 1);
            world.end("host:80", after(*milliseconds));
        }
        world.wait("host:80", 1);
        assert_eq!(world.under_way[0].speed == Speed::Fast, is_fast, "{pattern:?}");
    }
}

#[test]
fn a_target_that_hung_and_answers_fast_again_is_fast_after_some_probes() {
    let mut world = World::new();
    for _ in 0..10 {
        world.wait("host:80", 1);
        world.end("host:80", SILENT);
    }
    let mut probes = 0;
    loop {
        world.wait("host:80", 1);
        if world.under_way[0].speed == Speed::Fast {
            break;
        }
        world.end("host:80", FAST);
        probes += 1;
    }
    assert!(probes <= 40, "{probes}");
}

#[test]
fn a_target_that_answered_before_the_start_is_presumed_fast_until_it_is_read() {
    let mut world = World::new();
    for number in 0..100 {
        world.wait(&format!("hung{number}:80"), 1);
    }
    world.admission.wait("good:80", Speed::Fast, 0, world.now);
    world.admit();
    assert_eq!(world.count("good:80"), 1);
    world.end("good:80", SILENT);
    world.admission.wait("good:80", Speed::Fast, 0, world.now);
    world.admit();
    assert_eq!(world.count("good:80"), 0, "it has been read since");
}

#[test]
fn those_that_wait_because_their_own_target_hangs_are_told_apart() {
    let mut world = World::new();
    for target in ["slow:80", "hung:80", "fast:80"] {
        world.fast(target);
    }
    world.wait("hung:80", 1);
    world.end("hung:80", SILENT);
    for _ in 0..40 {
        world.wait("slow:80", 1);
        world.end("slow:80", VERY_SLOW);
    }
    // More than the shares of both, and of targets that were never read.
    world.wait("hung:80", 5);
    world.wait("slow:80", 9);
    for number in 0..40 {
        world.wait(&format!("new{number}:80"), 1);
    }
    let waiting = |world: &World, seconds| {
        let now = world.now + Duration::from_secs(seconds);
        world.admission.waiting_longer_than(Duration::from_secs(30), now)
    };
    assert_eq!(waiting(&world, 30), 0);
    assert_eq!(waiting(&world, 31), 9 - world.count("slow:80"), "only those of the slow target");
    assert!(world.count("slow:80") < 9 && world.count("hung:80") < 5);
}

#[test]
fn turns_go_round_among_targets() {
    let mut world = World::new();
    for target in ["a:80", "b:80", "c:80"] {
        world.fast(target);
    }
    // The pool is full of probes of one target and others.
    world.wait("a:80", 16);
    world.wait("b:80", 16);
    world.wait("a:80", 9);
    world.wait("c:80", 1);
    assert_eq!((world.under_way.len(), world.count("c:80")), (32, 0));
    assert_eq!(world.admission.bound("c:80"), PoolBound::Total);
    world.end("b:80", FAST);
    assert_eq!(world.count("c:80"), 1, "a has as many as its share allows");
}

#[test]
fn slow_targets_are_read_though_fast_ones_fill_the_pool() {
    let mut world = World::new();
    for target in ["a:80", "b:80", "c:80"] {
        world.fast(target);
    }
    world.wait("slow:80", 1);
    world.end("slow:80", SILENT);
    for target in ["a:80", "b:80", "c:80"] {
        world.wait(target, 40);
    }
    world.wait("slow:80", 1);
    assert_eq!((world.under_way.len(), world.count("slow")), (32, 0));
    let mut ended = 0;
    while world.count("slow") == 0 {
        let target = world.under_way.first().unwrap().target.clone();
        world.end(&target, FAST);
        ended += 1;
    }
    assert!(ended <= 32 / 8 + 1, "{ended}");
}

#[test]
fn cancelled_probes_are_forgotten() {
    let mut world = World::new();
    let now = world.now;
    world.wait("hung:80", 2);
    let wait = |number| world.admission.wait("hung:80", Speed::Silent, number, now).0;
    let tickets: Vec<_> = (0..100).map(wait).collect();
    assert_eq!(world.admission.longest_wait(now + Duration::from_secs(3)), Duration::from_secs(3));
    for ticket in tickets {
        world.admission.forget("hung:80", ticket);
    }
    assert_eq!(world.admission.longest_wait(now + Duration::from_secs(3)), Duration::ZERO);
    world.end("hung:80", None);
    assert_eq!(world.count("hung:80"), 1);
    world.wait("hung:80", 3);
    assert_eq!(world.count("hung:80"), 2, "the target is still read");
}

#[tokio::test]
async fn a_turn_that_is_dropped_or_cancelled_is_given_to_the_next() {
    let pool = Pool::new(ProbeLimits { total: 2, of_target: 1 });
    let first = pool.turn("host:80", false).await;
    let mut cancelled = Box::pin(pool.turn("host:80", false));
    let mut waiting = Box::pin(pool.turn("host:80", false));
    assert!(futures::poll!(cancelled.as_mut()).is_pending() && futures::poll!(waiting.as_mut()).is_pending());
    // The turn is given to the second, which is cancelled before it learns of it.
    drop(first);
    drop(cancelled);
    let mut turn = waiting.await;
    turn.saw(Duration::from_millis(3), Duration::from_secs(1));
    drop(turn);
    drop(pool.turn("host:80", false).await);
    assert_eq!(pool.longest_wait(), Duration::ZERO);
}
