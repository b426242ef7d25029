//! Versions as semver.org writes them: `semver` and what it offers.

use crate::cel::budget::Budget;
use crate::cel::error::{EvalError, EvalResult};
use crate::cel::operators::compare_versions;
use crate::cel::values::{Object, Value};
use semver::Version;
use std::sync::Arc;

/// Longest text that is read as a version, in bytes.
const TEXT_MAX: usize = 8192;
/// Steps charged for reading or comparing, besides those for the length.
const STEPS: usize = 8;

/// Calls the function of this name; `None` where there is none for these arguments.
pub(super) fn call(budget: &mut Budget, name: &str, args: &[Value]) -> Option<EvalResult> {
    match (name, args) {
        ("semver" | "isSemver", [Value::String(text)]) => Some(read(budget, name, text, false)),
        ("semver" | "isSemver", [Value::String(text), Value::Bool(normalize)]) => {
            Some(read(budget, name, text, *normalize))
        }
        (_, [Value::Object(Object::Version(version))]) => {
            let part = match name {
                "major" => version.major,
                "minor" => version.minor,
                "patch" => version.patch,
                _ => return None,
            };
            Some(i64::try_from(part).map(Value::Int).map_err(|_| EvalError::function(name)))
        }
        (_, [Value::Object(Object::Version(a)), Value::Object(Object::Version(b))]) => {
            let mut order = || compare_versions(budget, a, b);
            Some(match name {
                "compareTo" => order().map(|order| Value::Int(order as i64)),
                "isLessThan" => order().map(|order| Value::Bool(order.is_lt())),
                "isGreaterThan" => order().map(|order| Value::Bool(order.is_gt())),
                _ => return None,
            })
        }
        _ => None,
    }
}

fn read(budget: &mut Budget, name: &str, text: &str, normalize: bool) -> EvalResult {
    if text.len() > TEXT_MAX {
        return Err(EvalError::function(name));
    }
    budget.step(STEPS)?;
    budget.search(4 * text.len())?;
    budget.build_text(4 * text.len())?;
    let version = if normalize { normalized(text).and_then(|text| parse(&text)) } else { parse(text) };
    match name {
        "isSemver" => Ok(Value::Bool(version.is_some())),
        _ => {
            let version = version.ok_or_else(|| EvalError::function(name))?;
            Ok(Value::Object(Object::Version(Arc::new(version))))
        }
    }
}

fn parse(text: &str) -> Option<Version> {
    let version = Version::parse(text).ok()?;
    // Kubernetes reads numbers in the pre-release as 64 bits.
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let fits = version.pre.split('.').all(|part| !is_number(part) || part.parse::<u64>().is_ok());
    fits.then_some(version)
}

/// Without a leading `v` and leading zeros, and with the numbers that are missing.
fn normalized(text: &str) -> Option<String> {
    let text = text.strip_prefix('v').unwrap_or(text);
    let mut parts: Vec<String> = text.splitn(3, '.').map(without_zeros).collect();
    if parts.len() < 3 && parts.last().is_some_and(|last| last.contains(['+', '-'])) {
        return None;
    }
    parts.resize(3, "0".into());
    Some(parts.join("."))
}

fn without_zeros(part: &str) -> String {
    if part.len() < 2 {
        return part.to_string();
    }
    let rest = part.trim_start_matches('0');
    if rest.starts_with(|c: char| c.is_ascii_digit()) { rest.to_string() } else { format!("0{rest}") }
}
