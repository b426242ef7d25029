//! Characters that change how a text is shown, or that hide part of it: they never reach a message, a log, an Event or an Action.

use std::borrow::Cow;

/// `text` with U+FFFD for each character that is not printable. A line end is `\n`; `\n` and `\t` are kept.
pub fn printable(text: &str) -> Cow<'_, str> {
    // Most texts consist of these. Without a branch for each byte, many are compared at once.
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~' | b'\n' | b'\t');
    if text.bytes().fold(true, |all, byte| all & is_plain(byte)) || text.chars().all(is_printable) {
        return Cow::Borrowed(text);
    }
    let shown = |c: char| if is_printable(c) { c } else { char::REPLACEMENT_CHARACTER };
    Cow::Owned(text.replace("\r\n", "\n").chars().map(shown).collect())
}

/// Like [`printable`], for what must be one line, such as a name in a log: `\n` and `\t` are replaced, too.
pub fn one_line(text: &str) -> Cow<'_, str> {
    if !text.contains(['\n', '\t']) {
        return printable(text);
    }
    Cow::Owned(printable(text).replace(['\n', '\t'], "\u{fffd}"))
}

/// Whether a character is neither a control character nor invisible; `\n` and `\t` are printable.
pub fn is_printable(c: char) -> bool {
    match c {
        '\n' | '\t' | ' '..='~' => true,
        _ => !c.is_control() && !is_invisible(c),
    }
}

/// Characters without width, and those that change the direction of the text around them.
fn is_invisible(c: char) -> bool {
    matches!(c,
        // Soft hyphen, joiners and fillers.
        '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{3164}' | '\u{ffa0}'
        // Zero-width spaces and joiners, marks, embeddings, overrides and isolates of direction, line and paragraph separators.
        | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        // Interlinear annotations, shorthand and musical controls, tags.
        | '\u{fff9}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_hide_or_move_text_are_replaced() {
        for c in [
            '\0', '\u{7}', '\u{1b}', '\r', '\u{7f}', '\u{85}', '\u{9b}', '\u{200b}', '\u{202e}', '\u{2066}', '\u{feff}',
        ] {
            assert_eq!(printable(&format!("a{c}b")), "a\u{fffd}b", "{c:?}");
        }
        assert_eq!(printable("two\r\nlines\tand é 漢 🙂"), "two\nlines\tand é 漢 🙂");
        assert!(matches!(printable("plain"), Cow::Borrowed("plain")));
    }

    #[test]
    fn one_line_has_no_line_ends() {
        assert_eq!(one_line("a\r\nb\tc\u{1b}"), "a\u{fffd}b\u{fffd}c\u{fffd}");
        assert_eq!(one_line("plain"), "plain");
    }
}
