//! Waiting for conditions. Tests sleep only here, between two attempts.

use std::fmt::Display;
use std::time::{Duration, Instant};

/// Longer waits mean a failure.
pub const TIMEOUT: Duration = Duration::from_secs(60);
const INTERVAL: Duration = Duration::from_millis(50);

/// Calls `found` until it returns a value.
pub async fn eventually<T, F>(what: &str, mut found: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    succeeds(what, async || found().await.ok_or("not yet")).await
}

/// Calls `try_it` until it succeeds. On a timeout, panics with the last error.
pub async fn succeeds<T, E: Display>(what: &str, try_it: impl AsyncFnMut() -> Result<T, E>) -> T {
    succeeds_within(TIMEOUT, what, try_it).await
}

/// As [`succeeds`], for what takes longer by itself.
pub async fn succeeds_within<T, E: Display>(
    longest: Duration,
    what: &str,
    mut try_it: impl AsyncFnMut() -> Result<T, E>,
) -> T {
    let began = Instant::now();
    loop {
        match tokio::time::timeout(TIMEOUT, try_it()).await {
            Ok(Ok(value)) => return value,
            Ok(Err(error)) => assert!(began.elapsed() < longest, "timed out waiting for {what}: {error}"),
            Err(_) => panic!("timed out waiting for {what}: no response"),
        }
        tokio::time::sleep(INTERVAL).await;
    }
}

/// Calls `holds` until it returns true.
pub async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    succeeds(what, async || holds().await.then_some(()).ok_or("not yet")).await;
}

/// The result of a future that must complete within the timeout.
pub async fn within<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(TIMEOUT, work).await.expect("timed out")
}
