//! The cost of an expression as far as it is known when it is compiled.

use super::error::CompileError;
use super::limits::{COMPREHENSIONS_MAX, CostError};
use super::syntax::{Binary, Expr, Node};

/// What [`check`] found.
pub(super) struct Bounds {
    /// Whether the expression iterates over a list or map.
    pub iterates: bool,
    /// Whether every part of it takes the same short time, whatever the readings.
    pub is_cheap: bool,
}

/// Functions that take the same short time, whatever their arguments, and return a number or a time.
const CHEAP: [&str; 9] = ["bool", "daysUntil", "double", "duration", "getHours", "int", "size", "time", "timestamp"];
/// Functions that take a short time, too, and return what may be large.
const CHEAP_PARTS: [&str; 6] = ["string", "startsWith", "endsWith", "first", "last", "value"];

/// Rejects a tree with too many nested iterations.
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
        if let Expr::Comprehension(c) = &node.expr {
            self.bounds = Bounds { iterates: true, is_cheap: false };
            if within + 1 > COMPREHENSIONS_MAX {
                return Err(CompileError::TooCostly(CostError::TooManyComprehensions));
            }
            self.node(&c.range, within)?;
            return c.condition.iter().chain([&c.body]).try_for_each(|inner| self.node(inner, within + 1));
        }
        self.bounds.is_cheap &= is_cheap(node);
        node.each_child(|inner| self.node(inner, within))
    }
}

/// Whether a node takes a short time besides the nodes below it. Comparing two values that were read may not.
fn is_cheap(node: &Node) -> bool {
    match &node.expr {
        Expr::Call(call) => CHEAP.contains(&call.name.as_str()) || CHEAP_PARTS.contains(&call.name.as_str()),
        Expr::Binary(Binary::Equal | Binary::NotEqual, parts) => parts.iter().any(is_short),
        Expr::Binary(Binary::In, parts) => is_short(&parts[1]),
        _ => true,
    }
}

/// Whether a value has a size that the expression bounds.
fn is_short(node: &Node) -> bool {
    match &node.expr {
        Expr::Literal(_) | Expr::Name { .. } => true,
        Expr::List(elements) => elements.iter().all(|element| is_short(&element.value)),
        Expr::Call(call) => CHEAP.contains(&call.name.as_str()),
        _ => false,
    }
}
