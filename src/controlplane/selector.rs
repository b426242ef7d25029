//! Label and field selectors.

use super::names::{is_label, is_qualified};
use super::resource::Resource;
use serde_json::Value;
use std::collections::BTreeSet;

/// Pseudo path for the source of an event, which is in one of two fields.
const SOURCE: &str = "source of an event";

/// Maximum number of requirements in a selector: all are compared with each object of the kind.
const REQUIREMENTS_MAX: usize = 500;

/// One requirement on a label.
#[derive(Clone, Debug, PartialEq)]
enum Requirement {
    In(String, BTreeSet<String>),
    NotIn(String, BTreeSet<String>),
    Exists(String),
    Absent(String),
    /// Greater or less than a number.
    Compare(String, std::cmp::Ordering, i64),
}

/// A label selector. All requirements must be met.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LabelSelector {
    requirements: Vec<Requirement>,
}

impl LabelSelector {
    /// Parses `a=b,c!=d,e in (f,g),h notin (i),j,!k`.
    pub fn parse(text: &str) -> Result<LabelSelector, String> {
        if text.trim().is_empty() {
            return Ok(LabelSelector::default());
        }
        let parts = split_outside_brackets(text);
        check_count(parts.len())?;
        let requirements = parts.iter().map(|part| requirement(part.trim())).collect::<Result<_, _>>()?;
        Ok(LabelSelector { requirements })
    }

    pub fn matches(&self, object: &Value) -> bool {
        let label = |name: &str| object.pointer("/metadata/labels").and_then(|l| l.get(name)).and_then(Value::as_str);
        self.requirements.iter().all(|requirement| match requirement {
            Requirement::In(name, values) => label(name).is_some_and(|v| values.contains(v)),
            Requirement::NotIn(name, values) => label(name).is_none_or(|v| !values.contains(v)),
            Requirement::Exists(name) => label(name).is_some(),
            Requirement::Absent(name) => label(name).is_none(),
            Requirement::Compare(name, order, bound) => {
                label(name).and_then(|v| v.parse::<i64>().ok()).is_some_and(|v| v.cmp(bound) == *order)
            }
        })
    }
}

fn check_count(requirements: usize) -> Result<(), String> {
    match requirements {
        0..=REQUIREMENTS_MAX => Ok(()),
        more => Err(format!("the selector has {more} requirements, at most {REQUIREMENTS_MAX} are supported")),
    }
}

fn split_outside_brackets(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0_i32);
    for (i, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&text[start..i]);
                start = i + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

fn requirement(part: &str) -> Result<Requirement, String> {
    let error = || format!("unable to parse requirement: {part:?}");
    let named = |name: &str| match name.trim() {
        name if is_qualified(name) => Ok(name.to_string()),
        _ => Err(error()),
    };
    let valued = |value: &str| match value.trim() {
        value if value.is_empty() || is_label(value) => Ok(value.to_string()),
        _ => Err(error()),
    };
    if let Some((before, list)) = part.split_once('(') {
        let (name, operator) = before.trim_end().rsplit_once(char::is_whitespace).ok_or_else(error)?;
        let list = list.strip_suffix(')').ok_or_else(error)?;
        let values = list.split(',').map(valued).collect::<Result<_, _>>()?;
        return match operator {
            "in" => Ok(Requirement::In(named(name)?, values)),
            "notin" => Ok(Requirement::NotIn(named(name)?, values)),
            _ => Err(error()),
        };
    }
    for (operator, order) in [('>', std::cmp::Ordering::Greater), ('<', std::cmp::Ordering::Less)] {
        if let Some((name, bound)) = part.split_once(operator) {
            return Ok(Requirement::Compare(named(name)?, order, bound.trim().parse().map_err(|_| error())?));
        }
    }
    if let Some((name, value)) = part.split_once("!=") {
        return Ok(Requirement::NotIn(named(name)?, BTreeSet::from([valued(value)?])));
    }
    if let Some((name, value)) = part.split_once("==").or_else(|| part.split_once('=')) {
        return Ok(Requirement::In(named(name)?, BTreeSet::from([valued(value)?])));
    }
    match part.strip_prefix('!') {
        Some(name) => Ok(Requirement::Absent(named(name)?)),
        None => Ok(Requirement::Exists(named(part)?)),
    }
}

/// A field selector.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FieldSelector {
    /// JSON pointer, whether the value must be equal, and the value.
    terms: Vec<(String, bool, String)>,
}

