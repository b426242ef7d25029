//! Reading and writing `metadata.managedFields`.

use super::fields::Fields;
use super::set::Set;
use jiff::Timestamp;
use serde_json::{Value, json};

/// Maximum number of managers with operation Update. kube-apiserver merges further ones under the name
/// `ancient-changes`.
const UPDATERS_MAX: usize = 10;
const ANCIENT: &str = "ancient-changes";

/// The field manager of a write, as recorded in `managedFields`.
#[derive(Clone, Copy, Debug)]
pub struct FieldManager<'a> {
    pub manager: &'a str,
    pub subresource: Option<&'a str>,
    pub api_version: &'a str,
    pub now: Timestamp,
}

/// How a manager wrote its fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Apply,
    Update,
}

/// One entry of `managedFields`.
#[derive(Clone, Debug)]
pub(super) struct ManagedFieldsEntry<'a> {
    pub name: String,
    pub operation: Operation,
    pub api_version: String,
    pub subresource: Option<String>,
    pub time: String,
    pub fields: Fields<'a>,
}

impl<'a> ManagedFieldsEntry<'a> {
    pub fn new(write: &FieldManager<'_>, operation: Operation) -> ManagedFieldsEntry<'a> {
        ManagedFieldsEntry {
            name: write.manager.to_string(),
            operation,
            api_version: write.api_version.to_string(),
            subresource: write.subresource.map(Into::into),
            time: write.now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            fields: Fields::Read(Set::new()),
        }
    }

    /// Sort key: entries of Apply come first, then by time.
    fn order(&self) -> (bool, &str, &str, &str) {
        (self.operation == Operation::Update, &self.time, &self.name, self.subresource.as_deref().unwrap_or_default())
    }

    /// Whether both entries have the same identity.
    pub fn is_same(&self, other: &ManagedFieldsEntry<'_>) -> bool {
        (&self.name, self.operation, &self.api_version, &self.subresource)
            == (&other.name, other.operation, &other.api_version, &other.subresource)
    }
}

/// The entries of an object.
pub(super) fn read(object: &Value) -> Vec<ManagedFieldsEntry<'_>> {
    let entries = object.pointer("/metadata/managedFields").and_then(Value::as_array).into_iter().flatten();
    let text = |entry: &Value, name: &str| entry.get(name).and_then(Value::as_str).map(String::from);
    entries
        .filter_map(|entry| {
            let fields = Fields::Stored(entry.get("fieldsV1")?);
            Some(ManagedFieldsEntry {
                name: text(entry, "manager").unwrap_or_default(),
                operation: if entry.get("operation")? == "Apply" { Operation::Apply } else { Operation::Update },
                api_version: text(entry, "apiVersion").unwrap_or_default(),
                subresource: text(entry, "subresource").filter(|s| !s.is_empty()),
                time: text(entry, "time").unwrap_or_default(),
                fields,
            })
        })
        .collect()
}

/// What the object of a request says about the managed fields.
pub(super) enum Given {
    /// One empty entry: there are none any more.
    Reset,
    /// Others than those that are stored.
    Entries(Vec<ManagedFieldsEntry<'static>>),
    /// Nothing, or nothing that can be read: those that are stored stay.
    Nothing,
}

/// Takes the managed fields out of the object of a request.
pub(super) fn take_given(object: &mut Value, stored: Option<&Value>) -> Given {
    let metadata = object.get_mut("metadata").and_then(Value::as_object_mut);
    let taken = metadata.and_then(|metadata| metadata.remove("managedFields"));
    let stored = stored.and_then(|stored| stored.pointer("/metadata/managedFields"));
    let Some(Value::Array(entries)) = taken.filter(|taken| Some(taken) != stored) else { return Given::Nothing };
    if let [Value::Object(only)] = entries.as_slice()
        && only.is_empty()
    {
        return Given::Reset;
    }
    let mut read: Vec<ManagedFieldsEntry<'static>> = Vec::new();
    for entry in &entries {
        let Some(entry) = given_entry(entry) else { return Given::Nothing };
        // The last one of a manager counts.
        read.retain(|other| !other.is_same(&entry));
        read.push(entry);
    }
    if read.is_empty() { Given::Nothing } else { Given::Entries(read) }
}

fn given_entry(entry: &Value) -> Option<ManagedFieldsEntry<'static>> {
    let text = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default().to_string();
    let operation = match text("operation").as_str() {
        "Apply" => Operation::Apply,
        "Update" => Operation::Update,
        _ => return None,
    };
    let api_version = Some(text("apiVersion")).filter(|version| !version.is_empty())?;
    let fields = (text("fieldsType") == "FieldsV1").then(|| Fields::given(entry.get("fieldsV1")))??;
    let subresource = Some(text("subresource")).filter(|name| !name.is_empty());
    Some(ManagedFieldsEntry { name: text("manager"), operation, api_version, subresource, time: text("time"), fields })
}

