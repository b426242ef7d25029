//! Strategic merge patches of built-in kinds, as `kubectl apply`, `edit` and `patch` send them.

use serde_json::{Map, Value};
use std::collections::{HashMap, HashSet};

/// `live` with the patch applied. Lists are replaced, except those whose items have a merge key.
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
            let deleted: HashSet<String> = value.as_array().into_iter().flatten().map(Value::to_string).collect();
            if let Some(items) = into.get_mut(list).and_then(Value::as_array_mut) {
                items.retain(|item| !deleted.contains(&item.to_string()));
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
            (Value::Array(items), "finalizers" | "ownerReferences" | "ports") => {
                let order = fields.get(&format!("$setElementOrder/{name}")).and_then(Value::as_array);
                let live = into.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
                into.insert(name.clone(), merge_items(&live, items, order.unwrap_or(items))?.into());
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

/// The merge key of an item: the uid of an owner reference, the port of a Service, a finalizer itself.
fn identity(item: &Value) -> String {
    item.get("uid").or_else(|| item.get("port")).unwrap_or(item).to_string()
}

/// The places of items by merge key; of equal ones, the first.
fn places(items: &[Value]) -> HashMap<String, usize> {
    items.iter().enumerate().rev().map(|(place, item)| (identity(item), place)).collect()
}

/// Merges two lists by merge key. Items of the patch are in its order, the others keep their place between them.
fn merge_items(live: &[Value], patch: &[Value], order: &[Value]) -> Result<Vec<Value>, String> {
    let mut merged: Vec<Option<Value>> = live.iter().cloned().map(Some).collect();
    let (live_places, order_places) = (places(live), places(order));
    let mut merged_places = live_places.clone();
    for item in patch {
        let is_deleted = item.get("$patch").is_some_and(|directive| directive == "delete");
        match merged_places.get(&identity(item)).copied() {
            Some(place) if is_deleted => {
                merged[place] = None;
                merged_places.remove(&identity(item));
            }
            Some(place) => {
                if let Some(slot) = &mut merged[place] {
                    merge(slot, item)?;
                }
            }
            None if is_deleted => {}
            None => {
                merged_places.insert(identity(item), merged.len());
                merged.push(Some(item.clone()));
            }
        }
    }
    let ordered_at = |item: &Value| order_places.get(&identity(item)).copied();
    let (mut ordered, others): (Vec<Value>, Vec<Value>) =
        merged.into_iter().flatten().partition(|item| ordered_at(item).is_some());
    ordered.sort_by_cached_key(ordered_at);
    let (mut out, mut others) = (Vec::new(), others.into_iter().peekable());
    for item in ordered {
        let place = live_places.get(&identity(&item));
        let before = |other: &Value| matches!((live_places.get(&identity(other)), place), (Some(a), Some(b)) if a < b);
        while let Some(other) = others.next_if(before) {
            out.push(other);
        }
        out.push(item);
    }
    out.extend(others);
    Ok(out)
}
