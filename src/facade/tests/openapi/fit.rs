//! Whether answers fit the document.

use super::*;

/// Why a value does not fit a schema, as far as the document uses JSON Schema. Objects may have no undescribed properties.
fn misfit(document: &Value, schema: &Value, value: &Value) -> Option<String> {
    if schema["$ref"].is_string() {
        return misfit(document, &resolve(document, schema), value);
    }
    if let Some(options) = schema["oneOf"].as_array() {
        let misfits: Vec<_> = options.iter().filter_map(|option| misfit(document, option, value)).collect();
        return (misfits.len() + 1 != options.len()).then(|| format!("oneOf: {misfits:?}"));
    }
    if let Some(parts) = schema["allOf"].as_array() {
        let mut merged = json!({"type": "object", "properties": {}, "required": []});
        for part in parts.iter().map(|part| resolve(document, part)) {
            let properties = part["properties"].as_object().unwrap().clone();
            merged["properties"].as_object_mut().unwrap().extend(properties);
            merged["required"].as_array_mut().unwrap().extend(part["required"].as_array().cloned().unwrap_or_default());
        }
        return misfit(document, &merged, value);
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let allows = |word: &Value| *word == kind || (kind == "integer" && *word == "number");
    let is_allowed = match &schema["type"] {
        Value::Array(words) => words.iter().any(allows),
        Value::Null => true,
        word => allows(word),
    };
    if !is_allowed {
        return Some(format!("{value} is not {}", schema["type"]));
    }
    if schema["enum"].as_array().is_some_and(|values| !values.contains(value)) {
        return Some(format!("{value} is not one of {}", schema["enum"]));
    }
    match value {
        Value::Array(items) => items.iter().find_map(|item| misfit(document, &schema["items"], item)),
        Value::Object(fields) if schema["properties"].is_object() => {
            let required = schema["required"].as_array().into_iter().flatten();
            let absent = required.map(|name| name.as_str().unwrap()).find(|name| !fields.contains_key(*name));
            absent.map(|name| format!("{name} is missing")).or_else(|| {
                fields.iter().find_map(|(name, value)| {
                    let property = schema["properties"].get(name);
                    let found = property.map(|property| misfit(document, property, value));
                    found.unwrap_or_else(|| Some("is not described".into())).map(|why| format!("{name}: {why}"))
                })
            })
        }
        _ => None,
    }
}

/// The operation of a method and path, without the prefix.
pub(super) fn operation_of<'a>(
    operations: &BTreeMap<(String, String), &'a Value>,
    method: &str,
    path: &str,
) -> Option<&'a Value> {
    let path = path.split('?').next().unwrap();
    let matches = |template: &str| {
        let template = template.trim_start_matches("/api/v1/agents");
        let (parts, given): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
        parts.len() == given.len()
            && parts.iter().zip(&given).all(|(part, given)| part.starts_with('{') || part == given)
    };
    operations.iter().find(|((m, template), _)| m == method && matches(template)).map(|(_, operation)| *operation)
}

/// The statuses that the document has for a method and path.
pub fn documented_statuses(method: &Method, path: &str) -> BTreeSet<u16> {
    let document = document();
    let operations = operations(&document);
    let operation = operation_of(&operations, method.as_str(), path).unwrap();
    operation["responses"].as_object().unwrap().keys().map(|status| status.parse().unwrap()).collect()
}

/// Why an answer does not fit the document.
pub fn misfit_of_answer(method: &Method, path: &str, answer: &Answered) -> Option<String> {
    let document = document();
    let operations = operations(&document);
    let operation = operation_of(&operations, method.as_str(), path).unwrap();
    let response = resolve(&document, &operation["responses"][answer.status.to_string()]);
    let schema = &response["content"][answer.headers["content-type"].to_str().unwrap()]["schema"];
    if !schema.is_object() {
        return Some(format!("{} is not documented", answer.status));
    }
    misfit(&document, schema, &answer.body)
}

#[test]
fn the_recorded_answers_fit_the_document() {
    let document = document();
    let golden: Value = serde_json::from_str(include_str!("../golden.json")).unwrap();
    let operations = operations(&document);
    for (name, answer) in golden.as_object().unwrap() {
        let (method, rest) = name.split_once(' ').unwrap();
        let path = rest.split(['?', ',', ' ']).next().unwrap();
        let operation = operation_of(&operations, method, path);
        let operation = operation.unwrap_or_else(|| panic!("{name} is not documented"));
        let response = &operation["responses"][answer["status"].to_string()];
        assert!(response.is_object(), "{name}: {} is not documented", answer["status"]);
        let response = resolve(&document, response);
        let schema = &response["content"][answer["headers"]["content-type"].as_str().unwrap()]["schema"];
        assert!(schema.is_object(), "{name}: {response}");
        let mut body = answer["body"].clone();
        if path == "/health" {
            body["version"] = env!("CARGO_PKG_VERSION").into();
        }
        assert_eq!(misfit(&document, schema, &body), None, "{name}");
        for header in answer["headers"].as_object().unwrap().keys().filter(|name| *name != "content-type") {
            let documented = response["headers"].as_object().into_iter().flat_map(|headers| headers.keys());
            assert!(documented.into_iter().any(|name| name.eq_ignore_ascii_case(header)), "{name}: {header}");
        }
    }
}
