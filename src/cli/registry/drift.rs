//! What of a declared object is different in the API, as server-side apply would change it.

use serde_json::{Map, Value};

/// Most fields that are named.
const NAMED_MAX: usize = 8;

/// The fields that `declared` sets and `live` has otherwise. `schema` is the schema of the object, which tells what lists are.
/// Fields that only `live` has are no drift.
pub fn drift(declared: &Value, live: &Value, schema: &Value) -> Vec<String> {
    let mut drift = Drift { fields: Vec::new() };
    for part in ["labels", "annotations"] {
        drift.map(&declared["metadata"][part], &live["metadata"][part], &Value::Null, &format!("metadata.{part}"));
    }
    drift.value(&declared["spec"], &live["spec"], &schema["properties"]["spec"], "spec");
    drift.fields
}

struct Drift {
    fields: Vec<String>,
}

impl Drift {
    fn add(&mut self, path: &str) {
        if self.fields.len() < NAMED_MAX {
            self.fields.push(path.to_string());
        }
    }

    fn value(&mut self, declared: &Value, live: &Value, schema: &Value, path: &str) {
        match (declared, live) {
            // Left out.
            (Value::Null, _) => {}
            (Value::Object(_), Value::Object(_)) => self.map(declared, live, schema, path),
            (Value::Array(declared), Value::Array(live)) => self.list(declared, live, schema, path),
            _ if is_same(declared, live) => {}
            _ => self.add(path),
        }
    }

    fn map(&mut self, declared: &Value, live: &Value, schema: &Value, path: &str) {
        let none = Map::new();
        let live = live.as_object().unwrap_or(&none);
        for (name, value) in declared.as_object().unwrap_or(&none) {
            let field = format!("{path}.{name}");
            let schema = schema["properties"].get(name).unwrap_or(&schema["additionalProperties"]);
            match live.get(name) {
                Some(live) => self.value(value, live, schema, &field),
                None if value.is_null() || is_empty(value) => {}
                None => self.add(&field),
            }
        }
    }

    fn list(&mut self, declared: &[Value], live: &[Value], schema: &Value, path: &str) {
        match schema["x-kubernetes-list-type"].as_str() {
            Some("map") => {
                let keys: Vec<&str> = schema["x-kubernetes-list-map-keys"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_str)
                    .collect();
                for item in declared {
                    let shown: Vec<_> = keys.iter().map(|key| item[*key].as_str().unwrap_or_default()).collect();
                    let at = format!("{path}[{}]", shown.join(","));
                    match live.iter().find(|live| keys.iter().all(|key| live[*key] == item[*key])) {
                        Some(live) => self.value(item, live, &schema["items"], &at),
                        None => self.add(&at),
                    }
                }
            }
            Some("set") if declared.iter().all(|item| live.contains(item)) => {}
            Some("set") => self.add(path),
            _ if declared.len() == live.len() && declared.iter().zip(live).all(|(a, b)| is_same(a, b)) => {}
            _ => self.add(path),
        }
    }
}

fn is_empty(value: &Value) -> bool {
    value.as_array().is_some_and(Vec::is_empty) || value.as_object().is_some_and(Map::is_empty)
}

/// Whether two values are equal, numbers by value.
fn is_same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(x), Value::Number(y)) => x == y || x.as_f64() == y.as_f64(),
        (Value::Array(x), Value::Array(y)) => x.len() == y.len() && x.iter().zip(y).all(|(x, y)| is_same(x, y)),
        (Value::Object(x), Value::Object(y)) => {
            x.len() == y.len() && x.iter().all(|(name, x)| y.get(name).is_some_and(|y| is_same(x, y)))
        }
        _ => a == b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fields_that_the_file_sets_are_compared_and_no_others() {
        let crds = crate::api::crds();
        let crd = crds.iter().find(|c| c.spec.names.kind == "Scenario").map(serde_json::to_value).unwrap().unwrap();
        let schema = &crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
        let declared = json!({"metadata": {"name": "a", "labels": {"x": "1"}}, "spec": {
            "title": "t", "thresholds": {"fail": 2.0}, "dependsOn": ["b"], "checks": [{"name": "c", "expect": "true"}],
            "probes": [{"name": "p", "sqlite": {"path": "/a", "query": "SELECT ?1", "parameters": ["1"]}}], "timeout": null,
        }});
        let live = || {
            json!({"metadata": {"name": "a", "uid": "u", "labels": {"x": "1", "y": "2"}, "annotations": {"z": "3"}}, "spec": {
                "title": "t", "agent": "pulso", "thresholds": {"fail": 2, "recover": 3}, "dependsOn": ["c", "b"],
                "checks": [{"name": "more", "expect": "true"}, {"name": "c", "expect": "true", "severity": "low"}],
                "probes": [{"name": "p", "sqlite": {"path": "/a", "query": "SELECT ?1", "parameters": ["1"]}}],
            }})
        };
        assert_eq!(drift(&declared, &live(), schema), [""; 0]);
        for (pointer, value, field) in [
            ("/spec/title", json!("other"), "spec.title"),
            ("/spec/title", Value::Null, "spec.title"),
            ("/metadata/labels/x", json!("2"), "metadata.labels.x"),
            ("/metadata/labels", json!({}), "metadata.labels.x"),
            ("/spec/thresholds/fail", json!(3), "spec.thresholds.fail"),
            ("/spec/dependsOn", json!(["c"]), "spec.dependsOn"),
            ("/spec/checks/1/expect", json!("false"), "spec.checks[c].expect"),
            ("/spec/checks", json!([]), "spec.checks[c]"),
            ("/spec/probes/0/sqlite/parameters", json!(["1", "2"]), "spec.probes[p].sqlite.parameters"),
        ] {
            let mut live = live();
            *live.pointer_mut(pointer).unwrap() = value;
            assert_eq!(drift(&declared, &live, schema), [field], "{pointer}");
        }
    }
}
