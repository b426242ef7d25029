//! What to do after an error of the API: one table for all controllers.

use super::backoff::pause;
use super::write::WriteError;
use std::time::Duration;

/// What to do about work that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// Trying again changes nothing until the object, or what was to be written, changes.
    Stop,
    /// Try again once this replica leads.
    WaitForLeadership,
    /// Try again after this time.
    After(Duration),
}

/// The retry intervals after consecutive failures: doubled from the first up to the longest, with jitter.
#[derive(Clone, Copy, Debug)]
pub struct RetryPolicy {
    pub first: Duration,
    pub longest: Duration,
}

const fn policy(first_ms: u64, longest_secs: u64) -> RetryPolicy {
    RetryPolicy { first: Duration::from_millis(first_ms), longest: Duration::from_secs(longest_secs) }
}

/// For Findings and statuses of Scenarios.
pub const WRITES: RetryPolicy = policy(2_000, 15);
/// For acknowledgements.
pub const ACKNOWLEDGEMENTS: RetryPolicy = policy(500, 30);
/// For watches.
pub const WATCHES: RetryPolicy = policy(500, 15);
/// For the registry.
pub const REGISTRY: RetryPolicy = policy(5_000, 5);
/// For the program's own settings at the start.
pub const SETTINGS: RetryPolicy = policy(1_000, 15);

impl RetryPolicy {
    /// What to do about `error` after that many failures before it.
    ///
    /// | error | retry |
    /// |---|---|
    /// | this replica does not lead | once it leads |
    /// | conflict, or the object exists already | at once (read and decide again), from the second failure on after the interval |
    /// | the object is gone; it can't be expressed as JSON, or decoded; the API server refuses the content (400, 405, 413, 415, 422) | stop |
    /// | time-out, panic, connection, 5xx, 401, 403, 408, 429 | after the interval, or what the server asks for if longer |
    pub fn decide(&self, error: &WriteError, failures: u32) -> Retry {
        match error {
            WriteError::NotLeading => Retry::WaitForLeadership,
            WriteError::Conflict | WriteError::Exists if failures == 0 => Retry::After(Duration::ZERO),
            WriteError::Conflict | WriteError::Exists => Retry::After(self.interval(failures - 1)),
            WriteError::Gone | WriteError::Json(_) | WriteError::Undecodable { .. } => Retry::Stop,
            WriteError::Api(error) => match &**error {
                kube::Error::Api(status) if matches!(status.code, 400 | 405 | 413 | 415 | 422) => Retry::Stop,
                kube::Error::Api(status) => {
                    let asked = status.details.as_ref().map_or(0, |details| details.retry_after_seconds);
                    let asked = Duration::from_secs(asked.into()).min(self.longest);
                    Retry::After(self.interval(failures).max(asked))
                }
                _ => Retry::After(self.interval(failures)),
            },
            WriteError::Timeout | WriteError::Panicked => Retry::After(self.interval(failures)),
        }
    }

    /// The interval after that many failures in a row.
    pub fn interval(&self, failures: u32) -> Duration {
        pause(failures, self.first, self.longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kube::core::response::{Status, StatusDetails};
    use serde_json::json;

    const SECOND: Duration = Duration::from_secs(1);
    const POLICY: RetryPolicy = RetryPolicy { first: SECOND, longest: Duration::from_secs(8) };

    fn api(code: u16, retry_after: u32) -> WriteError {
        let details: StatusDetails = serde_json::from_value(json!({ "retryAfterSeconds": retry_after })).unwrap();
        let status = Status { code, details: Some(details), ..Status::default() };
        WriteError::from(kube::Error::Api(Box::new(status)))
    }

    /// Between half of so many seconds and all of them.
    fn about(seconds: u32) -> (Duration, Duration) {
        (SECOND * seconds / 2, SECOND * seconds)
    }

    #[test]
    fn an_error_is_turned_into_stop_wait_or_retry_after() {
        let json = WriteError::from(serde_json::from_str::<u8>("x").unwrap_err());
        let exactly = |retry: Retry, error: WriteError| assert_eq!(POLICY.decide(&error, 3), retry, "{error}");
        exactly(Retry::WaitForLeadership, WriteError::NotLeading);
        exactly(Retry::Stop, WriteError::Gone);
        exactly(Retry::Stop, json);
        exactly(Retry::Stop, WriteError::Undecodable { name: "a".into(), error: "b".into() });
        for code in [400, 405, 413, 415, 422] {
            exactly(Retry::Stop, api(code, 0));
        }
        exactly(Retry::Stop, api(404, 0));
        let cases = [
            (WriteError::Conflict, 0, about(0)),
            (WriteError::Conflict, 1, about(1)),
            (WriteError::Exists, 0, about(0)),
            (api(409, 0), 0, about(0)),
            (WriteError::Timeout, 0, about(1)),
            (WriteError::Timeout, 2, about(4)),
            (WriteError::Timeout, 60, about(8)),
            (api(500, 0), 1, about(2)),
            (api(503, 0), 0, about(1)),
            (api(401, 0), 0, about(1)),
            (api(403, 0), 3, about(8)),
            (api(408, 0), 0, about(1)),
            (api(429, 0), 0, about(1)),
            (api(429, 5), 0, (SECOND * 5, SECOND * 5)),
            (api(429, 900), 0, (SECOND * 8, SECOND * 8)),
            (WriteError::from(kube::Error::LinesCodecMaxLineLengthExceeded), 0, about(1)),
        ];
        for (error, failures, (least, most)) in cases {
            let Retry::After(interval) = POLICY.decide(&error, failures) else { panic!("{error}: not retried") };
            assert!(least <= interval && interval <= most, "{error} after {failures}: {interval:?}");
        }
    }
}
