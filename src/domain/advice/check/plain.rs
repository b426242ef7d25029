//! The model's own words as plain text.

use super::units::single_spaced;
use crate::domain::printable::is_printable;
use icu_normalizer::ComposingNormalizerBorrowed;
use pulldown_cmark::{Event, Options, Parser, Tag};

/// Longest text of a line and of a summary, in characters. Longer ones are dropped, not cut: the end may take back the beginning.
pub const TEXT_MAX: usize = 400;
pub const SUMMARY_MAX: usize = 600;
/// Markup within markup that is removed.
const ROUNDS_MAX: usize = 4;

/// Why a text of the model is not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlainError {
    Empty,
    TooLong,
    /// HTML, a link, or Markdown that does not end.
    Markup,
    /// Letters or digits of another script, which can look like others, or marks of direction.
    Characters,
}

/// A text of the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plain {
    /// With a character of [`CODES`] for each code.
    template: String,
    /// What the model put in backquotes.
    pub codes: Vec<String>,
}

/// Characters for private use, of which none is in the text.
const CODES: std::ops::RangeInclusive<char> = '\u{e000}'..='\u{f8ff}';

impl Plain {
    /// As it is shown.
    pub fn text(&self) -> String {
        self.with(|code| code)
    }

    /// Without the codes that are known: what is left to check.
    pub fn prose(&self, is_known: impl Fn(&str) -> bool) -> String {
        self.with(|code| if is_known(code) { "" } else { code })
    }

    fn with<'c>(&'c self, shown: impl Fn(&'c str) -> &'c str) -> String {
        let mut codes = self.codes.iter();
        let mut out = String::with_capacity(self.template.len());
        for c in self.template.chars() {
            match CODES.contains(&c) {
                true => out.push_str(codes.next().map(|code| shown(code)).unwrap_or_default()),
                false => out.push(c),
            }
        }
        single_spaced(&out)
    }
}

