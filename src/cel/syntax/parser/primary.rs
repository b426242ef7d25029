//! Operands: names, calls, literals, and what is in brackets.

use super::{KEYWORDS, Parsed, Parser};
use crate::cel::syntax::error::{ParseError, SyntaxReason};
use crate::cel::syntax::lexer::Kind;
use crate::cel::syntax::macros;
use crate::cel::syntax::tree::{Call, Node};
use kube_cel::cel::objects::Value;
use std::sync::Arc;

/// Words that are fields, but no variables and no functions.
const RESERVED: [&str; 17] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
    "while",
];

impl Parser<'_> {
    pub(super) fn primary(&mut self) -> Parsed {
        match self.next.kind {
            Kind::Sign("(") => {
                self.advance()?;
                let inner = self.expression()?;
                self.expect(")")?;
                Ok(inner)
            }
            Kind::Sign("[") => {
                self.advance()?;
                let (nodes, below) = self.list("]", true)?;
                self.node(Node::List(nodes), below)
            }
            Kind::Sign("{") => {
                self.advance()?;
                self.map()
            }
            Kind::Sign("-") => {
                self.advance()?;
                self.number(true)
            }
            Kind::Sign(".") => {
                self.advance()?;
                self.name(true)
            }
            Kind::Word("true" | "false" | "null") | Kind::Text(_) | Kind::Bytes(_) => self.constant(),
            Kind::Word(_) => self.name(false),
            Kind::Int(_) | Kind::Uint(_) | Kind::Double(_) => self.number(false),
            _ => Err(self.unexpected()),
        }
    }

    fn constant(&mut self) -> Parsed {
        let value = match self.advance()?.kind {
            Kind::Word("true") => Value::Bool(true),
            Kind::Word("false") => Value::Bool(false),
            Kind::Text(text) => Value::String(Arc::new(text)),
            Kind::Bytes(bytes) => Value::Bytes(Arc::new(bytes)),
            _ => Value::Null,
        };
        self.node(Node::Literal(value), 0)
    }

    pub(super) fn number(&mut self, negative: bool) -> Parsed {
        let sign = if negative { "-" } else { "" };
        let (start, token) = (self.next.start, self.next.kind.clone());
        let value = match token {
            Kind::Int(digits) => match digits.strip_prefix("0x") {
                Some(hex) => i64::from_str_radix(&format!("{sign}{hex}"), 16).ok(),
                None => format!("{sign}{digits}").parse().ok(),
            }
            .map(Value::Int),
            Kind::Uint(digits) if !negative => match digits.strip_prefix("0x") {
                Some(hex) => u64::from_str_radix(hex, 16).ok(),
                None => digits.parse().ok(),
            }
            .map(Value::UInt),
            Kind::Double(digits) => {
                let number = format!("{sign}{digits}").parse().ok();
                number.filter(|number: &f64| number.is_finite()).map(Value::Float)
            }
            _ => return Err(self.unexpected()),
        };
        let shown = self.shown();
        self.advance()?;
        let value = value.ok_or_else(|| self.error_at(start, SyntaxReason::Number(format!("{sign}{shown}"))))?;
        self.node(Node::Literal(value), 0)
    }

    /// A variable or a function call. `root`: after a leading point.
    fn name(&mut self, root: bool) -> Parsed {
        let at = self.next.start;
        let name = match self.next.kind {
            Kind::Word(word) if RESERVED.contains(&word) => {
                return Err(self.error(SyntaxReason::ReservedWord(word.to_string())));
            }
            Kind::Word(word) if !KEYWORDS.contains(&word) => word,
            _ => return Err(self.unexpected()),
        };
        self.advance()?;
        if !self.take("(")? {
            return self.node(Node::Name { name: name.to_string(), root }, 0);
        }
        let (mut args, below) = self.list(")", false)?;
        if name == "has" && args.len() == 1 {
            let node = macros::has(args.pop()).map_err(|reason| self.error_at(at, reason))?;
            return self.node(node, below);
        }
        self.node(Node::Call(Call { target: None, name: name.to_string(), args }), below)
    }

    /// Expressions with commas between them, up to a closing bracket; and the greatest of their heights. A literal may end with a
    /// comma.
    pub(super) fn list(&mut self, close: &'static str, is_literal: bool) -> Result<(Vec<Node>, usize), ParseError> {
        let (mut nodes, mut below) = (Vec::new(), 0);
        if is_literal && self.take(",")? {
            self.expect(close)?;
            return Ok((nodes, below));
        }
        while !self.take(close)? {
            if is_literal {
                self.no_optional("[?")?;
            }
            let item = self.expression()?;
            below = below.max(item.height);
            nodes.push(item.node);
            if !self.take(",")? {
                self.expect(close)?;
                break;
            }
            if !is_literal && self.is(close) {
                return Err(self.unexpected());
            }
        }
        Ok((nodes, below))
    }

    /// The entries of a map, up to its closing bracket.
    fn map(&mut self) -> Parsed {
        let (mut entries, mut below) = (Vec::new(), 0);
        while !self.take("}")? {
            if entries.is_empty() && self.take(",")? {
                self.expect("}")?;
                break;
            }
            self.no_optional("{?")?;
            let key = self.expression()?;
            self.expect(":")?;
            let value = self.expression()?;
            below = below.max(key.height).max(value.height);
            entries.push([key.node, value.node]);
            if !self.take(",")? {
                self.expect("}")?;
                break;
            }
        }
        self.node(Node::Map(entries), below)
    }
}
