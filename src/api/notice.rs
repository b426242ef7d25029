//! Notices in the status of a Finding: what people were told, by which channel, and why not.

use super::severity::Severity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, Time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Most entries of `status.notices`. Only the history of final notices is cut.
pub const NOTICES_MAX: usize = 40;
/// Most entries of `status.informed`, which is never cut.
pub const INFORMED_MAX: usize = 64;

/// How a notice leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    Mail,
    Ntfy,
    Webhook,
}

impl Channel {
    /// All channels.
    pub const ALL: [Channel; 3] = [Channel::Mail, Channel::Ntfy, Channel::Webhook];

    /// The value in the API, in REST and in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Channel::Mail => "mail",
            Channel::Ntfy => "ntfy",
            Channel::Webhook => "webhook",
        }
    }
}

/// What a notice says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum NoticeKind {
    /// The Finding was opened.
    Opened,
    /// The Finding was opened for the third time within an hour; further changes are told once it keeps a phase for 15 minutes.
    Flapping,
    /// A person acknowledged the Finding.
    Acknowledged,
    /// The Finding is still open.
    Reminder,
    /// The Finding is critical, still open, and nobody acknowledged it.
    Escalated,
    /// The local model advised, and its answer was checked; only by mail, and only with AGENTIC_ADVICE_MAIL.
    Advised,
    /// The Finding was resolved, or is no longer watched.
    Resolved,
}

impl NoticeKind {
    /// The value in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            NoticeKind::Opened => "Opened",
            NoticeKind::Flapping => "Flapping",
            NoticeKind::Acknowledged => "Acknowledged",
            NoticeKind::Reminder => "Reminder",
            NoticeKind::Escalated => "Escalated",
            NoticeKind::Advised => "Advised",
            NoticeKind::Resolved => "Resolved",
        }
    }
}

/// How far a notice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum NoticeState {
    /// It is to be sent once its group closes, or after an attempt that failed.
    Planned,
    /// A replica is sending it, or has sent it and could not record that. Until `claimedUntil` no other replica sends it.
    Claimed,
    /// The server accepted it.
    Sent,
    /// It is not sent any more: the server refuses the recipient, or all attempts failed for 24 hours.
    Failed,
    /// It is kept back and sent if the hold ends while it still applies.
    Held,
    /// It is not sent.
    Suppressed,
}

impl NoticeState {
    /// Whether the notice still can become another one: it is planned or claimed.
    pub fn is_pending(self) -> bool {
        matches!(self, NoticeState::Planned | NoticeState::Claimed)
    }

    /// The value in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            NoticeState::Planned => "Planned",
            NoticeState::Claimed => "Claimed",
            NoticeState::Sent => "Sent",
            NoticeState::Failed => "Failed",
            NoticeState::Held => "Held",
            NoticeState::Suppressed => "Suppressed",
        }
    }
}

/// Reason: the severity is below the least severity of the channel.
pub const REASON_BELOW_SEVERITY: &str = "BelowSeverity";
/// Reason: a person acknowledged the Finding.
pub const REASON_NOTICE_ACKNOWLEDGED: &str = "Acknowledged";
/// Reason: a Scenario that this one depends on is failing; the message names it.
pub const REASON_DEPENDENCY: &str = "Dependency";
/// Reason: a Silence is active; the message names it.
pub const REASON_SILENCED: &str = "Silenced";
/// Reason: the Finding was opened three times within an hour and has not kept its phase for 15 minutes since.
pub const REASON_FLAPPING: &str = "Flapping";
/// Reason: the settings name no recipient for the channel.
pub const REASON_NO_RECIPIENT: &str = "NoRecipient";
/// Reason: the settings do not configure the channel; the message names the setting.
pub const REASON_CHANNEL_OFF: &str = "ChannelOff";
/// Reason: `status.informed` is full.
pub const REASON_INFORMED_FULL: &str = "InformedFull";
/// Reason: `status.notices` has no room for the openings of further recipients, since so many failed.
pub const REASON_NOTICES_FULL: &str = "NoticesFull";
/// Reason: the Finding was resolved before the notice left.
pub const REASON_RESOLVED_BEFORE_SENT: &str = "ResolvedBeforeSent";
/// Reason: the recipient has not been told of the end of the previous occurrence yet, which comes first.
pub const REASON_AFTER_PREVIOUS: &str = "AfterPrevious";
/// Reason: a later notice says more, such as the one of the resolution.
pub const REASON_SUPERSEDED: &str = "Superseded";
/// Reason: the last attempt failed and is repeated; the message has the answer of the server, or the error.
pub const REASON_RETRYING: &str = "Retrying";
/// Reason: the connection was lost after the message was sent, so that it may have been accepted; the same message is sent again.
pub const REASON_UNCERTAIN: &str = "Uncertain";
/// Reason: the server refuses the message or the recipient; the message has its answer.
pub const REASON_REFUSED: &str = "Refused";
/// Reason: all attempts failed for 24 hours; the message has the last error.
pub const REASON_GAVE_UP: &str = "GaveUp";

