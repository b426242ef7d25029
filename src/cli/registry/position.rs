//! Where the fields of a YAML document are in its text, for messages.

use super::scalar::raw_offset;
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
    /// be plain, quoted, folded or a block, and stand where it is anchored. Without the field it is the position of what it would be in.
    pub fn within(&self, path: &str, value: &str, at: Position) -> Option<Position> {
        let (name, content) = self.find(path)?;
        let Some(content) = content else { return Some(name) };
        let start = offset(self.text, content)?;
        let target = offset(value, at).unwrap_or(value.len());
        Some(position(self.text, start + raw_offset(self.text.get(start..)?, value, target)))
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
    expect: nope
  - name: two
    expect: nope
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
            ("spec.checks[1]", at(11, 5)),
            ("metadata.annotations[a.b/c]", at(2, 35)),
            ("spec.checks[0].message", at(9, 5)),
            ("spec.interval", at(3, 1)),
            ("nothing", at(1, 1)),
        ] {
            assert_eq!(positions.field(path), expected, "{path}");
        }
        assert_eq!(Positions::of("a: [").field("a"), None);
    }

    /// Where `mark` is found by its position in the value of `e`; and where the text has it last.
    fn found(text: &str, mark: &str) -> (Option<Position>, Option<Position>) {
        let parsed: serde_json::Value = serde_saphyr::from_str(text).unwrap_or_else(|e| panic!("{text}: {e}"));
        let value = parsed["e"].as_str().unwrap_or_else(|| panic!("no text in {text}"));
        let in_value = position(value, value.find(mark).unwrap_or_else(|| panic!("{mark} is not in {value:?}")));
        (Positions::of(text).within("e", value, in_value), text.rfind(mark).map(|at| position(text, at)))
    }

    #[test]
    fn a_character_of_an_expression_is_found_however_it_is_written() {
        for text in [
            // Plain.
            "e: a == nope",
            "e: a ==\n  nope",
            "e:\n  a ==\n\n   nope",
            "e: # not here\n  a == nope",
            "e:\ta ==\tnope",
            "\"e\": a == nope",
            "? e\n: a == nope",
            "e: çã😀 == nope",
            "e: a\u{a0}== nope",
            // Single quotes.
            "e: 'size(''ab'') == nope'",
            "e: '''== nope'",
            "e: '''😀ç'' ==\n\n  nope'",
            // Double quotes.
            "e: \"'a' == nope\"",
            "e: \"'a\\tb' ==   \\\"c\\\" || nope\"",
            "e: \"'\\x20\\u0041\\U0001F600' == nope\"",
            "e: \"a\\x20==\\u0020nope\"",
            "e: \"'\\uD83D\\uDE00' == nope\"",
            "e: \"a ==\\\n    nope\"",
            "e: \"a \\\n  \\ == nope\"",
            "e: \"a ==\\n\\n  nope\"",
            "e: \"\\/\\e\\0\\a\\\\ == nope\"",
            "e: \"\\N\\_\\L\\P == nope\"",
            "e: \"a\\r\\n== \\r\\n nope\"",
            // Blocks.
            "e: |\n  a ==\n\n    nope\n",
            "e: |2\n    a ==\n   nope\n",
            "e: |-1\n   a ==\n  nope\n",
            "e: |+ # not here\n  a ==\n  'b\\tc' nope\n\n",
            "e: |\n\n  a\t==\tnope\n",
            "e: >\n  a\n  ==\n  nope\n",
            "e: >-\n  a\n  ==\n    nope\n",
            "e: >+\n  a\n\n  ==  nope\n\n",
            "e: >2-\n    a\n  == nope\n",
            "e:\n  # not here\n  >-\n  a == nope\n",
            "e: >\n  'çã😀' == nope",
            "e: |\n  \"a\\\"b\" == nope\n",
            "e: >-\n  ''''  +\n  'b' == nope\n",
            "e: |\n  > nope\n",
            // Tags, anchors and aliases.
            "e: !!str a == nope",
            "e: ! 'a == nope'",
            "e: &x a == nope",
            "e: &ç \"a == nope\"",
            "e: &x\n  'a == nope'",
            "e: &x |\n  a == nope",
            "d: &x a == nope\ne: *x",
            "d: &x 'a ''=='' nope'\ne: *x",
            "d: &x >-\n  a ==\n  nope\ne: *x",
            "d: &x {e: a == nope}\nf: 1\n<<: *x",
        ] {
            for text in [text.to_string(), text.replace('\n', "\r\n"), format!("é: '😀'\n{text}")] {
                let (found, expected) = found(&text, "nope");
                assert_eq!(found, expected, "{text:?}");
            }
        }
        for flow in [
            "{e: a == nope}",
            "{\n  d: 1,\n  e: a ==\n   nope }\n",
            "{d: '😀ç', e: 'a == nope'}",
            "{\"e\":\"a == \\\"x\\\" + nope\",\"f\":1}",
        ] {
            let (found, expected) = found(flow, "nope");
            assert_eq!(found, expected, "{flow:?}");
        }
    }

    #[test]
    fn white_space_and_the_end_are_found_where_they_are_written() {
        assert_eq!(found("e: a ==\u{a0}\u{a0}b", "\u{a0}b"), (at(1, 9), at(1, 9)));
        assert_eq!(found("e: |\n  a  \t b\n", "\t b"), (at(2, 6), at(2, 6)));
        for (text, expected) in [
            ("e: a &&", at(1, 8)),
            ("e: 'a && '", at(1, 9)),
            ("e: \"a && \\n\"", at(1, 9)),
            ("e: |\n  a\n  &&\n\nf: 1", at(3, 5)),
            ("e: ''", at(1, 5)),
        ] {
            let parsed: serde_json::Value = serde_saphyr::from_str(text).unwrap();
            let value = parsed["e"].as_str().unwrap();
            assert_eq!(Positions::of(text).within("e", value, position(value, value.len())), expected, "{text:?}");
        }
    }

    #[test]
    fn what_is_missing_is_where_it_would_be() {
        assert_eq!(
            Positions::of(TEXT).within("spec.checks[0].message", "x", Position { line: 1, column: 1 }),
            at(9, 5)
        );
    }
}
