//! Texts of bounded length.

use icu_normalizer::properties::CanonicalCombiningClassMap;

/// What stands for the part that was cut off.
const CUT: &str = "…";

/// At most `max` characters of `text`; where it is longer, it ends with an ellipsis. No accent is cut off its letter.
pub fn chars(text: &str, max: usize) -> String {
    let Some((end, _)) = text.char_indices().nth(max) else { return text.to_string() };
    let room = text.char_indices().nth(max.saturating_sub(1)).map_or(end, |(index, _)| index);
    before(text, room)
}

/// At most `max` bytes of `text`; where it is longer, it ends with an ellipsis. No accent is cut off its letter.
pub fn bytes(text: &str, max: usize) -> String {
    if text.len() <= max {
        return text.to_string();
    }
    before(text, text.floor_char_boundary(max.saturating_sub(CUT.len())))
}

fn before(text: &str, end: usize) -> String {
    let mut kept = text.get(..end).unwrap_or_default();
    let mut rest = text.get(end..).unwrap_or_default();
    while rest.starts_with(belongs_to_the_one_before) && !kept.is_empty() {
        let start = kept.char_indices().next_back().map_or(0, |(index, _)| index);
        (kept, rest) = text.split_at_checked(start).unwrap_or_default();
    }
    format!("{}{CUT}", kept.trim_end())
}

/// Whether a character is shown together with the one before it: an accent, a variation selector or the colour of a symbol.
fn belongs_to_the_one_before(c: char) -> bool {
    CanonicalCombiningClassMap::new().get_u8(c) != 0 || matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_characters() {
        for (text, max, cut) in [
            ("abc", 3, "abc"),
            ("abcd", 3, "ab…"),
            ("ação", 3, "aç…"),
            ("a b c", 3, "a…"),
            // An accent of its own stays with its letter.
            ("abe\u{301}d", 4, "ab…"),
            ("👍🏽👍🏽", 2, "…"),
            ("", 0, ""),
            ("a", 0, "…"),
        ] {
            assert_eq!(chars(text, max), cut, "{text:?} {max}");
        }
        for (text, max, cut) in [("ação", 6, "ação"), ("ação é", 6, "aç…"), ("漢漢漢", 8, "漢…"), ("ab", 1, "…")]
        {
            assert_eq!(bytes(text, max), cut, "{text:?} {max}");
        }
    }
}
