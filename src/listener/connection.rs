//! One connection, as its reads, writes and requests see it.

use super::activity::{Activity, Cause};
use super::{Limits, Reached, Report};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// How often the phase of a connection is looked at: a time-out is noticed at most this much later.
const CHECK: Duration = Duration::from_secs(1);
/// How long an idle connection has to end after it was asked to, before it is closed.
const RETIRE: Duration = Duration::from_secs(5);

/// An open connection.
pub struct Connection {
    pub id: u64,
    pub accepted: Instant,
    activity: Mutex<Activity>,
    limits: Limits,
    report: Report,
    /// Asks the connection to end at once.
    closing: Notify,
    /// Asks the connection to end after its requests.
    pub retiring: Notify,
}

impl Connection {
    pub fn new(id: u64, now: Instant, limits: Limits, report: Report) -> Connection {
        let activity = Mutex::new(Activity::new(now));
        let (closing, retiring) = Default::default();
        Connection { id, accepted: now, activity, limits, report, closing, retiring }
    }

    pub fn activity(&self) -> MutexGuard<'_, Activity> {
        self.activity.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn report(&self) -> &Report {
        &self.report
    }

    /// Asks the connection to end at once.
    pub fn close(&self) {
        self.closing.notify_one();
    }

    /// Completes when the connection has to be closed: it was asked to, or its client exceeded a time.
    pub async fn must_close(&self) {
        tokio::select! {
            () = self.closing.notified() => {}
            () = self.exceeds_a_time() => {}
        }
    }

    async fn exceeds_a_time(&self) {
        let limits = &self.limits;
        let longest = CHECK.min(limits.header_timeout / 4).min(limits.transfer_timeout / 4);
        let mut retired: Option<Instant> = None;
        loop {
            let now = Instant::now();
            let deadline = self.activity().deadline(limits);
            match deadline {
                Some((at, Cause::Limit(reached))) if at <= now => {
                    (self.report)(reached, what(reached));
                    return;
                }
                // A request may be on its way, so the client is told first.
                Some((at, Cause::Idle)) if at <= now => match retired {
                    Some(asked) if now.saturating_duration_since(asked) >= RETIRE => return,
                    Some(_) => {}
                    None => {
                        retired = Some(now);
                        self.retiring.notify_one();
                    }
                },
                _ => {}
            }
            let next = deadline.map_or(longest, |(at, _)| at.saturating_duration_since(now).min(longest));
            tokio::time::sleep(next.max(Duration::from_millis(1))).await;
        }
    }
}

fn what(reached: Reached) -> &'static str {
    match reached {
        Reached::HeaderTimeout => "a client did not complete a TLS handshake or the head of a request in time",
        Reached::TransferTimeout => "a client did not take a response in time",
        _ => "",
    }
}
