//! Long lists of objects with the fields alone that the expressions of a Scenario name, so that all items fit.

use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Items of a list at most: of a longer one the beginning and the end are shown as they are.
const ITEMS_MAX: usize = 256;

/// The names in the text of expressions.
pub(super) fn names<'a>(expressions: impl IntoIterator<Item = &'a str>) -> BTreeSet<&'a str> {
    let is_of_name = |c: char| c.is_alphanumeric() || c == '_';
    let words = expressions.into_iter().flat_map(move |text| text.split(move |c| !is_of_name(c)));
    words.filter(|word| !word.is_empty()).collect()
}

/// The value as text, each item of a list with the named fields that are no lists or objects, in a line of its own; `None` where that
/// leaves nothing out.
pub(super) fn shortened(value: &Value, names: &BTreeSet<&str>) -> Option<String> {
    let (mut text, mut is_shorter) = (String::new(), false);
    write(value, names, 0, (&mut text, &mut is_shorter));
    is_shorter.then_some(text)
}

/// The fields of an item that are named.
fn named(item: &Map<String, Value>, names: &BTreeSet<&str>) -> Map<String, Value> {
    let is_kept = |name: &str, value: &Value| names.contains(name) && !value.is_object() && !value.is_array();
    item.iter()
        .filter(|(name, value)| is_kept(name, value))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// Items of which some are named; `None` of any other list.
fn items(list: &[Value], names: &BTreeSet<&str>) -> Option<Vec<Map<String, Value>>> {
    if !(2..=ITEMS_MAX).contains(&list.len()) {
        return None;
    }
    let items = list.iter().map(|item| item.as_object().map(|item| named(item, names))).collect::<Option<Vec<_>>>()?;
    items.iter().any(|item| !item.is_empty()).then_some(items)
}

fn write(value: &Value, names: &BTreeSet<&str>, depth: usize, (out, is_shorter): (&mut String, &mut bool)) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(object) if !object.is_empty() && depth < 8 => {
            out.push('{');
            for (at, (name, value)) in object.iter().enumerate() {
                out.push_str(if at > 0 { ",\n" } else { "\n" });
                out.push_str(&format!("{indent}  {}: ", Value::from(name.as_str())));
                write(value, names, depth + 1, (out, is_shorter));
            }
            out.push_str(&format!("\n{indent}}}"));
        }
        Value::Array(list) if let Some(items) = items(list, names) => {
            let lines: Vec<_> = items.into_iter().map(|item| format!("\n{indent}  {}", Value::Object(item))).collect();
            out.push_str(&format!("[{}\n{indent}]", lines.join(",")));
            *is_shorter = true;
        }
        value => out.push_str(&value.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

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
            Value::Array(vec![json!({"status": 1}); ITEMS_MAX + 1]),
        ] {
            assert_eq!(shortened(&value, &named), None);
        }
    }
}
