//! A compiled expression.

use super::bounds::{self, Bounds};
use super::error::{CompileError, EvalError, type_name};
use super::evaluate::PathRead;
use super::inputs::{Inputs, Item};
use super::limits::{ITEMS_MAX, SOURCE_MAX, STEPS_MAX};
use super::names::References;
use super::shown::Shown;
use super::signature::{ProbeRefs, ResultType, Scope};
use super::syntax::{self, Node};
use super::types::ReadingField;
use super::values::Value;
use super::{evaluate, fields, names, types};
use std::collections::BTreeSet;
use std::hash::{Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Longest string that an expression evaluates to, in bytes. What is shown is shorter, and is cut after secrets are redacted.
const TEXT_MAX: usize = 64 << 10;

/// Most bytes of the texts of a `forEach` list. A key is shorter, and is cut.
const ITEM_TEXTS_MAX: usize = 1 << 20;

/// A compiled expression. Clones share it.
#[derive(Clone, Debug)]
pub struct Expression {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    source: String,
    root: Node,
    probes: ProbeRefs,
    settings: BTreeSet<String>,
    fields: Vec<ReadingField>,
    /// The fields of readings that it can read; `None`: any.
    reads: Option<Vec<fields::Field>>,
    iterates: bool,
    is_cheap: bool,
}

/// Equal are those that share it.
impl PartialEq for Expression {
    fn eq(&self, other: &Expression) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }
}

impl Eq for Expression {}

impl Hash for Expression {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.inner).hash(state);
    }
}

impl Expression {
    /// Parses `source` and checks names, functions, cost, and the type where it is known before evaluation.
    pub fn compile(source: &str, expected: ResultType, scope: Scope) -> Result<Expression, CompileError> {
        if source.len() > SOURCE_MAX {
            return Err(CompileError::TooLong { bytes: source.len() });
        }
        let mut root = syntax::parse(source)?;
        names::resolve_types(&mut root);
        let Bounds { iterates, is_cheap } = bounds::check(&root)?;
        let References { probes, settings } = names::check(source, &root, scope)?;
        let fields = types::check(source, &root, expected)?;
        let reads = fields::of(&root);
        let inner = Inner { source: source.to_string(), root, probes, settings, fields, reads, iterates, is_cheap };
        Ok(Expression { inner: Arc::new(inner) })
    }

    /// The readings that it refers to.
    pub fn probes(&self) -> &ProbeRefs {
        &self.inner.probes
    }

    /// The fields of readings that it names, as `probes.NAME.FIELD`.
    pub fn reading_fields(&self) -> &[ReadingField] {
        &self.inner.fields
    }

    /// Whether it can read this field of the probe's reading.
    pub fn may_read(&self, probe: &str, field: &str) -> bool {
        let is_this = |(of, name): &fields::Field| **of == *probe && **name == *field;
        self.inner.reads.as_ref().is_none_or(|reads| reads.iter().any(is_this))
    }

    /// The settings that it names as `env.NAME`.
    pub fn settings(&self) -> &BTreeSet<String> {
        &self.inner.settings
    }

    /// Whether every part of it takes the same short time, whatever the readings: then it is fast enough to be evaluated on a thread
    /// that also does input and output.
    pub fn is_cheap(&self) -> bool {
        self.inner.is_cheap
    }

    /// The text that it was compiled from.
    pub fn source(&self) -> &str {
        &self.inner.source
    }

    /// Its value as a boolean.
    pub fn evaluate_bool(&self, inputs: &Inputs, item: Option<&Item>) -> Result<bool, EvalError> {
        match self.evaluate(inputs, item)? {
            Value::Bool(value) => Ok(value),
            other => Err(wrong_result_type(ResultType::Bool, &other)),
        }
    }

    /// Its value as a string, cut at 64 KiB.
    pub fn evaluate_text(&self, inputs: &Inputs, item: Option<&Item>) -> Result<String, EvalError> {
        match self.evaluate(inputs, item)? {
            Value::String(value) => Ok(bounded(&value)),
            other => Err(wrong_result_type(ResultType::Text, &other)),
        }
    }

    /// Its value as a list of at most 100 items, in order and without duplicates.
    pub fn evaluate_list(&self, inputs: &Inputs) -> Result<Vec<Item>, EvalError> {
        let list = match self.evaluate(inputs, None)? {
            Value::List(list) => list,
            other => return Err(wrong_result_type(ResultType::List, &other)),
        };
        if list.len() > ITEMS_MAX {
            return Err(EvalError::TooManyItems(list.len()));
        }
        let mut items: Vec<Item> = Vec::with_capacity(list.len());
        let mut bytes = 0;
        for (i, value) in list.iter().enumerate() {
            // Items are copied, and one text may be in the list many times.
            if let Value::String(text) = value {
                if list[..i].iter().any(|known| matches!(known, Value::String(known) if Arc::ptr_eq(known, text))) {
                    continue;
                }
                bytes += text.len();
                if bytes > ITEM_TEXTS_MAX {
                    return Err(EvalError::TooManyBytes);
                }
            }
            let item = Item::new(value).ok_or_else(|| wrong_result_type(ResultType::List, value))?;
            if !items.contains(&item) {
                items.push(item);
            }
        }
        Ok(items)
    }

    /// Its value, for people.
    pub fn evaluate_shown<'i>(&self, inputs: &'i Inputs, item: Option<&Item>) -> Result<Shown<'i>, EvalError> {
        self.evaluate(inputs, item).map(|value| Shown::new(value, inputs))
    }

    /// What an evaluation of it reads: at most `most` paths with their values, in the order of the text. Takes steps as an evaluation
    /// does.
    pub fn reads<'i>(&self, inputs: &'i Inputs, item: Option<&Item>, most: usize) -> Vec<PathRead<'i>> {
        let (root, item) = (&self.inner.root, item.map(Item::value));
        // A panic in a library function only leaves them out.
        catch_unwind(AssertUnwindSafe(|| evaluate::reads(root, inputs, item, most))).unwrap_or_else(|_| {
            inputs.take_steps(STEPS_MAX);
            Vec::new()
        })
    }

    pub(super) fn evaluate(&self, inputs: &Inputs, item: Option<&Item>) -> Result<Value, EvalError> {
        if self.inner.iterates
            && let Some((probe, length)) = inputs.long_list(&self.inner.probes)
        {
            return Err(EvalError::LongList { probe: probe.to_string(), length });
        }
        let (root, item) = (&self.inner.root, item.map(Item::value));
        // A panic in a library function fails one check only.
        catch_unwind(AssertUnwindSafe(|| evaluate::evaluate(root, inputs, item))).unwrap_or_else(|_| {
            // What it did is not known.
            inputs.take_steps(STEPS_MAX);
            Err(EvalError::Panicked)
        })
    }
}

/// `text`, cut at a character boundary at [`TEXT_MAX`] bytes.
fn bounded(text: &str) -> String {
    let mut end = text.len().min(TEXT_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].to_string()
}

fn wrong_result_type(expected: ResultType, actual: &Value) -> EvalError {
    EvalError::WrongResultType { expected, actual: type_name(actual) }
}
