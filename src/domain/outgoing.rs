//! Messages as they leave, and what came of sending them.

use jiff::Timestamp;

/// A message to one recipient by one channel.
#[derive(Clone, Debug, PartialEq)]
pub enum Outgoing {
    Mail(Mail),
    Ntfy(Push),
    /// The body, in the format of Alertmanager's webhooks.
    Webhook(serde_json::Value),
}

/// A mail without its sender and recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// Without angle brackets.
    pub message_id: String,
    /// One line.
    pub subject: String,
    /// The Message-ID of the opening, without angle brackets, in a mail that follows one.
    pub in_reply_to: Option<String>,
    pub date: Timestamp,
    pub text: String,
    pub html: String,
}

/// A notification of ntfy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Push {
    pub title: String,
    pub body: String,
    /// From 1 (least) to 5 (most urgent).
    pub priority: u8,
    /// Names of tags; ntfy shows some as symbols.
    pub tags: Vec<String>,
    /// Address to open.
    pub click: Option<String>,
    /// At most three.
    pub links: Vec<Link>,
}

/// A link with its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub label: String,
    pub url: String,
}

/// What came of one attempt to send a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The server accepted it; with its answer.
    Accepted(String),
    /// The server refuses the message or the recipient, and will do so again; with its answer.
    Refused(String),
    /// The server is away or asks to try again, and did not accept it; with its answer or the error.
    NotNow(String),
    /// The connection was lost when the message had been sent completely and before the answer: it may have been accepted.
    Uncertain(String),
}
