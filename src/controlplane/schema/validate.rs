//! Validation against the schema and its CEL rules, with the messages of kube-apiserver.

use super::compiled::{Cause, ListType, Node, Schema, join};
use serde_json::{Map, Value};
use std::collections::HashMap;

const INVALID: &str = "FieldValueInvalid";
const TYPE_INVALID: &str = "FieldValueTypeInvalid";
/// Part of the message of a second validation error that kube-apiserver adds for a fraction in an integer field.
pub const MUST_BE_INTEGER: &str = "Checked value must be of type integer";
/// The last validation error of an object that is not validated against CEL rules, since it has others.
pub const RULES_NOT_CHECKED: &str = "Invalid value: null: some validation rules were not checked because the object was invalid; \
                                     correct the existing errors to complete validation";
/// An object with one of these errors is not validated against CEL rules.
const BLOCKING: &[&str] =
    &["FieldValueNotSupported", "FieldValueRequired", "FieldValueTooLong", "FieldValueTooMany", TYPE_INVALID];

impl Schema {
    /// All validation errors of `new`. Transition rules compare it with `old`.
    pub fn validate(&self, new: &Value, old: Option<&Value>) -> Vec<Cause> {
        self.validate_after(new, old, Vec::new())
    }

    /// Like [`Schema::validate`], with validation errors that are already known, which come first in the result.
    pub fn validate_after(&self, new: &Value, old: Option<&Value>, mut causes: Vec<Cause>) -> Vec<Cause> {
        if let Some(fields) = new.as_object() {
            self.root.require(fields, "", &mut causes);
            for (name, value) in fields {
                if let Some(node) = self.root.properties.get(name).filter(|_| name != "metadata") {
                    node.validate(value, name, &mut causes);
                }
            }
        }
        let Some(rules) = &self.rules else { return causes };
        if causes.iter().any(|cause| BLOCKING.contains(&cause.reason)) {
            causes.push(Cause { reason: INVALID, message: RULES_NOT_CHECKED.into(), field: "<nil>".into() });
        } else {
            let violations = rules.violations(new, old).into_iter();
            causes.extend(violations.map(|violation| rule_cause(new, &violation.path, &violation.message)));
        }
        causes
    }
}

fn rule_cause(object: &Value, path: &str, message: &str) -> Cause {
    let pointer = path.replace('[', "/").replace(']', "").replace('.', "/");
    let kind = match object.pointer(&format!("/{pointer}")) {
        Some(Value::Array(_)) => "array",
        Some(Value::String(_)) => "string",
        _ => "object",
    };
    let field = if path.is_empty() { "<nil>" } else { path };
    Cause { reason: INVALID, message: format!("Invalid value: {kind:?}: {message}"), field: field.to_string() }
}

impl Node {
    fn validate(&self, value: &Value, path: &str, causes: &mut Vec<Cause>) {
        if value.is_null() && self.nullable {
            return;
        }
        if !self.is_of_type(value) {
            let actual = type_name(value);
            let expected = self.kind.as_deref().unwrap_or("string");
            let shown = if is_scalar(value) { shown(value) } else { format!("{actual:?}") };
            let message = format!("Invalid value: {shown}: {path} in body must be of type {expected}: {actual:?}");
            causes.push(Cause { reason: TYPE_INVALID, message, field: path.to_string() });
            if is_scalar(value) {
                self.check_enum(value, path, causes);
            }
            if expected == "integer" && value.is_f64() {
                let message = format!("Invalid value: \"\": {MUST_BE_INTEGER} in {path}");
                causes.push(Cause { reason: INVALID, message, field: "<nil>".into() });
            }
            return;
        }
        self.check_enum(value, path, causes);
        match value {
            Value::String(text) => self.check_text(text, path, causes),
            Value::Number(_) => self.check_number(value, path, causes),
            Value::Array(items) => self.check_list(items, path, causes),
            Value::Object(fields) => self.check_object(fields, path, causes),
            _ => {}
        }
    }

