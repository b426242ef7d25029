//! The macros of CEL: calls whose arguments are not evaluated first.

use super::error::SyntaxReason;
use super::tree::{Bind, Binding, Call, Comprehension, Expr, Macro, Node};

/// `has(operand.name)`.
pub(super) fn has(argument: Option<Node>) -> Result<Expr, SyntaxReason> {
    match argument.map(|argument| argument.expr) {
        Some(Expr::Field { operand, name, optional: false }) => Ok(Expr::Has { operand, name }),
        _ => Err(SyntaxReason::NotAField),
    }
}

/// `operand.name(args)`: a macro, else a call.
pub(super) fn method(operand: Node, name: &str, mut args: Vec<Node>) -> Result<Expr, SyntaxReason> {
    let is_cel = matches!(&operand.expr, Expr::Name { name, .. } if name == "cel");
    let binding = match (name, args.len()) {
        ("bind", 3) if is_cel => Binding::Value,
        ("optMap", 2) => Binding::Optional,
        ("optFlatMap", 2) => Binding::FlatOptional,
        _ => return comprehension(operand, name, args),
    };
    let variable = variable(name, args.remove(0))?;
    let (value, body) = match (args.pop(), args.pop()) {
        (Some(body), Some(value)) => (value, body),
        (Some(body), None) => (operand, body),
        _ => return Err(SyntaxReason::MacroArgument(name.to_string())),
    };
    Ok(Expr::Bind(Box::new(Bind { kind: binding, variable, value, body })))
}

fn comprehension(operand: Node, name: &str, mut args: Vec<Node>) -> Result<Expr, SyntaxReason> {
    let Some((kind, variables)) = kind(name, args.len()) else {
        return Ok(Expr::Call(Call { target: Some(Box::new(operand)), name: name.to_string(), args }));
    };
    let missing = || SyntaxReason::MacroArgument(name.to_string());
    let mut names = Vec::with_capacity(variables);
    for argument in args.drain(..variables) {
        names.push(variable(name, argument)?);
    }
    let second = if variables == 2 { names.pop() } else { None };
    let first = names.pop().filter(|first| second.as_ref() != Some(first)).ok_or_else(missing)?;
    let body = args.pop().ok_or_else(missing)?;
    let condition = args.pop();
    let comprehension = Comprehension { kind, range: operand, variable: first, second, condition, body };
    Ok(Expr::Comprehension(Box::new(comprehension)))
}

/// The name of a variable.
fn variable(macro_name: &str, argument: Node) -> Result<String, SyntaxReason> {
    match argument.expr {
        Expr::Name { name, root: false } => Ok(name),
        _ => Err(SyntaxReason::MacroArgument(macro_name.to_string())),
    }
}

/// The macro, and how many of its first arguments are variables.
fn kind(name: &str, args: usize) -> Option<(Macro, usize)> {
    Some(match (name, args) {
        ("all", 2 | 3) => (Macro::All, args - 1),
        ("exists", 2 | 3) => (Macro::Exists, args - 1),
        ("exists_one" | "existsOne", 2 | 3) => (Macro::ExistsOne, args - 1),
        ("filter", 2) => (Macro::Filter, 1),
        ("map", 2 | 3) => (Macro::Map, 1),
        ("sortBy", 2) => (Macro::SortBy, 1),
        ("transformList", 3 | 4) => (Macro::Map, 2),
        ("transformMap", 3 | 4) => (Macro::TransformMap, 2),
        ("transformMapEntry", 3 | 4) => (Macro::TransformMapEntry, 2),
        _ => return None,
    })
}
