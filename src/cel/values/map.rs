//! Maps and their keys.

use super::Value;
use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// A map. Clones share it.
#[derive(Clone, Debug)]
pub(in crate::cel) struct Map {
    pub map: Arc<HashMap<Key, Value>>,
}

/// A key of a map.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::cel) enum Key {
    Int(i64),
    Uint(u64),
    Bool(bool),
    String(Arc<String>),
}

/// A key that borrows its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::cel) enum KeyRef<'a> {
    Int(i64),
    Uint(u64),
    Bool(bool),
    String(&'a str),
}

/// What a map is searched for, owned or borrowed.
trait Lookup {
    fn key(&self) -> KeyRef<'_>;
}

impl Lookup for Key {
    fn key(&self) -> KeyRef<'_> {
        match self {
            Key::Int(number) => KeyRef::Int(*number),
            Key::Uint(number) => KeyRef::Uint(*number),
            Key::Bool(value) => KeyRef::Bool(*value),
            Key::String(text) => KeyRef::String(text),
        }
    }
}

impl Lookup for KeyRef<'_> {
    fn key(&self) -> KeyRef<'_> {
        *self
    }
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

impl<'a> Borrow<dyn Lookup + 'a> for Key {
    fn borrow(&self) -> &(dyn Lookup + 'a) {
        self
    }
}

impl Hash for dyn Lookup + '_ {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

impl PartialEq for dyn Lookup + '_ {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for dyn Lookup + '_ {}

impl Map {
    pub fn new(map: HashMap<Key, Value>) -> Map {
        Map { map: Arc::new(map) }
    }

    pub fn len(&self) -> usize {
        self.map.len()
    }

    /// The value of the key. An int finds a uint of the same value, and the other way round.
    pub fn get(&self, key: KeyRef<'_>) -> Option<&Value> {
        let find = |key: KeyRef<'_>| self.map.get(&key as &dyn Lookup);
        find(key).or_else(|| match key {
            KeyRef::Int(number) => u64::try_from(number).ok().and_then(|number| find(KeyRef::Uint(number))),
            KeyRef::Uint(number) => i64::try_from(number).ok().and_then(|number| find(KeyRef::Int(number))),
            _ => None,
        })
    }
}

impl<'a> From<&'a Key> for KeyRef<'a> {
    fn from(key: &'a Key) -> KeyRef<'a> {
        key.key()
    }
}

impl From<&str> for Key {
    fn from(text: &str) -> Key {
        Key::String(Arc::new(text.to_string()))
    }
}

impl From<&Key> for Value {
    fn from(key: &Key) -> Value {
        match key {
            Key::Int(number) => Value::Int(*number),
            Key::Uint(number) => Value::UInt(*number),
            Key::Bool(value) => Value::Bool(*value),
            Key::String(text) => Value::String(text.clone()),
        }
    }
}

impl TryFrom<Value> for Key {
    /// The value, which is of a type that keys do not have.
    type Error = Value;

    fn try_from(value: Value) -> Result<Key, Value> {
        match value {
            Value::Int(number) => Ok(Key::Int(number)),
            Value::UInt(number) => Ok(Key::Uint(number)),
            Value::Bool(value) => Ok(Key::Bool(value)),
            Value::String(text) => Ok(Key::String(text)),
            other => Err(other),
        }
    }
}
