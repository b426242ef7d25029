//! Writes of Findings take precedence over writes that can wait: when everything fails at once, Findings are stored before the statuses of
//! their Scenarios and before their Threads.

use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// Others wait from the moment when so many writes of Findings are under way.
const MANY: usize = 64;
/// They go on when there are no more than these.
const FEW: usize = 16;
/// They go on after this time in any case, since an API server may take minutes for all Findings.
const WAIT_MAX: Duration = Duration::from_secs(8);

/// Counts the writes of Findings under way. Clones share the count.
#[derive(Clone)]
pub struct FindingsFirst(watch::Sender<UnderWay>);

#[derive(Clone, Copy, Default)]
struct UnderWay {
    count: usize,
    /// Since when there are many, if there are.
    many_since: Option<Instant>,
}

/// A write of a Finding, until it is dropped.
pub struct FindingWriteGuard<'a>(&'a FindingsFirst);

impl Default for FindingsFirst {
    fn default() -> FindingsFirst {
        FindingsFirst(watch::Sender::new(UnderWay::default()))
    }
}

impl FindingsFirst {
    /// A write of a Finding begins.
    pub fn begin(&self) -> FindingWriteGuard<'_> {
        self.change(|count| count + 1);
        FindingWriteGuard(self)
    }

    /// Whether other writes should wait now.
    pub fn should_others_wait(&self) -> bool {
        self.0.borrow().many_since.is_some_and(|since| since.elapsed() < WAIT_MAX)
    }

    /// Waits while other writes should.
    pub async fn wait(&self) {
        let Some(since) = self.0.borrow().many_since else { return };
        let mut under_way = self.0.subscribe();
        // The sender is this one.
        let _ = tokio::time::timeout_at(since + WAIT_MAX, under_way.wait_for(|now| now.many_since.is_none())).await;
    }

    /// Those who wait are woken only when they may go on.
    fn change(&self, next: impl FnOnce(usize) -> usize) {
        self.0.send_if_modified(|now| {
            now.count = next(now.count);
            match now.many_since {
                Some(_) if now.count <= FEW => now.many_since = None,
                None if now.count >= MANY => now.many_since = Some(Instant::now()),
                _ => return false,
            }
            now.many_since.is_none()
        });
    }
}

impl Drop for FindingWriteGuard<'_> {
    fn drop(&mut self) {
        self.0.change(|count| count.saturating_sub(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt as _;

    #[tokio::test(start_paused = true)]
    async fn others_wait_from_many_writes_of_findings_to_few() {
        let first = FindingsFirst::default();
        let mut writes: Vec<_> = (0..MANY - 1).map(|_| first.begin()).collect();
        assert!(first.wait().now_or_never().is_some() && !first.should_others_wait());
        writes.push(first.begin());
        let waiting = first.wait();
        tokio::pin!(waiting);
        assert!(waiting.as_mut().now_or_never().is_none() && first.should_others_wait());
        writes.truncate(FEW + 1);
        assert!(waiting.as_mut().now_or_never().is_none());
        assert!(first.wait().now_or_never().is_none(), "those that come later wait, too");
        writes.pop();
        assert!(waiting.as_mut().now_or_never().is_some());
        assert!(first.wait().now_or_never().is_some() && !first.should_others_wait());
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_longer_than_from_the_beginning() {
        let first = FindingsFirst::default();
        let writes: Vec<_> = (0..MANY).map(|_| first.begin()).collect();
        let begun = Instant::now();
        first.wait().await;
        assert_eq!(begun.elapsed().as_secs(), WAIT_MAX.as_secs());
        assert!(first.wait().now_or_never().is_some(), "the time is over for all");
        assert!(!first.should_others_wait());
        drop(writes);
        let _again: Vec<_> = (0..MANY).map(|_| first.begin()).collect();
        assert!(first.wait().now_or_never().is_none() && first.should_others_wait());
    }
}
