//! What notices are made and sent with.

use crate::api::FindingRunbook;
use crate::channels::Channels;
use crate::domain::notice::content::RunbookSection;
use crate::domain::notice::policy::NoticePolicy;
use crate::domain::notice::wording::Style;
use std::sync::Arc;

/// Gives the page of a runbook.
pub type ReadPage = dyn Fn(&FindingRunbook) -> Option<String> + Send + Sync;

/// What the notification controller is started with.
pub struct NotificationConfig {
    pub policy: Arc<NoticePolicy>,
    pub style: Style,
    pub channels: Arc<Channels>,
    /// Finds the section of a runbook.
    pub runbook: Box<dyn Fn(&FindingRunbook) -> RunbookSection + Send + Sync>,
    /// Reads the page of a runbook; `None` where it can't be read.
    pub page: Box<ReadPage>,
    /// Name of this process in claims. A process that starts anew has another.
    pub replica: String,
    /// No other process can be sending: claims of others are over at once.
    pub is_alone: bool,
}
