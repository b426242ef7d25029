//! What an evaluation reads: paths such as `probes.api.status`, with their values.

use super::Evaluator;
use crate::cel::budget::Budget;
use crate::cel::error::{EvalError, EvalResult};
use crate::cel::inputs::Inputs;
use crate::cel::operators;
use crate::cel::patterns::Patterns;
use crate::cel::shown::Shown;
use crate::cel::syntax::{Binary, Expr, Node};
use crate::cel::types::literal_text;
use crate::cel::values::Value;

/// What people can look up: a path into readings, settings, the item or the time of the run.
pub struct PathRead<'i> {
    /// As the expression has it.
    pub path: String,
    /// The value, or why there is none.
    pub value: Result<Shown<'i>, EvalError>,
    /// Whether the expression only asks whether it is there, or cannot mean all of it: all readings, all settings, one reading or its
    /// headers.
    pub is_whole: bool,
}

/// The paths that are read up to the operand that decides, each once, and at most `most` of them.
pub(in crate::cel) fn reads<'i>(
    root: &Node,
    inputs: &'i Inputs,
    item: Option<Value>,
    most: usize,
) -> Vec<PathRead<'i>> {
    let budget = Budget::new(inputs.steps_left());
    let allowed = budget.steps();
    let evaluator = Evaluator { inputs, item, bound: Vec::new(), budget, patterns: Patterns::default() };
    let mut reads = Reads { evaluator, inputs, bound: Vec::new(), found: Vec::new(), most };
    reads.node(root);
    inputs.take_steps(allowed - reads.evaluator.budget.steps());
    reads.found
}

struct Reads<'a, 'i> {
    evaluator: Evaluator<'a>,
    inputs: &'i Inputs,
    /// Variables of the enclosing macros, which have no values here.
    bound: Vec<&'a str>,
    found: Vec<PathRead<'i>>,
    most: usize,
}

/// How the last step of a path is read.
enum Last<'a> {
    /// The path is this node.
    Node(&'a Node),
    /// A field of this node.
    Field(&'a Node, &'a str),
    /// A key of this node: the container and the key.
    Key(&'a Node, &'a Node),
}

