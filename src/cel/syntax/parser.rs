//! Tokens to a syntax tree, by recursive descent with one token of lookahead.

mod primary;

use super::error::{ParseError, SyntaxReason};
use super::lexer::{Kind, Lexer, Token};
use super::macros;
use super::tree::{Binary, Expr, Node};
use crate::cel::limits::{CostError, DEPTH_MAX, NODES_MAX};

/// Words that are no identifiers anywhere.
const KEYWORDS: [&str; 4] = ["in", "true", "false", "null"];
/// Parses an expression.
pub(in crate::cel) fn parse(source: &str) -> Result<Node, ParseError> {
    let mut lexer = Lexer::new(source);
    let next = lexer.next()?;
    let mut parser = Parser { lexer, next, nested: 0, nodes: 0 };
    let tree = parser.expression()?;
    match parser.next.kind {
        Kind::End => Ok(tree.node),
        _ => Err(parser.unexpected()),
    }
}

/// A part of the syntax tree.
pub(super) struct Tree {
    pub node: Node,
    /// Levels of nodes.
    pub height: usize,
}

pub(super) type Parsed = Result<Tree, ParseError>;

pub(super) struct Parser<'s> {
    lexer: Lexer<'s>,
    next: Token<'s>,
    /// Expressions around the current one.
    nested: usize,
    nodes: usize,
}

