//! The cost of an expression as far as it is known when it is compiled: what it iterates over, and its regular expressions.

use super::error::CompileError;
use super::limits::{COMPREHENSIONS_MAX, CostError};
use super::patterns;
use super::syntax::{Binary, Call, Node};
use kube_cel::cel::objects::Value;

/// What [`check`] found.
pub(super) struct Bounds {
    /// Whether the expression iterates over a list or map.
    pub iterates: bool,
    /// Whether every part of it takes the same short time, whatever the readings.
    pub is_cheap: bool,
}

/// Functions that take the same short time, whatever their arguments, and return a number or a time.
const CHEAP: [&str; 7] = ["size", "int", "double", "time", "timestamp", "duration", "getHours"];
/// Functions that take a short time, too, and return what may be large.
const CHEAP_PARTS: [&str; 6] = ["string", "startsWith", "endsWith", "first", "last", "value"];

/// Rejects a tree that iterates over too much.
pub(super) fn check(root: &Node) -> Result<Bounds, CompileError> {
    let mut walk = Walk { bounds: Bounds { iterates: false, is_cheap: true } };
    walk.node(root, 0)?;
    Ok(walk.bounds)
}

struct Walk {
    bounds: Bounds,
}

impl Walk {
    /// `within`: enclosing comprehensions.
    fn node(&mut self, node: &Node, within: usize) -> Result<(), CompileError> {
        if let Node::Comprehension(c) = node {
            self.bounds = Bounds { iterates: true, is_cheap: false };
            if within + 1 > COMPREHENSIONS_MAX {
                return Err(CompileError::TooCostly(CostError::TooManyComprehensions));
            }
            if !is_bounded_range(&c.range) {
                return Err(CompileError::TooCostly(CostError::UnboundedRange));
            }
            self.node(&c.range, within)?;
            return c.condition.iter().chain([&c.body]).try_for_each(|inner| self.node(inner, within + 1));
        }
        self.bounds.is_cheap &= is_cheap(node);
        if let Node::Call(Call { name, args, .. }) = node
            && matches!(name.as_str(), "matches" | "find" | "findAll")
            && args.iter().any(is_large_pattern)
        {
            return Err(CompileError::TooCostly(CostError::PatternTooLarge));
        }
        node.each_child(|inner| self.node(inner, within))
    }
}

/// Whether a node takes a short time besides the nodes below it. Comparing two values that were read may not.
fn is_cheap(node: &Node) -> bool {
    match node {
        Node::Call(call) => CHEAP.contains(&call.name.as_str()) || CHEAP_PARTS.contains(&call.name.as_str()),
        Node::Binary(Binary::Equal | Binary::NotEqual, parts) => parts.iter().any(is_short),
        Node::Binary(Binary::In, parts) => is_short(&parts[1]),
        _ => true,
    }
}

/// Whether a value has a size that the expression bounds.
fn is_short(node: &Node) -> bool {
    match node {
        Node::Literal(_) | Node::Name { .. } => true,
        Node::List(elements) => elements.iter().all(is_short),
        Node::Call(call) => CHEAP.contains(&call.name.as_str()),
        _ => false,
    }
}

fn is_large_pattern(argument: &Node) -> bool {
    matches!(argument, Node::Literal(Value::String(text)) if patterns::compile_steps(text).is_err())
}

/// Whether the range of a comprehension has at most 1,000 items. The lists of readings are checked before each evaluation, and this
/// module's own `split` and `findAll` fail beyond the limit.
fn is_bounded_range(range: &Node) -> bool {
    match range {
        Node::Comprehension(inner) => is_bounded_range(&inner.range),
        Node::Index(parts) => is_bounded_range(&parts[0]),
        Node::Binary(Binary::Add, parts) => parts.iter().all(is_bounded_range),
        Node::Conditional(parts) => parts[1..].iter().all(is_bounded_range),
        Node::Call(call) => match call.name.as_str() {
            "split" | "findAll" => true,
            "sort" | "distinct" | "reverse" | "slice" => call.target.as_ref().is_some_and(|t| is_bounded_range(t)),
            _ => false,
        },
        Node::Name { .. } | Node::Field { .. } | Node::List(_) | Node::Map(_) | Node::Literal(_) => true,
        // Not a list.
        Node::Has { .. } | Node::Not(_) | Node::Negate(_) | Node::Binary(..) | Node::Or(_) | Node::And(_) => false,
    }
}
