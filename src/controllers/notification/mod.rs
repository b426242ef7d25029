//! The notification controller: tells people of Findings, and keeps in `status.notices` and `status.informed` what they were told.
//!
//! 1. Follow Findings, Scenarios and Silences; remember the Findings whose notices may have to be decided again.
//! 2. While this replica leads, plan the notices of those, and write what changed.
//! 3. When a group closes, plan its members again, claim them, send one message, and record what came of it.
//! 4. When the claim of a message is over, send it again, or record or give up what its Findings say.
//!
//! All of it is decided from what the API holds: a replica that begins to lead reads everything anew.

mod message;
mod objects;
mod sending;
mod surroundings;
mod work;

use super::context::Context;
use jiff::Timestamp;
use tokio::task::JoinHandle;
use work::Controller;

/// Starts the controller; it ends when the context is stopped. A message that is being sent then is recorded, or sent again by the next
/// leader.
pub fn start(context: &Context) -> JoinHandle<()> {
    let controller = Controller::new(context);
    let stopped = context.stopped();
    tokio::spawn(async move {
        tokio::select! {
            () = controller.run() => {}
            _ = stopped => {}
        }
    })
}

/// The time in microseconds, as `since` of a notice keeps it.
fn clock() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
}
