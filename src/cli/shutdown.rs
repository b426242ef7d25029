//! The time of a stop, which its steps share: whatever hangs, the last step ends in time.

use std::time::{Duration, Instant};

/// From the signal to stop to the end of the process.
pub const SHUTDOWN: Duration = Duration::from_secs(10);
/// Of this, for work on other threads after the last step.
pub const LAST_WORK: Duration = Duration::from_secs(1);

/// A step of a stop, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The controllers end the writes under way and give leadership up.
    Controllers,
    /// The facade answers the requests in progress.
    Facade,
    /// The embedded API server answers those of its clients and closes the store.
    ApiServer,
    /// The simulated targets of the demo.
    Estate,
}

impl Step {
    /// When it has ended at the latest, after the signal. One that ends earlier leaves its time to the next ones.
    fn end(self) -> Duration {
        Duration::from_millis(match self {
            Step::Controllers => 5_000,
            Step::Facade => 7_000,
            Step::ApiServer => 8_500,
            Step::Estate => 9_000,
        })
    }
}

/// The deadline of a stop.
#[derive(Clone, Copy, Debug)]
pub struct Shutdown {
    signalled_at: Instant,
}

impl Shutdown {
    /// The signal came now.
    pub fn now() -> Shutdown {
        Shutdown { signalled_at: Instant::now() }
    }

    /// When this step has to have ended.
    pub fn until(self, step: Step) -> Instant {
        self.signalled_at + step.end()
    }

    /// Carries a step out until it has to have ended.
    pub async fn step(self, step: Step, work: impl Future<Output = ()>) {
        if tokio::time::timeout_at(self.until(step).into(), work).await.is_err() {
            tracing::warn!(?step, "a step of the stop did not end in time");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEPS: [Step; 4] = [Step::Controllers, Step::Facade, Step::ApiServer, Step::Estate];

    #[tokio::test(start_paused = true)]
    async fn steps_that_hang_all_have_their_time_and_end_before_the_process_has_to() {
        let (start, shutdown) = (tokio::time::Instant::now(), Shutdown::now());
        let mut before = Duration::ZERO;
        for step in STEPS {
            shutdown.step(step, std::future::pending()).await;
            let end = start.elapsed();
            assert!(end >= before + Duration::from_millis(400), "{step:?} has {:?}", end - before);
            before = end;
        }
        // The paused clock has a resolution of a millisecond.
        assert!(before <= SHUTDOWN - LAST_WORK + Duration::from_millis(10), "{before:?}");
    }

    #[test]
    fn the_time_of_all_steps_runs_from_the_signal() {
        let signalled_at = Instant::now().checked_sub(SHUTDOWN).unwrap();
        let shutdown = Shutdown { signalled_at };
        assert_eq!(STEPS.map(|step| shutdown.until(step)), STEPS.map(|step| signalled_at + step.end()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_step_that_ends_early_leaves_its_time_to_the_next() {
        let (start, shutdown) = (tokio::time::Instant::now(), Shutdown::now());
        shutdown.step(Step::Controllers, async {}).await;
        assert!(start.elapsed() < Duration::from_millis(10));
        shutdown.step(Step::Facade, std::future::pending()).await;
        assert!(start.elapsed() >= Duration::from_millis(6_900));
    }
}
