//! The macros of CEL: calls whose arguments are not evaluated first.

use super::error::SyntaxReason;
use super::tree::{Call, Comprehension, Macro, Node};

/// `has(operand.name)`.
pub(super) fn has(argument: Option<Node>) -> Result<Node, SyntaxReason> {
    match argument {
        Some(Node::Field { operand, name }) => Ok(Node::Has { operand, name }),
        _ => Err(SyntaxReason::NotAField),
    }
}

/// `operand.name(args)`: a comprehension where it is a macro, else a call.
pub(super) fn method(operand: Node, name: &str, mut args: Vec<Node>) -> Result<Node, SyntaxReason> {
    let Some(kind) = kind(name, args.len()) else {
        return Ok(Node::Call(Call { target: Some(Box::new(operand)), name: name.to_string(), args }));
    };
    let body = args.pop();
    let condition = if args.len() == 2 { args.pop() } else { None };
    match (args.pop(), body) {
        (Some(Node::Name { name: variable, root: false }), Some(body)) => {
            Ok(Node::Comprehension(Box::new(Comprehension { kind, range: operand, variable, condition, body })))
        }
        _ => Err(SyntaxReason::MacroArgument(name.to_string())),
    }
}

fn kind(name: &str, args: usize) -> Option<Macro> {
    match (name, args) {
        ("all", 2) => Some(Macro::All),
        ("exists", 2) => Some(Macro::Exists),
        ("exists_one" | "existsOne", 2) => Some(Macro::ExistsOne),
        ("filter", 2) => Some(Macro::Filter),
        ("map", 2 | 3) => Some(Macro::Map),
        _ => None,
    }
}
