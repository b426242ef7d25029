//! What a person's text says to other people.

use super::command::{Command, Understood, parse};

/// The note of a command, or a text that is neither command nor question; `None` of any other.
pub fn noted(text: &str) -> Option<String> {
    match parse(text) {
        Understood::Command(Command::Acknowledge { note } | Command::Advise { note } | Command::TakeOver { note }) => {
            note
        }
        Understood::Command(Command::Silence { reason, .. }) => reason,
        Understood::Nothing if !text.trim_end().ends_with('?') => Some(text.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_of_commands_and_plain_texts_are_for_others() {
        for (text, expected) in [
            ("ack disco cheio", Some("disco cheio")),
            ("ack", None),
            ("silenciar 2h troca de disco", Some("troca de disco")),
            ("assumir: sda com setores ruins", Some("sda com setores ruins")),
            ("conselho: já reiniciei", Some("já reiniciei")),
            ("status", None),
            ("rodar", None),
            ("por que caiu?", None),
            ("troquei o cabo\ne voltou", Some("troquei o cabo\ne voltou")),
        ] {
            assert_eq!(noted(text).as_deref(), expected, "{text}");
        }
    }
}
