//! The words of a message for each channel.
//!
//! What comes from objects and targets is cleaned and shortened first ([`clean`]); a mail is then put together as a [`document`], which
//! is rendered as text and as HTML, so that both say the same.

mod clean;
mod details;
mod digest;
mod document;
mod html;
mod links;
mod mail;
mod markdown;
mod ntfy;
mod plain;
mod state;
mod subject;
#[cfg(test)]
mod tests;
mod webhook;

use super::content::Content;
use crate::api::Channel;
use crate::domain::clip;
use crate::domain::outgoing::Outgoing;
use crate::domain::texts::Language;
use jiff::tz::TimeZone;

/// How messages are worded.
#[derive(Clone, Debug)]
pub struct Style {
    pub language: Language,
    /// Time zone of the times in texts.
    pub zone: TimeZone,
    /// Base of the links, without a slash at its end.
    pub desk_url: String,
}

/// Words a message for a channel. The same content and style always give the same message.
///
/// A mail has at most [`MAIL_MAX`] bytes of text and HTML together, the body of a push at most [`PUSH_MAX`].
pub fn word(content: &Content, channel: Channel, style: &Style) -> Outgoing {
    let content = clean::content(content);
    match channel {
        Channel::Mail => Outgoing::Mail(mail::mail(&content, style)),
        Channel::Ntfy => Outgoing::Ntfy(ntfy::push(&content, style)),
        Channel::Webhook => Outgoing::Webhook(webhook::message(&content, style)),
    }
}

pub(in crate::domain) use clean::{item as cleaned, one_line, web_address};
pub(in crate::domain) use details::facts;
pub use digest::word_digest;
pub use mail::MAIL_MAX;
pub use ntfy::PUSH_MAX;
pub(in crate::domain) use state::headline;
