//! Who owns which field: server-side apply, and the record that other writes leave in `metadata.managedFields`.

mod leaves;
mod managers;
mod strategic;
#[cfg(test)]
mod tests;

pub use strategic::strategic_merge;

use super::schema::{Cause, Schema};
use jiff::Timestamp;
use leaves::{Leaves, Path};
use managers::{Manager, Operation};
use serde_json::Value;
use std::collections::BTreeSet;

/// A write as the record will show it.
#[derive(Clone, Copy, Debug)]
pub struct Write<'a> {
    pub manager: &'a str,
    pub subresource: Option<&'a str>,
    pub api_version: &'a str,
    pub now: Timestamp,
}

/// Why an apply does not happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApplyError {
    /// Fields that other managers set to something else, each a cause.
    Conflicts(Vec<Cause>),
    Invalid(String),
}

/// Applies a configuration: its fields are set and owned, those that it no longer has are taken out unless somebody else owns
/// them. Where nothing changes the live object comes back as it is.
pub fn apply(
    schema: &Schema,
    live: Option<&Value>,
    applied: &Value,
    write: &Write<'_>,
    force: bool,
) -> Result<Value, ApplyError> {
    if applied.pointer("/metadata/managedFields").is_some_and(|m| m.as_array().is_some_and(|a| !a.is_empty())) {
        return Err(ApplyError::Invalid("metadata.managedFields must be nil".into()));
    }
    let wanted = leaves::of(schema, applied);
    let none = Value::Object(Default::default());
    let base = live.unwrap_or(&none);
    let stands = leaves::of(schema, base);
    let mut managers = managers::read(base);
    let me = Manager::new(write, Operation::Apply);
    let prior = managers.iter().find(|m| m.is_same(&me)).map(|m| m.fields.clone()).unwrap_or_default();

    let conflicts = conflicts(&wanted, &stands, &managers, &me);
    if !force && !conflicts.is_empty() {
        return Err(ApplyError::Conflicts(conflicts.into_iter().map(|(path, m)| cause(path, m)).collect()));
    }
    let taken: BTreeSet<Path> = conflicts.into_iter().map(|(path, _)| path.clone()).collect();
    let others: Vec<BTreeSet<Path>> = managers.iter().filter(|m| !m.is_same(&me)).map(|m| m.fields.clone()).collect();
    let mut merged = leaves::merge(schema, base, applied);
    // An item goes before the fields in it: without those by which it is told apart it could not be found.
    for path in prior.iter().filter(|path| !wanted.contains_key(*path)) {
        // And where the item stays, those stay with it.
        let whole = if leaves::is_key_of_item(path) { &path[..path.len() - 1] } else { path.as_slice() };
        let is_within = |other: &Path| other.starts_with(whole);
        let is_wanted = wanted.range(whole.to_vec()..).next().is_some_and(|(other, _)| is_within(other));
        let is_owned = others.iter().any(|fields| fields.range(whole.to_vec()..).next().is_some_and(is_within));
        if !is_wanted && !is_owned {
            leaves::remove(schema, &mut merged, path);
        }
    }
    for manager in managers.iter_mut().filter(|m| !m.is_same(&me)) {
        manager.fields.retain(|path| !taken.contains(path));
    }
    let owned: BTreeSet<Path> = wanted.into_keys().collect();
    let changed = owned != prior || leaves::of(schema, &merged) != stands || !taken.is_empty();
    if !changed && live.is_some() {
        return Ok(base.clone());
    }
    managers::own(&mut managers, me, owned, true);
    managers::write(&mut merged, &managers);
    Ok(merged)
}

/// The fields that others own and want otherwise.
fn conflicts<'a>(
    wanted: &'a Leaves,
    stands: &Leaves,
    managers: &'a [Manager],
    me: &Manager,
) -> Vec<(&'a Path, &'a Manager)> {
    let mut out = Vec::new();
    for (path, value) in wanted {
        if stands.get(path).is_none_or(|live| live == value) {
            continue;
        }
        let owners = managers.iter().filter(|m| !m.is_same(me) && m.fields.contains(path));
        out.extend(owners.map(|owner| (path, owner)));
    }
    out
}

fn cause(path: &Path, manager: &Manager) -> Cause {
    let using = if manager.subresource.is_some() { " with subresource \"status\"" } else { "" };
    let message = format!("conflict with {:?}{using} using {}", manager.name, manager.api_version);
    Cause { reason: "FieldManagerConflict", message, field: leaves::shown(path) }
}

/// Records a create, update or patch: what it changed is its manager's from now on.
pub fn track_update(schema: &Schema, old: Option<&Value>, new: &mut Value, write: &Write<'_>) {
    let none = Value::Object(Default::default());
    let before = leaves::of(schema, old.unwrap_or(&none));
    let after = leaves::of(schema, new);
    let mut managers = managers::read(old.unwrap_or(&none));
    if let Some(given) = new.pointer("/metadata/managedFields").and_then(Value::as_array)
        && given.iter().all(|entry| entry.as_object().is_some_and(|e| e.is_empty()))
        && old.is_some()
        && new.pointer("/metadata/managedFields") != old.and_then(|o| o.pointer("/metadata/managedFields"))
    {
        // An empty list is how one asks for the record to be wiped.
        managers.clear();
    }
    let changed: BTreeSet<Path> =
        after.iter().filter(|(path, value)| before.get(*path) != Some(value)).map(|(path, _)| path.clone()).collect();
    let me = Manager::new(write, Operation::Update);
    for manager in managers.iter_mut() {
        let is_me = manager.is_same(&me);
        manager.fields.retain(|path| after.contains_key(path) && (is_me || !changed.contains(path)));
    }
    if !changed.is_empty() {
        managers::own(&mut managers, me, changed, false);
    }
    managers::write(new, &managers);
}
