//! Evaluates what the library parsed, as the CEL specification says.
//!
//! The library's own evaluator takes a field of what is no map for `false`, stops a list at the first item that errs, copies
//! readings, and can't be bounded. This one gives errors, absorbs them where another operand decides, shares readings, and counts.

use super::budget::Budget;
use super::fault::Fault;
use super::inputs::Inputs;
use super::{functions, names, operators};
use kube_cel::cel::common::ast::operators as op;
use kube_cel::cel::common::ast::{CallExpr, ComprehensionExpr, EntryExpr, Expr, IdedExpr, ListExpr, LiteralValue};
use kube_cel::cel::common::ast::{MapExpr, SelectExpr};
use kube_cel::cel::objects::{Key, Map, Value};
use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

/// A value, or why there is none.
pub(super) type Outcome = Result<Value, Fault>;

/// Evaluates a whole expression.
pub(super) fn evaluate(root: &IdedExpr, inputs: &Inputs, item: Option<Value>) -> Outcome {
    Evaluator { inputs, item, bound: Vec::new(), budget: Budget::new() }.value(root)
}

struct Evaluator<'a> {
    inputs: &'a Inputs,
    item: Option<Value>,
    /// Variables of the comprehensions around, the innermost last. What a comprehension adds up may be an error.
    bound: Vec<(&'a str, Outcome)>,
    budget: Budget,
}

impl<'a> Evaluator<'a> {
    fn value(&mut self, part: &'a IdedExpr) -> Outcome {
        self.budget.step(1)?;
        match &part.expr {
            Expr::Literal(literal) => self.literal(literal),
            Expr::Ident(name) => self.variable(name),
            Expr::Select(select) => self.select(select),
            Expr::Call(call) => self.call(call),
            Expr::List(list) => self.list(list),
            Expr::Map(map) => self.map(map),
            Expr::Comprehension(comprehension) => {
                let before = self.bound.len();
                let outcome = self.comprehension(comprehension);
                self.bound.truncate(before);
                outcome
            }
            Expr::Struct(_) | Expr::Unspecified => Err(Fault::Unknown("struct".into())),
        }
    }

