//! What a reading waits for.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

/// What a reading waits for: it decides what a timeout is attributed to.
#[derive(Clone, Copy)]
pub(super) enum Stage {
    Target = 0,
    /// Waiting for a worker to read a database.
    Queued = 1,
}

tokio::task_local! {
    pub(super) static STAGE: Arc<AtomicU8>;
}

/// Sets the stage while `work` runs.
pub(super) async fn in_stage<T>(stage: Stage, work: impl Future<Output = T>) -> T {
    let set = |stage: Stage| {
        let _ = STAGE.try_with(|cell| cell.store(stage as u8, Ordering::Relaxed));
    };
    set(stage);
    let done = work.await;
    set(Stage::Target);
    done
}
