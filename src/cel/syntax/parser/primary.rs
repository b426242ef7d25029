//! Operands: names, calls, literals, and what is in brackets.

use super::{KEYWORDS, Parsed, Parser};
use crate::cel::syntax::error::{ParseError, SyntaxReason};
use crate::cel::syntax::lexer::Kind;
use crate::cel::syntax::macros;
use crate::cel::syntax::tree::{Call, Element, Entry, Expr, Node};
use crate::cel::values::Value;
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
                let at = self.advance()?.start;
                let (elements, below) = self.elements()?;
                self.node(at, Expr::List(elements), below)
            }
            Kind::Sign("{") => {
                let at = self.advance()?.start;
                self.map(at)
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
        let token = self.advance()?;
        let value = match token.kind {
            Kind::Word("true") => Value::Bool(true),
            Kind::Word("false") => Value::Bool(false),
            Kind::Text(text) => Value::String(Arc::new(text)),
            Kind::Bytes(bytes) => Value::Bytes(Arc::new(bytes)),
            _ => Value::Null,
        };
        self.node(token.start, Expr::Literal(value), 0)
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
        self.node(start, Expr::Literal(value), 0)
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
            return self.node(at, Expr::Name { name: name.to_string(), root }, 0);
        }
        let (mut args, below) = self.arguments()?;
        if name == "has" && args.len() == 1 {
            let expr = macros::has(args.pop()).map_err(|reason| self.error_at(at, reason))?;
            return self.node(at, expr, below);
        }
        self.node(at, Expr::Call(Call { target: None, name: name.to_string(), args }), below)
    }

    /// Expressions with commas between them, up to the closing bracket of a call; and the greatest of their heights.
    pub(super) fn arguments(&mut self) -> Result<(Vec<Node>, usize), ParseError> {
        let (mut nodes, mut below) = (Vec::new(), 0);
        while !self.take(")")? {
            let item = self.expression()?;
            below = below.max(item.height);
            nodes.push(item.node);
            if !self.take(",")? {
                self.expect(")")?;
                break;
            }
            if self.is(")") {
                return Err(self.unexpected());
            }
        }
        Ok((nodes, below))
    }

    /// The items of a list, up to its closing bracket; and the greatest of their heights. The last may have a comma.
    fn elements(&mut self) -> Result<(Vec<Element>, usize), ParseError> {
        let (mut elements, mut below) = (Vec::new(), 0);
        if self.take(",")? {
            self.expect("]")?;
            return Ok((elements, below));
        }
        while !self.take("]")? {
            let optional = self.take("?")?;
            let item = self.expression()?;
            below = below.max(item.height);
            elements.push(Element { optional, value: item.node });
            if !self.take(",")? {
                self.expect("]")?;
                break;
            }
        }
        Ok((elements, below))
    }

    /// The entries of a map, up to its closing bracket.
    fn map(&mut self, at: usize) -> Parsed {
        let (mut entries, mut below) = (Vec::new(), 0);
        while !self.take("}")? {
            if entries.is_empty() && self.take(",")? {
                self.expect("}")?;
                break;
            }
            let optional = self.take("?")?;
            let key = self.expression()?;
            self.expect(":")?;
            let value = self.expression()?;
            below = below.max(key.height).max(value.height);
            entries.push(Entry { optional, parts: [key.node, value.node] });
            if !self.take(",")? {
                self.expect("}")?;
                break;
            }
        }
        self.node(at, Expr::Map(entries), below)
    }
}
