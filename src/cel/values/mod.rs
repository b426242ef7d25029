//! Values of expressions.
//!
//! Lists, maps, texts and objects are shared when they are cloned: a reading is converted once, and never copied.

mod duration;
mod map;
mod timestamp;

pub(super) use duration::Duration;
pub(super) use map::{Key, KeyRef, Map};
pub(super) use timestamp::Timestamp;

use super::functions::{Network, Quantity, Url};
use super::types::Type;
use std::net::IpAddr;
use std::sync::Arc;

/// A value of an expression.
#[derive(Clone, Debug)]
pub(super) enum Value {
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
pub(super) enum Object {
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
