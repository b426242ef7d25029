//! The type of an expression, as far as it is known before evaluation.

use super::error::CompileError;
use super::signature::ResultType;
use kube_cel::cel::common::ast::{Expr, IdedExpr, LiteralValue};

/// Rejects an expression whose type is known and is not the expected one.
pub(super) fn check(root: &IdedExpr, expected: ResultType) -> Result<(), CompileError> {
    let Some(actual) = infer(root) else { return Ok(()) };
    let fits = match expected {
        ResultType::Bool => actual == "bool",
        ResultType::Text => actual == "string",
        ResultType::List => actual == "list",
    };
    if fits { Ok(()) } else { Err(CompileError::WrongType { expected, actual }) }
}

/// The type, where it does not depend on the readings.
fn infer(node: &IdedExpr) -> Option<&'static str> {
    match &node.expr {
        Expr::Literal(literal) => Some(match literal {
            LiteralValue::Boolean(_) => "bool",
            LiteralValue::Bytes(_) => "bytes",
            LiteralValue::Double(_) => "double",
            LiteralValue::Int(_) => "int",
            LiteralValue::Null => "null",
            LiteralValue::String(_) => "string",
            LiteralValue::UInt(_) => "uint",
        }),
        Expr::List(_) => Some("list"),
        Expr::Map(_) => Some("map"),
        Expr::Select(select) if select.test => Some("bool"),
        Expr::Select(select) => match &select.operand.expr {
            Expr::Ident(root) if root == "env" => Some("string"),
            Expr::Ident(root) if root == "probes" => Some("map"),
            Expr::Select(probe) if matches!(&probe.operand.expr, Expr::Ident(root) if root == "probes") => {
                reading_field(&select.field)
            }
            _ => None,
        },
        Expr::Ident(name) => match name.as_str() {
            "now" => Some("timestamp"),
            "env" | "probes" => Some("map"),
            _ => None,
        },
        // The accumulator of exists_one is a count, and its result a boolean.
        Expr::Comprehension(c) => infer(&c.accu_init).filter(|name| *name != "int"),
        Expr::Call(call) => infer_call(&call.func_name, &call.args),
        Expr::Struct(_) | Expr::Unspecified => None,
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

fn infer_call(function: &str, args: &[IdedExpr]) -> Option<&'static str> {
    match function {
        "_&&_"
        | "_||_"
        | "!_"
        | "_==_"
        | "_!=_"
        | "_<_"
        | "_<=_"
        | "_>_"
        | "_>=_"
        | "@in"
        | "@not_strictly_false"
        | "contains"
        | "startsWith"
        | "endsWith"
        | "matches" => Some("bool"),
        "_?_:_" => {
            let (yes, no) = (infer(args.get(1)?)?, infer(args.get(2)?)?);
            (yes == no).then_some(yes)
        }
        "_+_" | "_-_" | "_*_" | "_/_" | "_%_" => {
            let types: Vec<_> = args.iter().filter_map(infer).collect();
            let first = *types.first()?;
            let plain = matches!(first, "int" | "double" | "string" | "uint" | "list");
            (plain && types.iter().all(|t| *t == first)).then_some(first)
        }
        "size" | "int" | "indexOf" | "lastIndexOf" => Some("int"),
        "double" => Some("double"),
        "string" | "join" | "lowerAscii" | "upperAscii" | "trim" | "substring" => Some("string"),
        "time" | "timestamp" => Some("timestamp"),
        "duration" => Some("duration"),
        "split" | "findAll" => Some("list"),
        _ => None,
    }
}
