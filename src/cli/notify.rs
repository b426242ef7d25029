//! `agentic-ops notify test`: sends a test message, to find errors in the settings of channels.

use super::settings::Settings;
use super::{CliError, channels, client, notices, operator};
use crate::api::Channel;
use crate::channels::Channels;
use crate::domain::outgoing::{Delivery, Mail, Outgoing, Push};
use crate::domain::printable::printable;
use crate::domain::texts::{self, Language};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::json;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

/// Options of `notify`.
#[derive(Debug, clap::Args)]
pub struct NotifyArgs {
    #[command(subcommand)]
    pub command: NotifyCommand,
}

/// What `notify` does.
#[derive(Debug, clap::Subcommand)]
pub enum NotifyCommand {
    /// Send a test message by each configured channel, and print what the servers said
    Test(TestArgs),
}

/// Options of `notify test`.
#[derive(Debug, clap::Args)]
pub struct TestArgs {
    /// Send by this channel only
    #[arg(long, value_enum, value_name = "CHANNEL")]
    pub channel: Option<ChannelName>,
    /// File with settings, as NAME=value lines [default: .env, if it exists]
    #[arg(long, value_name = "FILE", conflicts_with = "cluster")]
    pub env_file: Option<PathBuf>,
    /// Read the settings from ConfigMap and Secret agentic-ops, as the operator does
    #[arg(long)]
    pub cluster: bool,
    /// Namespace of ConfigMap and Secret [default: that of the kubeconfig's context]
    #[arg(long, short, requires = "cluster")]
    pub namespace: Option<String>,
}

/// The name of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum ChannelName {
    Mail,
    Ntfy,
    Webhook,
}

impl From<ChannelName> for Channel {
    fn from(name: ChannelName) -> Channel {
        match name {
            ChannelName::Mail => Channel::Mail,
            ChannelName::Ntfy => Channel::Ntfy,
            ChannelName::Webhook => Channel::Webhook,
        }
    }
}

/// Exit code 0 if everything was accepted, 1 if something was not, 2 if nothing is configured.
pub async fn run(args: NotifyArgs) -> Result<ExitCode, CliError> {
    let NotifyCommand::Test(args) = args.command;
    let settings = settings(&args).await?;
    let asked = args.channel.map_or(Channel::ALL.to_vec(), |name| vec![name.into()]);
    let channels = channels::channels(&settings)?;
    let code = test(&settings, &channels, &asked, |line| {
        // A reader that wants no more, such as `head`, is no error.
        let _ = writeln!(std::io::stdout().lock(), "{}", printable(line));
    });
    Ok(ExitCode::from(Box::pin(code).await))
}

async fn settings(args: &TestArgs) -> Result<Settings, CliError> {
    if !args.cluster {
        return Ok(Settings::from_process(args.env_file.as_deref(), &BTreeMap::new())?);
    }
    let config = client::inferred().await?;
    let namespace = args.namespace.clone().unwrap_or_else(|| config.default_namespace.clone());
    // The file of the secret of tokens need not exist where this runs.
    operator::read_settings(&client::client(config)?, &namespace, Some(operator::Component::Controllers)).await
}

async fn test(settings: &Settings, channels: &Channels, asked: &[Channel], mut print: impl FnMut(&str)) -> u8 {
    let (language, zone) = (settings.language(), notices::zone(settings));
    let missing = |channel: Channel| {
        let mut missing = channels::missing(settings, channel);
        if channels::recipients(settings, channel).is_empty() {
            missing.push("DESK_ROOT_NOTIFY_EMAIL");
        }
        missing
    };
    let (on, off): (Vec<Channel>, Vec<Channel>) = asked.iter().partition(|channel| missing(**channel).is_empty());
    if on.is_empty() && asked.len() > 1 {
        print(&texts::no_channel(language));
    }
    for channel in off {
        print(&texts::channel_off(language, channel.as_str(), &missing(channel)));
    }
    let mut code = if on.is_empty() { 2 } else { 0 };
    for channel in on {
        for recipient in channels::recipients(settings, channel) {
            print("");
            print(&texts::sending_test(language, channel.as_str(), &recipient));
            let message = message(channel, language, &zone, Timestamp::now());
            let (delivery, lines) = channels.send_traced(&recipient, &message).await;
            lines.iter().for_each(|line| print(&format!("  {line}")));
            print(&format!("{}: {}", channel.as_str(), texts::delivery(language, &delivery)));
            if !matches!(delivery, Delivery::Accepted(_)) {
                code = 1;
            }
        }
    }
    code
}

/// The test message.
fn message(channel: Channel, language: Language, zone: &TimeZone, now: Timestamp) -> Outgoing {
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let at = texts::notices::moment_of_zone(language, now, zone);
    let (subject, body) = (texts::test_subject(language), texts::test_body(language, &host, &at));
    match channel {
        Channel::Mail => Outgoing::Mail(Mail {
            message_id: format!("test.{}@agentic-ops", uuid::Uuid::new_v4().simple()),
            html: format!("<p>{}</p>", html(&body)),
            subject,
            in_reply_to: None,
            date: now,
            text: body,
        }),
        Channel::Ntfy => Outgoing::Ntfy(Push {
            title: subject,
            body,
            priority: 3,
            tags: vec!["test_tube".into()],
            click: None,
            links: Vec::new(),
        }),
        Channel::Webhook => Outgoing::Webhook(webhook(&subject, &body, now)),
    }
}

/// In the format of Alertmanager's webhooks. The alert is resolved, so that nobody is called.
fn webhook(subject: &str, body: &str, now: Timestamp) -> serde_json::Value {
    let labels = json!({"alertname": "AgenticOpsTest", "severity": "info"});
    let annotations = json!({"summary": subject, "description": body});
    json!({
        "version": "4",
        "groupKey": "agentic-ops/test",
        "truncatedAlerts": 0,
        "status": "resolved",
        "receiver": "webhook",
        "groupLabels": {"alertname": "AgenticOpsTest"},
        "commonLabels": labels,
        "commonAnnotations": annotations,
        "externalURL": "",
        "alerts": [{
            "status": "resolved",
            "labels": labels,
            "annotations": annotations,
            "startsAt": now.to_string(),
            "endsAt": now.to_string(),
            "generatorURL": "",
            "fingerprint": "0000000000000000",
        }],
    })
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('\n', "<br>\n")
}
