//! Evaluates a syntax tree, as the CEL specification says.
//!
//! The evaluator of the `cel` crate yields `false` for a field of a value that is not a map, ends a comprehension at the first item
//! with an error, copies readings, and has no limits. This one returns errors, absorbs them where another operand decides, shares
//! readings, and charges a budget before it does the work.

mod comprehension;
mod reads;
mod verdict;

pub use reads::PathRead;
pub(super) use reads::reads;

use super::budget::Budget;
use super::error::{EvalError, EvalResult};
use super::inputs::Inputs;
use super::limits::STEPS_MAX;
use super::patterns::Patterns;
use super::syntax::{Bind, Binding, Call, Element, Entry, Expr, Node};
use super::values::{Key, Map, Value};
use super::{arithmetic, functions, operators};
use std::collections::BTreeMap;
use std::sync::Arc;
use verdict::Verdict;

/// Evaluates an expression, and takes its steps from those that are left to the run.
pub(super) fn evaluate(root: &Node, inputs: &Inputs, item: Option<Value>) -> EvalResult {
    let budget = Budget::new(inputs.steps_left());
    let allowed = budget.steps();
    let mut evaluator = Evaluator { inputs, item, bound: Vec::new(), budget, patterns: Patterns::default() };
    let result = evaluator.value(root);
    inputs.take_steps(allowed - evaluator.budget.steps());
    match result {
        Err(EvalError::TooManySteps) if allowed < STEPS_MAX => {
            // The next ones find nothing left: which check is the first one that is unknown does not depend on its successors.
            inputs.take_steps(usize::MAX);
            Err(EvalError::TooManyStepsInRun(inputs.steps_max()))
        }
        other => other,
    }
}

struct Evaluator<'a> {
    inputs: &'a Inputs,
    item: Option<Value>,
    /// Variables of the enclosing comprehensions, the innermost last.
    bound: Vec<(&'a str, Value)>,
    budget: Budget,
    patterns: Patterns,
}

impl<'a> Evaluator<'a> {
    fn value(&mut self, node: &'a Node) -> EvalResult {
        self.budget.step(1)?;
        match &node.expr {
            Expr::Literal(value) => Ok(value.clone()),
            Expr::Name { name, root } => self.variable(name, *root),
            Expr::Field { operand, name, optional } => self.field(operand, name, *optional),
            Expr::Has { operand, name } => {
                let operand = self.value(operand)?;
                operators::has(&mut self.budget, &operand, name).map(Value::Bool)
            }
            Expr::Index { parts, optional } => self.index(&parts[0], &parts[1], *optional),
            Expr::Not(operand) => self.condition(operand).map(|value| Value::Bool(!value)),
            Expr::Negate(operand) => arithmetic::negate(&self.value(operand)?),
            Expr::Binary(operator, parts) => {
                let (left, right) = (self.value(&parts[0])?, self.value(&parts[1])?);
                operators::binary(&mut self.budget, *operator, left, right)
            }
            Expr::Or(operands) => self.either(true, operands),
            Expr::And(operands) => self.either(false, operands),
            Expr::Conditional(parts) => {
                let [condition, yes, no] = parts.as_ref();
                let chosen = if self.condition(condition)? { yes } else { no };
                self.value(chosen)
            }
            Expr::List(elements) => self.list(elements),
            Expr::Map(entries) => self.map(entries),
            Expr::Call(call) => self.function(call),
            Expr::Comprehension(comprehension) => self.comprehension(comprehension),
            Expr::Bind(bind) => self.bind(bind),
        }
    }

    /// `root`: not a variable of a macro.
    fn variable(&self, name: &str, root: bool) -> EvalResult {
        if !root && let Some((_, value)) = self.bound.iter().rev().find(|(bound, _)| *bound == name) {
            return Ok(value.clone());
        }
        let value = match name {
            "item" => self.item.clone(),
            other => self.inputs.variable(other),
        };
        value.ok_or_else(|| EvalError::UnknownName(name.to_string()))
    }

    fn is_bound(&self, name: &str) -> bool {
        self.bound.iter().any(|(bound, _)| *bound == name)
    }

    fn is_settings(&self, node: &Node) -> bool {
        matches!(&node.expr, Expr::Name { name, root } if name == "env" && (*root || !self.is_bound(name)))
    }

    fn field(&mut self, operand: &'a Node, name: &str, optional: bool) -> EvalResult {
        let value = self.value(operand)?;
        if optional {
            return operators::optional_field(&mut self.budget, &value, name);
        }
        operators::field(&mut self.budget, &value, name).map_err(|error| match error {
            EvalError::NoSuchKey(name) if self.is_settings(operand) => EvalError::UnsetSetting(name),
            other => other,
        })
    }

