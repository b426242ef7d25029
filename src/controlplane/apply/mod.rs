//! Server-side apply, and the tracking of managed fields for other writes.

mod fields;
mod managers;
mod merge;
mod set;
mod strategic;
#[cfg(test)]
mod tests;

pub use managers::FieldManager;
pub use strategic::strategic_merge;

use super::schema::{Cause, Schema};
use fields::Fields;
use managers::{Given, ManagedFieldsEntry, Operation};
use serde_json::Value;
use set::{Difference, Path, Set};

/// Manager of fields that existed before the first apply.
const BEFORE_FIRST_APPLY: &str = "before-first-apply";

/// Why an apply is rejected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApplyError {
    /// Fields that other managers own with another value, one cause for each.
    Conflicts(Vec<Cause>),
}

/// Applies a configuration: sets its fields and makes the manager own them, and removes fields that it no longer
/// contains unless another manager owns them. If nothing changes, the live object is returned. `typed` is set for
/// built-in kinds, whose empty values are dropped.
pub fn apply(
    schema: &Schema,
    live: Option<&Value>,
    applied: &Value,
    write: &FieldManager<'_>,
    force: bool,
    typed: bool,
) -> Result<Value, ApplyError> {
    let none = Value::Object(Default::default());
    let base = live.unwrap_or(&none);
    let mut managers = managers::read(base);
    if live.is_some() && managers.is_empty() {
        // The object was created before managed fields were tracked.
        let initial_entry =
            ManagedFieldsEntry { name: BEFORE_FIRST_APPLY.into(), ..ManagedFieldsEntry::new(write, Operation::Update) };
        let fields = set::difference(schema, &none, base).added;
        managers::set_fields(&mut managers, ManagedFieldsEntry { subresource: None, ..initial_entry }, fields);
    }
    let own_entry = ManagedFieldsEntry::new(write, Operation::Apply);
    let prior =
        managers.iter().find(|m| m.is_same(&own_entry)).map(|m| m.fields.set().into_owned()).unwrap_or_default();
    let applied_fields = set::without_system_fields(set::fields_of(schema, applied));
    managers::set_fields(&mut managers, own_entry.clone(), applied_fields.clone());
    let combined = merge::merge(schema, base, applied);
    let mut merged = prune_unapplied(schema, &combined, &prior, &managers, set::fields_of(schema, applied));
    let difference = set::difference(schema, base, &merged);
    let conflicts = conflicts(&difference, &managers, &own_entry);
    if !force && !conflicts.is_empty() {
        return Err(ApplyError::Conflicts(conflicts.iter().map(|(path, m)| cause(path, m)).collect()));
    }
    remove_from_others(&mut managers, &difference, &own_entry);
    if typed {
        schema.decode(&mut merged);
    }
    if live.is_some() && applied_fields == prior && *base == merged {
        return Ok(base.clone());
    }
    if let Some(entry) = managers.iter_mut().find(|m| m.is_same(&own_entry)) {
        entry.time = own_entry.time;
    }
    managers::write(&mut merged, managers);
    Ok(merged)
}

/// The error for a configuration with list items that cannot be distinguished.
pub fn ambiguous(schema: &Schema, applied: &Value) -> Option<String> {
    set::ambiguous(Some(schema.node()), applied, &mut Vec::new())
}

/// Removes fields that the manager applied before and that no manager owns now.
fn prune_unapplied(
    schema: &Schema,
    merged: &Value,
    prior: &Set,
    managers: &[ManagedFieldsEntry<'_>],
    own_fields: Set,
) -> Value {
    if prior.is_empty() {
        return merged.clone();
    }
    let with_parents = |set: &Set| set::with_parents(schema, set);
    let minus = |a: &Set, b: &Set| a.difference(b).cloned().collect::<Set>();
    let prior = with_parents(prior);
    let all = with_parents(&set::fields_of(schema, merged));
    let pruned = set::without(schema, merged, &prior);
    // Restore what another manager owns,
    let managed: Set = managers.iter().flat_map(|m| m.fields.set().into_owned()).chain(own_fields).collect();
    let kept: Set = with_parents(&set::fields_of(schema, &pruned)).union(&with_parents(&managed)).cloned().collect();
    let pruned = set::without(schema, merged, &minus(&all, &kept));
    // and what this manager never owned.
    let removed = minus(&all, &with_parents(&set::fields_of(schema, &pruned)));
    set::without(schema, merged, &removed.intersection(&prior).cloned().collect())
}

/// Changed fields that other managers own.
fn conflicts<'a>(
    difference: &'a Difference,
    managers: &'a [ManagedFieldsEntry<'a>],
    own_entry: &ManagedFieldsEntry<'_>,
) -> Vec<(&'a Path, &'a ManagedFieldsEntry<'a>)> {
    let changed = || difference.modified.iter().chain(&difference.added);
    let others = managers.iter().filter(|m| !m.is_same(own_entry));
    others.flat_map(|m| changed().filter(|path| m.fields.contains(path)).map(move |path| (path, m))).collect()
}

