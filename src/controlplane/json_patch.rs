//! JSON patches, with the limits of kube-apiserver and limits on depth and work: while a patch is carried out, other tasks have a
//! thread less, and where the object has changed meanwhile, all other writes wait for it.

use super::Reached;
use super::object::{DEPTH_MAX, depth_within, json_size};
use super::status::ApiError;
use ::json_patch::jsonptr::Pointer;
use ::json_patch::{AddOperation, Patch, PatchOperation};
use serde_json::Value;
use std::borrow::Cow;

/// Maximum number of operations (`maxJSONPatchOperations` of kube-apiserver).
const OPERATIONS_MAX: usize = 10_000;
/// Maximum size of everything that is copied, in bytes of JSON (`JSONPatchMaxCopyBytes` of kube-apiserver).
const COPIED_MAX: usize = 3 << 20;
/// Maximum number of list items and values that are moved or looked at.
const WORK_MAX: usize = 20_000_000;
/// Maximum length of an error message, which quotes the patch.
const MESSAGE_MAX: usize = 1_000;

/// Parses a patch.
pub fn parse(bytes: &[u8]) -> Result<Patch, ApiError> {
    let value: Value = serde_json::from_slice(bytes).map_err(|e| ApiError::bad_request(e.to_string()))?;
    if !value.is_array() {
        return Err(ApiError::bad_request("a JSON patch must be an array of operations"));
    }
    serde_json::from_value(value).map_err(|e| ApiError::unprocessable(shortened(&e.to_string())))
}

/// The patched object.
pub fn apply(object: &Value, patch: &Patch) -> Result<Value, ApiError> {
    let at_limit = |error: ApiError| error.at_limit(Reached::JsonPatch);
    let count = patch.0.len();
    if count > OPERATIONS_MAX {
        let what = format!("The allowed maximum operations in a JSON patch is {OPERATIONS_MAX}, got {count}");
        return Err(at_limit(ApiError::too_large(format!("Request entity too large: {what}"))));
    }
    let mut patched = object.clone();
    let mut cost = Cost::default();
    for (number, operation) in patch.0.iter().enumerate() {
        let operation = &as_go_has_it(operation, &patched);
        cost.charge(&patched, operation).map_err(at_limit)?;
        // The error counts from the first that it is given.
        ::json_patch::patch_unsafe(&mut patched, std::slice::from_ref(operation)).map_err(|mut error| {
            error.operation = number;
            ApiError::unprocessable(shortened(&format!("the JSON patch does not apply: {error}")))
        })?;
    }
    Ok(patched)
}

/// The JSON patch library of kube-apiserver also replaces a field that the object does not have yet.
fn as_go_has_it<'a>(operation: &'a PatchOperation, object: &Value) -> Cow<'a, PatchOperation> {
    let PatchOperation::Replace(replace) = operation else { return Cow::Borrowed(operation) };
    let is_new_field = replace.path.split_back().is_some_and(|(parent, name)| {
        let parent = object.pointer(parent.as_str()).and_then(Value::as_object);
        parent.is_some_and(|parent| !parent.contains_key(name.decoded().as_ref()))
    });
    if !is_new_field {
        return Cow::Borrowed(operation);
    }
    Cow::Owned(PatchOperation::Add(AddOperation { path: replace.path.clone(), value: replace.value.clone() }))
}

/// What the operations have cost so far.
#[derive(Default)]
struct Cost {
    copied: usize,
    work: usize,
}

impl Cost {
    /// Charges an operation before it is carried out. Operations that do not apply cost nothing.
    fn charge(&mut self, object: &Value, operation: &PatchOperation) -> Result<(), ApiError> {
        match operation {
            PatchOperation::Add(op) => {
                self.shift(object, &op.path)?;
                self.nest(&op.path, &op.value)
            }
            PatchOperation::Replace(op) => self.nest(&op.path, &op.value),
            PatchOperation::Remove(op) => self.shift(object, &op.path),
            PatchOperation::Move(op) => {
                self.shift(object, &op.from)?;
                self.shift(object, &op.path)?;
                match object.pointer(op.from.as_str()) {
                    Some(moved) => self.nest(&op.path, moved),
                    None => Ok(()),
                }
            }
            PatchOperation::Copy(op) => {
                self.shift(object, &op.path)?;
                match object.pointer(op.from.as_str()) {
                    Some(source) => {
                        self.copy(source)?;
                        self.nest(&op.path, source)
                    }
                    None => Ok(()),
                }
            }
            // Compares at most what is in the patch.
            PatchOperation::Test(_) => Ok(()),
        }
    }

