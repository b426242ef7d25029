//! Channels, against a real mail server and stand-ins of the others. They need no API server.

mod faults;
mod http;
mod mail;
mod notify;
mod payload;

use agentic_ops::channels::{Channels, ChannelsConfig, MailConfig, Timeouts};
use agentic_ops::domain::notice::SmtpUrl;
use agentic_ops::domain::outgoing::{Mail, Outgoing};
use agentic_ops::domain::texts::Language;
use std::time::Duration;

/// Channels with mail to this URL only.
fn mail_channels(url: &str, timeouts: Timeouts, extra_ca_pem: Vec<Vec<u8>>) -> Channels {
    let mail = MailConfig { url: SmtpUrl::parse(url).unwrap(), from: "Agentic Ops <ops@example.com>".into() };
    let (mail, language) = (Some(mail), Language::English);
    Channels::new(ChannelsConfig { mail, extra_ca_pem, timeouts, language, ..ChannelsConfig::default() }).unwrap()
}

/// So short that a test of a server that hangs does not take long.
fn short() -> Timeouts {
    let step = Duration::from_secs(2);
    Timeouts { step, before_message: 2 * step, whole: 3 * step }
}

fn mail() -> Mail {
    Mail {
        message_id: "opened.1.abc@ops.example.com".into(),
        subject: "[crítico] VM 112 não está em execução · proxmox.cluster".into(),
        in_reply_to: None,
        date: "2026-03-01T12:00:00Z".parse().unwrap(),
        text: "A VM 112 não está em execução.\n.\nFim".into(),
        html: "<p>A VM 112 não está em execução.</p>".into(),
    }
}

fn outgoing() -> Outgoing {
    Outgoing::Mail(mail())
}
