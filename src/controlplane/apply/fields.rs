//! The fields that one manager owns. Most writes change those of one manager, so that the others stay as they are stored.

use super::set::{Path, Set, Step};
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// Fields, as stored or as a set.
#[derive(Clone, Debug)]
pub(super) enum Fields<'a> {
    /// FieldsV1.
    Stored(&'a Value),
    Read(Set),
}

impl Fields<'_> {
    /// Whether the field at this path is owned itself.
    pub fn contains(&self, path: &Path) -> bool {
        match self {
            Fields::Stored(fields) => {
                let mut steps = path.iter();
                let at = steps.try_fold(*fields, |at, step| at.get(&**step));
                at.and_then(Value::as_object).is_some_and(|at| is_owned(at, path.is_empty()))
            }
            Fields::Read(set) => set.contains(path),
        }
    }

    pub fn is_empty(&self) -> bool {
        match self {
            Fields::Stored(fields) => !owns_any(fields, true),
            Fields::Read(set) => set.is_empty(),
        }
    }

    pub fn set(&self) -> Cow<'_, Set> {
        match self {
            Fields::Stored(fields) => {
                let mut set = Set::new();
                read(fields, &mut Path::new(), &mut set);
                Cow::Owned(set)
            }
            Fields::Read(set) => Cow::Borrowed(set),
        }
    }

    pub fn into_set(self) -> Set {
        match self {
            Fields::Stored(_) => self.set().into_owned(),
            Fields::Read(set) => set,
        }
    }

    /// What a client says that a manager owns. Steps of an unknown form are left out; `None` where it is no FieldsV1 at all.
    pub fn given(fields: Option<&Value>) -> Option<Fields<'static>> {
        let mut set = Set::new();
        if let Some(fields) = fields.filter(|fields| !fields.is_null()) {
            read_given(fields, &mut Path::new(), &mut set)?;
        }
        Some(Fields::Read(set))
    }

    /// FieldsV1.
    pub fn to_value(&self) -> Value {
        match self {
            Fields::Stored(fields) => (*fields).clone(),
            Fields::Read(set) => written(set),
        }
    }
}

/// Whether what has these entries is owned itself, and not only what is in it.
fn is_owned(entries: &Map<String, Value>, is_root: bool) -> bool {
    entries.contains_key(".") || (entries.is_empty() && !is_root)
}

fn owns_any(value: &Value, is_root: bool) -> bool {
    value
        .as_object()
        .is_some_and(|entries| is_owned(entries, is_root) || entries.values().any(|inner| owns_any(inner, false)))
}

fn read(value: &Value, path: &mut Path, fields: &mut Set) {
    let Some(entries) = value.as_object() else { return };
    if is_owned(entries, path.is_empty()) {
        fields.insert(path.clone());
    }
    for (name, inner) in entries.iter().filter(|(name, _)| *name != ".") {
        path.push(name.as_str().into());
        read(inner, path, fields);
        path.pop();
    }
}

fn read_given(value: &Value, path: &mut Path, fields: &mut Set) -> Option<()> {
    let entries = value.as_object()?;
    if is_owned(entries, path.is_empty()) {
        fields.insert(path.clone());
    }
    for (name, inner) in entries.iter().filter(|(name, _)| *name != ".") {
        if is_step(name)? {
            path.push(name.as_str().into());
            read_given(inner, path, fields)?;
            path.pop();
        }
    }
    Some(())
}

/// Whether a name is a step of a known form; `None` where what follows can't be read.
fn is_step(name: &str) -> Option<bool> {
    let (form, rest) = name.split_once(':')?;
    let parsed = || serde_json::from_str::<Value>(rest).ok();
    match form {
        "f" => Some(true),
        "k" => parsed()?.is_object().then_some(true),
        "v" => parsed().map(|_| true),
        "i" => rest.parse::<u32>().ok().map(|_| true),
        _ => Some(false),
    }
}

fn written(fields: &BTreeSet<Path>) -> Value {
    let mut root = Map::new();
    for path in fields {
        insert(&mut root, path);
    }
    for path in fields {
        dotted(&mut root, path);
    }
    Value::Object(root)
}

fn insert(at: &mut Map<String, Value>, path: &[Step]) {
    let Some((first, rest)) = path.split_first() else { return };
    let next = at.entry(&**first).or_insert_with(|| json!({}));
    let Value::Object(next) = next else { return };
    insert(next, rest);
}

/// Adds `.` to a field that is owned itself and has owned fields below it. Paths are sorted, parents first.
fn dotted(root: &mut Map<String, Value>, path: &[Step]) {
    let mut at = root;
    for step in path {
        let Some(Value::Object(next)) = at.get_mut(&**step) else { return };
        at = next;
    }
    if !at.is_empty() {
        at.insert(".".into(), json!({}));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_fields_are_those_of_the_set_that_is_read_from_them() {
        let stored = json!({
            "f:spec": {"f:probes": {".": {}, "k:{\"name\":\"a\"}": {".": {}, "f:name": {}, "f:http": {"f:url": {}}}}, "f:title": {}},
            "f:metadata": {"f:labels": {"f:x": {}}}, "f:odd": "text",
        });
        let fields = Fields::Stored(&stored);
        let set = fields.clone().into_set();
        assert_eq!(set.len(), 6, "{set:?}");
        // Every path of the tree, those that are owned only in part, and one that is not there.
        let mut paths: Vec<Path> = set.iter().flat_map(|path| (0..=path.len()).map(|n| path[..n].to_vec())).collect();
        paths.extend([vec!["f:odd".into()], vec!["f:spec".into(), "f:none".into()], vec![".".into()]]);
        for path in paths {
            assert_eq!(fields.contains(&path), set.contains(&path), "{path:?}");
        }
        let mut sound = stored.clone();
        sound.as_object_mut().unwrap().remove("f:odd");
        assert_eq!(Fields::Read(set).to_value(), sound);
        for (none, is_empty) in
            [(json!({}), true), (json!("x"), true), (json!({"f:a": 1}), true), (json!({"f:a": {}}), false)]
        {
            assert_eq!(
                (Fields::Stored(&none).is_empty(), Fields::Stored(&none).set().is_empty()),
                (is_empty, is_empty),
                "{none}"
            );
        }
    }
}
