//! Runbooks as HTML: a part of Markdown, with nothing in it that acts.

use super::clean;
use crate::domain::markdown::{self, Element};
use maud::{Markup, PreEscaped};
use pulldown_cmark::{Options, Tag};

const PRE: &str = r#"<pre class="code" style="margin:0 0 12px;padding:10px 12px;background:#f1f3f5;border-radius:6px;font-size:13px;white-space:pre-wrap;overflow-wrap:anywhere">"#;

/// HTML of a text in Markdown: paragraphs, headings, lists, quotations, code, emphasis and links to http, https and mailto addresses.
pub fn to_html(text: &str) -> Markup {
    PreEscaped(markdown::to_html(text, Options::empty(), element))
}

fn element(tag: &Tag<'_>) -> Element {
    let (open, close) = match tag {
        Tag::Paragraph | Tag::HtmlBlock => (r#"<p style="margin:0 0 12px">"#, "</p>"),
        Tag::Heading { .. } => (r#"<p style="margin:0 0 8px"><b>"#, "</b></p>"),
        Tag::BlockQuote(_) => (r#"<blockquote style="margin:0 0 12px 12px">"#, "</blockquote>"),
        Tag::CodeBlock(_) => (PRE, "</pre>"),
        Tag::List(None) => (r#"<ul style="margin:0 0 12px;padding-left:22px">"#, "</ul>"),
        Tag::List(Some(first)) => {
            return (format!(r#"<ol start="{first}" style="margin:0 0 12px;padding-left:22px">"#), "</ol>");
        }
        Tag::Item => ("<li>", "</li>"),
        Tag::Emphasis => ("<em>", "</em>"),
        Tag::Strong => ("<b>", "</b>"),
        Tag::Link { dest_url, .. } => {
            let address = clean::web_address(dest_url).or_else(|| clean::mail_address(dest_url));
            return address.map_or_else(Element::default, |address| markdown::link(&address, ""));
        }
        _ => return Element::default(),
    };
    (open.to_string(), close)
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
