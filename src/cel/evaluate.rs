//! Evaluates the syntax tree of the `cel` crate's parser, as the CEL specification says.
//!
//! That crate's own evaluator yields `false` for a field of a value that is not a map, ends a comprehension at the first item with an
//! error, copies readings, and has no limits. This one returns errors, absorbs them where another operand decides, shares readings,
//! and charges a budget.

use super::budget::Budget;
use super::error::{EvalError, EvalResult};
use super::inputs::Inputs;
use super::patterns::Patterns;
use super::{functions, names, operators};
use kube_cel::cel::common::ast::operators as op;
use kube_cel::cel::common::ast::{CallExpr, ComprehensionExpr, EntryExpr, Expr, IdedExpr, ListExpr, LiteralValue};
use kube_cel::cel::common::ast::{MapExpr, SelectExpr};
use kube_cel::cel::objects::{Key, Map, Value};
use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

/// Evaluates an expression.
pub(super) fn evaluate(root: &IdedExpr, inputs: &Inputs, item: Option<Value>) -> EvalResult {
    Evaluator { inputs, item, bound: Vec::new(), budget: Budget::new(), patterns: Patterns::default() }.value(root)
}

struct Evaluator<'a> {
    inputs: &'a Inputs,
    item: Option<Value>,
    /// Variables of the enclosing comprehensions, the innermost last. An accumulator may hold an error.
    bound: Vec<(&'a str, EvalResult)>,
    budget: Budget,
    patterns: Patterns,
}

impl<'a> Evaluator<'a> {
    fn value(&mut self, node: &'a IdedExpr) -> EvalResult {
        self.budget.step(1)?;
        match &node.expr {
            Expr::Literal(literal) => self.literal(literal),
            Expr::Ident(name) => self.variable(name),
            Expr::Select(select) => self.select(select),
            Expr::Call(call) => self.call(call),
            Expr::List(list) => self.list(list),
            Expr::Map(map) => self.map(map),
            Expr::Comprehension(comprehension) => {
                let before = self.bound.len();
                let result = self.comprehension(comprehension);
                self.bound.truncate(before);
                result
            }
            Expr::Struct(_) | Expr::Unspecified => Err(EvalError::UnknownName("struct".into())),
        }
    }

    fn literal(&mut self, literal: &LiteralValue) -> EvalResult {
        Ok(match literal {
            LiteralValue::Boolean(value) => Value::Bool(*value.inner()),
            LiteralValue::Int(number) => Value::Int(*number.inner()),
            LiteralValue::UInt(number) => Value::UInt(*number.inner()),
            LiteralValue::Double(number) => Value::Float(*number.inner()),
            LiteralValue::Null => Value::Null,
            LiteralValue::String(text) => {
                self.budget.scan(text.inner().len())?;
                Value::String(Arc::new(text.inner().to_string()))
            }
            LiteralValue::Bytes(bytes) => {
                self.budget.scan(bytes.inner().len())?;
                Value::Bytes(Arc::new(bytes.inner().to_vec()))
            }
        })
    }

