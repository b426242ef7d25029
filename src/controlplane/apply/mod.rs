//! Who owns which field: server-side apply, and the record that other writes leave in `metadata.managedFields`.

mod managers;
mod merge;
mod set;
mod strategic;
#[cfg(test)]
mod tests;

pub use managers::FieldManager;
pub use strategic::strategic_merge;

use super::schema::{Cause, Schema};
use managers::{ManagedFieldsEntry, Operation};
use serde_json::Value;
use set::{Difference, Path, Set};

/// Who owns what stood before the first apply.
const BEFORE_FIRST_APPLY: &str = "before-first-apply";

/// Why an apply does not happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApplyError {
    /// Fields that other managers set to something else, each a cause.
    Conflicts(Vec<Cause>),
}

/// Applies a configuration: its fields are set and owned, those that it no longer has are taken out unless somebody else owns
/// them. Where nothing changes the live object comes back as it is. `typed`: of a kind of core, what is empty is not kept.
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
        // What stands was written before anybody kept a record.
        let before =
            ManagedFieldsEntry { name: BEFORE_FIRST_APPLY.into(), ..ManagedFieldsEntry::new(write, Operation::Update) };
        let fields = set::difference(schema, &none, base).added;
        managers::own(&mut managers, ManagedFieldsEntry { subresource: None, ..before }, fields);
    }
    let me = ManagedFieldsEntry::new(write, Operation::Apply);
    let prior = managers.iter().find(|m| m.is_same(&me)).map(|m| m.fields.clone()).unwrap_or_default();
    let wanted = set::owned(set::of(schema, applied));
    managers::own(&mut managers, me.clone(), wanted.clone());
    let whole = merge::merge(schema, base, applied);
    let mut merged = let_go(schema, &whole, &prior, &managers, set::of(schema, applied));
    let difference = set::difference(schema, base, &merged);
    let conflicts = conflicts(&difference, &managers, &me);
    if !force && !conflicts.is_empty() {
        return Err(ApplyError::Conflicts(conflicts.iter().map(|(path, m)| cause(path, m)).collect()));
    }
    disown(&mut managers, &difference, &me);
    if typed {
        schema.decode(&mut merged);
    }
    if live.is_some() && wanted == prior && *base == merged {
        return Ok(base.clone());
    }
    if let Some(entry) = managers.iter_mut().find(|m| m.is_same(&me)) {
        entry.time = me.time;
    }
    managers::write(&mut merged, &managers);
    Ok(merged)
}

/// Why a configuration can't be applied: items of a list that can't be told apart.
pub fn ambiguous(schema: &Schema, applied: &Value) -> Option<String> {
    set::ambiguous(Some(schema.node()), applied, &mut Vec::new())
}

/// Takes out what the manager had before and nobody has now.
fn let_go(schema: &Schema, merged: &Value, prior: &Set, managers: &[ManagedFieldsEntry], mine: Set) -> Value {
    if prior.is_empty() {
        return merged.clone();
    }
    let whole = |set: &Set| set::with_parents(schema, set);
    let minus = |a: &Set, b: &Set| a.difference(b).cloned().collect::<Set>();
    let prior = whole(prior);
    let stands = whole(&set::of(schema, merged));
    let pruned = set::without(schema, merged, &prior);
    // What somebody owns comes back,
    let managed: Set = managers.iter().flat_map(|m| m.fields.iter().cloned()).chain(mine).collect();
    let kept: Set = whole(&set::of(schema, &pruned)).union(&whole(&managed)).cloned().collect();
    let pruned = set::without(schema, merged, &minus(&stands, &kept));
    // and so does what was never this manager's.
    let gone = minus(&stands, &whole(&set::of(schema, &pruned)));
    set::without(schema, merged, &gone.intersection(&prior).cloned().collect())
}

/// The fields that others own and that become something else.
fn conflicts<'a>(
    difference: &'a Difference,
    managers: &'a [ManagedFieldsEntry],
    me: &ManagedFieldsEntry,
) -> Vec<(&'a Path, &'a ManagedFieldsEntry)> {
    let changed = || difference.modified.iter().chain(&difference.added);
    let others = managers.iter().filter(|m| !m.is_same(me));
    others.flat_map(|m| changed().filter(|path| m.fields.contains(*path)).map(move |path| (path, m))).collect()
}

/// What changed is no longer anybody else's, and what is gone is nobody's.
fn disown(managers: &mut [ManagedFieldsEntry], difference: &Difference, me: &ManagedFieldsEntry) {
    let Difference { added, modified, removed } = difference;
    for manager in managers.iter_mut().filter(|m| !m.is_same(me)) {
        manager.fields.retain(|path| !modified.contains(path) && !added.contains(path) && !removed.contains(path));
    }
}

fn cause(path: &Path, manager: &ManagedFieldsEntry) -> Cause {
    let through = manager.subresource.as_ref().map(|s| format!(" with subresource {s:?}")).unwrap_or_default();
    let since = match manager.operation {
        Operation::Update => format!(" using {} at {}", manager.api_version, manager.time),
        Operation::Apply => String::new(),
    };
    let message = format!("conflict with {:?}{through}{since}", manager.name);
    Cause { reason: "FieldManagerConflict", message, field: set::shown(path) }
}

/// Records a create, update or patch: what it changed is its manager's from now on.
pub fn track_update(schema: &Schema, old: Option<&Value>, new: &mut Value, write: &FieldManager<'_>, is_new: bool) {
    let none = Value::Object(Default::default());
    let given = new.pointer("/metadata/managedFields").and_then(Value::as_array);
    let is_wiped =
        old.is_some() && given.is_some_and(|g| g.iter().all(|e| e.as_object().is_some_and(|e| e.is_empty())));
    let mut managers = managers::read(old.unwrap_or(&none));
    if !is_new && (is_wiped || managers.is_empty()) {
        // An empty list is how one asks for the record to be wiped, and where there is none an update begins none.
        return managers::write(new, &[]);
    }
    let difference = set::difference(schema, old.unwrap_or(&none), new);
    let me = ManagedFieldsEntry::new(write, Operation::Update);
    disown(&mut managers, &difference, &me);
    let mine = managers.iter().find(|m| m.is_same(&me)).map(|m| m.fields.clone()).unwrap_or_default();
    let Difference { added, modified, removed } = difference;
    let fields: Set = mine.into_iter().filter(|path| !removed.contains(path)).chain(modified).chain(added).collect();
    managers::own(&mut managers, me, fields);
    managers::write(new, &managers);
}
