//! What people write, as Markdown. Only the elements that are written here come out: HTML in the text stays text, and images become
//! their description. The text of the model is never Markdown.

use crate::domain::markdown::{self, Element, escape};
use maud::{Markup, PreEscaped, html};
use pulldown_cmark::{HeadingLevel, Options, Tag};
use std::ops::Range;
use url::Url;

/// The text of a person.
pub fn of_person(text: &str) -> Markup {
    written(text, Writer::default())
}

/// What is marked in a runbook, by places in its text.
#[derive(Clone, Debug, Default)]
pub struct Marks {
    /// What is quoted.
    pub quote: Option<Range<usize>>,
    /// The heading to open at, where nothing is quoted.
    pub heading: Option<usize>,
}

/// A section of a runbook, in which a quotation is marked.
pub fn of_section(text: &str, quote: Option<Range<usize>>) -> Markup {
    written(text, Writer { marks: Marks { quote, heading: None }, ..Writer::default() })
}

/// A runbook with its headings. The first of what is marked has the id `here`.
pub fn of_runbook(text: &str, marks: &Marks) -> Markup {
    written(text, Writer { headings: true, here: Some(" id=\"here\""), marks: marks.clone() })
}

fn written(text: &str, writer: Writer) -> Markup {
    let inner = markdown::to_html(text, Options::ENABLE_STRIKETHROUGH, writer);
    html! { div class="md" hx-disable { (PreEscaped(inner)) } }
}

fn overlap(a: &Range<usize>, b: &Range<usize>) -> Option<Range<usize>> {
    let common = a.start.max(b.start)..a.end.min(b.end);
    (common.start < common.end).then_some(common)
}

/// A text in three: before a part of its source, that, and after it. Where the text is not as in the source, all of it is the part.
fn split<'t>(shown: &'t str, place: &Range<usize>, part: &Range<usize>) -> (&'t str, &'t str, &'t str) {
    let (start, end) = (part.start - place.start, part.end - place.start);
    let is_as_written = shown.len() == place.end - place.start;
    let parts = || Some((shown.get(..start)?, shown.get(start..end)?, shown.get(end..)?));
    is_as_written.then(parts).flatten().unwrap_or(("", shown, ""))
}

/// A text that is shown as it is, with its lines and paragraphs.
pub fn plain(text: &str) -> Markup {
    let paragraphs = text.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty());
    html! { @for paragraph in paragraphs { p class="pre" { (paragraph) } } }
}

#[derive(Default)]
struct Writer {
    /// Headings are headings, below that of the page.
    headings: bool,
    /// The attribute of the first of what is marked, until it is written.
    here: Option<&'static str>,
    marks: Marks,
}

impl markdown::Writer for Writer {
    fn element(&mut self, tag: &Tag<'_>, place: &Range<usize>) -> Element {
        let (open, close) = match tag {
            Tag::Heading { level, .. } if self.headings => return self.heading(*level, place),
            // A message has no headings of the page.
            Tag::Paragraph | Tag::Heading { .. } => ("<p>", "</p>"),
            Tag::BlockQuote(_) => ("<blockquote>", "</blockquote>"),
            Tag::List(None) => ("<ul>", "</ul>"),
            Tag::List(Some(first)) => return (format!("<ol start=\"{first}\">"), "</ol>"),
            Tag::Item => ("<li>", "</li>"),
            Tag::CodeBlock(_) => ("<pre><code>", "</code></pre>"),
            Tag::Emphasis => ("<em>", "</em>"),
            Tag::Strong => ("<strong>", "</strong>"),
            Tag::Strikethrough => ("<s>", "</s>"),
            Tag::Link { dest_url, .. } => {
                let attributes = " rel=\"noopener noreferrer nofollow\" target=\"_blank\"";
                return address(dest_url).map_or_else(Element::default, |to| markdown::link(&to, attributes));
            }
            // Of an image only its description follows, as text.
            _ => return Element::default(),
        };
        (open.to_string(), close)
    }

    fn text(&mut self, out: &mut String, text: &str, place: &Range<usize>) {
        let quoted = self.marks.quote.as_ref().and_then(|quote| overlap(quote, place));
        let Some(part) = quoted else { return escape(out, text) };
        let (before, within, after) = split(text, place, &part);
        escape(out, before);
        if !within.is_empty() {
            out.push_str("<mark");
            out.push_str(self.here.take().unwrap_or_default());
            out.push('>');
            escape(out, within);
            out.push_str("</mark>");
        }
        escape(out, after);
    }
}