    /// The items of a list that an item is added to or removed from.
    fn shift(&mut self, object: &Value, path: &Pointer) -> Result<(), ApiError> {
        let parent = path.split_back().and_then(|(parent, _)| object.pointer(parent.as_str()));
        self.work(parent.and_then(Value::as_array).map_or(0, Vec::len))
    }

    fn copy(&mut self, source: &Value) -> Result<(), ApiError> {
        self.copied += json_size(source);
        if self.copied > COPIED_MAX {
            return Err(ApiError::unprocessable(format!(
                "Unable to complete the copy, the accumulated size increase of copy is {}, exceeding the limit {COPIED_MAX}",
                self.copied
            )));
        }
        Ok(())
    }

    /// Nothing may be nested deeper than an object can be.
    fn nest(&mut self, path: &Pointer, value: &Value) -> Result<(), ApiError> {
        let left = DEPTH_MAX.checked_sub(path.count());
        match left.and_then(|left| depth_within(value, left)) {
            Some(values) => self.work(values),
            None => Err(ApiError::invalid_patch(&format!("exceeded max depth of {DEPTH_MAX}"))),
        }
    }

    fn work(&mut self, values: usize) -> Result<(), ApiError> {
        self.work += values;
        if self.work > WORK_MAX {
            let what = format!("the JSON patch moves more than {WORK_MAX} values");
            return Err(ApiError::too_large(format!("Request entity too large: {what}")));
        }
        Ok(())
    }
}

