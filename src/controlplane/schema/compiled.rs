//! Schemas compiled from an `openAPIV3Schema`.

use super::rules::Rules;
use regex::Regex;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A validation error of one field, as in `details.causes` of a Status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// Such as `FieldValueInvalid`.
    pub reason: &'static str,
    pub message: String,
    /// Path of the field, such as `spec.probes[0].name`.
    pub field: String,
}

/// A schema that cannot be compiled.
#[derive(Debug, thiserror::Error)]
#[error("schema at {path}: {message}")]
pub struct SchemaError {
    pub path: String,
    pub message: String,
}

/// The schema of a kind, compiled once.
pub struct Schema {
    pub(in crate::controlplane) root: Node,
    /// CEL rules of the kind; `None` if it has none.
    pub(super) rules: Option<Rules>,
}

/// The type of a list in server-side apply (`x-kubernetes-list-type`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::controlplane) enum ListType {
    /// Owned by one manager as a whole.
    #[default]
    Atomic,
    /// Scalars; each item is owned separately.
    Set,
    /// Objects, identified by the values of these fields; each item is owned separately.
    Map(Vec<String>),
}

/// One node of a schema.
#[derive(Debug, Default)]
pub(in crate::controlplane) struct Node {
    pub kind: Option<String>,
    pub nullable: bool,
    pub properties: BTreeMap<String, Node>,
    pub additional: Option<Box<Node>>,
    pub items: Option<Box<Node>>,
    pub required: Vec<String>,
    pub allowed: Vec<Value>,
    pub pattern: Option<Regex>,
    pub format: Option<String>,
    pub length: (Option<u64>, Option<u64>),
    pub range: (Option<f64>, Option<f64>),
    pub count: (Option<u64>, Option<u64>),
    pub size: (Option<u64>, Option<u64>),
    pub default: Option<Value>,
    pub list_type: ListType,
    pub atomic_map: bool,
    pub preserve_unknown: bool,
    pub int_or_string: bool,
}

impl Schema {
    /// Compiles an `openAPIV3Schema`. Fails on keywords that are not supported.
    pub fn compile(schema: &Value) -> Result<Schema, SchemaError> {
        let mut root = Node::compile(schema, "")?;
        root.properties.insert("metadata".into(), Node::compile(&super::metadata::schema(), "metadata")?);
        Ok(Schema { root, rules: Rules::compile(schema) })
    }

    /// The root node.
    pub(in crate::controlplane) fn node(&self) -> &Node {
        &self.root
    }
}

impl Node {
    fn compile(schema: &Value, path: &str) -> Result<Node, SchemaError> {
        let failed = |message: String| SchemaError { path: path.to_string(), message };
        let Some(schema) = schema.as_object() else { return Err(failed("is not an object".into())) };
        let mut node = Node::default();
        let mut map_keys = Vec::new();
        let mut list_type = None;
        for (keyword, value) in schema {
            match keyword.as_str() {
                "type" => node.kind = value.as_str().map(Into::into),
                "nullable" => node.nullable = value == true,
                "properties" => node.properties = Self::properties(value, path)?,
                "additionalProperties" if value.is_object() => {
                    node.additional = Some(Box::new(Self::compile(value, &format!("{path}.*"))?));
                }
                "additionalProperties" => node.preserve_unknown = value == true,
                "items" => node.items = Some(Box::new(Self::compile(value, &format!("{path}[]"))?)),
                "required" => node.required = texts(value),
                "enum" => node.allowed = value.as_array().cloned().unwrap_or_default(),
                "pattern" => {
                    let pattern = value.as_str().unwrap_or_default();
                    node.pattern = Some(Regex::new(pattern).map_err(|e| failed(e.to_string()))?);
                }
                "format" => node.format = value.as_str().map(Into::into),
                "minLength" => node.length.0 = value.as_u64(),
                "maxLength" => node.length.1 = value.as_u64(),
                "minimum" => node.range.0 = value.as_f64(),
                "maximum" => node.range.1 = value.as_f64(),
                "minItems" => node.count.0 = value.as_u64(),
                "maxItems" => node.count.1 = value.as_u64(),
                "minProperties" => node.size.0 = value.as_u64(),
                "maxProperties" => node.size.1 = value.as_u64(),
                "default" => node.default = Some(value.clone()),
                "x-kubernetes-list-type" => list_type = value.as_str(),
                "x-kubernetes-list-map-keys" => map_keys = texts(value),
                "x-kubernetes-map-type" => node.atomic_map = value == "atomic",
                "x-kubernetes-preserve-unknown-fields" => node.preserve_unknown = value == true,
                "x-kubernetes-int-or-string" => node.int_or_string = value == true,
                "description" | "title" | "x-kubernetes-validations" | "x-kubernetes-group-version-kind" => {}
                other => return Err(failed(format!("keyword {other:?} is not supported"))),
            }
        }
        node.list_type = match list_type {
            Some("map") => ListType::Map(map_keys),
            Some("set") => ListType::Set,
            _ => ListType::Atomic,
        };
        Ok(node)
    }

    fn properties(value: &Value, path: &str) -> Result<BTreeMap<String, Node>, SchemaError> {
        let none = Map::new();
        let properties = value.as_object().unwrap_or(&none).iter();
        properties.map(|(name, p)| Ok((name.clone(), Self::compile(p, &format!("{path}.{name}"))?))).collect()
    }

    /// The node of a field of an object, or of the values of a map.
    pub fn field(&self, name: &str) -> Option<&Node> {
        self.properties.get(name).or(self.additional.as_deref())
    }
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(|v| v.as_str().map(Into::into)).collect()
}

/// `parent.name`, or `name` at the root.
pub(super) fn join(parent: &str, name: &str) -> String {
    match (parent.is_empty(), name.contains(['.', '/'])) {
        (true, _) => name.to_string(),
        (false, true) => format!("{parent}[{name}]"),
        (false, false) => format!("{parent}.{name}"),
    }
}
