//! Strategic merge patches of core kinds, as `kubectl apply`, `edit` and `patch` send them.

use serde_json::{Map, Value};

/// `live` with the patch worked in. Lists of core kinds served here are replaced whole, but for finalizers.
pub fn strategic_merge(live: &Value, patch: &Value) -> Result<Value, String> {
    let mut out = live.clone();
    merge(&mut out, patch)?;
    Ok(out)
}

fn merge(slot: &mut Value, patch: &Value) -> Result<(), String> {
    let Value::Object(fields) = patch else {
        *slot = patch.clone();
        return Ok(());
    };
    match fields.get("$patch").and_then(Value::as_str) {
        Some("delete") => {
            *slot = Value::Null;
            return Ok(());
        }
        Some("replace") => {
            let plain = fields.iter().filter(|(name, _)| !name.starts_with('$'));
            *slot = Value::Object(plain.map(|(name, value)| (name.clone(), value.clone())).collect());
            return Ok(());
        }
        Some("merge") | None => {}
        Some(other) => return Err(format!("$patch: {other:?} is not one of delete, merge, replace")),
    }
    if !slot.is_object() {
        *slot = Value::Object(Map::new());
    }
    let Some(into) = slot.as_object_mut() else { return Ok(()) };
    for (name, value) in fields {
        if let Some(list) = name.strip_prefix("$deleteFromPrimitiveList/") {
            let gone = value.as_array().cloned().unwrap_or_default();
            if let Some(items) = into.get_mut(list).and_then(Value::as_array_mut) {
                items.retain(|item| !gone.contains(item));
            }
            continue;
        }
        if name.starts_with('$') {
            continue;
        }
        match (value, name.as_str()) {
            (Value::Null, _) => {
                into.remove(name);
            }
            (Value::Array(items), "finalizers") => {
                let slot = into.entry(name.clone()).or_insert_with(|| Value::Array(Vec::new()));
                if let Some(present) = slot.as_array_mut() {
                    present.extend(items.iter().filter(|i| !present.contains(i)).cloned().collect::<Vec<_>>());
                }
            }
            (Value::Object(_), _) => {
                merge(into.entry(name.clone()).or_insert(Value::Null), value)?;
                if into.get(name).is_some_and(Value::is_null) {
                    into.remove(name);
                }
            }
            _ => {
                into.insert(name.clone(), value.clone());
            }
        }
    }
    Ok(())
}
