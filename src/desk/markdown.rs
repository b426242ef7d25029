//! What people write, as Markdown. Only the elements that are written here come out: HTML in the text stays text, and images become
//! their description. The text of the model is never Markdown.

use crate::domain::markdown::{Element, link, to_html};
use maud::{Markup, PreEscaped, html};
use pulldown_cmark::{Options, Tag};
use url::Url;

/// Attributes of links that people write.
const LINK: &str = " rel=\"noopener noreferrer nofollow\" target=\"_blank\"";

/// The text of a person.
pub fn of_person(text: &str) -> Markup {
    html! { div class="md" hx-disable { (PreEscaped(to_html(text, Options::ENABLE_STRIKETHROUGH, element))) } }
}

/// A text that is shown as it is, with its lines and paragraphs.
pub fn plain(text: &str) -> Markup {
    let paragraphs = text.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty());
    html! { @for paragraph in paragraphs { p class="pre" { (paragraph) } } }
}

fn element(tag: &Tag<'_>) -> Element {
    let (open, close) = match tag {
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
            return address(dest_url).map_or_else(Element::default, |address| link(&address, LINK));
        }
        _ => return Element::default(),
    };
    (open.to_string(), close)
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
    fn deep_nesting_is_flat() {
        let out = shown(&format!("{}x", ">".repeat(5000)));
        assert_eq!(out.matches("<blockquote>").count(), DEPTH_MAX);
        assert_eq!(out.matches("</blockquote>").count(), DEPTH_MAX);
    }
}
