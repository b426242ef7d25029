//! How a notice leaves: mail by SMTP, ntfy, and a webhook.
//!
//! [`Channels::send`] makes one attempt, tells what came of it, and decides nothing else. Whatever a server does, an attempt ends
//! within [`SEND_TIMEOUT`], and its answer is bounded, printable and without credentials.

mod addresses;
mod conversation;
pub mod heartbeat;
mod http;
mod ntfy;
mod smtp;
mod webhook;

pub use conversation::{Direction, Line};

use crate::api::Channel;
use crate::domain::notice::SmtpUrl;
use crate::domain::outgoing::{Delivery, Outgoing};
use crate::domain::texts::{self, ChannelFault, Language};
use crate::net::client::GuardedClient;
use crate::net::guard::AddressGuard;
use crate::net::resolver::SystemResolver;
use crate::net::trust::{Trust, TrustError};
use conversation::Conversation;
use ntfy::Ntfy;
use smtp::Smtp;
use std::sync::Arc;
use std::time::Duration;
use url::Url;
use webhook::Webhook;

/// The whole of one attempt takes this long at most.
pub const SEND_TIMEOUT: Duration = Duration::from_secs(60);

/// The steps of an attempt end this long before it, so that they tell what happened.
const MARGIN: Duration = Duration::from_secs(3);

/// How long an attempt may take.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// One step: a connection, or one command and its answer.
    pub step: Duration,
    /// All steps before the message itself, so that there is time left for the answer to it.
    pub before_message: Duration,
    /// Everything.
    pub whole: Duration,
}

impl Default for Timeouts {
    fn default() -> Timeouts {
        Timeouts { step: SEND_TIMEOUT / 4, before_message: SEND_TIMEOUT / 2, whole: SEND_TIMEOUT - MARGIN }
    }
}

/// What the settings say about the channels. A channel without its part is off.
#[derive(Clone, Default)]
pub struct ChannelsConfig {
    pub mail: Option<MailConfig>,
    pub ntfy: Option<NtfyConfig>,
    pub webhook: Option<WebhookConfig>,
    pub guard: AddressGuard,
    /// CA certificates in PEM that are trusted besides those of the system.
    pub extra_ca_pem: Vec<Vec<u8>>,
    /// Of errors that this program words.
    pub language: Language,
    pub timeouts: Timeouts,
}

/// The mail server, and the sender.
#[derive(Clone)]
pub struct MailConfig {
    pub url: SmtpUrl,
    /// `address@domain` or `Name <address@domain>`.
    pub from: String,
}

/// The ntfy server and topic. All of it is a credential.
#[derive(Clone)]
pub struct NtfyConfig {
    pub base_url: Url,
    pub topic: String,
    pub token: Option<String>,
}

/// The receiver of webhooks. All of it is a credential.
#[derive(Clone)]
pub struct WebhookConfig {
    pub url: Url,
    pub token: Option<String>,
}

/// Why the channels can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ChannelError {
    #[error("CA certificates: {0}")]
    Trust(#[from] TrustError),
    #[error("MAIL_FROM={0}: should be one mail address, as ops@example.com or Ops <ops@example.com>")]
    Sender(String),
}

/// The address of a recipient or sender, such as that of `Ops <ops@example.com>`; `None` where mail can't be sent to it.
pub fn address(text: &str) -> Option<String> {
    smtp::address(text)
}

/// The channels that are configured.
pub struct Channels {
    mail: Option<Smtp>,
    ntfy: Option<Ntfy>,
    webhook: Option<Webhook>,
    language: Language,
    timeouts: Timeouts,
}

impl Channels {
    /// Connects to nothing.
    pub fn new(config: ChannelsConfig) -> Result<Channels, ChannelError> {
        let tls = Trust::new(&config.extra_ca_pem)?.client_config(None, false)?;
        let resolver = Arc::new(SystemResolver::default());
        let client = Arc::new(GuardedClient::with_tls(config.guard.clone(), resolver.clone(), tls.clone()));
        let ChannelsConfig { language, timeouts, guard, .. } = config;
        let http = http::Http { client, timeouts, language };
        let network = smtp::Network { resolver, guard, tls: Arc::new(tls), timeouts };
        Ok(Channels {
            mail: config.mail.map(|mail| Smtp::new(mail, network)).transpose()?,
            ntfy: config.ntfy.map(|ntfy| Ntfy::new(ntfy, http.clone())),
            webhook: config.webhook.map(|webhook| Webhook::new(webhook, http)),
            language,
            timeouts,
        })
    }

    /// Whether the settings configure a channel.
    pub fn is_on(&self, channel: Channel) -> bool {
        match channel {
            Channel::Mail => self.mail.is_some(),
            Channel::Ntfy => self.ntfy.is_some(),
            Channel::Webhook => self.webhook.is_some(),
        }
    }

    /// Makes one attempt to send a message, within [`SEND_TIMEOUT`]. `recipient` is a mail address; ntfy and the webhook have one
    /// recipient, whatever its name.
    pub async fn send(&self, recipient: &str, message: &Outgoing) -> Delivery {
        self.attempt(recipient, message, &Conversation::untraced()).await
    }

    /// As [`Channels::send`], with what was said, for people who look for an error in the settings.
    pub async fn send_traced(&self, recipient: &str, message: &Outgoing) -> (Delivery, Vec<Line>) {
        let conversation = Conversation::traced();
        let delivery = self.attempt(recipient, message, &conversation).await;
        (delivery, conversation.lines())
    }

    async fn attempt(&self, recipient: &str, message: &Outgoing, conversation: &Conversation) -> Delivery {
        let attempt = async {
            match message {
                Outgoing::Mail(mail) => {
                    Some(self.mail.as_ref()?.send(recipient, mail, self.language, conversation).await)
                }
                Outgoing::Ntfy(push) => Some(self.ntfy.as_ref()?.send(push, conversation).await),
                Outgoing::Webhook(body) => Some(self.webhook.as_ref()?.send(body, conversation).await),
            }
        };
        let not_now = |fault: &ChannelFault| Delivery::NotNow(texts::channel_fault(self.language, fault));
        match tokio::time::timeout(SEND_TIMEOUT, Box::pin(attempt)).await {
            Ok(Some(delivery)) => delivery,
            Ok(None) => not_now(&ChannelFault::Off),
            // The steps have shorter limits, and tell more.
            Err(_) => Delivery::Uncertain(texts::channel_fault(
                self.language,
                &ChannelFault::NoAnswer { seconds: self.timeouts.whole.as_secs() },
            )),
        }
    }
}