    fn variable(&self, name: &str) -> EvalResult {
        if let Some((_, value)) = self.bound.iter().rev().find(|(bound, _)| *bound == name) {
            return value.clone();
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

    fn is_settings(&self, node: &IdedExpr) -> bool {
        matches!(&node.expr, Expr::Ident(name) if name == "env" && !self.is_bound(name))
    }

    fn select(&mut self, select: &'a SelectExpr) -> EvalResult {
        let operand = self.value(&select.operand)?;
        if select.test {
            return operators::has(&operand, &select.field).map(Value::Bool);
        }
        operators::field(&operand, &select.field).map_err(|error| match error {
            EvalError::NoSuchKey(name) if self.is_settings(&select.operand) => EvalError::UnsetSetting(name),
            other => other,
        })
    }

    fn index(&mut self, of: &'a IdedExpr, at: &'a IdedExpr) -> EvalResult {
        let container = self.value(of)?;
        let key = self.value(at)?;
        operators::index(&container, &key).map_err(|error| match (&error, &at.expr) {
            // A name that is written in the expression is no secret.
            (EvalError::NoSuchComputedKey, Expr::Literal(LiteralValue::String(name))) if self.is_settings(of) => {
                EvalError::UnsetSetting(name.inner().to_string())
            }
            (EvalError::NoSuchComputedKey, Expr::Literal(LiteralValue::String(name))) => {
                EvalError::NoSuchKey(name.inner().to_string())
            }
            _ => error,
        })
    }

    fn list(&mut self, list: &'a ListExpr) -> EvalResult {
        self.budget.build_list(list.elements.len())?;
        let values: Result<Vec<Value>, EvalError> = list.elements.iter().map(|element| self.value(element)).collect();
        Ok(Value::List(Arc::new(values?)))
    }

    fn map(&mut self, map: &'a MapExpr) -> EvalResult {
        self.budget.build(map.entries.len().saturating_mul(size_of::<(Key, Value)>()))?;
        let mut entries = HashMap::with_capacity(map.entries.len());
        for entry in &map.entries {
            let EntryExpr::MapEntry(entry) = &entry.expr else {
                return Err(EvalError::UnknownName("struct".into()));
            };
            let key = self.value(&entry.key)?;
            let key: Key =
                key.try_into().map_err(|other| EvalError::type_mismatch(&other, &["int", "uint", "bool", "string"]))?;
            let value = self.value(&entry.value)?;
            if entries.insert(key, value).is_some() {
                return Err(EvalError::DuplicateMapKey);
            }
        }
        Ok(Value::Map(Map { map: Arc::new(entries) }))
    }

    fn call(&mut self, call: &'a CallExpr) -> EvalResult {
        let name = call.func_name.as_str();
        match (name, call.args.as_slice()) {
            (op::CONDITIONAL, [condition, yes, no]) => {
                let chosen = if self.condition(condition)? { yes } else { no };
                self.value(chosen)
            }
            (op::LOGICAL_OR, [left, right]) => {
                let left = self.value(left);
                self.either(true, left, right)
            }
            (op::LOGICAL_AND, [left, right]) => {
                let left = self.value(left);
                self.either(false, left, right)
            }
            (op::LOGICAL_NOT, [operand]) => self.condition(operand).map(|value| Value::Bool(!value)),
            (op::NOT_STRICTLY_FALSE, [operand]) => match self.value(operand) {
                Err(error) if error.is_final() => Err(error),
                other => Ok(Value::Bool(other != Ok(Value::Bool(false)))),
            },
            (op::NEGATE, [operand]) => operators::negate(&self.value(operand)?),
            (op::INDEX, [of, at]) => self.index(of, at),
            (op::EQUALS | op::NOT_EQUALS, [left, right]) => {
                let (left, right) = (self.value(left)?, self.value(right)?);
                let equal = operators::equal(&mut self.budget, &left, &right)?;
                Ok(Value::Bool(equal == (name == op::EQUALS)))
            }
            (op::LESS | op::LESS_EQUALS | op::GREATER | op::GREATER_EQUALS, [left, right]) => {
                let (left, right) = (self.value(left)?, self.value(right)?);
                self.ordered(name, &left, &right)
            }
            (op::IN, [item, container]) => {
                let (item, container) = (self.value(item)?, self.value(container)?);
                operators::is_in(&mut self.budget, &item, &container).map(Value::Bool)
            }
            (op::ADD | op::SUBSTRACT | op::MULTIPLY | op::DIVIDE | op::MODULO, [left, right]) => {
                let (left, right) = (self.value(left)?, self.value(right)?);
                operators::arithmetic(&mut self.budget, name, left, right)
            }
            _ => self.function(call),
        }
    }

    fn condition(&mut self, node: &'a IdedExpr) -> Result<bool, EvalError> {
        boolean(self.value(node)?)
    }

    fn ordered(&mut self, name: &str, left: &Value, right: &Value) -> EvalResult {
        let (sign, fits): (_, fn(Ordering) -> bool) = match name {
            op::LESS => ("<", Ordering::is_lt),
            op::LESS_EQUALS => ("<=", Ordering::is_le),
            op::GREATER => (">", Ordering::is_gt),
            _ => (">=", Ordering::is_ge),
        };
        let order = operators::compare(&mut self.budget, sign, left, right)?;
        Ok(Value::Bool(order.is_some_and(fits)))
    }

    /// `||` where `decides` is true, `&&` where it is false: one operand with that value decides, even if the other is an error.
    fn either(&mut self, decides: bool, left: EvalResult, right: &'a IdedExpr) -> EvalResult {
        let left = left.and_then(boolean);
        match &left {
            Ok(value) if *value == decides => return Ok(Value::Bool(decides)),
            Err(error) if error.is_final() => return Err(error.clone()),
            _ => {}
        }
        match (left, self.value(right).and_then(boolean)) {
            (_, Ok(value)) if value == decides => Ok(Value::Bool(decides)),
            (_, Err(error)) if error.is_final() => Err(error),
            (Err(error), _) | (Ok(_), Err(error)) => Err(error),
            (Ok(_), Ok(_)) => Ok(Value::Bool(!decides)),
        }
    }

    fn comprehension(&mut self, c: &'a ComprehensionExpr) -> EvalResult {
        let range = self.value(&c.iter_range)?;
        let items = self.items(&range)?;
        let mut accumulated = self.value(&c.accu_init);
        let before = self.bound.len();
        for item in items.iter() {
            if !self.continues(c, &accumulated)? {
                break;
            }
            self.bound.push((&c.iter_var, Ok(item.clone())));
            accumulated = self.step(&c.loop_step, &c.accu_var, accumulated);
            self.bound.truncate(before);
            if let Err(error) = &accumulated
                && error.is_final()
            {
                return accumulated;
            }
        }
        self.bound.push((&c.accu_var, accumulated));
        self.value(&c.result)
    }

    /// The range of a comprehension: the items of a list, or the sorted keys of a map.
    fn items(&mut self, range: &Value) -> Result<Arc<Vec<Value>>, EvalError> {
        match range {
            Value::List(list) => Ok(list.clone()),
            Value::Map(map) => {
                let keys = operators::sorted_keys(&mut self.budget, map)?;
                self.budget.build_list(keys.len())?;
                Ok(Arc::new(keys.into_iter().map(Value::from).collect()))
            }
            other => Err(EvalError::type_mismatch(other, &["list", "map"])),
        }
    }

    /// Whether a comprehension evaluates its next item.
    fn continues(&mut self, c: &'a ComprehensionExpr, accumulated: &EvalResult) -> Result<bool, EvalError> {
        if let Expr::Literal(LiteralValue::Boolean(always)) = &c.loop_cond.expr {
            // map, filter and exists_one absorb no errors.
            return accumulated.as_ref().map(|_| *always.inner()).map_err(EvalError::clone);
        }
        self.bound.push((&c.accu_var, accumulated.clone()));
        let continues = self.condition(&c.loop_cond);
        self.bound.pop();
        continues
    }

    /// One step of a comprehension. The accumulator is moved and not shared, so that a list grows in place.
    fn step(&mut self, node: &'a IdedExpr, accu: &'a str, accumulated: EvalResult) -> EvalResult {
        self.budget.step(1)?;
        let is_accu = |node: &IdedExpr| matches!(&node.expr, Expr::Ident(name) if name == accu);
        if is_accu(node) {
            return accumulated;
        }
        if let Expr::Call(call) = &node.expr {
            match (call.func_name.as_str(), call.args.as_slice()) {
                (op::CONDITIONAL, [condition, yes, no]) => {
                    let chosen = if self.condition(condition)? { yes } else { no };
                    return self.step(chosen, accu, accumulated);
                }
                (op::ADD, [left, right]) if is_accu(left) => {
                    let right = self.value(right)?;
                    return operators::add(&mut self.budget, accumulated?, right);
                }
                (op::LOGICAL_OR, [left, right]) if is_accu(left) => return self.either(true, accumulated, right),
                (op::LOGICAL_AND, [left, right]) if is_accu(left) => return self.either(false, accumulated, right),
                _ => {}
            }
        }
        self.bound.push((accu, accumulated));
        let result = self.value(node);
        self.bound.pop();
        result
    }

    fn function(&mut self, call: &'a CallExpr) -> EvalResult {
        let mut args = Vec::with_capacity(call.args.len() + 1);
        let mut namespace = None;
        match call.target.as_deref().map(|target| (&target.expr, target)) {
            Some((Expr::Ident(name), _)) if names::NAMESPACES.contains(&name.as_str()) && !self.is_bound(name) => {
                namespace = Some(name.as_str());
            }
            Some((_, target)) => args.push(self.value(target)?),
            None => {}
        }
        for arg in &call.args {
            args.push(self.value(arg)?);
        }
        let is_method = call.target.is_some() && namespace.is_none();
        let name = functions::Name { namespace, name: &call.func_name, is_method };
        functions::call(&mut self.budget, &mut self.patterns, name, args)
    }
}

fn boolean(value: Value) -> Result<bool, EvalError> {
    match value {
        Value::Bool(value) => Ok(value),
        other => Err(EvalError::type_mismatch(&other, &["bool"])),
    }
}
