//! Where a quotation stands in a page.

use std::ops::Range;

/// Shortest quotation that is looked for, in letters and digits.
const LENGTH_MIN: usize = 4;

/// Where a quotation stands in a page, first of all in the part `within`. Only letters and digits are compared: a quotation may have lost
/// line breaks and marks of Markdown.
pub fn place(page: &str, quote: &str, within: Option<Range<usize>>) -> Option<Range<usize>> {
    let wanted: Vec<char> = letters(quote).map(|(_, c)| c).collect();
    if wanted.len() < LENGTH_MIN {
        return None;
    }
    let in_part = within.and_then(|part| {
        let text = page.get(part.clone())?;
        find(text, &wanted).map(|found| part.start + found.start..part.start + found.end)
    });
    in_part.or_else(|| find(page, &wanted))
}

fn letters(text: &str) -> impl Iterator<Item = (usize, char)> + '_ {
    let is_compared = |(_, c): &(usize, char)| c.is_alphanumeric();
    text.char_indices().filter(is_compared).map(|(at, c)| (at, c.to_lowercase().next().unwrap_or(c)))
}

fn find(text: &str, wanted: &[char]) -> Option<Range<usize>> {
    let all: Vec<(usize, char)> = letters(text).collect();
    let first = *wanted.first()?;
    let is_here = |window: &[(usize, char)]| {
        window.first().is_some_and(|(_, c)| *c == first) && window.iter().map(|(_, c)| c).eq(wanted)
    };
    let at = all.windows(wanted.len()).position(is_here)?;
    let (start, end) = (all.get(at)?.0, all.get(at + wanted.len() - 1)?);
    let length = text.get(end.0..)?.chars().next().map_or(0, char::len_utf8);
    Some(start..end.0 + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# A\n\nLigue a VM: `qm start 112`.\n\n## B\n\n1. Espere a **cópia**\n   terminar.\n2. Ligue a VM: `qm start 112`.\n";

    #[test]
    fn a_quotation_is_found_without_its_marks_and_line_breaks() {
        let found = |quote: &str, within: Option<Range<usize>>| place(PAGE, quote, within).map(|at| &PAGE[at]);
        assert_eq!(found("Espere a cópia terminar.", None), Some("Espere a **cópia**\n   terminar"));
        assert_eq!(found("ligue a vm: qm start 112", None), Some("Ligue a VM: `qm start 112"));
        let second = PAGE.rfind("Ligue").unwrap();
        assert_eq!(place(PAGE, "Ligue a VM: qm start 112.", Some(second..PAGE.len())).unwrap().start, second);
        assert_eq!(place(PAGE, "Ligue a VM", Some(0..3)).unwrap().start, PAGE.find("Ligue").unwrap());
        for none in ["", "qm", "não está aqui", "…"] {
            assert_eq!(found(none, None), None, "{none}");
        }
        assert_eq!(place("é", &"é".repeat(300_000), Some(0..99)), None);
    }
}
