//! The cost of an expression as far as it is known when it is compiled: size, depth, and what it iterates over.

use super::error::{CompileError, CostError};
use super::limits::{COMPREHENSIONS_MAX, DEPTH_MAX, NODES_MAX};
use kube_cel::cel::common::ast::{EntryExpr, Expr, IdedExpr};

/// What [`check`] found.
pub(super) struct Bounds {
    /// Whether the expression iterates over a list or map.
    pub iterates: bool,
}

/// Rejects a text whose brackets are nested too deep for the parser.
pub(super) fn check_nesting(source: &str) -> Result<(), CompileError> {
    let mut depth = 0_usize;
    let mut quote = None;
    let mut escaped = false;
    for c in source.chars() {
        match (quote, c) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(open), _) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth = depth.saturating_sub(1),
            (None, _) => {}
        }
        if depth > DEPTH_MAX {
            return Err(TOO_DEEP);
        }
    }
    Ok(())
}

const TOO_DEEP: CompileError = CompileError::TooCostly(CostError::NestedTooDeep);

/// Rejects a tree that is too large or too deep, or that iterates over too much.
pub(super) fn check(root: &IdedExpr) -> Result<Bounds, CompileError> {
    let mut walk = Walk { nodes: 0, iterates: false };
    walk.node(root, 0, 0)?;
    Ok(Bounds { iterates: walk.iterates })
}

struct Walk {
    nodes: usize,
    iterates: bool,
}

impl Walk {
    /// `depth`: levels from the root. `within`: enclosing comprehensions.
    fn node(&mut self, node: &IdedExpr, depth: usize, within: usize) -> Result<(), CompileError> {
        self.nodes += 1;
        if self.nodes > NODES_MAX {
            return Err(CompileError::TooCostly(CostError::TooManyNodes));
        }
        if depth > DEPTH_MAX {
            return Err(TOO_DEEP);
        }
        let depth = depth + 1;
        match &node.expr {
            Expr::Comprehension(c) => {
                self.iterates = true;
                if within + 1 > COMPREHENSIONS_MAX {
                    return Err(CompileError::TooCostly(CostError::TooManyComprehensions));
                }
                if !is_bounded_range(&c.iter_range) {
                    return Err(CompileError::TooCostly(CostError::UnboundedRange));
                }
                self.node(&c.iter_range, depth, within)?;
                for inner in [&c.accu_init, &c.loop_cond, &c.loop_step, &c.result] {
                    self.node(inner, depth, within + 1)?;
                }
            }
            Expr::Call(call) => {
                for inner in call.target.iter().map(AsRef::as_ref).chain(&call.args) {
                    self.node(inner, depth, within)?;
                }
            }
            Expr::Select(select) => self.node(&select.operand, depth, within)?,
            Expr::List(list) => {
                for element in &list.elements {
                    self.node(element, depth, within)?;
                }
            }
            Expr::Map(map) => {
                for entry in &map.entries {
                    if let EntryExpr::MapEntry(entry) = &entry.expr {
                        self.node(&entry.key, depth, within)?;
                        self.node(&entry.value, depth, within)?;
                    }
                }
            }
            Expr::Struct(_) => return Err(CompileError::UnknownFunction("struct literal".into())),
            Expr::Ident(_) | Expr::Literal(_) | Expr::Unspecified => {}
        }
        Ok(())
    }
}

/// Whether the range of a comprehension has at most 1,000 items. The lists of readings are checked before each evaluation, and this
/// module's own `split` and `findAll` fail beyond the limit.
fn is_bounded_range(range: &IdedExpr) -> bool {
    match &range.expr {
        Expr::Ident(_) | Expr::Select(_) | Expr::List(_) | Expr::Map(_) | Expr::Literal(_) => true,
        Expr::Comprehension(inner) => is_bounded_range(&inner.iter_range),
        Expr::Call(call) => {
            let all = || call.target.iter().map(AsRef::as_ref).chain(&call.args).all(is_bounded_range);
            match call.func_name.as_str() {
                "_[_]" => call.args.first().is_some_and(is_bounded_range),
                "_+_" => all(),
                "_?_:_" => call.args.iter().skip(1).all(is_bounded_range),
                "split" | "findAll" => true,
                "sort" | "distinct" | "reverse" | "slice" => call.target.as_ref().is_some_and(|t| is_bounded_range(t)),
                _ => false,
            }
        }
        Expr::Struct(_) | Expr::Unspecified => false,
    }
}
