//! A compiled expression.

use super::bounds::{self, Bounds};
use super::error::{CompileError, EvalError, SyntaxError, type_name};
use super::inputs::{Inputs, Item};
use super::limits::{ITEMS_MAX, SOURCE_MAX};
use super::signature::{ProbeRefs, ResultType, Scope};
use super::{evaluate, names, types};
use kube_cel::cel::Program;
use kube_cel::cel::objects::Value;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Longest string that an expression evaluates to, in bytes. What is shown is shorter, and is cut after secrets are redacted.
const TEXT_MAX: usize = 64 << 10;
/// The parser recurses, so it runs on a thread with a stack of this size, in bytes.
const PARSER_STACK: usize = 64 << 20;

/// A compiled expression. Clones share it.
#[derive(Clone, Debug)]
pub struct Expression {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    source: String,
    program: Program,
    probes: ProbeRefs,
    settings: BTreeSet<String>,
    iterates: bool,
}

impl Expression {
    /// Parses `source` and checks names, functions, cost, and the type where it is known before evaluation.
    pub fn compile(source: &str, expected: ResultType, scope: Scope) -> Result<Expression, CompileError> {
        if source.len() > SOURCE_MAX {
            return Err(CompileError::TooLong { bytes: source.len() });
        }
        bounds::check_nesting(source)?;
        let text = source.to_string();
        // Dropping a deep tree recurses, too, so all of this runs on the large stack.
        let work = move || -> Result<Inner, CompileError> {
            let program = catch_unwind(|| Program::compile(&text))
                .map_err(|_| CompileError::Syntax(SyntaxError::ParserPanicked))?
                .map_err(|e| CompileError::Syntax(SyntaxError::Parser(e.to_string().trim().replace('\n', " "))))?;
            let Bounds { iterates } = bounds::check(program.expression())?;
            let references = names::check(program.expression(), scope)?;
            types::check(program.expression(), expected)?;
            Ok(Inner { source: text, program, probes: references.probes, settings: references.settings, iterates })
        };
        let thread = std::thread::Builder::new().name("cel-compile".into()).stack_size(PARSER_STACK).spawn(work);
        let compiled = thread.map_err(|e| CompileError::Syntax(SyntaxError::NoThread(e.to_string())))?.join();
        let inner = compiled.map_err(|_| CompileError::Syntax(SyntaxError::ParserPanicked))??;
        Ok(Expression { inner: Arc::new(inner) })
    }

    /// The readings that it refers to.
    pub fn probes(&self) -> &ProbeRefs {
        &self.inner.probes
    }

    /// The settings that it names as `env.NAME`.
    pub fn settings(&self) -> &BTreeSet<String> {
        &self.inner.settings
    }

    /// Whether it iterates over no list: then it is fast enough to be evaluated on a thread that also does input and output.
    pub fn is_cheap(&self) -> bool {
        !self.inner.iterates
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
        for value in list.iter() {
            let item = Item::new(value).ok_or_else(|| wrong_result_type(ResultType::List, value))?;
            if !items.contains(&item) {
                items.push(item);
            }
        }
        Ok(items)
    }

    pub(super) fn evaluate(&self, inputs: &Inputs, item: Option<&Item>) -> Result<Value, EvalError> {
        if self.inner.iterates
            && let Some((probe, length)) = inputs.long_list(&self.inner.probes)
        {
            return Err(EvalError::LongList { probe: probe.to_string(), length });
        }
        let (root, item) = (self.inner.program.expression(), item.map(Item::value));
        // A panic in a library function fails one check only.
        catch_unwind(AssertUnwindSafe(|| evaluate::evaluate(root, inputs, item))).unwrap_or(Err(EvalError::Panicked))
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
