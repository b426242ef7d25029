//! Rejects expressions of the wrong type, parts that cannot give a value, and literals that a function does not accept.

use super::infer::{Inference, literal_text};
use super::readings::ReadingField;
use crate::cel::budget::Budget;
use crate::cel::error::{CompileError, EvalError};
use crate::cel::functions::{self, Name, signatures};
use crate::cel::limits::{CostError, STEPS_MAX};
use crate::cel::patterns::{PatternError, Patterns};
use crate::cel::signature::ResultType;
use crate::cel::syntax::{Call, Expr, Node, Place};
use crate::cel::values::{Timestamp, Type, Value};

/// Functions that read a text, and do so without anything else.
const READERS: [&str; 13] = [
    "bool",
    "cidr",
    "daysUntil",
    "double",
    "duration",
    "int",
    "ip",
    "quantity",
    "semver",
    "time",
    "timestamp",
    "uint",
    "url",
];

/// Rejects an expression whose type is known and is not the expected one, and such parts of it. Gives the fields of readings that it
/// refers to.
pub(in crate::cel) fn check(
    source: &str,
    root: &Node,
    expected: ResultType,
) -> Result<Vec<ReadingField>, CompileError> {
    let mut inference = Inference::new(source);
    let actual = inference.node(root)?;
    let fits = actual.fits(match expected {
        ResultType::Bool => Type::Bool,
        ResultType::Text => Type::String,
        ResultType::List => Type::LIST,
        ResultType::Any => Type::Dyn,
    });
    if !fits {
        return Err(CompileError::WrongType { expected, actual: actual.shown() });
    }
    let fields = inference.fields;
    Literals { source, budget: Budget::new(STEPS_MAX), patterns: Patterns::default() }.node(root)?;
    Ok(fields)
}

/// Calls functions with literals, as an evaluation does.
struct Literals<'a> {
    source: &'a str,
    budget: Budget,
    patterns: Patterns,
}

impl Literals<'_> {
    fn node(&mut self, node: &Node) -> Result<(), CompileError> {
        if let Expr::Call(call) = &node.expr {
            self.call(call)?;
        }
        node.each_child(|inner| self.node(inner))
    }

    fn call(&mut self, call: &Call) -> Result<(), CompileError> {
        let name = call.name.as_str();
        let place = |node: &Node| Place::of(self.source, node.at.into());
        if matches!(name, "matches" | "find" | "findAll") {
            let args: Vec<&Node> = call.target.as_deref().into_iter().chain(&call.args).collect();
            let Some((pattern, text)) = args.get(1).and_then(|arg| Some((*arg, literal_text(arg)?))) else {
                return Ok(());
            };
            let at = place(pattern);
            return match self.patterns.check(&mut self.budget, text) {
                Ok(()) => Ok(()),
                Err(PatternError::Invalid) => Err(literal(name, text, at)),
                Err(PatternError::TooLarge) => Err(CompileError::PatternTooLarge { place: at }),
            };
        }
        if let ("format", Some(target), [Node { expr: Expr::List(values), .. }]) = (name, &call.target, &call.args[..])
            && let Some(format) = literal_text(target)
            && values.iter().all(|value| !value.optional)
            && functions::format_clauses(format) != Some(values.len())
        {
            return Err(literal(name, format, place(target)));
        }
        if call.target.is_some() || !READERS.contains(&name) {
            return Ok(());
        }
        let [first, rest @ ..] = call.args.as_slice() else { return Ok(()) };
        let Some(text) = literal_text(first) else { return Ok(()) };
        let mut args = vec![Value::text(text)];
        for arg in rest {
            let Expr::Literal(value) = &arg.expr else { return Ok(()) };
            args.push(value.clone());
        }
        let at = place(first);
        let now = Value::Timestamp(Timestamp::EPOCH);
        let name = Name { namespace: None, name };
        match functions::call(&mut self.budget, &mut self.patterns, Some(&now), name, &args) {
            Err(EvalError::Function(_)) => Err(literal(name.name, text, at)),
            Err(error) if error.is_final() => Err(CompileError::TooCostly(CostError::TooManyLiterals)),
            _ => Ok(()),
        }
    }
}

fn literal(function: &str, text: &str, place: Place) -> CompileError {
    let text = text.chars().take(80).collect();
    CompileError::Literal { function: function.to_string(), text, place }
}

/// Whether a function of this name may be called.
pub(in crate::cel) fn is_function(namespace: Option<&str>, name: &str) -> bool {
    signatures::of(namespace, name).next().is_some()
}
