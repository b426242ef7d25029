//! Whom the settings name, by which channels, from which severity on, and when.

use crate::api::{Channel, Severity};
use jiff::SignedDuration;

/// What the settings say about notices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticePolicy {
    /// Every channel that the settings say something about, mail always.
    pub channels: Vec<ChannelPolicy>,
    /// Addresses that critical Findings are escalated to, by mail.
    pub escalate_to: Vec<String>,
    pub timing: Timing,
    /// Whether advice of the local model is mailed.
    pub mails_advice: bool,
    /// The part of a Message-ID after the `@`.
    pub id_domain: String,
}

/// One channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelPolicy {
    pub channel: Channel,
    /// Less severe Findings are not told by it.
    pub least: Severity,
    pub recipients: Vec<String>,
    /// The setting without which nothing is sent, where it is missing.
    pub missing: Option<&'static str>,
    /// The setting that names the recipients.
    pub recipients_setting: &'static str,
}

/// When notices are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// How long a notice waits for others.
    pub group_wait: SignedDuration,
    /// When people are reminded of an open Finding, again and again.
    pub remind_after: Option<SignedDuration>,
    /// When a critical Finding is escalated that has not been acknowledged.
    pub escalate_after: Option<SignedDuration>,
}

/// A recipient and a channel.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pair {
    pub channel: Channel,
    pub recipient: String,
}

impl NoticePolicy {
    /// The channel, if the settings say something about it.
    pub fn channel(&self, channel: Channel) -> Option<&ChannelPolicy> {
        self.channels.iter().find(|policy| policy.channel == channel)
    }

    /// Whether the settings name this recipient for every Finding.
    pub fn is_regular(&self, pair: &Pair) -> bool {
        self.channel(pair.channel).is_some_and(|policy| policy.recipients.contains(&pair.recipient))
    }

    /// Whether this recipient gets escalations.
    pub fn is_escalation(&self, pair: &Pair) -> bool {
        pair.channel == Channel::Mail && self.escalate_to.contains(&pair.recipient)
    }
}

impl ChannelPolicy {
    /// Whether something can be sent.
    pub fn is_on(&self) -> bool {
        self.missing.is_none()
    }
}
