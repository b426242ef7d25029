//! What people write, as Markdown. Only the elements that are written here come out: HTML in the text stays text, and images become
//! their description. The text of the model is never Markdown.

use maud::{Markup, PreEscaped, Render as _, html};
use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use std::ops::Range;
use url::Url;

/// Nested lists and quotes at most; deeper ones are flat.
const DEPTH_MAX: usize = 8;

/// The text of a person.
pub fn of_person(text: &str) -> Markup {
    let mut writer = Writer::default();
    for event in Parser::new_ext(text, Options::ENABLE_STRIKETHROUGH) {
        writer.write(event);
    }
    html! { div class="md" hx-disable { (PreEscaped(writer.out)) } }
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
    written(Writer { is_anchored: false, ..Writer::default() }, text, &Marks { quote, heading: None })
}

/// A runbook with its headings. The first of what is marked has the id `here`.
pub fn of_runbook(text: &str, marks: &Marks) -> Markup {
    written(Writer { headings: true, is_anchored: true, ..Writer::default() }, text, marks)
}

fn written(mut writer: Writer, text: &str, marks: &Marks) -> Markup {
    let mut here = writer.is_anchored.then_some(" id=\"here\"");
    for (event, place) in Parser::new_ext(text, Options::ENABLE_STRIKETHROUGH).into_offset_iter() {
        if let Event::Start(Tag::Heading { .. }) = &event
            && marks.quote.is_none()
            && marks.heading == Some(place.start)
        {
            writer.id = here.take();
        }
        let quoted = marks.quote.as_ref().and_then(|quote| overlap(quote, &place));
        match (&event, quoted) {
            (Event::Text(shown), Some(part)) => {
                let (before, within, after) = split(shown, &place, &part);
                writer.text(before);
                writer.mark(within, here.take());
                writer.text(after);
            }
            (Event::Code(shown), Some(_)) => {
                writer.out.push_str("<code>");
                writer.mark(shown, here.take());
                writer.out.push_str("</code>");
            }
            _ => writer.write(event),
        }
    }
    html! { div class="md" hx-disable { (PreEscaped(writer.out)) } }
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
    out: String,
    depth: usize,
    /// For each open link, whether it is written.
    links: Vec<bool>,
    /// Headings are headings, below that of the page.
    headings: bool,
    /// The first of what is marked can be linked to.
    is_anchored: bool,
    /// The attribute of the next heading.
    id: Option<&'static str>,
}

impl Writer {
    fn write(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => self.text(&text),
            Event::Code(code) => {
                self.out.push_str("<code>");
                self.text(&code);
                self.out.push_str("</code>");
            }
            Event::SoftBreak => self.out.push('\n'),
            Event::HardBreak => self.out.push_str("<br>"),
            Event::Rule => self.out.push_str("<hr>"),
            // Not enabled, so they do not come.
            Event::InlineMath(text) | Event::DisplayMath(text) | Event::FootnoteReference(text) => self.text(&text),
            Event::TaskListMarker(_) => {}
        }
    }

    fn text(&mut self, text: &str) {
        self.out.push_str(&text.render().into_string());
    }

    fn mark(&mut self, text: &str, id: Option<&str>) {
        if text.is_empty() {
            return;
        }
        self.out.push_str("<mark");
        self.out.push_str(id.unwrap_or_default());
        self.out.push('>');
        self.text(text);
        self.out.push_str("</mark>");
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Heading { level, .. } if self.headings => {
                let id = self.id.take().unwrap_or_default();
                self.out.push_str(&format!("<h{}{id}>", below(level)));
            }
            // A message has no headings of the page.
            Tag::Paragraph | Tag::Heading { .. } => self.out.push_str("<p>"),
            Tag::BlockQuote(_) => self.nest("<blockquote>"),
            Tag::List(None) => self.nest("<ul>"),
            Tag::List(Some(first)) => self.nest(&format!("<ol start=\"{first}\">")),
            Tag::Item => self.out.push_str("<li>"),
            Tag::CodeBlock(CodeBlockKind::Fenced(_) | CodeBlockKind::Indented) => self.out.push_str("<pre><code>"),
            Tag::Emphasis => self.out.push_str("<em>"),
            Tag::Strong => self.out.push_str("<strong>"),
            Tag::Strikethrough => self.out.push_str("<s>"),
            Tag::Link { dest_url, .. } => {
                let address = link(&dest_url);
                self.links.push(address.is_some());
                if let Some(address) = address {
                    self.out.push_str("<a rel=\"noopener noreferrer nofollow\" target=\"_blank\" href=\"");
                    self.text(&address);
                    self.out.push_str("\">");
                }
            }
            // Of an image only its description follows, as text.
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(level) if self.headings => self.out.push_str(&format!("</h{}>", below(level))),
            TagEnd::Paragraph | TagEnd::Heading(_) => self.out.push_str("</p>"),
            TagEnd::BlockQuote(_) => self.unnest("</blockquote>"),
            TagEnd::List(false) => self.unnest("</ul>"),
            TagEnd::List(true) => self.unnest("</ol>"),
            TagEnd::Item => self.out.push_str("</li>"),
            TagEnd::CodeBlock => self.out.push_str("</code></pre>"),
            TagEnd::Emphasis => self.out.push_str("</em>"),
            TagEnd::Strong => self.out.push_str("</strong>"),
            TagEnd::Strikethrough => self.out.push_str("</s>"),
            TagEnd::Link => {
                let is_written = self.links.pop() == Some(true);
                self.out.push_str(if is_written { "</a>" } else { "" });
            }
            _ => {}
        }
    }

    fn nest(&mut self, open: &str) {
        self.depth += 1;
        if self.depth <= DEPTH_MAX {
            self.out.push_str(open);
        }
    }

    fn unnest(&mut self, close: &str) {
        if self.depth <= DEPTH_MAX {
            self.out.push_str(close);
        }
        self.depth = self.depth.saturating_sub(1);
    }
}

/// The level of a heading of a page: the first one is the heading of the page itself.
fn below(level: HeadingLevel) -> u8 {
    match level {
        HeadingLevel::H1 => 1,
        HeadingLevel::H2 => 2,
        HeadingLevel::H3 => 3,
        HeadingLevel::H4 | HeadingLevel::H5 | HeadingLevel::H6 => 4,
    }
}

/// The address of a link to a page or a mailbox; `None` of anything else, such as a script.
fn link(address: &str) -> Option<String> {
    let url = Url::parse(address).ok()?;
    matches!(url.scheme(), "http" | "https" | "mailto").then(|| url.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

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