/// `text` without markup and control characters, in one line.
pub fn plain(text: &str, max: usize) -> Result<Plain, PlainError> {
    // Markup is removed before the length counts, but not of any length.
    if text.len() > 8 * max {
        return Err(PlainError::TooLong);
    }
    // Texts in these languages need no marks of direction.
    if text.contains(['\u{61c}', '\u{200e}', '\u{200f}'])
        || text.contains(|c| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
    {
        return Err(PlainError::Characters);
    }
    let is_kept = |c: &char| {
        !matches!(c, '\u{fe00}'..='\u{fe0f}') && !CODES.contains(c) && (c.is_whitespace() || is_printable(*c))
    };
    let shown: String = text.chars().filter(is_kept).collect();
    let mut text = single_spaced(&ComposingNormalizerBorrowed::new_nfc().normalize(&shown));
    let mut codes = Vec::new();
    let mut rounds = 0;
    loop {
        let next = unmarked(&text, &mut codes)?;
        if next == text {
            break;
        }
        rounds += 1;
        if rounds == ROUNDS_MAX {
            return Err(PlainError::Markup);
        }
        text = next;
    }
    let bracket = |c| match c {
        '[' => '(',
        ']' => ')',
        c => c,
    };
    let template: String = text.chars().filter(|c| is_shown(*c) || CODES.contains(c)).map(bracket).collect();
    let plain = Plain { template, codes };
    let shown = plain.text();
    if has_tag(&shown) {
        return Err(PlainError::Markup);
    }
    // What is not shown of the text may be a letter, too.
    if text.chars().chain(shown.chars()).any(|c| c.is_alphanumeric() && !is_latin(c)) {
        return Err(PlainError::Characters);
    }
    match shown.chars().count() {
        _ if !shown.chars().any(char::is_alphanumeric) => Err(PlainError::Empty),
        length if length > max => Err(PlainError::TooLong),
        _ => Ok(plain),
    }
}

/// Removes one level of Markdown.
fn unmarked(text: &str, codes: &mut Vec<String>) -> Result<String, PlainError> {
    let mut out = String::with_capacity(text.len());
    for event in Parser::new_ext(text, Options::ENABLE_STRIKETHROUGH) {
        match event {
            // What stands after an open fence is no text.
            Event::Start(Tag::Link { .. } | Tag::Image { .. } | Tag::HtmlBlock | Tag::CodeBlock(_))
            | Event::Html(_)
            | Event::InlineHtml(_) => return Err(PlainError::Markup),
            Event::Code(code) => {
                // Codes come in the order of their marks, since a mark of an earlier round stands for one that is before.
                let at = out.chars().filter(|c| CODES.contains(c)).count();
                codes.insert(at.min(codes.len()), shown_code(&code));
                out.push(*CODES.start());
            }
            Event::Text(text) => out.push_str(&text),
            Event::SoftBreak | Event::HardBreak => out.push(' '),
            _ => {}
        }
    }
    // `](` is what a link with a target that is not valid looks like.
    if has_tag(&out) || out.contains("](") || out.contains("][") || out.contains("]:") {
        return Err(PlainError::Markup);
    }
    Ok(single_spaced(&out))
}

fn has_tag(text: &str) -> bool {
    text.match_indices('<').any(|(at, _)| {
        text.get(at + 1..).and_then(|rest| rest.chars().next()).is_some_and(|c| !c.is_whitespace() && c != '=')
    })
}

/// A code without what could be markup where it stands without backquotes.
fn shown_code(code: &str) -> String {
    single_spaced(&code.replace('`', ""))
}

/// Latin letters and ASCII digits.
fn is_latin(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || matches!(c, 'ª' | 'º' | 'µ' | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{17f}')
}

/// Letters, digits and common signs; marks of emphasis and pictures are not.
fn is_shown(c: char) -> bool {
    match c {
        '`' | '*' => false,
        ' '..='~' => true,
        _ => {
            is_latin(c)
                || matches!(
                    c,
                    '“' | '”'
                        | '‘'
                        | '’'
                        | '«'
                        | '»'
                        | '…'
                        | '–'
                        | '—'
                        | '°'
                        | '§'
                        | '·'
                        | '→'
                        | '≤'
                        | '≥'
                        | '±'
                        | '×'
                        | '≠'
                )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_removed() {
        for (text, shown) in [
            ("**VM** _parada_: rode `qm start`", "VM parada: rode qm start"),
            ("1. Verifique  o\nlog ✅", "Verifique o log"),
            ("- > ## a ~~b~~ c", "a b c"),
            ("\\*\\*negrito\\*\\* aqui", "negrito aqui"),
            ("uma ` só", "uma só"),
            ("a < b, CPU > 90 e c <= d", "a < b, CPU > 90 e c <= d"),
            ("a\u{200b}b\u{7}c\u{feff}d\u{e0041}", "abcd"),
            ("propo\u{301}sito", "propósito"),
            ("[x] feito\u{e000}", "(x) feito"),
        ] {
            assert_eq!(plain(text, TEXT_MAX).unwrap().text(), shown, "{text}");
        }
        let coded = plain("**`php*-fpm`** e \\`a_b_c\\`, rode `qm  list` e *`df`*", TEXT_MAX).unwrap();
        assert_eq!(coded.text(), "php*-fpm e a_b_c, rode qm list e df");
        assert_eq!(coded.prose(|code| code != "df"), "e , rode e df");
    }

    #[test]
    fn html_and_links_are_refused() {
        for text in [
            "<b>x</b>",
            "x <script>alert(1)</script>",
            "x <!-- y -->",
            "&lt;script&gt;x",
            "&#60;img src=x&#62;",
            "[x](http://evil.example)",
            "![x](http://evil.example/p.png)",
            "<http://evil.example>",
            "<a@evil.example>",
            "[x][y]",
            "[x](http://evil.example",
            "x [x](<javascript:a b>)",
            "\\<b>x",
            "[y]: http://evil.example",
        ] {
            let found = plain(text, TEXT_MAX);
            assert!(matches!(found, Err(PlainError::Markup | PlainError::Empty)), "{text}: {found:?}");
        }
    }

    #[test]
    fn other_scripts_are_refused() {
        for text in [
            "r\u{435}solvido",
            "ｒｅｓｏｌｖｅｄ",
            "𝐫𝐞𝐬𝐨𝐥𝐯𝐞𝐝",
            "porta ٣",
            "CPU 9²",
            "進程",
            "ⓡesolved",
            "ɡo",
            "\u{202e}a",
        ] {
            assert_eq!(plain(text, TEXT_MAX), Err(PlainError::Characters), "{text}");
        }
    }

    #[test]
    fn long_and_empty_texts_are_refused() {
        assert_eq!(plain(&"a".repeat(TEXT_MAX + 1), TEXT_MAX), Err(PlainError::TooLong));
        assert_eq!(plain(&"`".repeat(100_000), TEXT_MAX), Err(PlainError::TooLong));
        for text in ["", " ", "** **", "…", "😀"] {
            assert_eq!(plain(text, TEXT_MAX), Err(PlainError::Empty), "{text}");
        }
        let deep = format!("{}x{}", "\\".repeat(60), "*".repeat(60));
        assert!(plain(&deep, TEXT_MAX).is_err());
    }
}
