//! Runbooks as HTML: a part of Markdown, with nothing in it that acts.

use super::clean;
use maud::{Escaper, Markup, PreEscaped};
use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag};
use std::fmt::Write;

/// Deepest nesting that is shown as such.
const DEPTH_MAX: usize = 8;
const PRE: &str = r#"<pre class="code" style="margin:0 0 12px;padding:10px 12px;background:#f1f3f5;border-radius:6px;font-size:13px;white-space:pre-wrap;overflow-wrap:anywhere">"#;

/// HTML of a text in Markdown. Paragraphs, headings, lists, quotations, code, emphasis and links to http, https and mailto addresses
/// are kept; HTML is shown as it is written, and of images their description.
pub fn to_html(text: &str) -> Markup {
    let mut html = Html::default();
    for event in Parser::new(text) {
        html.add(event);
    }
    PreEscaped(html.out)
}

#[derive(Default)]
struct Html {
    out: String,
    /// What closes the open elements; empty where nothing was opened.
    closing: Vec<&'static str>,
}

impl Html {
    fn add(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(&tag),
            Event::End(_) => self.out.push_str(self.closing.pop().unwrap_or_default()),
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => self.text(&text),
            Event::Code(text) => {
                self.out.push_str("<code>");
                self.text(&text);
                self.out.push_str("</code>");
            }
            Event::SoftBreak => self.out.push('\n'),
            Event::HardBreak => self.out.push_str("<br>"),
            Event::Rule => self.out.push_str("<hr>"),
            // Parts of Markdown that are not asked for.
            Event::InlineMath(text) | Event::DisplayMath(text) | Event::FootnoteReference(text) => self.text(&text),
            Event::TaskListMarker(_) => {}
        }
    }

    fn text(&mut self, text: &str) {
        // Writing to a String does not fail.
        let _ = Escaper::new(&mut self.out).write_str(text);
    }

    fn start(&mut self, tag: &Tag<'_>) {
        let (open, close) = if self.closing.len() < DEPTH_MAX { element(tag) } else { Default::default() };
        self.out.push_str(&open);
        self.closing.push(close);
    }
}

/// What opens and closes an element.
fn element(tag: &Tag<'_>) -> (String, &'static str) {
    let (open, close) = match tag {
        Tag::Paragraph | Tag::HtmlBlock => (r#"<p style="margin:0 0 12px">"#, "</p>"),
        Tag::Heading { .. } => (r#"<p style="margin:0 0 8px"><b>"#, "</b></p>"),
        Tag::BlockQuote(_) => (r#"<blockquote style="margin:0 0 12px 12px">"#, "</blockquote>"),
        Tag::CodeBlock(CodeBlockKind::Indented | CodeBlockKind::Fenced(_)) => (PRE, "</pre>"),
        Tag::List(None) => (r#"<ul style="margin:0 0 12px;padding-left:22px">"#, "</ul>"),
        Tag::List(Some(first)) => {
            return (format!(r#"<ol start="{first}" style="margin:0 0 12px;padding-left:22px">"#), "</ol>");
        }
        Tag::Item => ("<li>", "</li>"),
        Tag::Emphasis => ("<em>", "</em>"),
        Tag::Strong => ("<b>", "</b>"),
        Tag::Link { dest_url, .. } => return link(dest_url),
        // Nothing is fetched from elsewhere; the description of an image is its text.
        _ => ("", ""),
    };
    (open.to_string(), close)
}

fn link(url: &str) -> (String, &'static str) {
    let address = clean::web_address(url).or_else(|| clean::mail_address(url));
    let Some(address) = address else { return Default::default() };
    let mut open = r#"<a href=""#.to_string();
    let _ = Escaper::new(&mut open).write_str(&address);
    open.push_str(r#"">"#);
    (open, "</a>")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn html(text: &str) -> String {
        to_html(text).into_string()
    }

    #[test]
    fn the_parts_of_a_runbook_are_kept() {
        for (text, expected) in [
            ("## Título\n\nUm `comando` e **ênfase**.", vec!["<b>Título</b>", "<code>comando</code>", "<b>ênfase</b>"]),
            ("3. três\n4. quatro", vec![r#"<ol start="3""#, "<li>três</li>", "<li>quatro</li>", "</ol>"]),
            ("- a\n  - b", vec!["<ul", "<li>a<ul", "<li>b</li>"]),
            ("```sh\necho \"$A\" | wc\n```", vec!["<pre", "echo &quot;$A&quot; | wc\n</pre>"]),
            ("[x](https://a.example/b?c=d&e=f)", vec![r#"<a href="https://a.example/b?c=d&amp;e=f">x</a>"#]),
            ("<ops@example.org>", vec![r#"<a href="mailto:ops@example.org">ops@example.org</a>"#]),
        ] {
            let html = html(text);
            for part in expected {
                assert!(html.contains(part), "{part} in {html}");
            }
        }
    }

    #[test]
    fn nothing_in_a_runbook_acts() {
        for text in [
            "<script>alert(1)</script>",
            "a <img src=x onerror=alert(1)> b",
            "![x](https://evil.example/p.png)",
            "[x](javascript:alert(1))",
            "[x](JavaScript:alert(1))",
            "[x](&#106;avascript:alert(1))",
            "[x](data:text/html;base64,PHNjcmlwdD4=)",
            "[x](vbscript:x)",
            "[x](file:///etc/passwd)",
            "[x](//evil.example)",
            "[x](proxmox-cluster.md)",
            "[x][y]\n\n[y]: javascript:alert(1)",
            "<javascript:alert(1)>",
            "<!-- x --><style>*{display:none}</style>",
        ] {
            let html = html(text).to_lowercase();
            for part in ["<script", "<img", "<style", "<!--", "href", "src=\""] {
                assert!(!html.contains(part), "{part} of {text}: {html}");
            }
        }
        // A quote in an address does not end its attribute.
        let quoted = html("[x](https://a.example/\"onmouseover=\"alert(1))");
        assert!(!quoted.contains("\"onmouseover"), "{quoted}");
    }

    #[test]
    fn deep_nesting_is_shown_flat() {
        for text in [">".repeat(4096), "- ".repeat(2048) + "x", "*".repeat(2000) + "x" + &"*".repeat(2000)] {
            let html = html(&text);
            assert!(html.len() < 10_000, "{}", html.len());
            assert_eq!(html.matches("<blockquote").count(), html.matches("</blockquote>").count());
            assert_eq!(html.matches("<ul").count(), html.matches("</ul>").count());
        }
    }
}
