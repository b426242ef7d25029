//! Addresses of the panel's pages.

use super::Style;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What the name of an object contains as it is.
const NAME: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_');

/// The page of a Finding.
pub fn finding(style: &Style, name: &str) -> String {
    format!("{}/{}", findings(style), utf8_percent_encode(name, NAME))
}

/// The page of a Thread.
pub fn thread(style: &Style, name: &str) -> String {
    format!("{}/desk/threads/{}", base(style), utf8_percent_encode(name, NAME))
}

/// The page of all Findings.
pub fn findings(style: &Style) -> String {
    format!("{}/desk/findings", base(style))
}

/// The address of the panel.
pub fn base(style: &Style) -> &str {
    style.desk_url.trim_end_matches('/')
}
