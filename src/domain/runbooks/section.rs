//! The sections of a page.

use crate::domain::printable::printable;
use pulldown_cmark::{Event, HeadingLevel, Parser, Tag};
use std::ops::Range;

/// Longest section, in bytes.
pub const SECTION_MAX: usize = 3 << 10;
/// Stands for what was cut off.
const CUT: &str = "…\n";

/// A heading of a page: where it is, its level and its text as written, if that is after `#`.
struct Heading<'a> {
    place: Range<usize>,
    level: HeadingLevel,
    text: Option<&'a str>,
}

/// The text under a heading, up to the next heading of the same or a higher level; without `heading` the start of the page. At most
/// [`SECTION_MAX`] bytes, cut at the end of a line. `None` if there is no such heading, or no text.
///
/// Headings are those with `#`, of any level and as written: not those in blocks of code, lists and quotations.
pub fn section(page: &str, heading: Option<&str>) -> Option<String> {
    let page = printable(page.trim_start_matches('\u{feff}'));
    let text = match heading {
        None => &*page,
        Some(heading) => under(&page, heading.trim())?,
    };
    let text = text.trim_matches('\n').trim_end();
    (!text.trim().is_empty()).then(|| bounded(text))
}

/// The headings of the second level, as written.
pub fn parts(page: &str) -> Vec<&str> {
    let page = page.trim_start_matches('\u{feff}');
    headings(page).into_iter().filter(|found| found.level == HeadingLevel::H2).filter_map(|found| found.text).collect()
}

/// Where the section with this heading is in a page, its heading included.
pub fn place(page: &str, heading: &str) -> Option<Range<usize>> {
    let headings = headings(page);
    let at = headings.iter().position(|found| found.text == Some(heading.trim()))?;
    let (found, rest) = (headings.get(at)?, headings.get(at + 1..)?);
    let end = rest.iter().find(|next| next.level <= found.level).map_or(page.len(), |next| next.place.start);
    Some(found.place.start..end)
}

/// Whether a page has a section with this heading.
pub fn has_section(page: &str, heading: &str) -> bool {
    under(page.trim_start_matches('\u{feff}'), heading.trim()).is_some()
}

fn under<'a>(page: &'a str, heading: &str) -> Option<&'a str> {
    let headings = headings(page);
    let at = headings.iter().position(|found| found.text == Some(heading))?;
    let (found, rest) = (headings.get(at)?, headings.get(at + 1..)?);
    // A level is the lower, the more `#` it has.
    let end = rest.iter().find(|next| next.level <= found.level).map_or(page.len(), |next| next.place.start);
    page.get(found.place.end..end)
}

