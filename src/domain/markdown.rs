//! Markdown as HTML with nothing in it that acts: only the elements that the caller names come out, and all text is escaped. HTML in it is
//! shown as it is written, and of images their description.

use maud::Escaper;
use pulldown_cmark::{Event, Options, Parser, Tag};
use std::fmt::Write as _;
use std::ops::Range;

/// Elements that are open at once at most; deeper ones are flat.
pub const DEPTH_MAX: usize = 16;

/// What opens and what closes an element; both are empty of one that is not shown.
pub type Element = (String, &'static str);

/// What a text becomes: by itself a function that names the element of a tag. `place` is where something stands in the source.
pub trait Writer {
    fn element(&mut self, tag: &Tag<'_>, place: &Range<usize>) -> Element;

    /// Writes a piece of text into `out`.
    fn text(&mut self, out: &mut String, text: &str, _place: &Range<usize>) {
        escape(out, text);
    }
}

impl<F: Fn(&Tag<'_>) -> Element> Writer for F {
    fn element(&mut self, tag: &Tag<'_>, _place: &Range<usize>) -> Element {
        self(tag)
    }
}

/// HTML of a text, with the elements that `writer` names.
pub fn to_html(text: &str, options: Options, mut writer: impl Writer) -> String {
    let mut out = String::new();
    // What closes the open elements, and how many of them are shown.
    let (mut closing, mut depth) = (Vec::new(), 0_usize);
    for (event, place) in Parser::new_ext(text, options).into_offset_iter() {
        match event {
            Event::Start(tag) => {
                let (open, close) = if depth < DEPTH_MAX { writer.element(&tag, &place) } else { Element::default() };
                depth += usize::from(!close.is_empty());
                out.push_str(&open);
                closing.push(close);
            }
            Event::End(_) => {
                let close = closing.pop().unwrap_or_default();
                depth -= usize::from(!close.is_empty());
                out.push_str(close);
            }
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => writer.text(&mut out, &text, &place),
            Event::Code(text) => {
                out.push_str("<code>");
                writer.text(&mut out, &text, &place);
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

/// Writes text that is no markup.
pub fn escape(out: &mut String, text: &str) {
    // Writing to a String does not fail.
    let _ = Escaper::new(out).write_str(text);
}
