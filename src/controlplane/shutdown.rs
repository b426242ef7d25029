//! The signal to stop.

use tokio::sync::watch as signal;

/// Completes when the server is asked to stop, or when the sender is gone.
pub async fn stopped(stop: &mut signal::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}
