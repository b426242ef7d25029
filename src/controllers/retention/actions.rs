//! Actions: of up to 100,000 and more only the oldest are held in memory.

use super::Sweeper;
use crate::api::Action;
use crate::domain::retention::{Expired, Finished, RetentionLimits, expired};
use crate::runtime::removal::ObjectVersion;
use crate::runtime::write::{WriteError, call};
use crate::telemetry::Limit;
use jiff::{SignedDuration, Timestamp};
use kube::Api;
use kube::api::{ListParams, ObjectList, PartialObjectMeta};
use std::collections::BinaryHeap;

/// Actions of one page.
const PAGE: u32 = 2_000;
/// The oldest Actions that are held, and at most removed in one sweep.
const OLDEST_MAX: usize = 1_000;

/// What is known from the last time that all Actions were read.
#[derive(Default)]
pub struct ActionSweep {
    /// When the oldest was created; `None` where that is not known.
    oldest: Option<Timestamp>,
}

impl ActionSweep {
    /// Whether all Actions have to be read, of which there are so many.
    fn is_due(&self, count: usize, limits: &RetentionLimits, now: Timestamp) -> bool {
        let age = SignedDuration::try_from(limits.age).unwrap_or(SignedDuration::MAX);
        let is_old = self.oldest.is_none_or(|oldest| now.duration_since(oldest) > age);
        count > limits.actions_max || (count > 0 && is_old)
    }
}

/// The oldest of any number of Actions.
#[derive(Default)]
struct Oldest {
    /// The newest of them first.
    heap: BinaryHeap<Finished<ObjectVersion>>,
    /// All that were seen.
    count: usize,
}

impl Oldest {
    fn add(&mut self, action: Finished<ObjectVersion>) {
        self.count += 1;
        if self.heap.len() < OLDEST_MAX {
            self.heap.push(action);
        } else if let Some(mut newest) = self.heap.peek_mut()
            && action < *newest
        {
            *newest = action;
        }
    }

    /// What is removed, and the time of the oldest that is left, if it is known.
    fn expired(self, limits: &RetentionLimits, now: Timestamp) -> (Expired<ObjectVersion>, Option<Timestamp>) {
        let others = self.count - self.heap.len();
        let held = self.heap.into_sorted_vec();
        let times: Vec<Timestamp> = held.iter().map(|action| action.at).collect();
        let expired = expired(held, limits.age, limits.actions_max.saturating_sub(others), now);
        let oldest = times.get(expired.objects.len()).copied();
        (expired, oldest)
    }
}

impl Sweeper {
    pub(super) async fn sweep_actions(&mut self, now: Timestamp) -> Result<usize, WriteError> {
        let limits = self.limits.retention;
        let first = page(&self.actions, 1, None).await?;
        let has_more = next(&first).is_some();
        let left = first.metadata.remaining_item_count.and_then(|left| usize::try_from(left).ok());
        // A server that does not say how many there are may have any number.
        let count = first.items.len() + left.unwrap_or(if has_more { usize::MAX - 1 } else { 0 });
        if !self.action_sweep.is_due(count, &limits, now) {
            return Ok(0);
        }
        let (expired, oldest) = self.oldest_actions().await?.expired(&limits, now);
        self.remover.too_many::<Action>(Limit::RetainedActions, expired.beyond_count);
        self.action_sweep.oldest = None;
        let removed = self.remover.remove_all(&self.actions, &expired.objects).await?;
        self.action_sweep.oldest = oldest;
        Ok(removed)
    }

    async fn oldest_actions(&self) -> Result<Oldest, WriteError> {
        let mut oldest = Oldest::default();
        let mut from = None;
        loop {
            let page = page(&self.actions, PAGE, from.as_deref()).await?;
            from = next(&page);
            for action in page.items {
                let at = action.metadata.creation_timestamp.as_ref().map_or(Timestamp::MIN, |at| at.0);
                oldest.add(Finished { at, object: ObjectVersion::of(&action.metadata), weight: 1 });
            }
            if from.is_none() {
                return Ok(oldest);
            }
        }
    }
}

async fn page(
    api: &Api<Action>,
    limit: u32,
    from: Option<&str>,
) -> Result<ObjectList<PartialObjectMeta<Action>>, WriteError> {
    let params = ListParams { limit: Some(limit), continue_token: from.map(String::from), ..ListParams::default() };
    call(api.list_metadata(&params)).await
}

/// Where the next page begins; `None` after the last.
fn next<K: Clone>(page: &ObjectList<K>) -> Option<String> {
    page.metadata.continue_.clone().filter(|token| !token.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const LIMITS: RetentionLimits =
        RetentionLimits { age: Duration::from_secs(3600), objects_max: 10, actions_max: 5_000 };

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn action(second: i64) -> Finished<ObjectVersion> {
        let object = ObjectVersion { name: format!("run-{second}"), uid: None, resource_version: None };
        Finished { at: at(second), object, weight: 1 }
    }

    /// So many Actions, one each second, in the order of their names.
    fn oldest(count: i64) -> Oldest {
        let mut actions: Vec<_> = (0..count).map(action).collect();
        actions.sort_unstable_by(|a, b| a.object.name.cmp(&b.object.name));
        let mut oldest = Oldest::default();
        actions.into_iter().for_each(|action| oldest.add(action));
        oldest
    }

    #[test]
    fn of_too_many_actions_the_oldest_are_removed_and_only_those_are_held() {
        let (expired, left) = oldest(5_010).expired(&LIMITS, at(0));
        let names: Vec<_> = expired.objects.iter().map(|object| object.name.as_str()).collect();
        let expected: Vec<_> = (0..10).map(|second| format!("run-{second}")).collect();
        assert_eq!(
            (names, expired.beyond_count, left),
            (expected.iter().map(String::as_str).collect(), 10, Some(at(10)))
        );
        let (expired, left) = oldest(7_000).expired(&LIMITS, at(0));
        assert_eq!((expired.objects.len(), expired.beyond_count, left), (OLDEST_MAX, OLDEST_MAX, None));
        let held = oldest(7_000).heap;
        assert_eq!((held.len(), held.peek().unwrap().at), (OLDEST_MAX, at(OLDEST_MAX as i64 - 1)));
    }

    #[test]
    fn old_actions_are_removed_whatever_their_number() {
        let (expired, left) = oldest(100).expired(&LIMITS, at(3600 + 30));
        assert_eq!((expired.objects.len(), expired.beyond_count, left), (30, 0, Some(at(30))));
        let (expired, left) = oldest(0).expired(&LIMITS, at(0));
        assert_eq!((expired.objects.len(), left), (0, None));
    }

    #[test]
    fn all_actions_are_read_only_when_some_may_have_to_be_removed() {
        let known = ActionSweep { oldest: Some(at(0)) };
        for (sweep, count, now, expected) in [
            (&ActionSweep::default(), 0, 0, false),
            (&ActionSweep::default(), 1, 0, true),
            (&known, 5_000, 3600, false),
            (&known, 5_000, 3601, true),
            (&known, 5_001, 0, true),
        ] {
            assert_eq!(sweep.is_due(count, &LIMITS, at(now)), expected, "{count} at {now}");
        }
    }
}
