//! What is said to a server and what it answers, as it may be shown: bounded, printable, and without credentials.

use crate::domain::printable::{one_line, printable};
use crate::domain::redact::{REDACTED, Redactor};
use std::sync::{Arc, Mutex, PoisonError};

/// Most lines of a conversation that are kept.
const LINES_MAX: usize = 200;
/// Most characters of a line.
const LINE_MAX: usize = 500;
/// Most characters of an answer or error in a [`Delivery`](crate::domain::outgoing::Delivery).
const ANSWER_MAX: usize = 400;

/// Who said a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Sent,
    Received,
    /// What happened, such as the start of TLS.
    Happened,
}

/// A line of a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub direction: Direction,
    pub text: String,
}

impl std::fmt::Display for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mark = match self.direction {
            Direction::Sent => ">",
            Direction::Received => "<",
            Direction::Happened => "*",
        };
        write!(f, "{mark} {}", self.text)
    }
}

/// The lines so far. Clones share them.
#[derive(Clone)]
pub(super) struct Conversation(Option<Arc<Mutex<Vec<Line>>>>);

impl Conversation {
    /// Keeps nothing.
    pub fn untraced() -> Conversation {
        Conversation(None)
    }

    pub fn traced() -> Conversation {
        Conversation(Some(Arc::default()))
    }

    /// Adds lines.
    pub fn add(&self, direction: Direction, text: &str, shown: &Shown) {
        let Some(lines) = &self.0 else { return };
        let mut lines = lines.lock().unwrap_or_else(PoisonError::into_inner);
        for text in shown.redact(text).lines() {
            if lines.len() < LINES_MAX {
                lines.push(Line { direction, text: cut(&one_line(text), LINE_MAX) });
            } else if lines.len() == LINES_MAX {
                lines.push(Line { direction: Direction::Happened, text: "…".into() });
            }
        }
    }

    pub fn lines(&self) -> Vec<Line> {
        self.0.as_ref().map(|lines| lines.lock().unwrap_or_else(PoisonError::into_inner).clone()).unwrap_or_default()
    }
}

/// How text of a server is shown: without the credentials of its channel.
#[derive(Clone)]
pub(super) struct Shown {
    redactor: Redactor,
    /// Replaced wherever they stand: of three characters at least, since less would match ordinary words.
    exact: Vec<String>,
}

impl Shown {
    /// `credentials` as they are sent: also in another encoding.
    pub fn new(credentials: impl IntoIterator<Item = String>) -> Shown {
        let mut exact: Vec<String> = credentials.into_iter().filter(|credential| credential.len() >= 3).collect();
        // The longest first, since one may be part of another.
        exact.sort_unstable_by_key(|credential| std::cmp::Reverse(credential.len()));
        Shown { redactor: Redactor::new(exact.iter().map(String::as_str)), exact }
    }

    fn redact(&self, text: &str) -> String {
        let text = self.exact.iter().fold(text.to_string(), |text, credential| text.replace(credential, REDACTED));
        self.redactor.redact(&text).into_owned()
    }

    /// An answer or an error as one line of at most 400 characters.
    pub fn answer(&self, text: &str) -> String {
        let text = self.redact(text);
        let words: Vec<&str> = text.split_whitespace().collect();
        cut(&printable(&words.join(" ")), ANSWER_MAX)
    }
}

fn cut(text: &str, max: usize) -> String {
    match text.char_indices().nth(max) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown() -> Shown {
        Shown::new(["pw1".to_string(), "a-long-token-123".to_string()])
    }

    #[test]
    fn an_answer_is_one_bounded_printable_line_without_credentials() {
        assert_eq!(
            shown().answer("550\r\n no: \x1b[2J a-long-token-123, pw1, a%2Dlong-token-123"),
            "550 no: \u{fffd}[2J ***, ***, ***"
        );
        assert_eq!(shown().answer(&"x".repeat(1000)).chars().count(), ANSWER_MAX + 1);
    }

    #[test]
    fn a_conversation_is_bounded_and_has_no_credentials() {
        let conversation = Conversation::traced();
        conversation.add(Direction::Sent, "token pw1\r\nsecond", &shown());
        conversation.add(Direction::Received, &"line\n".repeat(1000), &shown());
        let lines = conversation.lines();
        assert_eq!((lines.len(), lines[0].to_string().as_str()), (LINES_MAX + 1, "> token ***"));
        assert_eq!(lines[1].to_string(), "> second");
        let untraced = Conversation::untraced();
        untraced.add(Direction::Sent, "x", &shown());
        assert!(untraced.lines().is_empty());
    }
}