/// A message about one change of the Finding to one recipient by one channel, or why there is none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Notice {
    /// What it says.
    pub kind: NoticeKind,
    /// Occurrence that it is about, as counted by `status.occurrences`.
    #[schemars(range(min = 0))]
    pub occurrence: u32,
    /// Channel.
    pub channel: Channel,
    /// Address for mail; for ntfy and the webhook, whose addresses are credentials, the name of the channel. Empty for a notice that
    /// no recipient of the channel gets.
    #[schemars(length(max = 254))]
    pub recipient: String,
    /// How far it is.
    pub state: NoticeState,
    /// Why it is in this state, in CamelCase; docs/notices.md explains each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub reason: Option<String>,
    /// Details of the reason: the answer of the server, or the names of Silences or Scenarios. At most 256 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub message: Option<String>,
    /// Time at which it was first planned, held or suppressed.
    pub since: MicroTime,
    /// Time at which it entered its state.
    pub at: Time,
    /// Attempts so far.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[schemars(range(min = 0))]
    pub attempts: u32,
    /// Time of the next attempt; absent before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_attempt_at: Option<Time>,
    /// Time of the first attempt: 24 hours after it the notice is given up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_attempt_at: Option<Time>,
    /// Replica that claimed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253))]
    pub claimed_by: Option<String>,
    /// Until when no other replica sends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed_until: Option<Time>,
    /// Message that it is part of, from the claim on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<NoticeGroup>,
}

/// A message about one or several Findings. Its members do not change once it is claimed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NoticeGroup {
    /// Message-ID of mail, without angle brackets; the same form for other channels. It is made from the members, the recipient, the channel and the kind.
    #[schemars(length(min = 1, max = 254))]
    pub id: String,
    /// Number of Findings in the message.
    #[schemars(range(min = 1))]
    pub size: u32,
    /// Time at which the members were chosen: the date of the message.
    pub at: Time,
    /// Subject of the message, if it tells of an opening: later messages reply to it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 200))]
    pub subject: String,
}

/// A recipient who was told of an opening and not yet of the end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Informed {
    /// Channel.
    pub channel: Channel,
    /// Recipient, as in `notices`.
    #[schemars(length(max = 254))]
    pub recipient: String,
    /// Occurrence that the recipient was told of.
    #[schemars(range(min = 0))]
    pub occurrence: u32,
    /// Message-ID of the message that told of the opening; later ones reply to it.
    #[schemars(length(min = 1, max = 254))]
    pub message_id: String,
    /// Subject of that message.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 200))]
    pub subject: String,
    /// Time at which the recipient was told of the opening.
    pub since: Time,
    /// Severity that the recipient was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// Time of the acknowledgement that the recipient was told of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledged_at: Option<Time>,
    /// Time of the last reminder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reminded_at: Option<Time>,
    /// Time of the escalation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalated_at: Option<Time>,
    /// Time at which the recipient was sent advice of the local model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advised_at: Option<Time>,
    /// Time at which the recipient was told that the Finding is flapping.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flapping_at: Option<Time>,
}

/// The daily digest for one recipient.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DigestNotice {
    /// Address of mail.
    #[schemars(length(max = 254))]
    pub recipient: String,
    /// How far it is.
    pub state: NoticeState,
    /// Why it is in this state, in CamelCase: [docs/notices.md].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub reason: Option<String>,
    /// Answer of the server, or the error. At most 256 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub message: Option<String>,
    /// Message-ID without angle brackets, made from the date and the recipient.
    #[schemars(length(min = 1, max = 254))]
    pub message_id: String,
    /// Time at which it entered its state.
    pub at: Time,
    /// Attempts so far.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[schemars(range(min = 0))]
    pub attempts: u32,
    /// Time of the next attempt; absent before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_attempt_at: Option<Time>,
    /// Replica that claimed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253))]
    pub claimed_by: Option<String>,
    /// Until when no other replica sends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed_until: Option<Time>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}
