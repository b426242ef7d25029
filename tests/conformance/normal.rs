//! Normalised responses: without values that change between runs, such as names of namespaces, uids, times and versions.

use crate::conformance::story::Compared;
use regex::Regex;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::LazyLock;

static AGE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^([0-9]+[smhdy])+$").unwrap());

/// Names for the uids and versions in a story on one server, so that equal values get equal names.
pub struct Memory {
    namespace: String,
    /// The replacement of each uid, and the versions of its object in the order of their occurrence.
    uids: BTreeMap<String, (String, Vec<String>)>,
}

impl Memory {
    pub fn new(namespace: &str) -> Memory {
        Memory { namespace: namespace.to_string(), uids: BTreeMap::new() }
    }

    /// The normalised response. The version in the response to a create is ignored: with kine, the store of the real server, it can
    /// be that of a concurrent write.
    pub fn normal(&mut self, compared: &Compared, code: u16, mut body: Value) -> Value {
        if code == 201 && body["metadata"]["resourceVersion"].is_string() {
            body["metadata"]["resourceVersion"] = "".into();
        }
        body = match compared {
            Compared::Whole | Compared::Events(_) => body,
            Compared::Only(pointers) => {
                pointers.iter().map(|p| (p.to_string(), body.pointer(p).cloned().unwrap_or_default())).collect()
            }
            Compared::Through(of) => of(body),
        };
        self.walk(&mut body);
        body
    }

    fn walk(&mut self, value: &mut Value) {
        match value {
            Value::String(text) => *text = text.replace(&self.namespace, "NS"),
            Value::Array(items) => items.iter_mut().for_each(|item| self.walk(item)),
            Value::Object(fields) => {
                if let Some(Value::Object(metadata)) = fields.get_mut("metadata") {
                    self.metadata(metadata);
                }
                if fields.get("kind") == Some(&json!("Table")) {
                    table(fields);
                }
                if fields.get("kind") == Some(&json!("Status")) {
                    status(fields);
                }
                // References to an object contain its uid.
                let name = fields.get("name").and_then(Value::as_str).unwrap_or_default().to_string();
                if let Some(Value::String(uid)) = fields.get_mut("uid") {
                    *uid = self.replacement(uid, &name);
                }
                self.rename_keys(fields);
                fields.values_mut().for_each(|inner| self.walk(inner));
            }
            _ => {}
        }
    }

    /// Managed fields name owners by their uids.
    fn rename_keys(&self, fields: &mut Map<String, Value>) {
        let by_uid: Vec<String> = fields.keys().filter(|key| key.starts_with("k:{\"uid\"")).cloned().collect();
        for key in by_uid {
            let Some(value) = fields.remove(&key) else { continue };
            let known = self.uids.iter().find(|(uid, _)| !uid.is_empty() && key.contains(uid.as_str()));
            fields.insert(known.map_or(key.clone(), |(_, (replacement, _))| format!("k:{replacement}")), value);
        }
    }

    /// The replacement of a uid: the object's name with a number.
    fn replacement(&mut self, uid: &str, name: &str) -> String {
        if uid.starts_with("uid of ") {
            return uid.to_string();
        }
        let of_name = self.uids.values().filter(|(known, _)| known.starts_with(&format!("uid of {name} "))).count();
        self.uids.entry(uid.to_string()).or_insert_with(|| (format!("uid of {name} {of_name}"), Vec::new())).0.clone()
    }

    fn metadata(&mut self, metadata: &mut Map<String, Value>) {
        let text = |field: &str| metadata.get(field).and_then(Value::as_str).unwrap_or_default().to_string();
        let (uid, name) =
            (text("uid"), if text("generateName").is_empty() { text("name") } else { text("generateName") });
        self.replacement(&uid, &name);
        if let Some(version) = metadata.get_mut("resourceVersion") {
            let text = version.as_str().unwrap_or_default().to_string();
            *version = match uid.is_empty() || text.is_empty() {
                true => "VERSION".into(),
                false => self.version(&uid, text).into(),
            };
        }
        for field in ["creationTimestamp", "deletionTimestamp", "continue"] {
            if let Some(value) = metadata.get_mut(field).filter(|v| v.as_str().is_some_and(|t| !t.is_empty())) {
                *value = field.to_uppercase().into();
            }
        }
        let prefix = metadata.get("generateName").and_then(Value::as_str).map(String::from);
        if let (Some(prefix), Some(Value::String(name))) = (prefix, metadata.get_mut("name"))
            && name.starts_with(&prefix)
        {
            *name = format!("{prefix}+{}", name.len() - prefix.len());
        }
        if let Some(Value::Array(entries)) = metadata.get_mut("managedFields") {
            entries.iter_mut().for_each(|entry| entry["time"] = "TIME".into());
            // They are sorted by time, which can be equal.
            entries
                .sort_by_key(|e| format!("{}{}{}{}", e["operation"], e["manager"], e["subresource"], e["apiVersion"]));
        }
    }

    fn version(&mut self, uid: &str, version: String) -> String {
        let Some((_, versions)) = self.uids.get_mut(uid) else { return version };
        let at = versions.iter().position(|v| *v == version).unwrap_or_else(|| {
            versions.push(version);
            versions.len() - 1
        });
        format!("version-{at}")
    }
}

/// Normalises descriptions and ages in a table.
fn table(table: &mut Map<String, Value>) {
    for column in table.get_mut("columnDefinitions").and_then(Value::as_array_mut).into_iter().flatten() {
        column["description"] = column["description"].is_string().into();
    }
    for row in table.get_mut("rows").and_then(Value::as_array_mut).into_iter().flatten() {
        for cell in row["cells"].as_array_mut().into_iter().flatten() {
            if cell.as_str().is_some_and(|text| AGE.is_match(text)) {
                *cell = "AGE".into();
            }
        }
    }
}

/// Removes messages, which are not compared: only fields and reasons are.
fn status(status: &mut Map<String, Value>) {
    status.remove("message");
    // The time to wait, and a generated name.
    let details = status.get_mut("details").and_then(Value::as_object_mut);
    if let Some(details) = details {
        details.remove("retryAfterSeconds");
        if details.get("causes").is_some_and(|causes| causes[0]["field"] == "metadata.generateName") {
            details.remove("name");
        }
    }
    let causes = status.get_mut("details").and_then(|d| d.get_mut("causes")).and_then(Value::as_array_mut);
    let Some(causes) = causes else { return };
    for cause in causes.iter_mut().filter_map(Value::as_object_mut) {
        cause.remove("message");
    }
    causes.sort_by_key(Value::to_string);
}
