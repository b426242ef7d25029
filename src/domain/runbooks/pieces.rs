//! Splits a runbook into pieces by its headings.

use super::excerpt::{Excerpt, TEXT_MAX};
use super::section::heading_text;
use crate::domain::printable::printable;
use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag};
use std::ops::Range;

/// Most pieces of one page; the rest of it is left out.
pub const PIECES_MAX: usize = 2000;
/// Marks of a block of code.
const FENCES: [&str; 2] = ["```", "~~~"];

/// What stands directly in a page or in an item of a list.
#[derive(Debug)]
enum Block {
    Heading(HeadingLevel, Range<usize>),
    /// Text that is kept whole where it fits.
    Whole(Range<usize>),
    Code(Range<usize>),
    /// An item of a list, with what stands in it.
    Item(Range<usize>, Vec<Block>),
}

/// The pieces of a page, in its order. Each stands under one heading, is at most [`TEXT_MAX`] bytes, and holds whole paragraphs, items of
/// lists and blocks of code; what is longer than a piece is split at ends of lines, and each part of a block of code is a block of its own.
pub fn pieces(spec: &str, page: &str) -> Vec<Excerpt> {
    let page = printable(page.trim_start_matches('\u{feff}'));
    let page = without_front_matter(&page);
    let mut pieces = Vec::new();
    let mut path: Vec<(HeadingLevel, String)> = Vec::new();
    let mut section = Section::default();
    for block in blocks(page) {
        let Block::Heading(level, place) = block else {
            section.add(page, block);
            continue;
        };
        section.end(spec, &path, &mut pieces);
        path.retain(|(outer, _)| *outer < level);
        path.push((level, title(page.get(place).unwrap_or_default())));
    }
    section.end(spec, &path, &mut pieces);
    pieces.truncate(PIECES_MAX);
    pieces
}

/// A page without the YAML block that some tools put before it.
fn without_front_matter(page: &str) -> &str {
    let end = page.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n"));
    end.map_or(page, |(_, text)| text)
}

/// The text of a heading as it is written.
fn title(source: &str) -> String {
    // An underlined heading ends with its line.
    let text = heading_text(source).or_else(|| source.trim().rsplit_once('\n').map(|(text, _)| text));
    text.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The blocks of a page, headings within lists and quotations being text like any other.
fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    // The items that are open, with what stands in them.
    let mut items: Vec<(Range<usize>, Vec<Block>)> = Vec::new();
    // Depth within a block that is kept as it is.
    let mut inside = 0_usize;
    for (event, place) in Parser::new_ext(page, Options::ENABLE_TABLES).into_offset_iter() {
        match event {
            Event::Start(_) if inside > 0 => inside += 1,
            Event::End(_) if inside > 0 => inside -= 1,
            Event::Start(Tag::List(_)) => {}
            // Lists within items are part of them.
            Event::Start(Tag::Item) if items.is_empty() => items.push((place, Vec::new())),
            Event::Start(tag) => {
                inside = 1;
                let block = match tag {
                    Tag::Heading { level, .. } if items.is_empty() => Block::Heading(level, place),
                    Tag::CodeBlock(_) => Block::Code(place),
                    _ => Block::Whole(place),
                };
                items.last_mut().map_or(&mut blocks, |(_, inner)| inner).push(block);
            }
            Event::End(pulldown_cmark::TagEnd::Item) => {
                if let Some((place, inner)) = items.pop() {
                    blocks.push(Block::Item(place, inner));
                }
            }
            _ => {}
        }
    }
    blocks
}

/// The text between two headings, as it becomes pieces.
#[derive(Default)]
struct Section {
    done: Vec<String>,
    open: String,
    /// Whether the open piece ends in an item of a list, which the next item follows without an empty line.
    after_item: bool,
}

impl Section {
    fn add(&mut self, page: &str, block: Block) {
        let source = |place: &Range<usize>| lines(page, place);
        match block {
            Block::Heading(_, place) | Block::Whole(place) => self.put(source(&place), false, split_text),
            Block::Code(place) => self.put(source(&place), false, split_code),
            Block::Item(place, inner) => {
                let whole = source(&place);
                if whole.len() <= TEXT_MAX {
                    return self.put(whole, true, split_text);
                }
                let mut from = place.start;
                // What stands between two blocks, such as the number of the item, goes with the second one.
                for block in inner {
                    let (part, split): (_, fn(&str) -> Vec<String>) = match &block {
                        Block::Code(part) => (part, split_code),
                        Block::Heading(_, part) | Block::Whole(part) | Block::Item(part, _) => (part, split_text),
                    };
                    let start = if from == place.start { from } else { part.start };
                    self.put(source(&(start..part.end)), false, split);
                    from = part.end;
                }
                self.put(source(&(from..place.end)), false, split_text);
            }
        }
    }