    fn is_of_type(&self, value: &Value) -> bool {
        if self.int_or_string {
            return value.is_string() || value.is_i64() || value.is_u64();
        }
        match self.kind.as_deref() {
            Some("string") => value.is_string(),
            Some("integer") => value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|f| f.fract() == 0.0),
            Some("number") => value.is_number(),
            Some("boolean") => value.is_boolean(),
            Some("array") => value.is_array(),
            Some("object") => value.is_object(),
            _ => true,
        }
    }

    fn check_enum(&self, value: &Value, path: &str, causes: &mut Vec<Cause>) {
        if self.allowed.is_empty() || self.allowed.contains(value) {
            return;
        }
        let supported: Vec<_> = self.allowed.iter().filter(|v| !v.is_null()).map(shown).collect();
        let message = format!("Unsupported value: {}: supported values: {}", shown(value), supported.join(", "));
        causes.push(Cause { reason: "FieldValueNotSupported", message, field: path.to_string() });
    }

    fn check_text(&self, text: &str, path: &str, causes: &mut Vec<Cause>) {
        let mut add = |reason, message| causes.push(Cause { reason, message, field: path.to_string() });
        let length = text.chars().count() as u64;
        // A length error is the only error reported for a string.
        if let Some(max) = self.length.1.filter(|max| length > *max) {
            return add("FieldValueTooLong", format!("Too long: may not be more than {max} bytes"));
        }
        let invalid = |what: String| format!("Invalid value: {text:?}: {path} in body {what}");
        if let Some(min) = self.length.0.filter(|min| length < *min) {
            return add(INVALID, invalid(format!("should be at least {min} chars long")));
        }
        if let Some(pattern) = self.pattern.as_ref().filter(|p| !p.is_match(text)) {
            return add(INVALID, invalid(format!("should match '{pattern}'")));
        }
        let is_date_time = || text.parse::<jiff::Timestamp>().is_ok();
        if self.format.as_deref() == Some("date-time") && !is_date_time() {
            add(TYPE_INVALID, invalid(format!("must be of type date-time: {text:?}")));
        }
    }

    fn check_number(&self, value: &Value, path: &str, causes: &mut Vec<Cause>) {
        let Some(number) = value.as_f64() else { return };
        let mut add = |what: String| {
            let message = format!("Invalid value: {value}: {path} in body {what}");
            causes.push(Cause { reason: INVALID, message, field: path.to_string() });
        };
        if let Some(min) = self.range.0.filter(|min| number < *min) {
            add(format!("should be greater than or equal to {min}"));
        }
        if let Some(max) = self.range.1.filter(|max| number > *max) {
            add(format!("should be less than or equal to {max}"));
        }
    }

    fn check_list(&self, items: &[Value], path: &str, causes: &mut Vec<Cause>) {
        let count = items.len() as u64;
        if let Some(max) = self.count.1.filter(|max| count > *max) {
            let message = format!("Too many: {count}: must have at most {max} items");
            causes.push(Cause { reason: "FieldValueTooMany", message, field: path.to_string() });
        }
        if let Some(min) = self.count.0.filter(|min| count < *min) {
            let message = format!("Invalid value: {count}: {path} in body should have at least {min} items");
            causes.push(Cause { reason: INVALID, message, field: path.to_string() });
        }
        if let Some(node) = &self.items {
            for (i, item) in items.iter().enumerate() {
                node.validate(item, &format!("{path}[{i}]"), causes);
            }
        }
        let mut seen: HashMap<String, usize> = HashMap::new();
        for (i, item) in items.iter().enumerate() {
            if matches!(self.list_type, ListType::Map(_)) && !item.is_object() {
                if item.is_null() {
                    continue;
                }
                let message = format!("Invalid value: {item}: must be an object for an array of list-type map");
                causes.push(Cause { reason: INVALID, message, field: format!("{path}[{i}]") });
                continue;
            }
            let identity = match &self.list_type {
                ListType::Atomic => continue,
                ListType::Set => item.to_string(),
                ListType::Map(keys) => {
                    let keys = keys.iter().map(|k| (k.clone(), item.get(k).cloned().unwrap_or_default()));
                    keys.collect::<Value>().to_string()
                }
            };
            // A duplicate is reported once, however often it occurs.
            let times = seen.get(&identity).copied().unwrap_or(0);
            if times == 1 {
                let message = format!("Duplicate value: {identity}");
                causes.push(Cause { reason: "FieldValueDuplicate", message, field: format!("{path}[{i}]") });
            }
            seen.insert(identity, times + 1);
        }
    }

    fn check_object(&self, fields: &Map<String, Value>, path: &str, causes: &mut Vec<Cause>) {
        let count = fields.len() as u64;
        if let Some(max) = self.size.1.filter(|max| count > *max) {
            let message = format!("Too many: {count}: must have at most {max} items");
            causes.push(Cause { reason: "FieldValueTooMany", message, field: path.to_string() });
        }
        self.require(fields, path, causes);
        for (name, value) in fields {
            if let Some(node) = self.field(name) {
                node.validate(value, &join(path, name), causes);
            }
        }
    }

    fn require(&self, fields: &Map<String, Value>, path: &str, causes: &mut Vec<Cause>) {
        for name in self.required.iter().filter(|name| !fields.contains_key(*name)) {
            let message = "Required value".to_string();
            causes.push(Cause { reason: "FieldValueRequired", message, field: join(path, name) });
        }
    }
}

fn is_scalar(value: &Value) -> bool {
    !value.is_array() && !value.is_object()
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => format!("{text:?}"),
        other => other.to_string(),
    }
}

pub(super) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(n) if n.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
