//! The type of an expression, as far as it is known before evaluation.

use super::error::{CompileError, type_name};
use super::signature::ResultType;
use super::syntax::{Binary, Macro, Node};

/// Rejects an expression whose type is known and is not the expected one.
pub(super) fn check(root: &Node, expected: ResultType) -> Result<(), CompileError> {
    let Some(actual) = infer(root) else { return Ok(()) };
    let fits = match expected {
        ResultType::Bool => actual == "bool",
        ResultType::Text => actual == "string",
        ResultType::List => actual == "list",
    };
    if fits { Ok(()) } else { Err(CompileError::WrongType { expected, actual }) }
}

/// The type, where it does not depend on the readings.
fn infer(node: &Node) -> Option<&'static str> {
    match node {
        Node::Literal(value) => Some(type_name(value)),
        Node::List(_) => Some("list"),
        Node::Map(_) => Some("map"),
        Node::Has { .. } | Node::Not(_) | Node::Or(_) | Node::And(_) => Some("bool"),
        Node::Field { operand, name } => match operand.as_ref() {
            Node::Name { name: root, .. } if root == "env" => Some("string"),
            Node::Name { name: root, .. } if root == "probes" => Some("map"),
            Node::Field { operand, .. } if matches!(operand.as_ref(), Node::Name { name, .. } if name == "probes") => {
                reading_field(name)
            }
            _ => None,
        },
        Node::Name { name, .. } => match name.as_str() {
            "now" => Some("timestamp"),
            "env" | "probes" => Some("map"),
            _ => None,
        },
        Node::Comprehension(c) => Some(match c.kind {
            Macro::All | Macro::Exists | Macro::ExistsOne => "bool",
            Macro::Filter | Macro::Map => "list",
        }),
        Node::Conditional(parts) => {
            let (yes, no) = (infer(&parts[1])?, infer(&parts[2])?);
            (yes == no).then_some(yes)
        }
        Node::Binary(operator, parts) => infer_binary(*operator, parts),
        Node::Call(call) => infer_call(&call.name),
        Node::Index(_) | Node::Negate(_) => None,
    }
}

fn infer_binary(operator: Binary, parts: &[Node; 2]) -> Option<&'static str> {
    match operator {
        Binary::Add | Binary::Subtract | Binary::Multiply | Binary::Divide | Binary::Modulo => {
            let types: Vec<_> = parts.iter().filter_map(infer).collect();
            let first = *types.first()?;
            let plain = matches!(first, "int" | "double" | "string" | "uint" | "list");
            (plain && types.iter().all(|t| *t == first)).then_some(first)
        }
        _ => Some("bool"),
    }
}

/// Fields of a reading that always have the same type.
fn reading_field(field: &str) -> Option<&'static str> {
    match field {
        "ok" => Some("bool"),
        "error" | "body" => Some("string"),
        "status" | "rowCount" => Some("int"),
        "latency" => Some("double"),
        "headers" | "certificate" => Some("map"),
        "rows" | "answers" => Some("list"),
        _ => None,
    }
}

fn infer_call(function: &str) -> Option<&'static str> {
    match function {
        "contains" | "startsWith" | "endsWith" | "matches" => Some("bool"),
        "size" | "int" | "indexOf" | "lastIndexOf" => Some("int"),
        "double" => Some("double"),
        "string" | "join" | "lowerAscii" | "upperAscii" | "trim" | "substring" => Some("string"),
        "time" | "timestamp" => Some("timestamp"),
        "duration" => Some("duration"),
        "split" | "findAll" => Some("list"),
        _ => None,
    }
}
