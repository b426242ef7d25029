//! What a person writes.

use crate::commands::CommandError;
use crate::domain::conversation::BODY_MAX;
use crate::domain::printable::printable;
use crate::domain::refusal::InvalidInput;

/// Longest text, in characters.
pub const TEXT_MAX: usize = BODY_MAX;
/// Longest text, in bytes: an object has at most 64 KiB.
const TEXT_BYTES_MAX: usize = 48 << 10;

/// A text that is not blank and not too long, without control characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text(String);

impl Text {
    /// Invalid where it is blank or too long; `field` names it in the input.
    pub fn parse(field: &str, text: &str) -> Result<Text, CommandError> {
        let text = printable(text);
        if text.trim().is_empty() {
            return Err(CommandError::invalid(field, InvalidInput::Blank { max: TEXT_MAX }));
        }
        let length = text.chars().count();
        if length > TEXT_MAX {
            return Err(CommandError::invalid(field, InvalidInput::TooManyCharacters { chars: length, max: TEXT_MAX }));
        }
        if text.len() > TEXT_BYTES_MAX {
            return Err(CommandError::invalid(
                field,
                InvalidInput::TooManyBytes { bytes: text.len(), max: TEXT_BYTES_MAX },
            ));
        }
        Ok(Text(text.into_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_neither_blank_nor_too_long_and_has_no_control_characters() {
        assert_eq!(Text::parse("body", "a\u{1b}[2J\r\nb").unwrap().as_str(), "a\u{fffd}[2J\nb");
        assert!(Text::parse("body", &"é".repeat(TEXT_MAX)).is_ok());
        let (long, wide) = ("x".repeat(TEXT_MAX + 1), "漢".repeat(TEXT_MAX + 1));
        let heavy = "🙂".repeat(TEXT_BYTES_MAX / 4 + 1);
        for (text, part) in [
            ("", "is blank"),
            (" \n\t", "is blank"),
            (&long, "16385 characters, at most 16384"),
            (&wide, "16385 characters"),
            (&heavy, "49156 bytes, at most 49152"),
        ] {
            match Text::parse("body", text) {
                Err(error @ CommandError::Invalid { .. }) => {
                    assert!(error.to_string().starts_with(&format!("body: {part}")), "{error}, expected {part}");
                }
                other => panic!("{other:?}"),
            }
        }
    }
}
