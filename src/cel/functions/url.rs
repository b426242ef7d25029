//! URLs as Kubernetes reads them, with Go's parser: `url` and what it offers. Nothing is normalized but the case of the scheme.

use crate::cel::budget::Budget;
use crate::cel::error::{EvalError, EvalResult};
use crate::cel::values::{Key, Map, Object, Url, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Longest text that is read as a URL, in bytes.
const TEXT_MAX: usize = 8192;
/// Steps charged for a call, besides those for the length.
const STEPS: usize = 8;

/// Calls the function of this name; `None` where there is none for these arguments.
pub(super) fn call(budget: &mut Budget, name: &str, args: &[Value]) -> Option<EvalResult> {
    match (name, args) {
        ("url" | "isURL", [Value::String(text)]) => Some(read(budget, name, text)),
        (_, [Value::Object(Object::Url(url))]) => {
            let text = match name {
                "getScheme" => url.scheme(),
                "getHost" => url.host(),
                "getHostname" => url.host_and_port().0,
                "getPort" => url.host_and_port().1,
                "getEscapedPath" => url.path(),
                "getQuery" => return Some(query(budget, url.query())),
                _ => return None,
            };
            Some(budget.build_text(text.len()).map(|()| Value::text(text)))
        }
        _ => None,
    }
}

fn read(budget: &mut Budget, name: &str, text: &str) -> EvalResult {
    if text.len() > TEXT_MAX {
        return Err(EvalError::function(name));
    }
    budget.step(STEPS)?;
    budget.search(8 * text.len())?;
    budget.build_text(8 * text.len())?;
    if name == "isURL" {
        return Ok(Value::Bool(Url::is_url(text)));
    }
    Url::parse(text).map(|url| Value::Object(Object::Url(Arc::new(url)))).ok_or_else(|| EvalError::function(name))
}

/// The values of each name in a query. What is escaped wrongly, or contains a semicolon, is left out.
fn query(budget: &mut Budget, query: &str) -> EvalResult {
    budget.search(8 * query.len())?;
    let pairs: Vec<(&str, &str)> = query
        .split('&')
        .filter(|pair| !pair.is_empty() && !pair.contains(';'))
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .collect();
    budget.build_map(pairs.len())?;
    budget.build(4 * query.len())?;
    let text = |part: &str| Url::unescaped(&part.replace('+', " "));
    let mut values: BTreeMap<Key, Vec<Value>> = BTreeMap::new();
    for (name, value) in pairs {
        if let (Some(name), Some(value)) = (text(name), text(value)) {
            budget.build_text(name.len() + value.len())?;
            budget.build_text(0)?;
            budget.push()?;
            values.entry(Key::from(name.as_str())).or_default().push(Value::text(value));
        }
    }
    let map = values.into_iter().map(|(name, values)| (name, Value::List(Arc::new(values)))).collect();
    Ok(Value::Map(Map::new(map)))
}
