//! Which finished objects are removed: those that are too old, and the oldest of too many.

use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

/// How long and how many finished objects are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetentionLimits {
    /// Since they were finished.
    pub age: Duration,
    /// Resolved Findings; ended Silences; closed Threads; Messages of closed Threads.
    pub objects_max: usize,
    pub actions_max: usize,
}

/// A finished object, which may be removed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finished<T> {
    /// When it was finished.
    pub at: Timestamp,
    pub object: T,
    /// How many count towards the most that are kept.
    pub weight: usize,
}

/// What is removed.
#[derive(Debug, PartialEq, Eq)]
pub struct Expired<T> {
    /// Oldest first.
    pub objects: Vec<T>,
    /// How many of them are not too old, but too many.
    pub beyond_count: usize,
}

/// Of the finished objects those that were finished longer ago than `age`, and of the others the oldest, until at most `most` are left.
pub fn expired<T: Ord>(mut finished: Vec<Finished<T>>, age: Duration, most: usize, now: Timestamp) -> Expired<T> {
    finished.sort_unstable();
    let age = SignedDuration::try_from(age).unwrap_or(SignedDuration::MAX);
    let mut left: usize = finished.iter().map(|f| f.weight).sum();
    let mut beyond_count = 0;
    let mut objects = Vec::new();
    for Finished { at, object, weight } in finished {
        let is_old = now.duration_since(at) > age;
        if !is_old && left <= most {
            break;
        }
        if !is_old && weight == 0 {
            continue;
        }
        beyond_count += usize::from(!is_old);
        left -= weight;
        objects.push(object);
    }
    Expired { objects, beyond_count }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn names(expired: &Expired<&'static str>) -> (Vec<&'static str>, usize) {
        (expired.objects.clone(), expired.beyond_count)
    }

    #[test]
    fn what_is_too_old_is_removed_and_the_oldest_of_too_many() {
        let finished = |second, object| Finished { at: at(second), object, weight: 1 };
        let all = || vec![finished(30, "c"), finished(10, "a"), finished(40, "d"), finished(20, "b")];
        let minute = Duration::from_secs(60);
        for (now, most, expected, beyond) in [
            (41, 4, vec![], 0),
            (70, 4, vec![], 0),
            (71, 4, vec!["a"], 0),
            (41, 3, vec!["a"], 1),
            (71, 3, vec!["a"], 0),
            (71, 2, vec!["a", "b"], 1),
            (41, 0, vec!["a", "b", "c", "d"], 4),
            (1000, 4, vec!["a", "b", "c", "d"], 0),
        ] {
            let expired = expired(all(), minute, most, at(now));
            assert_eq!(names(&expired), (expected, beyond), "at {now}, at most {most}");
        }
    }

    #[test]
    fn objects_count_by_their_weight() {
        let finished = |second, object, weight| Finished { at: at(second), object, weight };
        let all = || vec![finished(1, "a", 3), finished(2, "b", 0), finished(3, "c", 2)];
        for (most, expected) in [(5, vec![]), (4, vec!["a"]), (2, vec!["a"]), (1, vec!["a", "c"])] {
            let expired = expired(all(), Duration::MAX, most, at(4));
            assert_eq!(expired.objects, expected, "at most {most}");
        }
    }
}
