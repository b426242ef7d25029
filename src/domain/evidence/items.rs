//! Long lists of objects with the fields alone that the expressions of a Scenario name, so that all items fit.

use serde_json::Value;
use std::collections::BTreeSet;
use std::io::{self, Write};

/// Items of a list at most: of a longer one the beginning and the end are shown as they are.
const ITEMS_MAX: usize = 256;

/// The names in the text of expressions.
pub(super) fn names<'a>(expressions: impl IntoIterator<Item = &'a str>) -> BTreeSet<&'a str> {
    let is_of_name = |c: char| c.is_alphanumeric() || c == '_';
    let words = expressions.into_iter().flat_map(move |text| text.split(move |c| !is_of_name(c)));
    words.filter(|word| !word.is_empty()).collect()
}

/// Whether a list in the value has items of which fields can be left out.
pub(super) fn is_shortened(value: &Value, names: &BTreeSet<&str>) -> bool {
    match value {
        Value::Object(object) => object.values().any(|value| is_shortened(value, names)),
        Value::Array(list) => is_list_of_items(list, names),
        _ => false,
    }
}

/// Writes the value, each item of a list in a line of its own with the named fields that are no lists or objects.
pub(super) fn write_shortened(
    value: &Value,
    names: &BTreeSet<&str>,
    depth: usize,
    out: &mut impl Write,
) -> io::Result<()> {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(object) if !object.is_empty() => {
            out.write_all(b"{")?;
            for (at, (name, value)) in object.iter().enumerate() {
                write!(out, "{}\n{indent}  {}: ", if at > 0 { "," } else { "" }, Value::from(name.as_str()))?;
                write_shortened(value, names, depth + 1, out)?;
            }
            write!(out, "\n{indent}}}")
        }
        Value::Array(list) if is_list_of_items(list, names) => {
            out.write_all(b"[")?;
            for (at, item) in list.iter().filter_map(Value::as_object).enumerate() {
                write!(out, "{}\n{indent}  {{", if at > 0 { "," } else { "" })?;
                for (at, (name, value)) in item.iter().filter(|(name, value)| is_kept(name, value, names)).enumerate() {
                    write!(out, "{}{}:{value}", if at > 0 { "," } else { "" }, Value::from(name.as_str()))?;
                }
                out.write_all(b"}")?;
            }
            write!(out, "\n{indent}]")
        }
        value => serde_json::to_writer(out, value).map_err(io::Error::from),
    }
}

fn is_kept(name: &str, value: &Value, names: &BTreeSet<&str>) -> bool {
    names.contains(name) && !value.is_object() && !value.is_array()
}

/// Objects, of which some fields are named and others are not.
fn is_list_of_items(list: &[Value], names: &BTreeSet<&str>) -> bool {
    let fields = || list.iter().filter_map(Value::as_object).flatten();
    (2..=ITEMS_MAX).contains(&list.len())
        && list.iter().all(Value::is_object)
        && fields().any(|(name, value)| is_kept(name, value, names))
        && fields().any(|(name, value)| !is_kept(name, value, names))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn shortened(value: &Value, names: &BTreeSet<&str>) -> Option<String> {
        let mut out = Vec::new();
        write_shortened(value, names, 0, &mut out).unwrap();
        is_shortened(value, names).then(|| String::from_utf8(out).unwrap())
    }

    #[test]
    fn items_of_a_list_have_the_fields_that_expressions_name() {
        let named = names(["probes.vms.json.data.exists(v, string(v.vmid) == item && v.status == \"running\")"]);
        let value = json!({"data": [
            {"vmid": 112, "status": "running", "maxcpu": 4, "tags": ["a"]},
            {"vmid": 122, "status": "stopped", "maxcpu": 8, "item": {"x": 1}},
        ], "total": 2, "none": []});
        let text = shortened(&value, &named).unwrap();
        let lines = ["{\"status\":\"running\",\"vmid\":112},", "{\"status\":\"stopped\",\"vmid\":122}"];
        assert_eq!(
            text,
            format!("{{\n  \"data\": [\n    {}\n    {}\n  ],\n  \"none\": [],\n  \"total\": 2\n}}", lines[0], lines[1])
        );
    }

    #[test]
    fn other_values_are_not_shortened() {
        let named = names(["v.status"]);
        for value in [
            json!(1),
            json!([1, 2]),
            json!([{"status": 1}]),
            json!([{"status": 1}, 2]),
            json!([{"a": 1}, {"b": 2}]),
            json!([{"status": [1]}, {"status": {}}]),
            json!({"status": {"a": 1}}),
            json!([{"status": 1}, {"status": 2}]),
            Value::Array(vec![json!({"status": 1}); ITEMS_MAX + 1]),
        ] {
            assert_eq!(shortened(&value, &named), None);
        }
    }
}