impl FieldSelector {
    /// Parses `metadata.name=a,status.phase!=Open`. Only selectable fields of the kind are allowed.
    pub fn parse(text: &str, resource: &Resource) -> Result<FieldSelector, String> {
        let mut terms = Vec::new();
        let parts = split_unescaped(text);
        check_count(parts.len())?;
        for part in parts.iter().filter(|p| !p.is_empty()) {
            let (name, equal, value) = match (part.split_once("!="), part.split_once("=="), part.split_once('=')) {
                (Some((name, value)), _, _) => (name, false, value),
                (_, Some((name, value)), _) | (_, _, Some((name, value))) => (name, true, value),
                _ => return Err(format!("invalid selector: {part:?}; can't understand {part:?}")),
            };
            let path = field_path(name, resource).ok_or_else(|| format!("field label not supported: {name}"))?;
            terms.push((path, equal, value.replace("\\,", ",").replace("\\=", "=").replace("\\\\", "\\")));
        }
        Ok(FieldSelector { terms })
    }

    pub fn matches(&self, object: &Value) -> bool {
        self.terms.iter().all(|(path, equal, value)| {
            let found = match object.pointer(path).or_else(|| event_source(path, object)) {
                Some(Value::String(text)) => text.clone(),
                Some(Value::Null) | None => String::new(),
                Some(other) => other.to_string(),
            };
            (found == *value) == *equal
        })
    }
}

/// Splits at commas that are not escaped by a backslash.
fn split_unescaped(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut escaped) = (Vec::new(), 0, false);
    for (i, c) in text.char_indices() {
        if c == ',' && !escaped {
            parts.push(&text[start..i]);
            start = i + 1;
        }
        escaped = c == '\\' && !escaped;
    }
    parts.push(&text[start..]);
    parts
}

/// The component that reported an event.
fn event_source<'a>(path: &str, object: &'a Value) -> Option<&'a Value> {
    let component = || object.pointer("/source/component").filter(|c| c.as_str().is_some_and(|c| !c.is_empty()));
    if path == SOURCE { component().or_else(|| object.get("reportingComponent")) } else { None }
}

fn field_path(name: &str, resource: &Resource) -> Option<String> {
    let dotted = format!(".{name}");
    let is_metadata = matches!(name, "metadata.name" | "metadata.namespace");
    // Events are stored as core/v1, whichever group is requested.
    let dotted = match (resource.plural.as_str(), name) {
        ("events", "source") => return Some(SOURCE.to_string()),
        ("events", "reportingController") => ".reportingComponent".to_string(),
        ("events", _) => dotted.replace(".regarding.", ".involvedObject."),
        _ => dotted,
    };
    let known = is_metadata || resource.selectable_fields.contains(&dotted);
    known.then(|| dotted.replace('.', "/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn label_selectors_match_as_in_kubernetes() {
        let object = json!({"metadata": {"labels": {"a": "1", "b": "2"}}});
        for (selector, holds) in [
            ("a=1", true),
            ("a==1,b!=3", true),
            ("a in (1, 2),b", true),
            ("a notin (1)", false),
            ("a in(1)", true),
            ("b notin\t(1,2),a  in\t( 1 )", false),
            ("!c", true),
            ("!a", false),
            ("c!=1", true),
            ("c", false),
            ("", true),
        ] {
            assert_eq!(LabelSelector::parse(selector).unwrap().matches(&object), holds, "{selector}");
        }
        assert!(LabelSelector::parse(&vec!["!b"; REQUIREMENTS_MAX].join(",")).is_ok());
        for wrong in ["a in 1", "=x", "a b", &vec!["!b"; REQUIREMENTS_MAX + 1].join(",")] {
            assert!(LabelSelector::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn only_selectable_fields_are_selected() {
        let resource = Resource::core().into_iter().find(|r| r.kind == "Event").unwrap();
        let object = json!({"metadata": {"name": "x"}, "involvedObject": {"name": "y"}});
        for (selector, holds) in [("metadata.name=x,involvedObject.name=y", true), ("involvedObject.name!=y", false)] {
            assert_eq!(FieldSelector::parse(selector, &resource).unwrap().matches(&object), holds, "{selector}");
        }
        let error = FieldSelector::parse("spec.foo=1", &resource).unwrap_err();
        assert_eq!(error, "field label not supported: spec.foo");
    }
}