impl Writer {
    fn heading(&mut self, level: HeadingLevel, place: &Range<usize>) -> Element {
        let is_here = self.marks.quote.is_none() && self.marks.heading == Some(place.start);
        let id = if is_here { self.here.take() } else { None }.unwrap_or_default();
        let (open, close) = match level {
            HeadingLevel::H1 => ("<h1", "</h1>"),
            HeadingLevel::H2 => ("<h2", "</h2>"),
            HeadingLevel::H3 => ("<h3", "</h3>"),
            HeadingLevel::H4 | HeadingLevel::H5 | HeadingLevel::H6 => ("<h4", "</h4>"),
        };
        (format!("{open}{id}>"), close)
    }
}

/// The address of a link to a page or a mailbox; `None` of anything else, such as a script.
fn address(address: &str) -> Option<String> {
    let url = Url::parse(address).ok()?;
    matches!(url.scheme(), "http" | "https" | "mailto").then(|| url.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::markdown::DEPTH_MAX;

    fn shown(text: &str) -> String {
        let all = of_person(text).into_string();
        let inner = all.strip_prefix("<div class=\"md\" hx-disable>").and_then(|rest| rest.strip_suffix("</div>"));
        inner.unwrap().to_string()
    }

    #[test]
    fn what_people_write_is_formatted() {
        for (text, expected) in [
            ("rode `qm start 112`", "<p>rode <code>qm start 112</code></p>"),
            ("**já** vi", "<p><strong>já</strong> vi</p>"),
            ("- a\n- b", "<ul><li>a</li><li>b</li></ul>"),
            ("# título", "<p>título</p>"),
            ("```sh\nps aux | grep x\n```", "<pre><code>ps aux | grep x\n</code></pre>"),
            (
                "[ver](https://git.example.com/a?b=1&c=2)",
                "<p><a rel=\"noopener noreferrer nofollow\" target=\"_blank\" href=\"https://git.example.com/a?b=1&amp;c=2\">ver</a></p>",
            ),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn nothing_that_could_run_or_load_comes_out() {
        for text in [
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            "a <b hx-get=/desk/session/out data-x=1 onclick=alert(1)>b</b>",
            "![x](https://evil.example/pixel.png)",
            "[x](javascript:alert(1))",
            "[x](JaVaScRiPt:alert(1))",
            "[x](data:text/html,<script>alert(1)</script>)",
            "[x](vbscript:x)",
            "[x](/desk/session/out)",
            "[x](//evil.example)",
            "<javascript:alert(1)>",
            "[x](https://a.example/\"onmouseover=\"alert(1))",
            "<svg/onload=alert(1)>",
            "`<script>`",
            "```html\n<script>alert(1)</script>\n```",
            "&lt;script&gt;alert(1)&lt;/script&gt;",
            "<!-- x --><style>*{display:none}</style>",
            "<div hx-on:click=\"alert(1)\">",
        ] {
            let out = shown(text);
            let tags = out.match_indices('<').map(|(at, _)| {
                out[at + 1..].trim_start_matches('/').split([' ', '>']).next().unwrap_or_default().to_string()
            });
            for tag in tags {
                assert!(["p", "a", "code", "pre", "ul", "li", "br"].contains(&tag.as_str()), "{tag} of {text}: {out}");
            }
            for attribute in
                out.split('<').skip(1).filter_map(|tag| tag.split('>').next()).filter(|tag| tag.contains('='))
            {
                let is_link =
                    attribute.starts_with("a rel=\"noopener noreferrer nofollow\" target=\"_blank\" href=\"https://");
                assert!(is_link && attribute.matches('"').count() == 6, "{attribute} of {text}");
            }
        }
    }

    #[test]
    fn a_runbook_opens_at_what_is_quoted_or_at_its_heading() {
        let page = "# A\n\n## B\n\n1. Confira **se** foi. Rode `qm start`.\n2. <script>x</script>\n";
        let shown = |marks: &Marks| of_runbook(page, marks).into_string();
        let at = page.find("## B").unwrap();
        assert!(shown(&Marks { quote: None, heading: Some(at) }).contains("<h1>A</h1><h2 id=\"here\">B</h2>"));
        let quote = page.find("se**").unwrap()..page.find("`.").unwrap();
        let text = shown(&Marks { quote: Some(quote), heading: Some(at) });
        assert!(text.contains("<strong><mark id=\"here\">se</mark></strong><mark> foi. Rode </mark><code><mark>qm start</mark></code>."), "{text}");
        assert!(text.contains("<h2>B</h2>") && !text.contains("<script>"), "{text}");
        let all = 0..page.len();
        assert_eq!(shown(&Marks { quote: Some(all), heading: None }).matches("id=\"here\"").count(), 1);
        let odd = of_runbook("a &amp; é b", &Marks { quote: Some(2..9), heading: None }).into_string();
        assert!(odd.contains("<mark"), "{odd}");
    }

    #[test]
    fn deep_nesting_is_flat() {
        let out = shown(&format!("{}x", ">".repeat(5000)));
        assert_eq!(out.matches("<blockquote>").count(), DEPTH_MAX);
        assert_eq!(out.matches("</blockquote>").count(), DEPTH_MAX);
    }
}
