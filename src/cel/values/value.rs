//! Values, and the keys of maps.

use super::duration::Duration;
use super::network::Network;
use super::quantity::Quantity;
use super::timestamp::Timestamp;
use super::types::Type;
use super::url::Url;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

/// A value of an expression.
#[derive(Clone, Debug)]
pub(in crate::cel) enum Value {
    Null,
    Bool(bool),
    Int(i64),
    UInt(u64),
    Float(f64),
    String(Arc<String>),
    Bytes(Arc<Vec<u8>>),
    Duration(Duration),
    Timestamp(Timestamp),
    List(Arc<Vec<Value>>),
    Map(Map),
    /// A type as a value: `type(1)`, `int`.
    Type(Type),
    /// An optional value, which may be empty.
    Optional(Option<Arc<Value>>),
    Object(Object),
}

/// A value of one of the libraries of Kubernetes.
#[derive(Clone, Debug)]
pub(in crate::cel) enum Object {
    Address(IpAddr),
    Network(Network),
    Url(Arc<Url>),
    Quantity(Arc<Quantity>),
    Version(Arc<semver::Version>),
}

impl Value {
    pub fn text(text: impl Into<String>) -> Value {
        Value::String(Arc::new(text.into()))
    }

    /// An optional value that is not empty.
    pub fn some(value: Value) -> Value {
        Value::Optional(Some(Arc::new(value)))
    }

    /// A size or position. There are no strings and lists longer than the largest int.
    pub fn size(number: usize) -> Value {
        Value::Int(i64::try_from(number).unwrap_or(i64::MAX))
    }

    pub fn type_of(&self) -> Type {
        match self {
            Value::Null => Type::Null,
            Value::Bool(_) => Type::Bool,
            Value::Int(_) => Type::Int,
            Value::UInt(_) => Type::Uint,
            Value::Float(_) => Type::Double,
            Value::String(_) => Type::String,
            Value::Bytes(_) => Type::Bytes,
            Value::Duration(_) => Type::Duration,
            Value::Timestamp(_) => Type::Timestamp,
            Value::List(_) => Type::LIST,
            Value::Map(_) => Type::MAP,
            Value::Type(_) => Type::Meta,
            Value::Optional(_) => Type::Optional,
            Value::Object(object) => object.type_of(),
        }
    }

    /// Whether it is the zero value of its type, which `optional.ofNonZeroValue` makes an empty optional of.
    pub fn is_zero(&self) -> bool {
        match self {
            Value::Null => true,
            Value::Bool(value) => !value,
            Value::Int(number) => *number == 0,
            Value::UInt(number) => *number == 0,
            Value::Float(number) => *number == 0.0,
            Value::String(text) => text.is_empty(),
            Value::Bytes(bytes) => bytes.is_empty(),
            Value::Duration(length) => length.nanos() == 0,
            Value::Timestamp(time) => time.is_first(),
            Value::List(list) => list.is_empty(),
            Value::Map(map) => map.len() == 0,
            Value::Optional(inner) => inner.is_none(),
            Value::Type(_) | Value::Object(_) => false,
        }
    }
}

impl Object {
    fn type_of(&self) -> Type {
        match self {
            Object::Address(_) => Type::Ip,
            Object::Network(_) => Type::Cidr,
            Object::Url(_) => Type::Url,
            Object::Quantity(_) => Type::Quantity,
            Object::Version(_) => Type::Semver,
        }
    }
}

/// A map. Clones share it.
///
/// Its entries are in the order of their keys, each key once: most maps are small, and JSON comes in order. No hash is computed of keys
/// that a target chose.
#[derive(Clone, Debug)]
pub(in crate::cel) struct Map {
    entries: Arc<Vec<(Key, Value)>>,
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::cel) enum KeyRef<'a> {
    Int(i64),
    Uint(u64),
    Bool(bool),
    String(&'a str),
}

impl Map {
    pub fn new(map: BTreeMap<Key, Value>) -> Map {
        Map { entries: Arc::new(map.into_iter().collect()) }
    }

    /// From entries that are in the order of their keys, each key once.
    pub fn of_sorted(entries: Vec<(Key, Value)>) -> Map {
        debug_assert!(entries.is_sorted_by(|(a, _), (b, _)| a < b), "{entries:?}");
        Map { entries: Arc::new(entries) }
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// In the order of the keys.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Key, &Value)> {
        self.entries.iter().map(|(key, value)| (key, value))
    }

    /// The value of this key, exactly.
    pub fn get_exactly(&self, key: KeyRef<'_>) -> Option<&Value> {
        let at = self.entries.binary_search_by(|(known, _)| KeyRef::from(known).cmp(&key)).ok()?;
        Some(&self.entries[at].1)
    }

    /// The value of the key. An int finds a uint of the same value, and the other way round.
    pub fn get(&self, key: KeyRef<'_>) -> Option<&Value> {
        self.get_exactly(key).or_else(|| match key {
            KeyRef::Int(number) => self.get_exactly(KeyRef::Uint(u64::try_from(number).ok()?)),
            KeyRef::Uint(number) => self.get_exactly(KeyRef::Int(i64::try_from(number).ok()?)),
            _ => None,
        })
    }
}

impl<'a> From<&'a Key> for KeyRef<'a> {
    fn from(key: &'a Key) -> KeyRef<'a> {
        match key {
            Key::Int(number) => KeyRef::Int(*number),
            Key::Uint(number) => KeyRef::Uint(*number),
            Key::Bool(value) => KeyRef::Bool(*value),
            Key::String(text) => KeyRef::String(text),
        }
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