    fn index(&mut self, of: &'a Node, at: &'a Node, optional: bool) -> EvalResult {
        let container = self.value(of)?;
        let key = self.value(at)?;
        if optional {
            return operators::optional_index(&mut self.budget, &container, &key);
        }
        operators::index(&mut self.budget, &container, &key).map_err(|error| match (&error, &at.expr) {
            // A name that is written in the expression is no secret.
            (EvalError::NoSuchComputedKey, Expr::Literal(Value::String(name))) if self.is_settings(of) => {
                EvalError::UnsetSetting(name.to_string())
            }
            (EvalError::NoSuchComputedKey, Expr::Literal(Value::String(name))) => {
                EvalError::NoSuchKey(name.to_string())
            }
            _ => error,
        })
    }

    fn list(&mut self, elements: &'a [Element]) -> EvalResult {
        self.budget.build_list(elements.len())?;
        let mut values = Vec::with_capacity(elements.len());
        for Element { optional, value } in elements {
            values.extend(present(*optional, self.value(value)?)?);
        }
        Ok(Value::List(Arc::new(values)))
    }

    fn map(&mut self, entries: &'a [Entry]) -> EvalResult {
        self.budget.build_map(entries.len())?;
        let mut map = BTreeMap::new();
        for Entry { optional, parts: [key, value] } in entries {
            let key = self.value(key)?;
            operators::charge_key(&mut self.budget, &key)?;
            let key = as_key(key)?;
            if let Some(value) = present(*optional, self.value(value)?)?
                && map.insert(key, value).is_some()
            {
                return Err(EvalError::DuplicateMapKey);
            }
        }
        Ok(Value::Map(Map::new(map)))
    }

    fn bind(&mut self, bind: &'a Bind) -> EvalResult {
        let value = self.value(&bind.value)?;
        if bind.kind == Binding::Value {
            return self.with(&bind.variable, value, |this| this.value(&bind.body));
        }
        let inner = match value {
            Value::Optional(Some(inner)) => Value::clone(&inner),
            Value::Optional(None) => return Ok(Value::Optional(None)),
            other => return Err(EvalError::type_mismatch(&other, &["optional"])),
        };
        let result = self.with(&bind.variable, inner, |this| this.value(&bind.body))?;
        match (bind.kind, result) {
            (Binding::FlatOptional, result @ Value::Optional(_)) => Ok(result),
            (Binding::FlatOptional, other) => Err(EvalError::type_mismatch(&other, &["optional"])),
            (_, result) => self.budget.build_object().map(|()| Value::some(result)),
        }
    }

    /// Evaluates with a further variable.
    fn with<T>(
        &mut self,
        name: &'a str,
        value: Value,
        evaluate: impl FnOnce(&mut Self) -> Result<T, EvalError>,
    ) -> Result<T, EvalError> {
        self.bound.push((name, value));
        let result = evaluate(self);
        self.bound.pop();
        result
    }

    fn condition(&mut self, node: &'a Node) -> Result<bool, EvalError> {
        match self.value(node)? {
            Value::Bool(value) => Ok(value),
            other => Err(EvalError::type_mismatch(&other, &["bool"])),
        }
    }

    /// `||` where `decides` is true, `&&` where it is false.
    fn either(&mut self, decides: bool, operands: &'a [Node]) -> EvalResult {
        let mut verdict = Verdict::new(decides);
        for operand in operands {
            let result = self.condition(operand);
            if verdict.add(result)? {
                break;
            }
        }
        verdict.result()
    }

    fn function(&mut self, call: &'a Call) -> EvalResult {
        let mut args = Vec::with_capacity(call.args.len() + 1);
        let mut namespace = None;
        match call.target.as_deref() {
            Some(Node { expr: Expr::Name { name, root }, .. })
                if functions::signatures::is_namespace(name) && (*root || !self.is_bound(name)) =>
            {
                namespace = Some(name.as_str());
            }
            Some(target) => args.push(self.value(target)?),
            None => {}
        }
        for arg in &call.args {
            args.push(self.value(arg)?);
        }
        let name = functions::Name { namespace, name: &call.name };
        functions::call(&mut self.budget, &mut self.patterns, Some(self.inputs.now()), name, &args)
    }
}

/// A value as the key of a map.
fn as_key(value: Value) -> Result<Key, EvalError> {
    value.try_into().map_err(|other| EvalError::type_mismatch(&other, &["int", "uint", "bool", "string"]))
}

/// The value of an item or entry; `None` where it is optional and empty.
fn present(optional: bool, value: Value) -> Result<Option<Value>, EvalError> {
    match (optional, value) {
        (false, value) => Ok(Some(value)),
        (true, Value::Optional(inner)) => Ok(inner.map(|inner| Value::clone(&inner))),
        (true, other) => Err(EvalError::type_mismatch(&other, &["optional"])),
    }
}
