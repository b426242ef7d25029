//! What an expression may cost, told before it runs: CEL has no clock to interrupt it.

use super::CompileError;
use super::names::is_function;
use kube_cel::cel::common::ast::{EntryExpr, Expr, IdedExpr};

/// Comprehensions within one another.
const COMPREHENSIONS_MAX: usize = 2;
/// Brackets within one another, and steps from the root of the tree.
const DEPTH_MAX: usize = 64;
/// Parts of the tree, macros written out.
const PARTS_MAX: usize = 2_000;

/// What was found while looking.
pub(super) struct Bounds {
    /// Whether it goes over a list.
    pub comprehends: bool,
}

/// Refuses a text whose brackets nest too deep for the parser.
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
            return Err(too_deep());
        }
    }
    Ok(())
}

fn too_deep() -> CompileError {
    CompileError::TooCostly(format!("nested deeper than {DEPTH_MAX}"))
}

/// Refuses a tree that is too large, too deep, or that goes over too much.
pub(super) fn check(root: &IdedExpr) -> Result<Bounds, CompileError> {
    let mut walk = Walk { parts: 0, comprehends: false };
    walk.part(root, 0, 0)?;
    Ok(Bounds { comprehends: walk.comprehends })
}

struct Walk {
    parts: usize,
    comprehends: bool,
}

impl Walk {
    /// `depth`: steps from the root. `within`: comprehensions around it.
    fn part(&mut self, part: &IdedExpr, depth: usize, within: usize) -> Result<(), CompileError> {
        self.parts += 1;
        if self.parts > PARTS_MAX {
            return Err(CompileError::TooCostly(format!("more than {PARTS_MAX} parts")));
        }
        if depth > DEPTH_MAX {
            return Err(too_deep());
        }
        let depth = depth + 1;
        match &part.expr {
            Expr::Comprehension(c) => {
                self.comprehends = true;
                if within + 1 > COMPREHENSIONS_MAX {
                    let message =
                        format!("more than {COMPREHENSIONS_MAX} of all, exists, map, filter within one another");
                    return Err(CompileError::TooCostly(message));
                }
                if !is_bounded_range(&c.iter_range) {
                    let message =
                        "all, exists, map and filter go over readings, literals, split(), find() and sorts of them";
                    return Err(CompileError::TooCostly(message.into()));
                }
                self.part(&c.iter_range, depth, within)?;
                for inner in [&c.accu_init, &c.loop_cond, &c.loop_step, &c.result] {
                    self.part(inner, depth, within + 1)?;
                }
            }
            Expr::Call(call) => {
                for inner in call.target.iter().map(AsRef::as_ref).chain(&call.args) {
                    self.part(inner, depth, within)?;
                }
            }
            Expr::Select(select) => self.part(&select.operand, depth, within)?,
            Expr::List(list) => {
                for element in &list.elements {
                    self.part(element, depth, within)?;
                }
            }
            Expr::Map(map) => {
                for entry in &map.entries {
                    if let EntryExpr::MapEntry(entry) = &entry.expr {
                        self.part(&entry.key, depth, within)?;
                        self.part(&entry.value, depth, within)?;
                    }
                }
            }
            Expr::Struct(_) => return Err(CompileError::UnknownFunction("struct literal".into())),
            Expr::Ident(_) | Expr::Literal(_) | Expr::Unspecified => {}
        }
        Ok(())
    }
}

/// Whether what a comprehension goes over has at most 1,000 items by its make: readings are checked when it runs, `split` and
/// `findAll` are cut short by our own versions of them.
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

/// Functions of the libraries that make lists of any length.
pub(super) fn makes_long_lists(function: &str) -> bool {
    debug_assert!(is_function(function) || function == "lists.range");
    matches!(function, "lists.range")
}
