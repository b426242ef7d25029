//! Lists in pages: `{"items": [...], "next": CURSOR or null}`.

use super::problem::Problem;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const LIMIT: usize = 50;
const LIMIT_MAX: usize = 500;

/// The query of a list, as given.
pub type Query = BTreeMap<String, String>;

/// Refuses parameters that a route does not know.
pub fn check(query: &Query, filters: &[&str]) -> Result<(), Problem> {
    for name in query.keys() {
        if !["limit", "cursor"].contains(&name.as_str()) && !filters.contains(&name.as_str()) {
            let known: Vec<_> = filters.iter().copied().chain(["limit", "cursor"]).collect();
            return Err(Problem::bad_request(format!("{name}: not a parameter here; there is {}", known.join(", "))));
        }
    }
    Ok(())
}

/// One page of `items`, which are in order of their keys, the first first. A cursor holds the key of the last one told, so that
/// what comes or goes meanwhile neither repeats nor skips the others.
pub fn page<T>(
    query: &Query,
    items: Vec<T>,
    key: impl Fn(&T) -> String,
    shown: impl Fn(&T) -> Value,
) -> Result<Value, Problem> {
    let limit = match query.get("limit") {
        None => LIMIT,
        Some(text) => {
            let number = text.parse().ok().filter(|n| (1..=LIMIT_MAX).contains(n));
            number
                .ok_or_else(|| Problem::bad_request(format!("limit: {text:?} is not a number from 1 to {LIMIT_MAX}")))?
        }
    };
    let after = query.get("cursor").map(|cursor| decode(cursor)).transpose()?;
    let mut rest = items.iter().filter(|item| after.as_ref().is_none_or(|after| key(item) > *after)).peekable();
    let told: Vec<&T> = rest.by_ref().take(limit).collect();
    let next = rest.peek().and_then(|_| told.last()).map(|last| URL_SAFE_NO_PAD.encode(key(last)));
    Ok(json!({"items": told.into_iter().map(shown).collect::<Vec<_>>(), "next": next}))
}

/// A key that puts later times first.
pub fn newest_first(at: Option<jiff::Timestamp>, name: &str) -> String {
    let seconds = at.map_or(0, |t| t.as_second());
    format!("{:020}/{name}", i64::MAX - seconds)
}

fn decode(cursor: &str) -> Result<String, Problem> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok();
    let text = bytes.and_then(|b| String::from_utf8(b).ok());
    text.ok_or_else(|| Problem::bad_request(format!("cursor: {cursor:?} is not one of this server's")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_tell_each_item_once() {
        let items: Vec<String> = (0..7).map(|i| format!("k{i}")).collect();
        let mut query = Query::from([("limit".into(), "3".into())]);
        let mut told = Vec::new();
        loop {
            let page = page(&query, items.clone(), Clone::clone, |i| json!(i)).unwrap();
            told.extend(page["items"].as_array().unwrap().iter().map(|v| v.as_str().unwrap().to_string()));
            match page["next"].as_str() {
                Some(next) => query.insert("cursor".into(), next.into()),
                None => break,
            };
        }
        assert_eq!(told, items);
    }

    #[test]
    fn bad_parameters_are_named() {
        for (name, value) in [("limit", "0"), ("limit", "501"), ("limit", "x"), ("cursor", "%%")] {
            let query = Query::from([(name.into(), value.into())]);
            let problem = page(&query, vec!["a"], |i| i.to_string(), |i| json!(i)).unwrap_err();
            assert!(problem.detail.starts_with(name), "{problem:?}");
        }
        assert!(check(&Query::from([("phse".into(), "open".into())]), &["phase"]).is_err());
    }
}
