//! Which part of an expression was false, from what it read and what the check shows.
//!
//! The parts are those between `&&`, of the expression itself or of the condition of its `exists` or `all`. Each is evaluated over the values
//! that are known whole; what can't be evaluated is marked only where all others hold.

use crate::cel::{Environment, Expression, Inputs, Item, ReadingInput, ResultType, Scope};
use jiff::Timestamp;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

/// Steps that all evaluations may take together.
const STEPS_MAX: usize = 100_000;
/// Parts that are looked at.
const PARTS_MAX: usize = 16;
/// The name of the reading that stands for the item of a list.
const SHOWN: &str = "shown_item";

/// A value that the expression read: its path, and the value as JSON.
pub type Read<'a> = (&'a str, &'a str);

/// Where the parts are that were false, in order; the whole of it where that can't be told. `show` is what the check shows, as JSON.
pub fn false_parts(expression: &str, reads: &[Read<'_>], show: Option<&str>) -> Vec<Range<usize>> {
    let known = Known::new(reads, show);
    let whole = trimmed(expression, 0..expression.len());
    let parts = split(expression, whole.clone());
    if let [_] = parts.as_slice() {
        return match condition(expression, whole.clone()) {
            Some(inner) => known.within(expression, &inner),
            None => vec![whole],
        };
    }
    let wrong = known.wrong(expression, parts, None);
    let inner = |part: Range<usize>| match condition(expression, part.clone()) {
        Some(inner) => known.within(expression, &inner),
        None => vec![part],
    };
    wrong.into_iter().flat_map(inner).collect()
}

/// The condition of a macro over a list.
struct Condition {
    variable: String,
    place: Range<usize>,
    is_exists: bool,
}

/// What was read.
struct Known {
    probes: BTreeMap<String, Map<String, Value>>,
    env: Environment,
    item: Option<Item>,
    has_shown: bool,
}

impl Known {
    fn new(reads: &[Read<'_>], show: Option<&str>) -> Known {
        let mut known = Known { probes: BTreeMap::new(), env: Environment::default(), item: None, has_shown: false };
        let mut env = BTreeMap::new();
        for (path, value) in reads {
            let Ok(value) = serde_json::from_str::<Value>(value) else { continue };
            let mut names = path.split('.');
            match (names.next(), names.next(), names.next()) {
                (Some("item"), None, _) => known.item = item(&value),
                (Some("env"), Some(name), None) => drop(env.insert(name.to_string(), plain(&value))),
                (Some("probes"), Some(probe), Some(field)) => {
                    let fields = known.probes.entry(probe.to_string()).or_default();
                    put(fields, field, &names.collect::<Vec<_>>(), value);
                }
                _ => {}
            }
        }
        if let Some(shown @ Value::Object(_)) = show.and_then(|show| serde_json::from_str(show).ok()) {
            known.probes.insert(SHOWN.into(), Map::from_iter([("json".to_string(), shown)]));
            known.has_shown = true;
        }
        known.env = Environment::from(env);
        known
    }

    /// The parts of the condition of a macro that were false for the item that is shown; the whole condition where that can't be told.
    fn within(&self, expression: &str, inner: &Condition) -> Vec<Range<usize>> {
        match inner.is_exists && self.has_shown {
            true => self.wrong(expression, split(expression, inner.place.clone()), Some(&inner.variable)),
            false => vec![inner.place.clone()],
        }
    }

    /// The parts that are false; where none is, those that can't be evaluated.
    fn wrong(&self, expression: &str, parts: Vec<Range<usize>>, variable: Option<&str>) -> Vec<Range<usize>> {
        let judged: Vec<_> = parts
            .into_iter()
            .map(|part| (self.holds(expression.get(part.clone()).unwrap_or_default(), variable), part))
            .collect();
        let of = |wanted: Option<bool>| {
            judged.iter().filter(|(holds, _)| *holds == wanted).map(|(_, part)| part.clone()).collect::<Vec<_>>()
        };
        let (wrong, unknown) = (of(Some(false)), of(None));
        match (wrong.is_empty(), unknown.is_empty()) {
            (false, _) => wrong,
            (true, false) => unknown,
            // What was read has changed since, or was cut: no part tells.
            (true, true) => judged.into_iter().map(|(_, part)| part).collect(),
        }
    }

    fn holds(&self, part: &str, variable: Option<&str>) -> Option<bool> {
        let source = match variable {
            Some(variable) => format!("cel.bind({variable}, probes.{SHOWN}.json, {part})"),
            None => part.to_string(),
        };
        let compiled = Expression::compile(&source, ResultType::Bool, Scope { item: true }).ok()?;
        let readings = self.probes.iter().map(|(name, fields)| {
            let error = fields.get("error").and_then(Value::as_str).unwrap_or_default();
            (name.as_str(), ReadingInput { fields, error, latency: Duration::ZERO })
        });
        let inputs = Inputs::new(readings, &self.env, Timestamp::UNIX_EPOCH, STEPS_MAX);
        let is_timeless = !part.contains("now") && !part.contains("latency");
        is_timeless.then(|| compiled.evaluate_bool(&inputs, self.item.as_ref()).ok()).flatten()
    }
}

fn item(value: &Value) -> Option<Item> {
    match value {
        Value::String(text) => Some(Item::Text(text.clone())),
        Value::Number(number) => number.as_i64().map(Item::Int).or_else(|| number.as_f64().map(Item::Double)),
        _ => None,
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), String::from)
}

/// Puts a value below a field.
fn put(fields: &mut Map<String, Value>, name: &str, below: &[&str], value: Value) {
    match below {
        [] => drop(fields.insert(name.to_string(), value)),
        [next, rest @ ..] => {
            let slot = fields.entry(name.to_string()).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(inner) = slot {
                put(inner, next, rest, value);
            }
        }
    }
}

/// The parts between `&&` that are in no brackets and no texts.
fn split(source: &str, within: Range<usize>) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut begin = within.start;
    let mut is_plain = true;
    for (at, sign) in signs(source, within.clone()) {
        match sign {
            "&&" if parts.len() + 1 < PARTS_MAX => {
                parts.push(trimmed(source, begin..at));
                begin = at + 2;
            }
            // It binds less: the parts are none of their own.
            "||" | "?" => is_plain = false,
            _ => {}
        }
    }
    parts.push(trimmed(source, begin..within.end));
    if is_plain { parts } else { vec![trimmed(source, within)] }
}

