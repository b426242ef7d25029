//! Where the fields of a YAML document are in its text, for messages.

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, Spanned};
use std::fmt;

/// A line and a column, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    pub line: usize,
    pub column: usize,
}

/// The fields of a document, with their positions.
pub struct Positions<'a> {
    text: &'a str,
    root: Option<Node>,
}

enum Node {
    Map(Vec<(Spanned<String>, Spanned<Node>)>),
    List(Vec<Spanned<Node>>),
    Scalar,
}

impl<'a> Positions<'a> {
    /// The positions in one document. They are unknown where it can't be parsed.
    pub fn of(text: &'a str) -> Positions<'a> {
        Positions { text, root: serde_saphyr::from_str(text).ok() }
    }

    /// The position of a field such as `spec.checks[0].expect`: of its name or, in a list, of the item; of what it would be in,
    /// where the field is missing.
    pub fn field(&self, path: &str) -> Option<Position> {
        self.find(path).map(|(name, _)| name)
    }

    /// The position in the file of the character at `line` and `column` of the text that is the value of a field. The text may
    /// be quoted, folded or a block. Without the field it is the position of what it would be in.
    pub fn within(&self, path: &str, value: &str, at: Position) -> Option<Position> {
        let (name, content) = self.find(path)?;
        let Some(content) = content else { return Some(name) };
        let start = offset(self.text, content)?;
        let target = offset(value, at).unwrap_or(value.len());
        let characters = value.get(..target)?.chars().filter(|c| !c.is_whitespace()).count();
        let is_end = value[target..].trim().is_empty();
        Some(position(self.text, start + raw_offset(self.text.get(start..)?, characters, is_end)))
    }

    /// The position of the name of a field, and that of its value, if it is there.
    fn find(&self, path: &str) -> Option<(Position, Option<Position>)> {
        let mut node = self.root.as_ref()?;
        let mut found = Position { line: 1, column: 1 };
        let mut value = None;
        for step in steps(path) {
            let next = match node {
                Node::Map(fields) => fields.iter().find(|(name, _)| name.value == step).map(|(k, v)| (k.defined, v)),
                Node::List(items) => step.parse().ok().and_then(|at: usize| items.get(at)).map(|v| (v.defined, v)),
                Node::Scalar => None,
            };
            let Some((name, child)) = next else { return Some((found, None)) };
            found = known(name).unwrap_or(found);
            value = known(child.defined);
            node = &child.value;
        }
        Some((found, value))
    }
}

fn known(location: Location) -> Option<Position> {
    let number = |n: u64| usize::try_from(n).ok().filter(|n| *n > 0);
    Some(Position { line: number(location.line())?, column: number(location.column())? })
}

/// The names and indexes of a path. Names with dots are in brackets, too.
fn steps(path: &str) -> Vec<String> {
    let mut steps = Vec::new();
    let mut step = String::new();
    let mut in_brackets = false;
    for c in path.chars() {
        match c {
            '[' | ']' => {
                in_brackets = c == '[';
                steps.push(std::mem::take(&mut step));
            }
            '.' if !in_brackets => steps.push(std::mem::take(&mut step)),
            c => step.push(c),
        }
    }
    steps.push(step);
    steps.retain(|step| !step.is_empty());
    steps
}

/// The byte at a position; `None` where the text has no such line.
fn offset(text: &str, at: Position) -> Option<usize> {
    let mut start = 0;
    for _ in 1..at.line {
        start += text[start..].find('\n')? + 1;
    }
    let line = &text[start..];
    Some(start + line.char_indices().nth(at.column - 1).map_or(line.len(), |(at, _)| at))
}

fn position(text: &str, offset: usize) -> Position {
    let before = text.get(..offset).unwrap_or(text);
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    Position { line: before.matches('\n').count() + 1, column: before[start..].chars().count() + 1 }
}

/// Where in the YAML of a scalar the character is that so many others precede in its value, white space not counted, which
/// folding changes. At the end of the value it is what follows the last of them.
fn raw_offset(raw: &str, characters: usize, is_end: bool) -> usize {
    let quote = raw.chars().next().filter(|c| matches!(c, '"' | '\''));
    let start = match raw.chars().next() {
        Some('"' | '\'') => 1,
        Some('|' | '>') => raw.find('\n').map_or(raw.len(), |at| at + 1),
        _ => 0,
    };
    let mut left = characters;
    let mut end = start;
    let mut rest = raw[start..].char_indices().peekable();
    while let Some((at, c)) = rest.next() {
        if c.is_whitespace() {
            continue;
        }
        if left == 0 {
            return if is_end { end } else { start + at };
        }
        let mut is_space = false;
        match (quote, c) {
            (Some('\''), '\'') => {
                let _ = rest.next();
            }
            (Some('"'), '\\') => {
                let escaped = rest.next().map_or('\\', |(_, c)| c);
                is_space = matches!(escaped, 'n' | 't' | 'r' | ' ' | '\n' | '_' | 'N' | 'L' | 'P' | 'v' | 'f');
                let digits = match escaped {
                    'x' => 2,
                    'u' => 4,
                    'U' => 8,
                    _ => 0,
                };
                for _ in 0..digits {
                    let _ = rest.next();
                }
            }
            _ => {}
        }
        left -= usize::from(!is_space);
        end = start + rest.peek().map_or(raw.len() - start, |(at, _)| *at);
    }
    end
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("YAML")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut fields = Vec::new();
        while let Some(entry) = map.next_entry()? {
            fields.push(entry);
        }
        Ok(Node::Map(fields))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Node::List(items))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_i128<E>(self, _: i128) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_u128<E>(self, _: u128) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_str<E>(self, _: &str) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Node::Scalar)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
