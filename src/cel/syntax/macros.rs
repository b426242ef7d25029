//! The macros of CEL: calls whose arguments are not evaluated first.

use super::error::SyntaxReason;
use super::parser::{Parsed, Parser, Tree};
use super::tree::{Call, Comprehension, Macro, Node};

/// `has(operand.name)`; `at` is where it begins.
pub(super) fn has(parser: &mut Parser<'_>, at: usize, argument: Option<Node>, below: usize) -> Parsed {
    match argument {
        Some(Node::Field { operand, name }) => parser.node(Node::Has { operand, name }, below),
        _ => Err(parser.error_at(at, SyntaxReason::NotAField)),
    }
}

/// `operand.name(args)`: a comprehension where it is a macro, else a call. `at` is where the name begins, `below` the height of the
/// arguments.
pub(super) fn method(
    parser: &mut Parser<'_>,
    at: usize,
    operand: Tree,
    name: &str,
    mut args: Vec<Node>,
    below: usize,
) -> Parsed {
    let below = below.max(operand.height);
    let Some(kind) = kind(name, args.len()) else {
        let call = Call { target: Some(Box::new(operand.node)), name: name.to_string(), args };
        return parser.node(Node::Call(call), below);
    };
    let body = args.pop();
    let condition = if args.len() == 2 { args.pop() } else { None };
    match (args.pop(), body) {
        (Some(Node::Name { name: variable, root: false }), Some(body)) => {
            let comprehension = Comprehension { kind, range: operand.node, variable, condition, body };
            parser.node(Node::Comprehension(Box::new(comprehension)), below)
        }
        _ => Err(parser.error_at(at, SyntaxReason::MacroArgument(name.to_string()))),
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