/// The operators on the outermost level, and commas.
fn signs(source: &str, within: Range<usize>) -> Vec<(usize, &'static str)> {
    let mut found = Vec::new();
    let mut depth = 0_usize;
    let mut quote: Option<char> = None;
    let mut is_escaped = false;
    for (at, c) in source.get(within.clone()).unwrap_or_default().char_indices() {
        let at = within.start + at;
        if let Some(open) = quote {
            match c {
                _ if is_escaped => is_escaped = false,
                '\\' => is_escaped = true,
                c if c == open => quote = None,
                _ => {}
            }
            continue;
        }
        match c {
            '"' | '\'' => quote = Some(c),
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            ',' => found.push((at, ",")),
            '?' => found.push((at, "?")),
            '&' | '|' => {
                let rest = source.get(at..within.end).unwrap_or_default();
                let sign = ["&&", "||"].into_iter().find(|sign| rest.starts_with(sign));
                if let Some(sign) = sign.filter(|_| found.last().is_none_or(|(before, _)| before + 1 != at)) {
                    found.push((at, sign));
                }
            }
            _ => {}
        }
    }
    found
}

/// The condition of `list.exists(v, condition)` or `list.all(v, condition)`, where the part is nothing else.
fn condition(source: &str, part: Range<usize>) -> Option<Condition> {
    let text = source.get(part.clone())?;
    let inside = text.strip_suffix(')')?;
    let (at, open, is_exists) = [(".exists(", true), (".all(", false)]
        .into_iter()
        .filter_map(|(open, is_exists)| Some((inside.find(open)?, open, is_exists)))
        .min_by_key(|(at, ..)| *at)?;
    let start = part.start + at + open.len();
    let arguments = start..part.end - 1;
    // The bracket that was cut off closes this one: nothing within closes more than it opens.
    let balance = source.get(arguments.clone())?.chars().try_fold(0_i32, |depth, c| match c {
        '(' => Some(depth + 1),
        ')' if depth == 0 => None,
        ')' => Some(depth - 1),
        _ => Some(depth),
    });
    let commas: Vec<_> = signs(source, arguments.clone()).into_iter().filter(|(_, sign)| *sign == ",").collect();
    let [(comma, _)] = commas.as_slice() else { return None };
    let variable = source.get(start..*comma)?.trim();
    let is_name = !variable.is_empty() && variable.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let place = trimmed(source, comma + 1..arguments.end);
    (balance == Some(0) && is_name).then(|| Condition { variable: variable.to_string(), place, is_exists })
}

