//! Mail by SMTP: one connection, one message, one recipient.
//!
//! lettre speaks the protocol and builds the message. Connection and TLS are this program's own, so that addresses, names and
//! certificates are judged as everywhere else.

mod message;
mod outcome;
mod session;
mod wire;

use super::conversation::{Conversation, Shown};
use super::{ChannelError, MailConfig, Timeouts};
use crate::domain::notice::SmtpUrl;
use crate::domain::outgoing::{Delivery, Mail};
use crate::domain::texts::{self, ChannelFault, Language};
use crate::net::guard::AddressGuard;
use crate::net::resolver::SystemResolver;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lettre::message::Mailbox;
use rustls::ClientConfig;
use session::Session;
use std::sync::Arc;
use wire::Progress;

/// The address in this text, if mail can be sent to it.
pub(super) fn address(text: &str) -> Option<String> {
    message::mailbox(text).map(|mailbox| mailbox.email.to_string())
}

/// How connections are made.
#[derive(Clone)]
pub(super) struct Network {
    pub resolver: Arc<SystemResolver>,
    pub guard: AddressGuard,
    pub tls: Arc<ClientConfig>,
    pub timeouts: Timeouts,
}

/// A mail server, and who sends.
pub(super) struct Smtp {
    url: SmtpUrl,
    from: Mailbox,
    shown: Shown,
    network: Network,
}

impl Smtp {
    /// Errors: the sender is no mail address.
    pub fn new(config: MailConfig, network: Network) -> Result<Smtp, ChannelError> {
        let MailConfig { url, from } = config;
        let from = message::mailbox(&from).ok_or(ChannelError::Sender(from))?;
        let encoded = |(user, password): &(String, String)| {
            let plain = STANDARD.encode(format!("\0{user}\0{password}"));
            [password.clone(), STANDARD.encode(password), STANDARD.encode(user), plain]
        };
        let shown = Shown::new(url.credentials.iter().flat_map(encoded).collect::<Vec<_>>());
        Ok(Smtp { url, from, shown, network })
    }

    /// Sends a mail in one attempt. Its time is limited by the timeouts of the network.
    pub async fn send(
        &self,
        recipient: &str,
        mail: &Mail,
        language: Language,
        conversation: &Conversation,
    ) -> Delivery {
        let refused = |fault: &ChannelFault| Delivery::Refused(texts::channel_fault(language, fault));
        let Some(to) = message::mailbox(recipient) else { return refused(&ChannelFault::NotAnAddress) };
        let bytes = match message::bytes(&self.from, &to, mail) {
            Ok(bytes) => bytes,
            Err(error) => return refused(&ChannelFault::Unbuildable(error)),
        };
        let progress = Progress::new(conversation.clone(), self.shown.clone());
        let session = Session::new(&self.url, &self.network, progress, language);
        let ended = session.send(&self.from.email, &to.email, &bytes).await;
        outcome::delivery(language, &self.url.server(), ended)
    }
}
