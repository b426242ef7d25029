//! The rows of the file, each an object.

use super::{Check, Key, Packer, StoredObject};
use rusqlite::Row;
use rusqlite::types::ValueRef;
use serde_json::Value;
use std::borrow::Cow;

/// The key of a row, and its object or why it can't be read.
pub(super) fn object(
    row: &Row<'_>,
    check: &Check,
    packer: &mut Packer,
) -> rusqlite::Result<(Key, Result<StoredObject, String>)> {
    let key = Key {
        kind: text(row, 0)?.into_owned(),
        namespace: text(row, 1)?.into_owned(),
        name: text(row, 2)?.into_owned(),
    };
    let (ValueRef::Integer(version), ValueRef::Text(json)) = (row.get_ref(3)?, row.get_ref(4)?) else {
        return Ok((key, Err("the row has values of other types".into())));
    };
    let version = version.unsigned_abs();
    let read = parse(&key, version, json).and_then(|(text, object)| {
        check(&key, &object)?;
        Ok(StoredObject { version, json: packer.pack(&key.kind, text) })
    });
    Ok((key, read))
}

/// A column of a key. Damaged text stays recognisable.
pub(super) fn text<'a>(row: &'a Row<'_>, column: usize) -> rusqlite::Result<Cow<'a, str>> {
    Ok(match row.get_ref(column)? {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => String::from_utf8_lossy(bytes),
        other => Cow::Owned(format!("{other:?}")),
    })
}

/// The text of an object and the object, if it is JSON with the identity of its row.
fn parse<'a>(key: &Key, version: u64, json: &'a [u8]) -> Result<(&'a str, Value), String> {
    let text = std::str::from_utf8(json).map_err(|error| format!("the stored text is not UTF-8: {error}"))?;
    let object: Value =
        serde_json::from_str(text).map_err(|error| format!("the stored text is not an object in JSON: {error}"))?;
    let field = |name: &str| object["metadata"][name].as_str().unwrap_or_default();
    let is_same = field("name") == key.name
        && field("namespace") == key.namespace
        && field("resourceVersion") == version.to_string();
    if is_same {
        Ok((text, object))
    } else {
        Err("the stored object has another name, namespace or resource version".into())
    }
}