fn trimmed(source: &str, place: Range<usize>) -> Range<usize> {
    let text = source.get(place.clone()).unwrap_or_default();
    let start = place.start + (text.len() - text.trim_start().len());
    start..(start + text.trim().len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(expression: &str, reads: &[Read<'_>], show: Option<&str>) -> Vec<String> {
        false_parts(expression, reads, show).into_iter().map(|place| expression[place].to_string()).collect()
    }

    #[test]
    fn the_part_that_was_false_is_marked() {
        let vm = r#"probes.vms.json.data.exists(v, string(v.vmid) == item && v.status == "running")"#;
        let reads = [("probes.vms.json.data", "6 itens: [{\"cpu\":0 …"), ("item", "\"112\"")];
        for (expression, reads, show, expected) in [
            (vm, &reads[..], Some(r#"{"vmid": 112, "status": "stopped"}"#), vec![r#"v.status == "running""#]),
            (vm, &reads[..], None, vec![r#"string(v.vmid) == item && v.status == "running""#]),
            (
                "probes.api.status == 200 && probes.api.json.status == \"ok\"",
                &[("probes.api.status", "200"), ("probes.api.json.status", "\"degraded\"")][..],
                None,
                vec!["probes.api.json.status == \"ok\""],
            ),
            ("probes.api.status == 200", &[("probes.api.status", "500")], None, vec!["probes.api.status == 200"]),
            (
                "probes.api.status < 300 && probes.api.latency < 1.0",
                &[("probes.api.status", "200"), ("probes.api.latency", "4.2")],
                None,
                vec!["probes.api.latency < 1.0"],
            ),
            (
                "probes.c.json.data.all(c, c.type != \"cluster\" || c.quorate == 1)",
                &[("probes.c.json.data", "4 itens: […]")],
                Some("[{\"quorate\": 0}]"),
                vec!["c.type != \"cluster\" || c.quorate == 1"],
            ),
            ("a || b && c", &[], None, vec!["a || b && c"]),
            (
                "\"a && b\" == env.X && env.Y == \"1\"",
                &[("env.X", "\"a && b\""), ("env.Y", "\"2\"")],
                None,
                vec!["env.Y == \"1\""],
            ),
        ] {
            assert_eq!(marked(expression, reads, show), expected, "{expression}");
        }
    }

    #[test]
    fn hostile_expressions_are_marked_somewhere_within() {
        for expression in [
            "",
            " ",
            "&&",
            "a &&",
            "&& && &&",
            "x.exists(",
            "x.exists(v, a)) && (b",
            "\"",
            "é && ü",
            "x.exists(é, ç)",
            ")",
            "a & b",
        ] {
            for place in false_parts(expression, &[("probes", "1"), ("", ""), ("item", "{}")], Some("{}")) {
                assert!(expression.get(place.clone()).is_some(), "{expression:?} {place:?}");
            }
        }
    }
}