kind: Scenario
metadata: {name: a, annotations: {a.b/c: x}}
spec:
  title: t
  probes:
  - name: p
    tcp: {address: \"a:1\"}
  checks:
  - name: one
    expect: probes.p.ok && nope
  - name: two
    expect: 'size(''ab'') == nope'
  - name: three
    expect: \"'a\\tb' ==   \\\"c\\\" || nope\"
  - name: four
    expect: >-
      probes.p.ok
      &&
        nope
  - name: five
    expect: |
      true

      || nope
";

    fn at(line: usize, column: usize) -> Option<Position> {
        Some(Position { line, column })
    }

    #[test]
    fn fields_are_found_by_their_paths() {
        let positions = Positions::of(TEXT);
        for (path, expected) in [
            ("spec.title", at(4, 3)),
            ("spec.probes[0].tcp.address", at(7, 11)),
            ("spec.checks[1].expect", at(12, 5)),
            ("spec.checks[4]", at(20, 5)),
            ("metadata.annotations[a.b/c]", at(2, 35)),
            ("spec.checks[0].message", at(9, 5)),
            ("spec.interval", at(3, 1)),
            ("nothing", at(1, 1)),
        ] {
            assert_eq!(positions.field(path), expected, "{path}");
        }
        assert_eq!(Positions::of("a: [").field("a"), None);
    }

    #[test]
    fn a_character_of_an_expression_is_found_however_it_is_written() {
        let parsed: serde_json::Value = serde_saphyr::from_str(TEXT).unwrap();
        let positions = Positions::of(TEXT);
        for (check, expected) in [(0, (10, 28)), (1, (12, 30)), (2, (14, 35)), (3, (19, 9)), (4, (24, 10))] {
            let value = parsed["spec"]["checks"][check]["expect"].as_str().unwrap();
            let start = position(value, value.find("nope").unwrap());
            let path = format!("spec.checks[{check}].expect");
            assert_eq!(positions.within(&path, value, start), at(expected.0, expected.1), "{value:?}");
        }
        assert_eq!(positions.within("spec.checks[0].message", "x", Position { line: 1, column: 1 }), at(9, 5));
    }
}