/// Makes a manager own exactly these fields. Its time changes only if the fields do.
pub(super) fn set_fields<'a>(
    managers: &mut Vec<ManagedFieldsEntry<'a>>,
    mut own_entry: ManagedFieldsEntry<'a>,
    fields: Set,
) {
    match managers.iter_mut().find(|m| m.is_same(&own_entry)) {
        Some(entry) if *entry.fields.set() == fields => {}
        Some(entry) => {
            entry.time = own_entry.time;
            entry.fields = Fields::Read(fields);
        }
        None => {
            own_entry.fields = Fields::Read(fields);
            managers.push(own_entry);
        }
    }
}

/// Writes the entries into an object, without those that own nothing.
pub(super) fn write(object: &mut Value, mut managers: Vec<ManagedFieldsEntry<'_>>) {
    managers.retain(|manager| !manager.fields.is_empty());
    merge_oldest_updaters(&mut managers);
    managers.sort_by(|a, b| a.order().cmp(&b.order()));
    let entries: Vec<Value> = managers.iter().map(entry).collect();
    let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) else { return };
    if entries.is_empty() {
        metadata.remove("managedFields");
    } else {
        metadata.insert("managedFields".into(), entries.into());
    }
}

fn merge_oldest_updaters(managers: &mut Vec<ManagedFieldsEntry<'_>>) {
    let is_updater = |m: &&ManagedFieldsEntry<'_>| m.operation == Operation::Update;
    let mut spare = managers.iter().filter(is_updater).count().saturating_sub(UPDATERS_MAX);
    if spare == 0 {
        return;
    }
    let mut oldest: Vec<ManagedFieldsEntry<'_>> = managers.iter().filter(is_updater).cloned().collect();
    oldest.sort_by(|a, b| (&a.time, &a.name).cmp(&(&b.time, &b.name)));
    let mut firsts: Vec<ManagedFieldsEntry<'_>> = Vec::new();
    for old in oldest {
        if spare == 0 {
            return;
        }
        // The first entry of a version is merged only together with the next one.
        let Some(first) = firsts.iter().find(|first| first.api_version == old.api_version) else {
            firsts.push(old);
            continue;
        };
        let mut ancient = ManagedFieldsEntry { name: ANCIENT.into(), subresource: None, ..old.clone() };
        let mut fields = ancient.fields.into_set();
        ancient.fields = Fields::Read(Set::new());
        for part in [first, &old] {
            if let Some(i) = managers.iter().position(|m| m.is_same(part)) {
                fields.extend(managers.remove(i).fields.into_set());
            }
        }
        if let Some(i) = managers.iter().position(|m| m.is_same(&ancient)) {
            fields.extend(managers.remove(i).fields.into_set());
        }
        ancient.fields = Fields::Read(fields);
        managers.push(ancient);
        spare -= 1;
    }
}

fn entry(manager: &ManagedFieldsEntry<'_>) -> Value {
    let mut entry = json!({
        "manager": manager.name,
        "operation": if manager.operation == Operation::Apply { "Apply" } else { "Update" },
        "apiVersion": manager.api_version,
        "fieldsType": "FieldsV1",
        "fieldsV1": manager.fields.to_value(),
    });
    if !manager.time.is_empty() {
        entry["time"] = manager.time.as_str().into();
    }
    if let Some(subresource) = &manager.subresource {
        entry["subresource"] = subresource.as_str().into();
    }
    entry
}
