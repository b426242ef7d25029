//! Types.

use std::fmt::{self, Display, Formatter};

/// A type. As a value, what a list holds does not count.
#[derive(Clone, Copy, Debug)]
pub(in crate::cel) enum Type {
    /// Known only when it is evaluated.
    Dyn,
    Null,
    Bool,
    Int,
    Uint,
    Double,
    String,
    Bytes,
    Duration,
    Timestamp,
    /// With the type of its items.
    List(&'static Type),
    /// With the type of its values.
    Map(&'static Type),
    /// That of types as values.
    Meta,
    Optional,
    Ip,
    Cidr,
    Url,
    Quantity,
    Semver,
    /// A map with these fields, some of which may be missing.
    Record(&'static [(&'static str, Type)]),
}

impl PartialEq for Type {
    fn eq(&self, other: &Type) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Type {}

/// Names of types that are values in an expression.
const NAMED: [(&str, Type); 18] = [
    ("bool", Type::Bool),
    ("bytes", Type::Bytes),
    ("double", Type::Double),
    ("google.protobuf.Duration", Type::Duration),
    ("google.protobuf.Timestamp", Type::Timestamp),
    ("int", Type::Int),
    ("kubernetes.Quantity", Type::Quantity),
    ("kubernetes.Semver", Type::Semver),
    ("kubernetes.URL", Type::Url),
    ("list", Type::LIST),
    ("map", Type::MAP),
    ("net.CIDR", Type::Cidr),
    ("net.IP", Type::Ip),
    ("null_type", Type::Null),
    ("optional_type", Type::Optional),
    ("string", Type::String),
    ("type", Type::Meta),
    ("uint", Type::Uint),
];

impl Type {
    pub const LIST: Type = Type::List(&Type::Dyn);
    pub const MAP: Type = Type::Map(&Type::Dyn);

    /// The type of this name, where the name is a value.
    pub fn named(name: &str) -> Option<Type> {
        NAMED.into_iter().find(|(known, _)| *known == name).map(|(_, t)| t)
    }

    /// As CEL names it.
    pub fn name(self) -> &'static str {
        match self {
            Type::Dyn => "dyn",
            Type::Null => "null_type",
            Type::Bool => "bool",
            Type::Int => "int",
            Type::Uint => "uint",
            Type::Double => "double",
            Type::String => "string",
            Type::Bytes => "bytes",
            Type::Duration => "google.protobuf.Duration",
            Type::Timestamp => "google.protobuf.Timestamp",
            Type::List(_) => "list",
            Type::Map(_) | Type::Record(_) => "map",
            Type::Meta => "type",
            Type::Optional => "optional_type",
            Type::Ip => "net.IP",
            Type::Cidr => "net.CIDR",
            Type::Url => "kubernetes.URL",
            Type::Quantity => "kubernetes.Quantity",
            Type::Semver => "kubernetes.Semver",
        }
    }

    /// As messages name it.
    pub fn shown(self) -> &'static str {
        match self {
            Type::Null => "null",
            Type::Duration => "duration",
            Type::Timestamp => "timestamp",
            Type::Optional => "optional",
            Type::Ip => "IP",
            Type::Cidr => "CIDR",
            Type::Url => "URL",
            Type::Quantity => "quantity",
            Type::Semver => "semver",
            other => other.name(),
        }
    }

    /// Whether a value of the type may be one of the other type.
    pub fn fits(self, expected: Type) -> bool {
        self == Type::Dyn || expected == Type::Dyn || self == expected
    }

    /// Whether a value of the type may equal one of the other type.
    pub fn may_equal(self, other: Type) -> bool {
        let may_be_any = |t: Type| matches!(t, Type::Dyn | Type::Null | Type::Optional);
        self == other || may_be_any(self) || may_be_any(other) || (self.is_number() && other.is_number())
    }

    /// The type as that of items, of which only so many levels are told apart.
    pub fn kept(self) -> &'static Type {
        match self {
            Type::Dyn => &Type::Dyn,
            Type::Null => &Type::Null,
            Type::Bool => &Type::Bool,
            Type::Int => &Type::Int,
            Type::Uint => &Type::Uint,
            Type::Double => &Type::Double,
            Type::String => &Type::String,
            Type::Bytes => &Type::Bytes,
            Type::Duration => &Type::Duration,
            Type::Timestamp => &Type::Timestamp,
            Type::List(Type::String) => &Type::List(&Type::String),
            Type::List(Type::Int) => &Type::List(&Type::Int),
            Type::List(_) => &Type::LIST,
            Type::Map(_) | Type::Record(_) => &Type::MAP,
            Type::Meta => &Type::Meta,
            Type::Optional => &Type::Optional,
            Type::Ip => &Type::Ip,
            Type::Cidr => &Type::Cidr,
            Type::Url => &Type::Url,
            Type::Quantity => &Type::Quantity,
            Type::Semver => &Type::Semver,
        }
    }

    /// Whether it is a number.
    pub fn is_number(self) -> bool {
        matches!(self, Type::Int | Type::Uint | Type::Double)
    }
}

impl Display for Type {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.shown())
    }
}
