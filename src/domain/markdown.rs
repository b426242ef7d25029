//! Markdown as HTML with nothing in it that acts: only the elements that the caller names come out, and all text is escaped. HTML in it is
//! shown as it is written, and of images their description.

use maud::Escaper;
use pulldown_cmark::{Event, Options, Parser, Tag};
use std::fmt::Write as _;

/// Elements that are open at once at most; deeper ones are flat.
pub const DEPTH_MAX: usize = 16;

/// What opens and what closes an element; both are empty of one that is not shown.
pub type Element = (String, &'static str);

/// HTML of a text, with the elements that `element` names.
pub fn to_html(text: &str, options: Options, element: impl Fn(&Tag<'_>) -> Element) -> String {
    let mut out = String::new();
    // What closes the open elements, and how many of them are shown.
    let (mut closing, mut depth) = (Vec::new(), 0_usize);
    for event in Parser::new_ext(text, options) {
        match event {
            Event::Start(tag) => {
                let (open, close) = if depth < DEPTH_MAX { element(&tag) } else { Element::default() };
                depth += usize::from(!close.is_empty());
                out.push_str(&open);
                closing.push(close);
            }
            Event::End(_) => {
                let close = closing.pop().unwrap_or_default();
                depth -= usize::from(!close.is_empty());
                out.push_str(close);
            }
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => escape(&mut out, &text),
            Event::Code(text) => {
                out.push_str("<code>");
                escape(&mut out, &text);
                out.push_str("</code>");
            }
            Event::SoftBreak => out.push('\n'),
            Event::HardBreak => out.push_str("<br>"),
            Event::Rule => out.push_str("<hr>"),
            // Parts of Markdown that are not asked for.
            Event::InlineMath(text) | Event::DisplayMath(text) | Event::FootnoteReference(text) => {
                escape(&mut out, &text);
            }
            Event::TaskListMarker(_) => {}
        }
    }
    out
}

/// A link to this address; `attributes` begin with a space.
pub fn link(address: &str, attributes: &str) -> Element {
    let mut open = format!("<a{attributes} href=\"");
    escape(&mut open, address);
    open.push_str("\">");
    (open, "</a>")
}

fn escape(out: &mut String, text: &str) {
    // Writing to a String does not fail.
    let _ = Escaper::new(out).write_str(text);
}
