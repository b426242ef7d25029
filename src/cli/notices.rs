//! What the notification controller is started with, from the settings.

use super::CliError;
use super::channels;
use super::settings::Settings;
use crate::advisor::runbooks::read_runbook;
use crate::api::{Channel, FindingRunbook, Severity};
use crate::channels::Channels;
use crate::controllers::digest::DigestConfig;
use crate::controllers::notification_config::NotificationConfig;
use crate::domain::notice::content::RunbookSection;
use crate::domain::notice::policy::{ChannelPolicy, NoticePolicy, Timing};
use crate::domain::notice::wording::{Style, word_digest};
use crate::domain::outgoing::Outgoing;
use crate::domain::recurrence::{Schedule, time_zone};
use crate::domain::runbook_section::runbook_section;
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// The domain of Message-IDs where there is no sender.
const NO_DOMAIN: &str = "agentic-ops.invalid";

/// What tells people of Findings.
pub struct Notices {
    pub notification: NotificationConfig,
    /// `None` where mail is off, or has no recipient.
    pub digest: Option<DigestConfig>,
}

/// The configuration for a process named `replica`. `desk_url` is the base of links; `is_alone` where no other process can be sending.
pub fn config(settings: &Settings, replica: &str, desk_url: String, is_alone: bool) -> Result<Notices, CliError> {
    let style = Style { language: settings.language(), zone: zone(settings), desk_url };
    let channels = Arc::new(channels::channels(settings)?);
    let policy = Arc::new(policy(settings));
    Ok(Notices {
        digest: digest(settings, &policy, &style, &channels),
        notification: NotificationConfig {
            policy,
            style,
            channels,
            runbook: Box::new(runbook(settings)),
            page: Box::new(page(settings)),
            // A process that starts anew is another one.
            replica: format!("{replica}/{}", uuid::Uuid::new_v4().simple()),
            is_alone,
        },
    })
}

fn digest(settings: &Settings, policy: &NoticePolicy, style: &Style, channels: &Arc<Channels>) -> Option<DigestConfig> {
    let mail = policy.channel(Channel::Mail).filter(|mail| mail.is_on() && !mail.recipients.is_empty())?;
    let (cron, zone) = (settings.get("AGENTIC_DIGEST_CRON")?, settings.get("AGENTIC_TIMEZONE")?);
    let (style, channels) = (style.clone(), channels.clone());
    Some(DigestConfig {
        // An invalid value has prevented the start.
        schedule: Schedule::parse(cron, zone).ok()?,
        recipients: mail.recipients.clone(),
        domain: policy.id_domain.clone(),
        word: Arc::new(move |digest| word_digest(digest, &style)),
        deliver: Arc::new(move |recipient, mail| {
            let channels = channels.clone();
            Box::pin(async move { channels.send(&recipient, &Outgoing::Mail(mail)).await })
        }),
    })
}

/// The time zone of times that people read.
pub(super) fn zone(settings: &Settings) -> TimeZone {
    // An invalid value has prevented the start.
    settings.get("AGENTIC_TIMEZONE").and_then(|name| time_zone(name).ok()).unwrap_or(TimeZone::UTC)
}

fn policy(settings: &Settings) -> NoticePolicy {
    let channel = |channel, least: &str, recipients_setting| ChannelPolicy {
        channel,
        least: settings.severity(least),
        recipients: channels::recipients(settings, channel),
        missing: channels::missing(settings, channel).first().copied(),
        recipients_setting,
    };
    let mail = channel(Channel::Mail, "AGENTIC_MAIL_MIN_SEVERITY", "DESK_ROOT_NOTIFY_EMAIL");
    let others = [
        channel(Channel::Ntfy, "AGENTIC_NTFY_MIN_SEVERITY", "DESK_OPS_NTFY_TOPIC"),
        channel(Channel::Webhook, "AGENTIC_WEBHOOK_MIN_SEVERITY", "AGENTIC_WEBHOOK_URL"),
    ];
    let after = |name| Some(signed(settings.duration(name))).filter(|after| *after > SignedDuration::ZERO);
    NoticePolicy {
        // Of channels that nobody configured, Findings say nothing, except of mail.
        channels: std::iter::once(mail).chain(others.into_iter().filter(ChannelPolicy::is_on)).collect(),
        escalate_to: channels::addresses(settings, "AGENTIC_ESCALATE_EMAIL"),
        timing: Timing {
            group_wait: signed(settings.duration("AGENTIC_GROUP_WAIT")),
            remind_after: after("AGENTIC_REMIND_AFTER"),
            escalate_after: after("AGENTIC_ESCALATE_AFTER"),
        },
        mails_advice: settings.is_on("AGENTIC_ADVICE_MAIL"),
        id_domain: id_domain(settings.get("MAIL_FROM")),
    }
}

fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}

/// The domain of the sender, of which the mail server is in charge.
fn id_domain(from: Option<&str>) -> String {
    let domain = from.and_then(|from| from.rsplit_once('@')).map(|(_, domain)| domain.trim_end_matches('>').trim());
    domain.filter(|domain| crate::domain::names::is_host_name(domain)).unwrap_or(NO_DOMAIN).to_ascii_lowercase()
}

/// The section of a runbook in the directory of the settings.
fn runbook(settings: &Settings) -> impl Fn(&FindingRunbook) -> RunbookSection + Send + Sync + use<> {
    let page = page(settings);
    move |runbook| runbook_section(runbook, page(runbook).as_deref())
}

/// The page of a runbook in the directory of the settings.
fn page(settings: &Settings) -> impl Fn(&FindingRunbook) -> Option<String> + Send + Sync + use<> {
    let root = PathBuf::from(settings.get("AGENTIC_SPECS_ROOT").unwrap_or_default());
    move |runbook| {
        let page = read_runbook(&root, &runbook.spec);
        page.inspect_err(|error| tracing::debug!(%error, runbook = runbook.spec, "runbook not quoted")).ok()
    }
}

impl Settings {
    /// The value of a setting of format severity with a default.
    pub(super) fn severity(&self, name: &str) -> Severity {
        // An invalid value has prevented the start.
        Severity::ALL.into_iter().find(|severity| Some(severity.as_str()) == self.get(name)).unwrap_or(Severity::High)
    }
}