    fn literal(&mut self, literal: &LiteralValue) -> Outcome {
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

    fn variable(&self, name: &str) -> Outcome {
        if let Some((_, outcome)) = self.bound.iter().rev().find(|(bound, _)| *bound == name) {
            return outcome.clone();
        }
        let known = match name {
            "item" => self.item.clone(),
            other => self.inputs.variable(other),
        };
        known.ok_or_else(|| Fault::Unknown(name.to_string()))
    }

    fn is_bound(&self, name: &str) -> bool {
        self.bound.iter().any(|(bound, _)| *bound == name)
    }

    fn is_settings(&self, part: &IdedExpr) -> bool {
        matches!(&part.expr, Expr::Ident(name) if name == "env" && !self.is_bound(name))
    }

    fn select(&mut self, select: &'a SelectExpr) -> Outcome {
        let operand = self.value(&select.operand)?;
        if select.test {
            return operators::has(&operand, &select.field).map(Value::Bool);
        }
        operators::field(&operand, &select.field).map_err(|fault| match fault {
            Fault::NoSuchKey(name) if self.is_settings(&select.operand) => Fault::UnsetSetting(name),
            other => other,
        })
    }

    fn index(&mut self, of: &'a IdedExpr, at: &'a IdedExpr) -> Outcome {
        let container = self.value(of)?;
        let key = self.value(at)?;
        operators::index(&container, &key).map_err(|fault| match (&fault, &at.expr) {
            // A name that stands in the expression may be told.
            (Fault::NoSuchValueKey, Expr::Literal(LiteralValue::String(name))) if self.is_settings(of) => {
                Fault::UnsetSetting(name.inner().to_string())
            }
            (Fault::NoSuchValueKey, Expr::Literal(LiteralValue::String(name))) => {
                Fault::NoSuchKey(name.inner().to_string())
            }
            _ => fault,
        })
    }

    fn list(&mut self, list: &'a ListExpr) -> Outcome {
        self.budget.build_list(list.elements.len())?;
        let values: Result<Vec<Value>, Fault> = list.elements.iter().map(|element| self.value(element)).collect();
        Ok(Value::List(Arc::new(values?)))
    }

    fn map(&mut self, map: &'a MapExpr) -> Outcome {
        self.budget.build(map.entries.len().saturating_mul(size_of::<(Key, Value)>()))?;
        let mut entries = HashMap::with_capacity(map.entries.len());
        for entry in &map.entries {
            let EntryExpr::MapEntry(entry) = &entry.expr else { return Err(Fault::Unknown("struct".into())) };
            let key = self.value(&entry.key)?;
            let key: Key = key.try_into().map_err(|other| Fault::kind(&other, "int, uint, bool or string"))?;
            let value = self.value(&entry.value)?;
            if entries.insert(key, value).is_some() {
                return Err(Fault::DoubledKey);
            }
        }
        Ok(Value::Map(Map { map: Arc::new(entries) }))
    }

    fn call(&mut self, call: &'a CallExpr) -> Outcome {
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
            (op::LOGICAL_NOT, [part]) => self.condition(part).map(|value| Value::Bool(!value)),
            (op::NOT_STRICTLY_FALSE, [part]) => match self.value(part) {
                Err(fault) if fault.is_final() => Err(fault),
                other => Ok(Value::Bool(other != Ok(Value::Bool(false)))),
            },
            (op::NEGATE, [part]) => operators::negate(&self.value(part)?),
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

    fn condition(&mut self, part: &'a IdedExpr) -> Result<bool, Fault> {
        match self.value(part)? {
            Value::Bool(value) => Ok(value),
            other => Err(Fault::kind(&other, "bool")),
        }
    }

    fn ordered(&mut self, name: &str, left: &Value, right: &Value) -> Outcome {
        let (sign, fits): (_, fn(Ordering) -> bool) = match name {
            op::LESS => ("<", Ordering::is_lt),
            op::LESS_EQUALS => ("<=", Ordering::is_le),
            op::GREATER => (">", Ordering::is_gt),
            _ => (">=", Ordering::is_ge),
        };
        let order = operators::compare(&mut self.budget, sign, left, right)?;
        Ok(Value::Bool(order.is_some_and(fits)))
    }

    /// `||` where `decides` is true, `&&` where it is false: one operand that decides is enough, whatever the other one is.
    fn either(&mut self, decides: bool, left: Outcome, right: &'a IdedExpr) -> Outcome {
        let left = left.and_then(boolean);
        match &left {
            Ok(value) if *value == decides => return Ok(Value::Bool(decides)),
            Err(fault) if fault.is_final() => return Err(fault.clone()),
            _ => {}
        }
        match (left, self.value(right).and_then(boolean)) {
            (_, Ok(value)) if value == decides => Ok(Value::Bool(decides)),
            (_, Err(fault)) if fault.is_final() => Err(fault),
            (Err(fault), _) | (Ok(_), Err(fault)) => Err(fault),
            (Ok(_), Ok(_)) => Ok(Value::Bool(!decides)),
        }
    }

    fn comprehension(&mut self, c: &'a ComprehensionExpr) -> Outcome {
        let range = self.value(&c.iter_range)?;
        let items = self.items(&range)?;
        let mut accumulated = self.value(&c.accu_init);
        let before = self.bound.len();
        for item in items.iter() {
            if !self.goes_on(c, &accumulated)? {
                break;
            }
            self.bound.push((&c.iter_var, Ok(item.clone())));
            accumulated = self.step(&c.loop_step, &c.accu_var, accumulated);
            self.bound.truncate(before);
            if let Err(fault) = &accumulated
                && fault.is_final()
            {
                return accumulated;
            }
        }
        self.bound.push((&c.accu_var, accumulated));
        self.value(&c.result)
    }

    /// What is gone over: the items of a list, or the keys of a map in their order.
    fn items(&mut self, range: &Value) -> Result<Arc<Vec<Value>>, Fault> {
        match range {
            Value::List(list) => Ok(list.clone()),
            Value::Map(map) => {
                let keys = operators::sorted_keys(&mut self.budget, map)?;
                self.budget.build_list(keys.len())?;
                Ok(Arc::new(keys.into_iter().map(Value::from).collect()))
            }
            other => Err(Fault::kind(other, "list or map")),
        }
    }

    /// Whether a comprehension looks at its next item.
    fn goes_on(&mut self, c: &'a ComprehensionExpr, accumulated: &Outcome) -> Result<bool, Fault> {
        if let Expr::Literal(LiteralValue::Boolean(always)) = &c.loop_cond.expr {
            // Nothing absorbs an error in map, filter and exists_one.
            return accumulated.as_ref().map(|_| *always.inner()).map_err(Fault::clone);
        }
        self.bound.push((&c.accu_var, accumulated.clone()));
        let goes_on = self.condition(&c.loop_cond);
        self.bound.pop();
        goes_on
    }

    /// One step of a comprehension. What it adds up is handed on and not shared, so that a list grows where it is.
    fn step(&mut self, part: &'a IdedExpr, accu: &'a str, accumulated: Outcome) -> Outcome {
        self.budget.step(1)?;
        let is_accu = |part: &IdedExpr| matches!(&part.expr, Expr::Ident(name) if name == accu);
        if is_accu(part) {
            return accumulated;
        }
        if let Expr::Call(call) = &part.expr {
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
        let outcome = self.value(part);
        self.bound.pop();
        outcome
    }

    fn function(&mut self, call: &'a CallExpr) -> Outcome {
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
        functions::call(&mut self.budget, functions::Name { namespace, name: &call.func_name, is_method }, args)
    }
}

fn boolean(value: Value) -> Result<bool, Fault> {
    match value {
        Value::Bool(value) => Ok(value),
        other => Err(Fault::kind(&other, "bool")),
    }
}
