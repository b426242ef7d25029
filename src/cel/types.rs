//! The type of an expression, as far as it can be told before it runs.

use super::{CompileError, Want};
use kube_cel::cel::common::ast::{Expr, IdedExpr, LiteralValue};

/// Refuses an expression that can only be of another type than is wanted.
pub(super) fn check(root: &IdedExpr, want: Want) -> Result<(), CompileError> {
    let Some(is) = infer(root) else { return Ok(()) };
    let fits = match want {
        Want::Bool => is == "bool",
        Want::Text => is == "string",
        Want::List => is == "list",
    };
    if fits { Ok(()) } else { Err(CompileError::WrongType { want, is }) }
}

/// The type, where readings have no say in it.
fn infer(part: &IdedExpr) -> Option<&'static str> {
    match &part.expr {
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
        // exists_one counts as it goes, and gives a boolean in the end.
        Expr::Comprehension(c) => infer(&c.accu_init).filter(|is| *is != "int"),
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
