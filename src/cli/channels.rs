//! The channels, from the settings.

use super::CliError;
use super::certificates::extra_ca_pem;
use super::settings::Settings;
use crate::api::Channel;
use crate::channels::{Channels, ChannelsConfig, MailConfig, NtfyConfig, WebhookConfig, address};
use crate::domain::notice::SmtpUrl;
use crate::net::guard::AddressGuard;
use std::collections::BTreeSet;
use url::Url;

/// The settings that a channel needs.
fn needed(channel: Channel) -> &'static [&'static str] {
    match channel {
        Channel::Mail => &["SMTP_URL", "MAIL_FROM"],
        Channel::Ntfy => &["DESK_OPS_NTFY_TOPIC", "NTFY_BASE_URL"],
        Channel::Webhook => &["AGENTIC_WEBHOOK_URL"],
    }
}

/// Those of them that have no value. The channel is on if there is none.
pub fn missing(settings: &Settings, channel: Channel) -> Vec<&'static str> {
    needed(channel).iter().copied().filter(|name| settings.get(name).is_none()).collect()
}

/// The recipients of a channel by their names in Findings. The address of ntfy and of the webhook is a credential, so their one
/// recipient is named as the channel.
pub fn recipients(settings: &Settings, channel: Channel) -> Vec<String> {
    match channel {
        Channel::Mail => addresses(settings, "DESK_ROOT_NOTIFY_EMAIL"),
        Channel::Ntfy | Channel::Webhook => vec![channel.as_str().to_string()],
    }
}

/// The addresses in a setting, each once, whatever their letters' case is.
pub fn addresses(settings: &Settings, name: &str) -> Vec<String> {
    let mut seen = BTreeSet::new();
    // An invalid value has prevented the start.
    let all = settings.list(name).into_iter().filter_map(|text| address(&text));
    all.filter(|address| seen.insert(address.to_lowercase())).collect()
}

/// The channels that the settings configure.
pub fn channels(settings: &Settings) -> Result<Channels, CliError> {
    let extra_ca_pem = extra_ca_pem(settings)?;
    let value = |name: &str| settings.get(name).map(String::from);
    // An invalid value has prevented the start.
    let url = |name: &str| settings.get(name).and_then(|url| Url::parse(url).ok());
    let smtp = settings.get("SMTP_URL").and_then(|url| SmtpUrl::parse(url).ok());
    let config = ChannelsConfig {
        mail: smtp.zip(value("MAIL_FROM")).map(|(url, from)| MailConfig { url, from }),
        ntfy: url("NTFY_BASE_URL").zip(value("DESK_OPS_NTFY_TOPIC")).map(|(base_url, topic)| NtfyConfig {
            base_url,
            topic,
            token: value("NTFY_TOKEN"),
        }),
        webhook: url("AGENTIC_WEBHOOK_URL").map(|url| WebhookConfig { url, token: value("AGENTIC_WEBHOOK_TOKEN") }),
        guard: AddressGuard::new(settings.addresses()),
        extra_ca_pem,
        language: settings.language(),
        ..ChannelsConfig::default()
    };
    Channels::new(config).map_err(|error| CliError::Argument(error.to_string()))
}
