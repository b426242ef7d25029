//! Texts of people as views show them. A person who writes an object by kubectl can put any character into it.

use crate::domain::printable;

/// A text of several lines.
pub fn text(text: &str) -> String {
    printable::printable(text).into_owned()
}

/// A name, a title or another text of one line.
pub fn line(text: &str) -> String {
    printable::one_line(text).into_owned()
}
