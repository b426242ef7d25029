//! Notices: who is told what of a Finding, by which channel, when, and why not.

pub mod content;
pub mod digest;
pub mod digest_content;
pub mod digest_delivery;
pub mod outgoing;
mod smtp_url;

pub use smtp_url::{SmtpTls, SmtpUrl};
