//! The check language against the specification and against Kubernetes.

mod kubernetes;
mod specification;

use agentic_ops::cel::{Environment, Expression, Inputs, ReadingInput, ResultType, Scope};
use agentic_ops::domain::texts::{Language, compilation, evaluation};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What came of an expression, as `agentic-ops check` names it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Outcome {
    Pass,
    Fail,
    Unknown(String),
    Refused(String),
}

impl Outcome {
    fn is_error(&self) -> bool {
        matches!(self, Outcome::Unknown(_) | Outcome::Refused(_))
    }

    /// The outcome, and why.
    fn shown(&self) -> String {
        match self {
            Outcome::Pass => "pass".into(),
            Outcome::Fail => "fail".into(),
            Outcome::Unknown(why) => format!("unknown: {why}"),
            Outcome::Refused(why) => format!("refused: {why}"),
        }
    }
}

/// Evaluates an expression over an http reading of probe `a` with these fields, at noon of 2026-11-23.
fn evaluate(expression: &str, fields: &Map<String, Value>) -> Outcome {
    let compiled = match Expression::compile(expression, ResultType::Bool, Scope { item: false }) {
        Ok(compiled) => compiled,
        Err(error) => return Outcome::Refused(compilation(Language::English, &error)),
    };
    let reading = ReadingInput { fields, error: "", latency: Duration::from_millis(12) };
    let settings = Environment::from(BTreeMap::from([("IDS".to_string(), "112,122".to_string())]));
    let now = "2026-11-23T12:00:00Z".parse().unwrap();
    match compiled.evaluate_bool(&Inputs::new([("a", reading)], &settings, now, 1 << 40), None) {
        Ok(true) => Outcome::Pass,
        Ok(false) => Outcome::Fail,
        Err(error) => Outcome::Unknown(evaluation(Language::English, &error)),
    }
}

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cel").join(name)
}

/// Differences on purpose. A line has the name of a test, where `*` stands for anything, the beginning of the outcome, and the reason.
struct Explained {
    lines: Vec<[String; 3]>,
    used: BTreeSet<usize>,
}

impl Explained {
    fn read(name: &str) -> Explained {
        let text = std::fs::read_to_string(path(name)).unwrap();
        let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
        let parts = |line: &str| {
            let parts: Vec<String> = line.splitn(3, " | ").map(String::from).collect();
            <[String; 3]>::try_from(parts).unwrap_or_else(|_| panic!("{name}: {line}"))
        };
        Explained { lines: lines.map(parts).collect(), used: BTreeSet::new() }
    }

    fn explains(&mut self, test: &str, outcome: &str) -> bool {
        let fits = |[glob, beginning, _]: &[String; 3]| is_like(glob, test) && outcome.starts_with(beginning.as_str());
        let found = self.lines.iter().position(fits);
        self.used.extend(found);
        found.is_some()
    }

    /// Each line must explain something.
    fn assert_all_used(&self) {
        let unused: Vec<_> = (0..self.lines.len()).filter(|i| !self.used.contains(i)).map(|i| &self.lines[i]).collect();
        assert!(unused.is_empty(), "these explain nothing: {unused:?}");
    }
}

/// Whether a text is like a pattern in which `*` stands for any text.
fn is_like(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => text.strip_prefix(start).is_some_and(|text| {
            let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
            ends.into_iter().any(|at| is_like(rest, &text[at..]))
        }),
    }
}
