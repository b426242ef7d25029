//! Evaluates a syntax tree, as the CEL specification says.
//!
//! The evaluator of the `cel` crate yields `false` for a field of a value that is not a map, ends a comprehension at the first item
//! with an error, copies readings, and has no limits. This one returns errors, absorbs them where another operand decides, shares
//! readings, and charges a budget before it does the work.

use super::budget::Budget;
use super::error::{EvalError, EvalResult};
use super::inputs::Inputs;
use super::limits::STEPS_MAX;
use super::patterns::Patterns;
use super::syntax::{Call, Comprehension, Macro, Node};
use super::{functions, names, operators};
use kube_cel::cel::objects::{Key, Map, Value};
use std::collections::HashMap;
use std::sync::Arc;

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
        match node {
            Node::Literal(value) => Ok(value.clone()),
            Node::Name { name, root } => self.variable(name, *root),
            Node::Field { operand, name } => self.field(operand, name),
            Node::Has { operand, name } => {
                let operand = self.value(operand)?;
                operators::has(&mut self.budget, &operand, name).map(Value::Bool)
            }
            Node::Index(parts) => self.index(&parts[0], &parts[1]),
            Node::Not(operand) => self.condition(operand).map(|value| Value::Bool(!value)),
            Node::Negate(operand) => operators::negate(&self.value(operand)?),
            Node::Binary(operator, parts) => {
                let (left, right) = (self.value(&parts[0])?, self.value(&parts[1])?);
                operators::binary(&mut self.budget, *operator, left, right)
            }
            Node::Or(operands) => self.either(true, operands),
            Node::And(operands) => self.either(false, operands),
            Node::Conditional(parts) => {
                let [condition, yes, no] = parts.as_ref();
                let chosen = if self.condition(condition)? { yes } else { no };
                self.value(chosen)
            }
            Node::List(elements) => self.list(elements),
            Node::Map(entries) => self.map(entries),
            Node::Call(call) => self.function(call),
            Node::Comprehension(comprehension) => self.comprehension(comprehension),
        }
    }

    /// `root`: not a variable of a comprehension.
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
        matches!(node, Node::Name { name, root } if name == "env" && (*root || !self.is_bound(name)))
    }

    fn field(&mut self, operand: &'a Node, name: &str) -> EvalResult {
        let value = self.value(operand)?;
        operators::field(&mut self.budget, &value, name).map_err(|error| match error {
            EvalError::NoSuchKey(name) if self.is_settings(operand) => EvalError::UnsetSetting(name),
            other => other,
        })
    }

    fn index(&mut self, of: &'a Node, at: &'a Node) -> EvalResult {
        let container = self.value(of)?;
        let key = self.value(at)?;
        operators::index(&mut self.budget, &container, &key).map_err(|error| match (&error, at) {
            // A name that is written in the expression is no secret.
            (EvalError::NoSuchComputedKey, Node::Literal(Value::String(name))) if self.is_settings(of) => {
                EvalError::UnsetSetting(name.to_string())
            }
            (EvalError::NoSuchComputedKey, Node::Literal(Value::String(name))) => {
                EvalError::NoSuchKey(name.to_string())
            }
            _ => error,
        })
    }

    fn list(&mut self, elements: &'a [Node]) -> EvalResult {
        self.budget.build_list(elements.len())?;
        let values: Result<Vec<Value>, EvalError> = elements.iter().map(|element| self.value(element)).collect();
        Ok(Value::List(Arc::new(values?)))
    }

    fn map(&mut self, entries: &'a [[Node; 2]]) -> EvalResult {
        self.budget.build_map(entries.len())?;
        let mut map = HashMap::with_capacity(entries.len());
        for [key, value] in entries {
            let key = self.value(key)?;
            operators::charge_key(&mut self.budget, &key)?;
            let key: Key =
                key.try_into().map_err(|other| EvalError::type_mismatch(&other, &["int", "uint", "bool", "string"]))?;
            let value = self.value(value)?;
            if map.insert(key, value).is_some() {
                return Err(EvalError::DuplicateMapKey);
            }
        }
        Ok(Value::Map(Map { map: Arc::new(map) }))
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

    fn comprehension(&mut self, c: &'a Comprehension) -> EvalResult {
        let range = self.value(&c.range)?;
        let items = self.items(&range)?;
        match c.kind {
            Macro::All | Macro::Exists => {
                let mut verdict = Verdict::new(c.kind == Macro::Exists);
                for item in items.iter() {
                    let result = self.with(c, item, |this| this.condition(&c.body));
                    if verdict.add(result)? {
                        break;
                    }
                }
                verdict.result()
            }
            // These absorb no errors.
            Macro::ExistsOne => {
                let mut count = 0;
                for item in items.iter() {
                    count += usize::from(self.with(c, item, |this| this.condition(&c.body))?);
                }
                Ok(Value::Bool(count == 1))
            }
            Macro::Filter | Macro::Map => {
                self.budget.build_list(0)?;
                let mut values = Vec::new();
                for item in items.iter() {
                    let value = self.with(c, item, |this| this.mapped(c, item))?;
                    if let Some(value) = value {
                        self.budget.push()?;
                        values.push(value);
                    }
                }
                Ok(Value::List(Arc::new(values)))
            }
        }
    }

    /// One step of `filter` and `map`: `None` where the item is left out.
    fn mapped(&mut self, c: &'a Comprehension, item: &Value) -> Result<Option<Value>, EvalError> {
        if c.kind == Macro::Filter {
            return Ok(self.condition(&c.body)?.then(|| item.clone()));
        }
        match &c.condition {
            Some(condition) if !self.condition(condition)? => Ok(None),
            _ => self.value(&c.body).map(Some),
        }
    }

    /// Evaluates for one item of a range.
    fn with<T>(
        &mut self,
        c: &'a Comprehension,
        item: &Value,
        evaluate: impl FnOnce(&mut Self) -> Result<T, EvalError>,
    ) -> Result<T, EvalError> {
        self.budget.step(1)?;
        self.bound.push((&c.variable, item.clone()));
        let result = evaluate(self);
        self.bound.pop();
        result
    }

    /// The range of a comprehension: the items of a list, or the sorted keys of a map.
    fn items(&mut self, range: &Value) -> Result<Arc<Vec<Value>>, EvalError> {
        match range {
            Value::List(list) => Ok(list.clone()),
            Value::Map(map) => {
                self.budget.build_list(map.map.len())?;
                let keys = operators::sorted_keys(&mut self.budget, map)?;
                Ok(Arc::new(keys.into_iter().map(Value::from).collect()))
            }
            other => Err(EvalError::type_mismatch(other, &["list", "map"])),
        }
    }

    fn function(&mut self, call: &'a Call) -> EvalResult {
        let mut args = Vec::with_capacity(call.args.len() + 1);
        let mut namespace = None;
        match call.target.as_deref() {
            Some(Node::Name { name, root })
                if names::NAMESPACES.contains(&name.as_str()) && (*root || !self.is_bound(name)) =>
            {
                namespace = Some(name.as_str());
            }
            Some(target) => args.push(self.value(target)?),
            None => {}
        }
        for arg in &call.args {
            args.push(self.value(arg)?);
        }
        let is_method = call.target.is_some() && namespace.is_none();
        let name = functions::Name { namespace, name: &call.name, is_method };
        functions::call(&mut self.budget, &mut self.patterns, name, args)
    }
}

/// What several conditions give together: one with the value that decides is enough, whether or not others are errors.
struct Verdict {
    decides: bool,
    decided: bool,
    /// Of the conditions so far.
    error: Option<EvalError>,
}

impl Verdict {
    fn new(decides: bool) -> Verdict {
        Verdict { decides, decided: false, error: None }
    }

    /// Whether the conditions so far decide; an error where the budget is used up.
    fn add(&mut self, condition: Result<bool, EvalError>) -> Result<bool, EvalError> {
        match condition {
            Ok(value) => self.decided |= value == self.decides,
            Err(error) if error.is_final() => return Err(error),
            Err(error) => {
                self.error.get_or_insert(error);
            }
        }
        Ok(self.decided)
    }

    fn result(self) -> EvalResult {
        match self.error {
            Some(error) if !self.decided => Err(error),
            _ => Ok(Value::Bool(self.decides == self.decided)),
        }
    }
}