/// Removes changed and removed fields from the other managers.
fn remove_from_others(
    managers: &mut [ManagedFieldsEntry<'_>],
    difference: &Difference,
    own_entry: &ManagedFieldsEntry<'_>,
) {
    for manager in managers.iter_mut().filter(|m| !m.is_same(own_entry)) {
        let mut lost = difference.paths().filter(|path| manager.fields.contains(path)).peekable();
        if lost.peek().is_some() {
            let mut fields = manager.fields.set().into_owned();
            lost.for_each(|path| {
                fields.remove(path);
            });
            manager.fields = Fields::Read(fields);
        }
    }
}

fn cause(path: &Path, manager: &ManagedFieldsEntry<'_>) -> Cause {
    let through = manager.subresource.as_ref().map(|s| format!(" with subresource {s:?}")).unwrap_or_default();
    let since = match manager.operation {
        Operation::Update => format!(" using {} at {}", manager.api_version, manager.time),
        Operation::Apply => String::new(),
    };
    let message = format!("conflict with {:?}{through}{since}", manager.name);
    Cause { reason: "FieldManagerConflict", message, field: set::display(path) }
}

/// An empty list asks for the managed fields to be reset, as one empty entry does, which stays when empty values are dropped.
pub fn keep_reset(object: &mut Value) {
    if let Some(Value::Array(entries)) = object.pointer_mut("/metadata/managedFields")
        && entries.is_empty()
    {
        entries.push(Value::Object(Default::default()));
    }
}

/// Records a create, update or patch in the managed fields: the manager owns what it changed. Those that the object itself has count
/// instead of the stored ones, except at a subresource.
pub fn track_update(schema: &Schema, old: Option<&Value>, new: &mut Value, write: &FieldManager<'_>, is_new: bool) {
    let none = Value::Object(Default::default());
    let mut managers = match managers::take_given(new, old) {
        Given::Reset if write.subresource.is_none() => return,
        Given::Entries(given) if write.subresource.is_none() => given,
        _ => managers::read(old.unwrap_or(&none)),
    };
    if !is_new && managers.iter().all(|manager| manager.fields.is_empty()) {
        // An update of an object without managed fields does not add any.
        return;
    }
    let difference = set::difference(schema, old.unwrap_or(&none), new);
    let own_entry = ManagedFieldsEntry::new(write, Operation::Update);
    remove_from_others(&mut managers, &difference, &own_entry);
    own_changes(&mut managers, difference, own_entry);
    managers::write(new, managers);
}

/// Makes a manager own what it changed, besides what it owns already.
fn own_changes<'a>(
    managers: &mut Vec<ManagedFieldsEntry<'a>>,
    difference: Difference,
    own_entry: ManagedFieldsEntry<'a>,
) {
    let Difference { added, modified, removed } = difference;
    let Some(entry) = managers.iter_mut().find(|m| m.is_same(&own_entry)) else {
        managers.push(ManagedFieldsEntry {
            fields: Fields::Read(added.into_iter().chain(modified).collect()),
            ..own_entry
        });
        return;
    };
    if !added.is_empty() || !modified.is_empty() {
        entry.time = own_entry.time;
    }
    let is_owned = |path: &Path| entry.fields.contains(path);
    if !added.iter().chain(&modified).all(is_owned) || removed.iter().any(is_owned) {
        let owned = entry.fields.set().into_owned().into_iter().filter(|path| !removed.contains(path));
        entry.fields = Fields::Read(owned.chain(modified).chain(added).collect());
    }
}
