//! The macros that iterate.

use super::verdict::Verdict;
use super::{Evaluator, as_key};
use crate::cel::error::{EvalError, EvalResult};
use crate::cel::functions;
use crate::cel::operators;
use crate::cel::syntax::{Comprehension, Macro};
use crate::cel::values::{Key, Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a macro iterates over.
enum Range {
    List(Arc<Vec<Value>>),
    /// With the sorted keys, since the order of the map itself differs from run to run.
    Map(Map, Vec<Value>),
}

impl Range {
    fn len(&self) -> usize {
        match self {
            Range::List(items) => items.len(),
            Range::Map(_, keys) => keys.len(),
        }
    }

    /// What the only variable holds.
    fn item(&self, at: usize) -> Value {
        let items = match self {
            Range::List(items) => items.as_slice(),
            Range::Map(_, keys) => keys.as_slice(),
        };
        items.get(at).cloned().unwrap_or(Value::Null)
    }

    /// What two variables hold.
    fn pair(&self, at: usize) -> (Value, Value) {
        match self {
            Range::List(_) => (Value::size(at), self.item(at)),
            Range::Map(map, _) => {
                let key = self.item(at);
                let value = Key::try_from(key.clone()).ok().and_then(|key| map.get_exactly((&key).into()).cloned());
                (key, value.unwrap_or(Value::Null))
            }
        }
    }
}

impl<'a> Evaluator<'a> {
    pub(super) fn comprehension(&mut self, c: &'a Comprehension) -> EvalResult {
        let range = self.value(&c.range)?;
        let range = self.range(range)?;
        match c.kind {
            Macro::All | Macro::Exists => {
                let mut verdict = Verdict::new(c.kind == Macro::Exists);
                for at in 0..range.len() {
                    let result = self.at(c, &range, at, |this| this.condition(&c.body));
                    if verdict.add(result)? {
                        break;
                    }
                }
                verdict.result()
            }
            // The others absorb no errors.
            Macro::ExistsOne => {
                let mut count = 0;
                for at in 0..range.len() {
                    count += usize::from(self.at(c, &range, at, |this| this.condition(&c.body))?);
                }
                Ok(Value::Bool(count == 1))
            }
            Macro::Filter => {
                let kept = self.collect(c, &range, |this, at| Ok(this.condition(&c.body)?.then(|| range.item(at))))?;
                Ok(Value::List(Arc::new(kept)))
            }
            Macro::Map => {
                self.collect(c, &range, |this, _| this.value(&c.body).map(Some)).map(|v| Value::List(Arc::new(v)))
            }
            Macro::SortBy => {
                let keys = self.collect(c, &range, |this, _| this.value(&c.body).map(Some))?;
                let Range::List(items) = &range else { return Err(EvalError::function("sortBy")) };
                functions::sort_by(&mut self.budget, items, &keys)
            }
            Macro::TransformMap | Macro::TransformMapEntry => self.transform_map(c, &range),
        }
    }

    /// What each item gives for which the condition is true.
    fn collect(
        &mut self,
        c: &'a Comprehension,
        range: &Range,
        give: impl Fn(&mut Self, usize) -> Result<Option<Value>, EvalError>,
    ) -> Result<Vec<Value>, EvalError> {
        self.budget.build_list(0)?;
        let mut values = Vec::new();
        for at in 0..range.len() {
            let value = self.at(c, range, at, |this| if this.is_chosen(c)? { give(this, at) } else { Ok(None) })?;
            if let Some(value) = value {
                self.budget.push()?;
                values.push(value);
            }
        }
        Ok(values)
    }

    fn transform_map(&mut self, c: &'a Comprehension, range: &Range) -> EvalResult {
        self.budget.build_map(0)?;
        let mut map = BTreeMap::new();
        for at in 0..range.len() {
            let value = self
                .at(c, range, at, |this| if this.is_chosen(c)? { this.value(&c.body).map(Some) } else { Ok(None) })?;
            match (c.kind, value) {
                (_, None) => {}
                (Macro::TransformMap, Some(value)) => self.insert(&mut map, range.pair(at).0, value)?,
                (_, Some(Value::Map(entries))) => {
                    for key in operators::sorted_keys(&mut self.budget, &entries)? {
                        if let Some(value) = entries.get_exactly(key.into()) {
                            self.insert(&mut map, Value::from(key), value.clone())?;
                        }
                    }
                }
                (_, Some(other)) => return Err(EvalError::type_mismatch(&other, &["map"])),
            }
        }
        Ok(Value::Map(Map::new(map)))
    }

    fn insert(&mut self, map: &mut BTreeMap<Key, Value>, key: Value, value: Value) -> Result<(), EvalError> {
        operators::charge_key(&mut self.budget, &key)?;
        // A table grows by doubling.
        self.budget.build_map(2)?;
        match map.insert(as_key(key)?, value) {
            Some(_) => Err(EvalError::DuplicateMapKey),
            None => Ok(()),
        }
    }

    fn is_chosen(&mut self, c: &'a Comprehension) -> Result<bool, EvalError> {
        c.condition.as_ref().map_or(Ok(true), |condition| self.condition(condition))
    }

    /// Evaluates for one item of a range.
    fn at<T>(
        &mut self,
        c: &'a Comprehension,
        range: &Range,
        at: usize,
        evaluate: impl FnOnce(&mut Self) -> Result<T, EvalError>,
    ) -> Result<T, EvalError> {
        self.budget.step(1)?;
        let Some(second) = &c.second else { return self.with(&c.variable, range.item(at), evaluate) };
        self.budget.step(1)?;
        let (first, value) = range.pair(at);
        operators::charge_key(&mut self.budget, &first)?;
        self.with(&c.variable, first, |this| this.with(second, value, evaluate))
    }

    fn range(&mut self, range: Value) -> Result<Range, EvalError> {
        match range {
            Value::List(list) => Ok(Range::List(list)),
            Value::Map(map) => {
                self.budget.build_list(map.len())?;
                let keys = operators::sorted_keys(&mut self.budget, &map)?.into_iter().map(Value::from).collect();
                Ok(Range::Map(map, keys))
            }
            other => Err(EvalError::type_mismatch(&other, &["list", "map"])),
        }
    }
}