    /// Adds a block to the open piece where it fits, else to a new one.
    fn put(&mut self, text: &str, item: bool, split: fn(&str) -> Vec<String>) {
        let text = text.trim_matches('\n').trim_end();
        if text.trim().is_empty() {
            return;
        }
        let parts = if text.len() > TEXT_MAX { split(text) } else { vec![text.to_string()] };
        for part in parts {
            let part = part.trim_matches('\n').trim_end();
            let between = if self.after_item && item { "\n" } else { "\n\n" };
            if self.open.len() + between.len() + part.len() > TEXT_MAX {
                self.close();
            }
            if !self.open.is_empty() {
                self.open.push_str(between);
            }
            self.open.push_str(part);
            self.after_item = item;
        }
    }

    fn close(&mut self) {
        if !self.open.is_empty() {
            self.done.push(std::mem::take(&mut self.open));
        }
    }

    fn end(&mut self, spec: &str, path: &[(HeadingLevel, String)], pieces: &mut Vec<Excerpt>) {
        self.close();
        let headings: Vec<_> = path.iter().map(|(_, heading)| heading.clone()).collect();
        pieces.extend(self.done.drain(..).map(|text| Excerpt::new(spec.into(), headings.clone(), text)));
        self.after_item = false;
    }
}

/// A place in the page, from the start of its first line where only spaces stand before it, so that blocks within items keep their indent.
fn lines<'a>(page: &'a str, place: &Range<usize>) -> &'a str {
    let before = page.get(..place.start).unwrap_or_default();
    let indent = before.len() - before.trim_end_matches(' ').len();
    let at_line_start = before.trim_end_matches(' ').ends_with('\n') || before.trim_end_matches(' ').is_empty();
    let start = if at_line_start { place.start - indent } else { place.start };
    page.get(start..place.end).unwrap_or_default()
}

/// Parts of a text that is longer than a piece, at ends of lines, else of words.
fn split_text(text: &str) -> Vec<String> {
    grouped(text.split_inclusive('\n').flat_map(|line| short_lines(line, TEXT_MAX)), TEXT_MAX)
}

/// Parts of a block of code, each with the first and the last line of the block.
fn split_code(text: &str) -> Vec<String> {
    let first = text.lines().next().unwrap_or_default();
    let Some(fence) = FENCES.into_iter().find(|fence| first.trim_start().starts_with(fence)) else {
        return split_text(text);
    };
    let indent = first.len() - first.trim_start().len();
    let mark: String = first.trim_start().chars().take_while(|c| fence.starts_with(*c)).collect();
    let last = format!("{}{mark}", first.get(..indent).unwrap_or_default());
    let room = TEXT_MAX.saturating_sub(first.len() + last.len() + 2);
    if room < TEXT_MAX / 2 {
        return split_text(text);
    }
    let inner = text.get(first.len()..).unwrap_or_default().trim_start_matches('\n');
    let inner = inner.trim_end().strip_suffix(last.trim_start()).unwrap_or(inner);
    let parts = grouped(inner.split_inclusive('\n').flat_map(|line| short_lines(line, room)), room);
    parts.into_iter().map(|part| format!("{first}\n{}\n{last}", part.trim_end())).collect()
}

/// A line as parts of at most `max` bytes, at spaces where there are any.
fn short_lines(mut line: &str, max: usize) -> Vec<&str> {
    let mut parts = Vec::new();
    while line.len() > max {
        let longest = line.get(..line.floor_char_boundary(max)).unwrap_or_default();
        let end = longest.rfind(' ').map_or(longest.len(), |space| space + 1);
        let (part, rest) = line.split_at(end.max(1));
        parts.push(part);
        line = rest;
    }
    parts.push(line);
    parts
}

/// Lines put together to texts of at most `max` bytes.
fn grouped<'a>(lines: impl Iterator<Item = &'a str>, max: usize) -> Vec<String> {
    let mut groups: Vec<String> = Vec::new();
    for line in lines {
        match groups.last_mut() {
            Some(group) if group.len() + line.len() <= max => group.push_str(line),
            _ => groups.push(line.into()),
        }
    }
    groups.retain(|group| !group.trim().is_empty());
    groups
}

#[cfg(test)]
mod tests;