impl<'a> Reads<'a, '_> {
    fn node(&mut self, node: &'a Node) {
        if let Some(path) = self.path(node) {
            self.add(path, &Last::Node(node));
            return self.keys(node);
        }
        match &node.expr {
            Expr::Has { operand, name } => match self.path(operand) {
                Some(path) => {
                    self.add(format!("{path}.{name}"), &Last::Field(operand, name));
                    self.keys(operand);
                }
                None => self.node(operand),
            },
            Expr::Binary(Binary::In, parts) => self.membership(&parts[0], &parts[1]),
            Expr::And(operands) => self.operands(operands, false),
            Expr::Or(operands) => self.operands(operands, true),
            Expr::Conditional(parts) => {
                let [condition, yes, no] = parts.as_ref();
                self.node(condition);
                match self.condition(condition) {
                    Some(true) => self.node(yes),
                    Some(false) => self.node(no),
                    None => [yes, no].into_iter().for_each(|part| self.node(part)),
                }
            }
            Expr::Comprehension(c) => {
                self.node(&c.range);
                let outer = self.bound.len();
                self.bound.extend(c.variables());
                c.condition.iter().chain([&c.body]).for_each(|inner| self.node(inner));
                self.bound.truncate(outer);
            }
            Expr::Bind(bind) => {
                self.node(&bind.value);
                self.bound.push(&bind.variable);
                self.node(&bind.body);
                self.bound.pop();
            }
            _ => {
                let visited: Result<(), std::convert::Infallible> = node.each_child(|inner| {
                    self.node(inner);
                    Ok(())
                });
                visited.unwrap_or(());
            }
        }
    }

    /// `key in container`: of a map, only this key.
    fn membership(&mut self, key: &'a Node, container: &'a Node) {
        let of_map = self.path(container).filter(|_| matches!(self.evaluated(container), Some(Value::Map(_))));
        match (of_map, self.key(key)) {
            (Some(path), Some(text)) => {
                self.add(format!("{path}[{text}]"), &Last::Key(container, key));
                self.node(key);
            }
            _ => [key, container].into_iter().for_each(|part| self.node(part)),
        }
    }

    /// The operands up to the one that decides.
    fn operands(&mut self, operands: &'a [Node], decides: bool) {
        for operand in operands {
            self.node(operand);
            if self.condition(operand) == Some(decides) {
                break;
            }
        }
    }

    /// The value of a condition; `None` where it has none, or it depends on variables of macros.
    fn condition(&mut self, node: &'a Node) -> Option<bool> {
        match self.evaluated(node) {
            Some(Value::Bool(value)) => Some(value),
            _ => None,
        }
    }

    fn evaluated(&mut self, node: &'a Node) -> Option<Value> {
        if self.bound.is_empty() { self.evaluator.value(node).ok() } else { None }
    }

    /// The text of a path from a variable on; `None` where the node is none, or it depends on a variable of a macro.
    fn path(&self, node: &Node) -> Option<String> {
        match &node.expr {
            Expr::Name { name, root } => {
                let is_variable = matches!(name.as_str(), "probes" | "env" | "now" | "item");
                (is_variable && (*root || !self.bound.contains(&name.as_str()))).then(|| name.clone())
            }
            Expr::Field { operand, name, .. } => self.path(operand).map(|path| format!("{path}.{name}")),
            Expr::Index { parts, .. } => {
                let (path, key) = (self.path(&parts[0])?, self.key(&parts[1])?);
                Some(format!("{path}[{key}]"))
            }
            _ => None,
        }
    }

    /// The text of a key: a literal, or a path.
    fn key(&self, node: &Node) -> Option<String> {
        match &node.expr {
            Expr::Literal(Value::String(text)) => serde_json::to_string(text.as_str()).ok(),
            Expr::Literal(Value::Int(number)) => Some(number.to_string()),
            Expr::Literal(Value::UInt(number)) => Some(format!("{number}u")),
            Expr::Literal(Value::Bool(flag)) => Some(flag.to_string()),
            _ => self.path(node),
        }
    }

    /// The paths within a path: those of its keys.
    fn keys(&mut self, path: &'a Node) {
        match &path.expr {
            Expr::Field { operand, .. } => self.keys(operand),
            Expr::Index { parts, .. } => {
                self.keys(&parts[0]);
                self.node(&parts[1]);
            }
            _ => {}
        }
    }

    fn add(&mut self, path: String, last: &Last<'a>) {
        let is_whole = match last {
            Last::Node(node) => match &node.expr {
                Expr::Name { name, .. } => matches!(name.as_str(), "probes" | "env"),
                Expr::Field { operand, name, .. } => is_whole(operand, Some(name)),
                Expr::Index { parts, .. } => is_whole(&parts[0], literal_text(&parts[1])),
                _ => false,
            },
            Last::Field(..) => true,
            Last::Key(container, key) => is_whole(container, literal_text(key)),
        };
        if let Some(known) = self.found.iter_mut().find(|known| known.path == path) {
            known.is_whole &= is_whole;
            return;
        }
        if self.found.len() >= self.most {
            return;
        }
        let value = self.value(last).map(|value| Shown::new(value, self.inputs));
        self.found.push(PathRead { path, value, is_whole });
    }

    fn value(&mut self, last: &Last<'a>) -> EvalResult {
        let value = match last {
            Last::Node(node) => self.evaluator.value(node),
            Last::Field(operand, name) => {
                let operand = self.evaluator.value(operand)?;
                operators::field(&mut self.evaluator.budget, &operand, name)
            }
            Last::Key(container, key) => {
                let (container, key) = (self.evaluator.value(container)?, self.evaluator.value(key)?);
                operators::index(&mut self.evaluator.budget, &container, &key)
            }
        }?;
        match value {
            Value::Optional(None) => Err(EvalError::NoSuchComputedKey),
            value => Ok(value),
        }
    }
}

/// Whether this field is a reading, or the headers of one; `None` where it is computed.
fn is_whole(of: &Node, field: Option<&str>) -> bool {
    let is_probes = |node: &Node| matches!(&node.expr, Expr::Name { name, .. } if name == "probes");
    let is_reading = match &of.expr {
        Expr::Field { operand, .. } => is_probes(operand),
        Expr::Index { parts, .. } => is_probes(&parts[0]),
        _ => false,
    };
    is_probes(of) || (is_reading && field.is_none_or(|field| field == "headers"))
}
