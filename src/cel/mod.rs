//! The checks' CEL: compiled once when a Scenario changes, bounded in cost before it runs, evaluated over the readings of a run.
//!
//! `cel` parses, and Kubernetes' extension libraries from `kube-cel` are called; [`evaluate`] does the rest as the specification
//! says. There is no clock to interrupt it, so [`bounds`] refuses whatever could cost too much, and [`budget`] counts.

mod bounds;
mod budget;
mod evaluate;
mod fault;
mod functions;
mod inputs;
mod names;
mod operators;
mod patterns;
mod time;
mod types;

#[cfg(test)]
mod tests;

pub use inputs::{Inputs, Item, ReadingInput};

use bounds::Bounds;
use fault::{Fault, kind};
use kube_cel::cel::Program;
use kube_cel::cel::objects::Value;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Longest text of an expression, in bytes.
pub const SOURCE_MAX: usize = 4096;
/// Most items of a `forEach` list.
pub const ITEMS_MAX: usize = 100;
/// Longest text that an expression gives, in bytes. What people see is shorter, and cut after secrets are blanked out.
const TEXT_MAX: usize = 64 << 10;
/// The parser recurses: it gets a stack of its own.
const PARSER_STACK: usize = 64 << 20;

/// What an expression is to give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Want {
    Bool,
    Text,
    /// A list of strings or numbers.
    List,
}

impl Want {
    fn as_str(self) -> &'static str {
        match self {
            Want::Bool => "boolean",
            Want::Text => "a string",
            Want::List => "a list of strings or numbers",
        }
    }
}

/// What an expression may refer to besides `probes`, `env` and `now`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Scope {
    /// Whether `item` is there: in a check with `forEach`.
    pub item: bool,
}

/// The readings that an expression refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProbeRefs {
    /// It takes `probes` as a whole, or a name that it works out.
    All,
    Named(BTreeSet<String>),
}

/// Why an expression is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CompileError {
    #[error("{0} bytes of CEL: at most {SOURCE_MAX}")]
    TooLong(usize),
    #[error("CEL does not compile: {0}")]
    Syntax(String),
    #[error("{name:?} is not known here: there is {known}")]
    UnknownName { name: String, known: &'static str },
    #[error("function {0:?} is not known")]
    UnknownFunction(String),
    #[error("must be {want}, is {is}", want = .want.as_str())]
    WrongType { want: Want, is: &'static str },
    #[error("could cost too much: {0}")]
    TooCostly(String),
}

/// Why an expression gave nothing. Never tells values: they may be secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvalError {
    #[error("setting {0} is not set")]
    UnsetSetting(String),
    #[error("{0}")]
    Failed(String),
    #[error("gave {is}, not {want}", want = .want.as_str())]
    WrongType { want: Want, is: String },
    #[error("{0} items: at most {ITEMS_MAX}")]
    TooManyItems(usize),
    #[error("probe {probe} has a list of {length} items: checks go over at most {max}", max = inputs::LIST_MAX)]
    LongList { probe: String, length: usize },
}

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
    comprehends: bool,
}

impl Expression {
    /// Parses and checks `source`: names, functions, cost, and the type as far as it can be told before it runs.
    pub fn compile(source: &str, want: Want, scope: Scope) -> Result<Expression, CompileError> {
        if source.len() > SOURCE_MAX {
            return Err(CompileError::TooLong(source.len()));
        }
        bounds::check_nesting(source)?;
        let text = source.to_string();
        // Dropping a deep tree recurses, too, so all of it happens on the big stack.
        let work = move || -> Result<Inner, CompileError> {
            let program = catch_unwind(|| Program::compile(&text))
                .map_err(|_| CompileError::Syntax("the parser gave up".into()))?
                .map_err(|e| CompileError::Syntax(e.to_string().trim().replace('\n', " ")))?;
            let Bounds { comprehends } = bounds::check(program.expression())?;
            let found = names::check(program.expression(), scope)?;
            types::check(program.expression(), want)?;
            Ok(Inner { source: text, program, probes: found.probes, settings: found.settings, comprehends })
        };
        let thread = std::thread::Builder::new().name("cel-compile".into()).stack_size(PARSER_STACK).spawn(work);
        let compiled = thread.map_err(|e| CompileError::Syntax(e.to_string()))?.join();
        let inner = compiled.map_err(|_| CompileError::Syntax("the parser gave up".into()))??;
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

    /// Whether it goes over no list: then it may run beside input and output.
    pub fn is_cheap(&self) -> bool {
        !self.inner.comprehends
    }

    /// The text that it was compiled from.
    pub fn source(&self) -> &str {
        &self.inner.source
    }

    /// Its value as a boolean.
    pub fn evaluate_bool(&self, inputs: &Inputs, item: Option<&Item>) -> Result<bool, EvalError> {
        match self.evaluate(inputs, item)? {
            Value::Bool(value) => Ok(value),
            other => Err(wrong_type(Want::Bool, &other)),
        }
    }

    /// Its value as a text, cut at 64 KiB.
    pub fn evaluate_text(&self, inputs: &Inputs, item: Option<&Item>) -> Result<String, EvalError> {
        match self.evaluate(inputs, item)? {
            Value::String(value) => Ok(bounded(&value)),
            other => Err(wrong_type(Want::Text, &other)),
        }
    }

    /// Its value as a list of at most 100 items, each once, in order.
    pub fn evaluate_list(&self, inputs: &Inputs) -> Result<Vec<Item>, EvalError> {
        let Value::List(list) = self.evaluate(inputs, None)? else {
            return Err(EvalError::WrongType { want: Want::List, is: "something else".into() });
        };
        if list.len() > ITEMS_MAX {
            return Err(EvalError::TooManyItems(list.len()));
        }
        let mut items: Vec<Item> = Vec::with_capacity(list.len());
        for value in list.iter() {
            let item = Item::new(value).ok_or_else(|| wrong_type(Want::List, value))?;
            if !items.contains(&item) {
                items.push(item);
            }
        }
        Ok(items)
    }

    fn evaluate(&self, inputs: &Inputs, item: Option<&Item>) -> Result<Value, EvalError> {
        if self.inner.comprehends
            && let Some((probe, length)) = inputs.long_list(&self.inner.probes)
        {
            return Err(EvalError::LongList { probe: probe.to_string(), length });
        }
        let (root, item) = (self.inner.program.expression(), item.map(Item::value));
        // A panic in a library that it calls is one check's trouble.
        match catch_unwind(AssertUnwindSafe(|| evaluate::evaluate(root, inputs, item))) {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(Fault::UnsetSetting(name))) => Err(EvalError::UnsetSetting(name)),
            Ok(Err(fault)) => Err(EvalError::Failed(fault.to_string())),
            Err(_) => Err(EvalError::Failed("the evaluation broke off".into())),
        }
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

fn wrong_type(want: Want, is: &Value) -> EvalError {
    EvalError::WrongType { want, is: kind(is).to_string() }
}