impl<'s> Parser<'s> {
    fn advance(&mut self) -> Result<Token<'s>, ParseError> {
        let next = self.lexer.next()?;
        Ok(std::mem::replace(&mut self.next, next))
    }

    fn is(&self, sign: &str) -> bool {
        matches!(self.next.kind, Kind::Sign(next) if next == sign)
    }

    /// Whether the next token is this one; it is taken then.
    fn take(&mut self, sign: &str) -> Result<bool, ParseError> {
        let is = self.is(sign);
        if is {
            self.advance()?;
        }
        Ok(is)
    }

    fn expect(&mut self, sign: &'static str) -> Result<(), ParseError> {
        if self.take(sign)? {
            return Ok(());
        }
        let found = self.shown();
        let reason = match self.next.kind {
            Kind::End => SyntaxReason::Expected { expected: sign, found: String::new() },
            _ => SyntaxReason::Expected { expected: sign, found },
        };
        Err(self.error(reason))
    }

    /// The text of the next token.
    fn shown(&self) -> String {
        self.lexer.source()[self.next.start..self.next.end].chars().take(40).collect()
    }

    fn unexpected(&self) -> ParseError {
        match self.next.kind {
            Kind::End => self.error(SyntaxReason::UnexpectedEnd),
            _ => self.error(SyntaxReason::Unexpected(self.shown())),
        }
    }

    /// An error at the next token.
    fn error(&self, reason: SyntaxReason) -> ParseError {
        self.error_at(self.next.start, reason)
    }

    pub(super) fn error_at(&self, offset: usize, reason: SyntaxReason) -> ParseError {
        ParseError::Syntax(self.lexer.error(offset, reason))
    }

    /// Counts a node over parts of at most this height.
    pub(super) fn node(&mut self, at: usize, expr: Expr, below: usize) -> Parsed {
        self.nodes += 1;
        if self.nodes > NODES_MAX {
            return Err(ParseError::TooCostly(CostError::TooManyNodes));
        }
        let height = below + 1;
        if height > DEPTH_MAX {
            return Err(ParseError::TooCostly(CostError::NestedTooDeep));
        }
        // The longest source text is shorter.
        let at = u16::try_from(at).unwrap_or(u16::MAX);
        Ok(Tree { node: Node { at, expr }, height })
    }

    /// `expr`: a conditional, or what has no `?` on this level.
    fn expression(&mut self) -> Parsed {
        self.nested += 1;
        // One for the expression itself.
        if self.nested > DEPTH_MAX + 1 {
            return Err(ParseError::TooCostly(CostError::NestedTooDeep));
        }
        let mut tree = self.or()?;
        let at = self.next.start;
        if self.take("?")? {
            let yes = self.or()?;
            self.expect(":")?;
            let no = self.expression()?;
            let below = tree.height.max(yes.height).max(no.height);
            tree = self.node(at, Expr::Conditional(Box::new([tree.node, yes.node, no.node])), below)?;
        }
        self.nested -= 1;
        Ok(tree)
    }

    fn or(&mut self) -> Parsed {
        self.operands("||", Self::and, Expr::Or)
    }

    fn and(&mut self) -> Parsed {
        self.operands("&&", |parser| parser.binary(0), Expr::And)
    }

    /// One operand, or several with `sign` between them.
    fn operands(&mut self, sign: &str, operand: fn(&mut Self) -> Parsed, make: fn(Vec<Node>) -> Expr) -> Parsed {
        let first = operand(self)?;
        if !self.is(sign) {
            return Ok(first);
        }
        let (at, mut below) = (self.next.start, first.height);
        let mut nodes = vec![first.node];
        while self.take(sign)? {
            let next = operand(self)?;
            below = below.max(next.height);
            nodes.push(next.node);
        }
        self.node(at, make(nodes), below)
    }

    /// Operators that bind at least as tightly as `weakest`; all associate to the left.
    fn binary(&mut self, weakest: u8) -> Parsed {
        let mut left = self.unary()?;
        while let Some((operator, binding)) = self.operator().filter(|(_, binding)| *binding >= weakest) {
            let at = self.advance()?.start;
            let right = self.binary(binding + 1)?;
            let below = left.height.max(right.height);
            left = self.node(at, Expr::Binary(operator, Box::new([left.node, right.node])), below)?;
        }
        Ok(left)
    }

    /// The binary operator that is next, and how tightly it binds.
    fn operator(&self) -> Option<(Binary, u8)> {
        let sign = match self.next.kind {
            Kind::Sign(sign) => sign,
            Kind::Word("in") => "in",
            _ => return None,
        };
        Some(match sign {
            "==" => (Binary::Equal, 0),
            "!=" => (Binary::NotEqual, 0),
            "<" => (Binary::Less, 0),
            "<=" => (Binary::LessOrEqual, 0),
            ">" => (Binary::Greater, 0),
            ">=" => (Binary::GreaterOrEqual, 0),
            "in" => (Binary::In, 0),
            "+" => (Binary::Add, 1),
            "-" => (Binary::Subtract, 1),
            "*" => (Binary::Multiply, 2),
            "/" => (Binary::Divide, 2),
            "%" => (Binary::Modulo, 2),
            _ => return None,
        })
    }

    fn unary(&mut self) -> Parsed {
        let at = self.next.start;
        if self.is("!") {
            let count = self.run("!")?;
            let tree = self.member()?;
            return self.applied(at, Expr::Not, count, tree);
        }
        if !self.is("-") {
            return self.member();
        }
        let mut count = self.run("-")?;
        // The sign belongs to a number that follows it: the smallest int has no positive counterpart.
        let tree = if matches!(self.next.kind, Kind::Int(_) | Kind::Double(_)) {
            count -= 1;
            let number = self.number(true)?;
            self.selections(number)?
        } else {
            self.member()?
        };
        self.applied(at, Expr::Negate, count, tree)
    }

    /// How often this sign is repeated.
    fn run(&mut self, sign: &str) -> Result<usize, ParseError> {
        let mut count = 0;
        while self.take(sign)? {
            count += 1;
        }
        Ok(count)
    }

    /// Applies an operator that is its own inverse that many times: once or twice is as good, and twice also checks the type.
    fn applied(&mut self, at: usize, make: fn(Box<Node>) -> Expr, count: usize, tree: Tree) -> Parsed {
        let times = if count == 0 { 0 } else { 2 - count % 2 };
        (0..times).try_fold(tree, |tree, _| self.node(at, make(Box::new(tree.node)), tree.height))
    }

    fn member(&mut self) -> Parsed {
        let primary = self.primary()?;
        self.selections(primary)
    }

    /// Fields, indexes and method calls after an operand.
    fn selections(&mut self, mut tree: Tree) -> Parsed {
        loop {
            let at = self.next.start;
            if self.take(".")? {
                tree = self.selection(tree)?;
            } else if self.take("[")? {
                let optional = self.take("?")?;
                let index = self.expression()?;
                self.expect("]")?;
                let below = tree.height.max(index.height);
                let parts = Box::new([tree.node, index.node]);
                tree = self.node(at, Expr::Index { parts, optional }, below)?;
            } else if self.is("{") && matches!(tree.node.expr, Expr::Name { .. } | Expr::Field { .. }) {
                return Err(self.error(SyntaxReason::NotSupported("Message{…}")));
            } else {
                return Ok(tree);
            }
        }
    }

    /// What follows a point.
    fn selection(&mut self, operand: Tree) -> Parsed {
        let optional = self.take("?")?;
        let at = self.next.start;
        let (name, callable) = match self.next.kind {
            Kind::Word(word) if !KEYWORDS.contains(&word) => (word, !optional),
            Kind::QuotedWord(word) => (word, false),
            _ => return Err(self.unexpected()),
        };
        self.advance()?;
        if callable && self.take("(")? {
            let (args, below) = self.arguments()?;
            let below = below.max(operand.height);
            let expr = macros::method(operand.node, name, args).map_err(|reason| self.error_at(at, reason))?;
            return self.node(at, expr, below);
        }
        let expr = Expr::Field { operand: Box::new(operand.node), name: name.to_string(), optional };
        self.node(at, expr, operand.height)
    }
}
