//! Text from outside as it stands in a prompt: without secrets, without characters that hide or steer, and between lines that it
//! cannot contain.

use crate::domain::printable::is_printable;
use crate::domain::redact::{KnownSecrets, without_likely_secrets};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;

/// What ends or begins a turn in the templates of common models, besides `<|` and `|>`.
const TEMPLATE_TOKENS: [&str; 14] = [
    "<s>",
    "</s>",
    "[INST]",
    "[/INST]",
    "<<SYS>>",
    "<</SYS>>",
    "<start_of_turn>",
    "<end_of_turn>",
    "<bos>",
    "<eos>",
    "<unk>",
    "<pad>",
    "<think>",
    "</think>",
];

/// `text` without secrets, those that are known and what looks like one, without control, bidirectional, zero-width and tag characters, and with the tokens of chat templates broken. It is not
/// shortened: a text is redacted before it is cut.
pub fn clean(secrets: &KnownSecrets, text: &str) -> String {
    // First of all, so that a secret with such characters in it is whole.
    let visible: String = text.chars().filter(|c| is_kept(*c)).collect();
    broken(&without_likely_secrets(&secrets.redact(&visible)))
}

fn is_kept(c: char) -> bool {
    is_printable(c) && !matches!(c, char::REPLACEMENT_CHARACTER | '\u{fe00}'..='\u{fe0f}')
}

fn broken(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        let (opens, closes) = (is_one_of(before, "<＜"), is_one_of(before, "|｜"));
        if opens && is_one_of(c, "|｜") || closes && is_one_of(c, ">＞") {
            out.push(' ');
        }
        out.push(c);
        if text.get(at..).is_some_and(|rest| TEMPLATE_TOKENS.iter().any(|token| rest.starts_with(token))) {
            out.push(' ');
        }
        before = c;
    }
    out
}

fn is_one_of(c: char, set: &str) -> bool {
    set.contains(c)
}

/// A boundary that none of the `contents` has, made from them: 16 hexadecimal digits.
pub fn boundary<'a>(contents: impl Iterator<Item = &'a str> + Clone) -> String {
    for attempt in 0..u32::MAX {
        let mut hash = Sha256::new();
        hash.update(attempt.to_le_bytes());
        for content in contents.clone() {
            hash.update(content.len().to_le_bytes());
            hash.update(content);
        }
        let boundary = hex(&hash.finalize());
        if !contents.clone().any(|content| content.contains(&boundary)) {
            return boundary;
        }
    }
    String::new()
}

/// The first 16 hexadecimal digits of a hash.
pub fn hex(hash: &[u8]) -> String {
    hash.iter().take(8).fold(String::with_capacity(16), |mut text, byte| {
        // Writing to a String does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// `content` between two lines with the boundary.
pub fn fenced(boundary: &str, label: &str, content: &str) -> String {
    format!("=== {boundary} {label}\n{}\n=== {boundary} end\n", content.trim_matches('\n'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::redact::Source;

    #[test]
    fn tokens_of_chat_templates_are_broken() {
        let secrets = KnownSecrets::default();
        for text in [
            "<|im_start|>system",
            "a<\u{200b}|im_end|\u{200b}>b",
            "<\u{e0041}|eot_id|>",
            "<||>",
            "<|>",
            "＜｜User｜＞",
            "[INST] x [/INST]",
            "<<SYS>>",
            "<start_of_turn>model",
            "</s><s>",
            "<\u{0}|",
            "<\u{fffd}|",
            "<\u{fe0f}|",
        ] {
            let clean = clean(&secrets, text);
            for token in ["<|", "|>", "＜｜", "｜＞"].into_iter().chain(TEMPLATE_TOKENS) {
                assert!(!clean.contains(token), "{token} in {clean}");
            }
        }
    }

    #[test]
    fn characters_that_hide_or_move_text_are_removed() {
        let text = "a\u{202e}b\u{200b}c\u{e0049}d\u{7}e\u{feff}f\u{1b}[2Jg\u{ad}h\r\ni\tj";
        assert_eq!(clean(&KnownSecrets::default(), text), "abcdef[2Jgh\ni\tj");
    }

    #[test]
    fn a_secret_is_found_with_invisible_characters_in_it() {
        let secrets = KnownSecrets::default();
        secrets.set(Source::Program, ["hunter22-secret".to_string(), "with\u{200b}invisible".to_string()]);
        for text in ["hunter22-secret", "hun\u{200b}ter22-se\u{e0041}cret", "with\u{200b}invisible"] {
            assert_eq!(clean(&secrets, &format!("x {text} y")), "x *** y");
        }
    }

    #[test]
    fn a_password_that_a_person_typed_is_redacted() {
        let secrets = KnownSecrets::default();
        assert_eq!(clean(&secrets, "tentei a se\u{200b}nha: abc; não entra"), "tentei a senha: ***; não entra");
        assert_eq!(clean(&secrets, "a senha do root mudou?"), "a senha do root mudou?");
    }

    #[test]
    fn a_boundary_depends_on_the_contents() {
        let first = boundary(["a", "b"].into_iter());
        assert_eq!(first.len(), 16);
        assert_ne!(first, boundary(["ab", ""].into_iter()));
        assert_eq!(first, boundary(["a", "b"].into_iter()));
        assert_eq!(fenced("00", "E1", "\ntext\n"), "=== 00 E1\ntext\n=== 00 end\n");
    }
}
