//! Notices: who is told what of a Finding, by which channel, when, and why not.

pub mod content;
pub mod digest_content;
pub mod outgoing;
mod smtp_url;
pub mod wording;

pub use smtp_url::{SmtpTls, SmtpUrl};
