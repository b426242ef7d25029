//! Merging an applied configuration into an object: objects field by field, lists item by item if the schema allows it.

use super::set::{Items, Step, is_atomic_map, is_granular};
use crate::controlplane::schema::{Node, Schema};
use serde_json::Value;
use std::collections::{BTreeSet, VecDeque};

/// `live` with the fields of `applied`.
pub(super) fn merge(schema: &Schema, live: &Value, applied: &Value) -> Value {
    merge_value(Some(schema.node()), Some(live), applied)
}

fn merge_value(node: Option<&Node>, live: Option<&Value>, applied: &Value) -> Value {
    match (live, applied) {
        (Some(Value::Object(old)), Value::Object(new)) if !is_atomic_map(node) => {
            let mut out = old.clone();
            for (name, value) in new {
                let merged = merge_value(node.and_then(|n| n.field(name)), old.get(name), value);
                out.insert(name.clone(), merged);
            }
            Value::Object(out)
        }
        (Some(Value::Array(old)), Value::Array(new)) if is_granular(node) => merge_lists(node, old, new).into(),
        _ => applied.clone(),
    }
}

/// Merges two lists. Items of `new` keep their order; items only in `old` stay next to their old neighbours.
fn merge_lists(node: Option<&Node>, old: &[Value], new: &[Value]) -> Vec<Value> {
    let inner = node.and_then(|n| n.items.as_deref());
    let (old_items, new_items) = (Items::new(node, old), Items::new(node, new));
    let (olds, news) = (&old_items.steps, &new_items.steps);
    let find = |step: &Step| old_items.find(step);
    let is_new = |step: &Step| new_items.find(step).is_some();
    let mut shared: VecDeque<&Step> = news.iter().filter(|step| find(step).is_some()).collect();
    let mut next_shared = shared.pop_front();
    let mut merged = BTreeSet::new();
    let mut out = Vec::new();
    let (mut o, mut n) = (0, 0);
    while o < olds.len() || n < news.len() {
        if let (Some(a), Some(b)) = (olds.get(o), news.get(n)) {
            if a == b {
                merged.insert(b);
                out.push(merge_value(inner, find(a), &new[n]));
                (o, n) = (o + 1, n + 1);
                next_shared = shared.pop_front();
                continue;
            }
            // In both lists, but not the next shared item.
            if is_new(a) && next_shared.is_some_and(|s| s != a) {
                o += 1;
                continue;
            }
        }
        if let Some(a) = olds.get(o) {
            if !is_new(a) {
                out.push(old[o].clone());
                o += 1;
                continue;
            }
            if merged.contains(a) {
                o += 1;
            }
        }
        if let Some(b) = news.get(n) {
            merged.insert(b);
            out.push(merge_value(inner, find(b), &new[n]));
            n += 1;
            if next_shared == Some(b) {
                next_shared = shared.pop_front();
            }
        }
    }
    out
}