fn headings(page: &str) -> Vec<Heading<'_>> {
    let mut depth = 0_usize;
    let mut headings = Vec::new();
    for (event, place) in Parser::new(page).into_offset_iter() {
        match event {
            Event::Start(Tag::Heading { level, .. }) if depth == 0 => {
                let text = page.get(place.clone()).and_then(heading_text);
                headings.push(Heading { place, level, text });
                depth += 1;
            }
            Event::Start(_) => depth += 1,
            Event::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    headings
}

/// The text of `## Text ##`; `None` for a heading that is underlined.
pub(in crate::domain) fn heading_text(source: &str) -> Option<&str> {
    let text = source.trim().strip_prefix('#')?.trim_start_matches('#').trim();
    let without_end = text.trim_end_matches('#');
    // `#` at the end are the text's own unless a space is before them.
    Some(if without_end.is_empty() || without_end.ends_with([' ', '\t']) { without_end.trim() } else { text })
}

fn bounded(text: &str) -> String {
    if text.len() <= SECTION_MAX {
        return format!("{text}\n");
    }
    let kept = text.get(..text.floor_char_boundary(SECTION_MAX - CUT.len())).unwrap_or_default();
    match kept.rfind('\n') {
        Some(end) => format!("{}\n{CUT}", kept.get(..end).unwrap_or_default().trim_end()),
        // A single line that is longer.
        None => format!("{kept}{CUT}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    const PAGE: &str = "# Título\n\nComeço.\n\n## Um\n\nTexto um.\n\n```sh\n# Dois\n## Dois\n```\n\n### Um ponto um\n\nMais.\n\n\
        ## Dois\r\n\r\nTexto dois.\r\n\r\nTrês\n----\n\nTexto três.\n\n> ## Quatro\n> x\n\n1. a\n\n   ## Cinco\n\n## Com `código` ##\n\ny\n\n## C#\nz\n\n# Fim\n";

    #[test]
    fn a_section_ends_at_the_next_heading_of_its_level() {
        for (heading, text) in [
            ("Um", Some("Texto um.\n\n```sh\n# Dois\n## Dois\n```\n\n### Um ponto um\n\nMais.\n")),
            ("Um ponto um", Some("Mais.\n")),
            ("Dois", Some("Texto dois.\n")),
            (" Dois ", Some("Texto dois.\n")),
            ("Com `código`", Some("y\n")),
            ("C#", Some("z\n")),
            ("Três", None),
            ("Quatro", None),
            ("Cinco", None),
            ("dois", None),
            ("Nada", None),
            ("", None),
            ("Fim", None),
        ] {
            assert_eq!(section(PAGE, Some(heading)).as_deref(), text, "{heading}");
        }
        assert!(section(PAGE, Some("Título")).unwrap().starts_with("Começo.\n\n## Um\n"));
        assert_eq!(section("\u{feff}# A\nx", Some("A")).as_deref(), Some("x\n"));
        let place = |heading| place(PAGE, heading).map(|place| &PAGE[place]);
        assert_eq!(place("Com `código`"), Some("## Com `código` ##\n\ny\n\n"));
        assert_eq!(place("Três"), None);
        assert!(has_section(PAGE, "Fim") && has_section(PAGE, "Dois") && !has_section(PAGE, "Três"));
    }

    #[test]
    fn without_a_heading_it_is_the_start_of_the_page() {
        assert!(section(PAGE, None).unwrap().starts_with("# Título\n\nComeço.\n"));
        assert_eq!(section(" \n\n", None), None);
    }

    #[test]
    fn a_section_is_bounded_at_the_end_of_a_line() {
        let long = format!("## A\n\n{}", "uma linha com acentuação\n".repeat(400));
        let text = section(&long, Some("A")).unwrap();
        assert!(text.len() <= SECTION_MAX && text.len() > SECTION_MAX - 60, "{}", text.len());
        assert!(text.ends_with("acentuação\n…\n"), "{text}");
        let line = section(&"é".repeat(5000), None).unwrap();
        assert!(line.len() <= SECTION_MAX && line.ends_with("é…\n"), "{}", line.len());
    }

    #[test]
    fn hostile_pages_have_sections_or_none() {
        for page in
            ["#", "######## A", "```\n## A", &">".repeat(60_000), &"#\n".repeat(20_000), "## A\u{0}\u{202e}\n\u{1b}[2J"]
        {
            for heading in [None, Some("A"), Some("#"), Some("\u{202e}")] {
                let text = section(page, heading).unwrap_or_default();
                assert!(text.len() <= SECTION_MAX && !text.contains(['\0', '\u{1b}', '\u{202e}']), "{text:?}");
            }
        }
    }

    #[test]
    fn the_runbooks_of_the_registry_have_their_sections() {
        let specs = Path::new(env!("CARGO_MANIFEST_DIR")).join("specs");
        let mut count = 0;
        for entry in std::fs::read_dir(specs).unwrap().flatten().filter(|entry| entry.file_name() != "README.md") {
            let page = std::fs::read_to_string(entry.path()).unwrap();
            for heading in ["Sintomas", "O que significa", "Como verificar à mão", "Como reparar", "Quando escalar"] {
                let text = section(&page, Some(heading)).unwrap_or_default();
                assert!(text.len() > 50 && !text.contains("\n## "), "{:?} {heading}: {text}", entry.path());
            }
            count += 1;
        }
        assert_eq!(count, 9);
    }
}
