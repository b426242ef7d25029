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
mod pause;
mod sending;
mod surroundings;
mod work;

use super::context::Context;
use crate::api::FindingRunbook;
use crate::channels::Channels;
use crate::domain::notice::content::RunbookSection;
use crate::domain::notice::policy::NoticePolicy;
use crate::domain::notice::wording::Style;
use jiff::Timestamp;
use std::sync::Arc;
use tokio::task::JoinHandle;
use work::Controller;

/// What the notification controller is started with.
pub struct NotificationConfig {
    pub policy: Arc<NoticePolicy>,
    pub style: Style,
    pub channels: Arc<Channels>,
    /// Finds the section of a runbook.
    pub runbook: Box<dyn Fn(&FindingRunbook) -> RunbookSection + Send + Sync>,
    /// Name of this process in claims. A process that starts anew has another.
    pub replica: String,
    /// No other process can be sending: claims of others are over at once.
    pub is_alone: bool,
}

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
