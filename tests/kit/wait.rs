//! Waiting for a condition: the one place where tests sleep, between two looks.

use std::fmt::Display;
use std::time::{Duration, Instant};

/// Nothing takes longer, unless it is broken.
pub const TIMEOUT: Duration = Duration::from_secs(60);
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// Looks again and again until `found` gives something.
pub async fn eventually<T, F>(what: &str, mut found: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    succeeds(what, async || found().await.ok_or("not yet")).await
}

/// Tries again and again until it succeeds; the last error is shown where it never does.
pub async fn succeeds<T, E: Display>(what: &str, mut try_it: impl AsyncFnMut() -> Result<T, E>) -> T {
    let began = Instant::now();
    loop {
        match tokio::time::timeout(TIMEOUT, try_it()).await {
            Ok(Ok(value)) => return value,
            Ok(Err(error)) => assert!(began.elapsed() < TIMEOUT, "timed out waiting for {what}: {error}"),
            Err(_) => panic!("timed out waiting for {what}: no answer"),
        }
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
}

/// Looks again and again until it holds.
pub async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    succeeds(what, async || holds().await.then_some(()).ok_or("not yet")).await;
}

/// The result of something that must not hang.
pub async fn within<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(TIMEOUT, work).await.expect("timed out")
}
