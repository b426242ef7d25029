//! Commands in the text of a Message.

use crate::domain::duration;

/// What a text asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Understood {
    Command(Command),
    /// A command with an argument that is not valid.
    Invalid(String),
    Nothing,
}

/// Something that a person wants done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    Acknowledge {
        note: Option<String>,
    },
    Unacknowledge,
    /// Of the Scenario of the conversation where none is named.
    Run {
        scenario: Option<String>,
    },
    /// `duration` is in the format of Go.
    Silence {
        duration: String,
        reason: Option<String>,
    },
}

/// What a text asks for.
pub fn parse(text: &str) -> Understood {
    let text = text.trim();
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let rest = Some(rest.trim().to_string()).filter(|rest| !rest.is_empty());
    let command = match (word.to_lowercase().as_str(), rest) {
        ("ack" | "reconhecer", note) => Command::Acknowledge { note },
        ("unack", None) => Command::Unacknowledge,
        ("run" | "rodar", scenario) => Command::Run { scenario },
        ("silenciar" | "silence", Some(rest)) => {
            let (duration, reason) = rest.split_once(char::is_whitespace).unwrap_or((&rest, ""));
            if duration::parse(duration).is_err() {
                return Understood::Invalid(duration.to_string());
            }
            let reason = Some(reason.trim().to_string()).filter(|reason| !reason.is_empty());
            Command::Silence { duration: duration.to_string(), reason }
        }
        _ => return Understood::Nothing,
    };
    Understood::Command(command)
}