fn shortened(message: &str) -> String {
    match message.char_indices().nth(MESSAGE_MAX) {
        Some((end, _)) => format!("{}…", &message[..end]),
        None => message.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::StatusCode;
    use serde_json::json;

    fn applied(object: Value, operations: &Value) -> Result<Value, ApiError> {
        apply(&object, &parse(operations.to_string().as_bytes())?)
    }

    fn error(object: Value, operations: &Value) -> (StatusCode, String) {
        let error = applied(object, operations).expect_err("refused");
        (error.code, error.message)
    }

    #[test]
    fn an_error_names_its_operation_and_a_new_field_may_be_replaced() {
        let patch = json!([{"op": "add", "path": "/a", "value": 1}, {"op": "test", "path": "/a", "value": 2}]);
        assert!(error(json!({}), &patch).1.contains("'/1'"), "{}", error(json!({}), &patch).1);
        let replace = |path: &str| json!([{"op": "replace", "path": path, "value": 1}]);
        assert_eq!(applied(json!({"m": {}}), &replace("/m/a~1b")).unwrap(), json!({"m": {"a/b": 1}}));
        for path in ["/n/a", "/list/1"] {
            assert_eq!(error(json!({"list": [0]}), &replace(path)).0, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
        }
    }

    #[test]
    fn only_what_is_limited_is_reported_as_a_limit() {
        let reached = |object, operations| applied(object, &operations).expect_err("refused").reached;
        let copy = json!({"op": "copy", "from": "/list", "path": "/list/-"});
        let large = json!({"list": ["x".repeat(1_000)]});
        let tests = Value::from(vec![json!({"op": "test", "path": "/a", "value": 1}); OPERATIONS_MAX + 1]);
        assert_eq!(reached(large, Value::from(vec![copy; 12])), Some(Reached::JsonPatch));
        assert_eq!(reached(json!({"a": 1}), tests), Some(Reached::JsonPatch));
        assert_eq!(reached(json!({}), json!([{"op": "remove", "path": "/a"}])), None);
    }

    #[test]
    fn operations_are_applied_in_order() {
        let operations = json!([
            {"op": "test", "path": "/a", "value": 1},
            {"op": "add", "path": "/list/-", "value": 3},
            {"op": "copy", "from": "/a", "path": "/list/0"},
            {"op": "move", "from": "/a", "path": "/b"},
            {"op": "replace", "path": "/list/1", "value": {"c": []}},
            {"op": "remove", "path": "/list/2"},
        ]);
        assert_eq!(
            applied(json!({"a": 1, "list": [2, 2]}), &operations).unwrap(),
            json!({"b": 1, "list": [1, {"c": []}, 3]})
        );
        assert_eq!(error(json!({}), &json!([{"op": "remove", "path": "/a"}])).0, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(error(json!({}), &json!({"op": "remove"})).0, StatusCode::BAD_REQUEST);
    }

    #[test]
    fn the_number_of_operations_is_limited() {
        let tests = |count: usize| Value::from(vec![json!({"op": "test", "path": "/a", "value": 1}); count]);
        assert!(applied(json!({"a": 1}), &tests(OPERATIONS_MAX)).is_ok());
        let (code, message) = error(json!({"a": 1}), &tests(OPERATIONS_MAX + 1));
        assert_eq!(code, StatusCode::PAYLOAD_TOO_LARGE);
        assert!(message.ends_with("The allowed maximum operations in a JSON patch is 10000, got 10001"), "{message}");
    }

    #[test]
    fn copied_bytes_are_limited() {
        let double = json!({"op": "copy", "from": "/list", "path": "/list/-"});
        let patch = Value::from(vec![double; 12]);
        assert!(applied(json!({"list": ["x".repeat(100)]}), &patch).is_ok());
        let (code, message) = error(json!({"list": ["x".repeat(1_000)]}), &patch);
        assert_eq!(code, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(message.contains("the accumulated size increase of copy is"), "{message}");
    }

    #[test]
    fn depth_is_limited_however_it_is_reached() {
        let nested = |depth: usize| (0..depth).fold(json!(1), |inner, _| json!({"n": inner}));
        let deep = "/n".repeat(DEPTH_MAX - 1);
        assert!(applied(nested(DEPTH_MAX - 1), &json!([{"op": "replace", "path": deep, "value": {}}])).is_ok());
        for patch in [
            json!([{"op": "replace", "path": deep, "value": {"n": {}}}]),
            json!([{"op": "add", "path": format!("{deep}/n"), "value": {}}]),
            json!([{"op": "copy", "from": "/n", "path": "/n/n"}]),
            json!([{"op": "add", "path": "/m", "value": {}}, {"op": "move", "from": "/n", "path": "/m/n"}, {"op": "move", "from": "/m", "path": "/o"}]),
        ] {
            let (code, message) = error(nested(DEPTH_MAX), &patch);
            assert_eq!(code, StatusCode::UNPROCESSABLE_ENTITY, "{message}");
        }
        // Paths that double with each copy.
        let mut doubling = vec![json!({"op": "add", "path": "/d", "value": {"n": {}}})];
        let mut depth = 1;
        while depth < 20_000 {
            doubling.push(json!({"op": "copy", "from": "/d", "path": format!("/d{}", "/n".repeat(depth + 1))}));
            depth = 2 * depth + 1;
        }
        assert_eq!(error(json!({}), &doubling.into()).0, StatusCode::UNPROCESSABLE_ENTITY);
    }

    #[test]
    fn work_on_long_lists_is_limited() {
        let object = json!({"list": vec![0; 10_000]});
        let in_front = Value::from(vec![json!({"op": "add", "path": "/list/0", "value": 1}); 5_000]);
        assert_eq!(error(object.clone(), &in_front).0, StatusCode::PAYLOAD_TOO_LARGE);
        let back_and_forth: Vec<_> = (0..5_000)
            .map(|i| if i % 2 == 0 { ("/list", "/kept") } else { ("/kept", "/list") })
            .map(|(from, path)| json!({"op": "move", "from": from, "path": path}))
            .collect();
        assert_eq!(error(object, &back_and_forth.into()).0, StatusCode::PAYLOAD_TOO_LARGE);
    }

    #[test]
    fn a_long_path_is_not_quoted_in_full() {
        let path = format!("/{}", "x".repeat(1 << 20));
        assert!(error(json!({}), &json!([{"op": "remove", "path": path}])).1.len() < 2 * MESSAGE_MAX);
    }
}
