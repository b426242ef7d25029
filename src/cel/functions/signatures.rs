//! The functions that expressions may call, with the types of their arguments and results.
//!
//! What stands before the dot of a method is its first argument. A function can also be called the other way round.

use crate::cel::values::Type;
use std::fmt::Write as _;

/// The type of a result.
#[derive(Clone, Copy, Debug)]
pub(in crate::cel) enum Gives {
    Is(Type),
    /// The type of the first argument.
    First,
    /// The type of the items of the first argument.
    Item,
}

/// One way to call a function.
#[derive(Clone, Copy, Debug)]
pub(in crate::cel) struct Signature {
    pub namespace: Option<&'static str>,
    pub name: &'static str,
    pub is_method: bool,
    pub args: &'static [Type],
    /// Any number of further arguments like the last one.
    pub is_open: bool,
    pub gives: Gives,
}

const fn function(name: &'static str, args: &'static [Type], result: Type) -> Signature {
    Signature { namespace: None, name, is_method: false, args, is_open: false, gives: Gives::Is(result) }
}

const fn method(name: &'static str, args: &'static [Type], result: Type) -> Signature {
    Signature { is_method: true, ..function(name, args, result) }
}

const fn within(namespace: &'static str, name: &'static str, args: &'static [Type], result: Type) -> Signature {
    Signature { namespace: Some(namespace), ..function(name, args, result) }
}

const fn giving(gives: Gives, signature: Signature) -> Signature {
    Signature { gives, ..signature }
}

const fn open(signature: Signature) -> Signature {
    Signature { is_open: true, ..signature }
}

use Type::{
    Bool as B, Bytes, Cidr, Double as D, Duration as Dur, Dyn as Any, Int as I, Ip, Optional as Opt, Quantity as Q,
    Semver as V, String as S, Timestamp as T, Uint as U, Url,
};
const L: Type = Type::LIST;
const M: Type = Type::MAP;
const TEXTS: Type = Type::List(&S);

/// All of them.
pub(in crate::cel) const ALL: &[&[Signature]] =
    &[CONVERSIONS, TEXT, LISTS, OPTIONALS, TIMES, NUMBERS, NETWORK, QUANTITIES, VERSIONS, ENCODERS];

const CONVERSIONS: &[Signature] = &[
    function("bool", &[B], B),
    function("bool", &[S], B),
    function("bytes", &[Bytes], Bytes),
    function("bytes", &[S], Bytes),
    function("double", &[D], D),
    function("double", &[I], D),
    function("double", &[U], D),
    function("double", &[S], D),
    function("dyn", &[Any], Any),
    function("int", &[I], I),
    function("int", &[U], I),
    function("int", &[D], I),
    function("int", &[S], I),
    function("int", &[T], I),
    function("int", &[Dur], I),
    function("uint", &[U], U),
    function("uint", &[I], U),
    function("uint", &[D], U),
    function("uint", &[S], U),
    function("string", &[S], S),
    function("string", &[B], S),
    function("string", &[I], S),
    function("string", &[U], S),
    function("string", &[D], S),
    function("string", &[Bytes], S),
    function("string", &[T], S),
    function("string", &[Dur], S),
    function("string", &[Ip], S),
    function("string", &[Cidr], S),
    function("type", &[Any], Type::Meta),
];

const TEXT: &[Signature] = &[
    method("charAt", &[S, I], S),
    method("contains", &[S, S], B),
    method("endsWith", &[S, S], B),
    method("find", &[S, S], S),
    method("findAll", &[S, S], TEXTS),
    method("findAll", &[S, S, I], TEXTS),
    method("format", &[S, L], S),
    method("indexOf", &[S, S], I),
    method("indexOf", &[S, S, I], I),
    method("join", &[L], S),
    method("join", &[L, S], S),
    method("lastIndexOf", &[S, S], I),
    method("lastIndexOf", &[S, S, I], I),
    method("lowerAscii", &[S], S),
    method("matches", &[S, S], B),
    method("replace", &[S, S, S], S),
    method("replace", &[S, S, S, I], S),
    method("reverse", &[S], S),
    method("size", &[S], I),
    method("split", &[S, S], TEXTS),
    method("split", &[S, S, I], TEXTS),
    method("startsWith", &[S, S], B),
    method("substring", &[S, I], S),
    method("substring", &[S, I, I], S),
    method("trim", &[S], S),
    method("upperAscii", &[S], S),
    within("strings", "quote", &[S], S),
];

const LISTS: &[Signature] = &[
    method("contains", &[L, Any], B),
    method("contains", &[M, Any], B),
    giving(Gives::First, method("distinct", &[L], L)),
    method("first", &[L], Opt),
    method("flatten", &[L], L),
    method("flatten", &[L, I], L),
    method("indexOf", &[L, Any], I),
    method("isSorted", &[L], B),
    method("last", &[L], Opt),
    method("lastIndexOf", &[L, Any], I),
    giving(Gives::Item, method("max", &[L], Any)),
    giving(Gives::Item, method("min", &[L], Any)),
    open(function("max", &[Any, Any], Any)),
    open(function("min", &[Any, Any], Any)),
    giving(Gives::First, method("reverse", &[L], L)),
    method("size", &[L], I),
    method("size", &[M], I),
    method("size", &[Bytes], I),
    giving(Gives::First, method("slice", &[L, I, I], L)),
    giving(Gives::First, method("sort", &[L], L)),
    giving(Gives::Item, method("sum", &[L], Any)),
    within("lists", "range", &[I], Type::List(&I)),
    within("sets", "contains", &[L, L], B),
    within("sets", "equivalent", &[L, L], B),
    within("sets", "intersects", &[L, L], B),
];

const OPTIONALS: &[Signature] = &[
    method("hasValue", &[Opt], B),
    method("or", &[Opt, Opt], Opt),
    method("orValue", &[Opt, Any], Any),
    method("value", &[Opt], Any),
    within("optional", "none", &[], Opt),
    within("optional", "of", &[Any], Opt),
    within("optional", "ofNonZeroValue", &[Any], Opt),
];

const TIMES: &[Signature] = &[
    function("daysUntil", &[T], I),
    function("daysUntil", &[S], I),
    function("daysUntil", &[I], I),
    function("daysUntil", &[D], I),
    function("duration", &[S], Dur),
    function("duration", &[Dur], Dur),
    method("getDate", &[T], I),
    method("getDate", &[T, S], I),
    method("getDayOfMonth", &[T], I),
    method("getDayOfMonth", &[T, S], I),
    method("getDayOfWeek", &[T], I),
    method("getDayOfWeek", &[T, S], I),
    method("getDayOfYear", &[T], I),
    method("getDayOfYear", &[T, S], I),
    method("getFullYear", &[T], I),
    method("getFullYear", &[T, S], I),
    method("getHours", &[T], I),
    method("getHours", &[T, S], I),
    method("getHours", &[Dur], I),
    method("getMilliseconds", &[T], I),
    method("getMilliseconds", &[T, S], I),
    method("getMilliseconds", &[Dur], I),
    method("getMinutes", &[T], I),
    method("getMinutes", &[T, S], I),
    method("getMinutes", &[Dur], I),
    method("getMonth", &[T], I),
    method("getMonth", &[T, S], I),
    method("getSeconds", &[T], I),
    method("getSeconds", &[T, S], I),
    method("getSeconds", &[Dur], I),
    function("time", &[S], T),
    function("time", &[I], T),
    function("time", &[D], T),
    function("time", &[T], T),
    function("timestamp", &[S], T),
    function("timestamp", &[I], T),
    function("timestamp", &[T], T),
];

const NUMBERS: &[Signature] = &[
    within("math", "abs", &[D], D),
    within("math", "abs", &[I], I),
    within("math", "abs", &[U], U),
    within("math", "bitAnd", &[I, I], I),
    within("math", "bitAnd", &[U, U], U),
    within("math", "bitNot", &[I], I),
    within("math", "bitNot", &[U], U),
    within("math", "bitOr", &[I, I], I),
    within("math", "bitOr", &[U, U], U),
    within("math", "bitShiftLeft", &[I, I], I),
    within("math", "bitShiftLeft", &[U, I], U),
    within("math", "bitShiftRight", &[I, I], I),
    within("math", "bitShiftRight", &[U, I], U),
    within("math", "bitXor", &[I, I], I),
    within("math", "bitXor", &[U, U], U),
    within("math", "ceil", &[D], D),
    within("math", "floor", &[D], D),
    open(within("math", "greatest", &[Any], Any)),
    within("math", "isFinite", &[D], B),
    within("math", "isInf", &[D], B),
    within("math", "isNaN", &[D], B),
    open(within("math", "least", &[Any], Any)),
    within("math", "round", &[D], D),
    within("math", "sign", &[D], D),
    within("math", "sign", &[I], I),
    within("math", "sign", &[U], U),
    within("math", "sqrt", &[D], D),
    within("math", "sqrt", &[I], D),
    within("math", "sqrt", &[U], D),
    within("math", "trunc", &[D], D),
];

const NETWORK: &[Signature] = &[
    function("cidr", &[S], Cidr),
    method("containsCIDR", &[Cidr, Cidr], B),
    method("containsCIDR", &[Cidr, S], B),
    method("containsIP", &[Cidr, Ip], B),
    method("containsIP", &[Cidr, S], B),
    method("family", &[Ip], I),
    function("ip", &[S], Ip),
    method("ip", &[Cidr], Ip),
    within("ip", "isCanonical", &[S], B),
    function("isCIDR", &[S], B),
    method("isGlobalUnicast", &[Ip], B),
    function("isIP", &[S], B),
    method("isLinkLocalMulticast", &[Ip], B),
    method("isLinkLocalUnicast", &[Ip], B),
    method("isLoopback", &[Ip], B),
    method("isUnspecified", &[Ip], B),
    method("masked", &[Cidr], Cidr),
    method("prefixLength", &[Cidr], I),
    method("getEscapedPath", &[Url], S),
    method("getHost", &[Url], S),
    method("getHostname", &[Url], S),
    method("getPort", &[Url], S),
    method("getQuery", &[Url], Type::Map(&TEXTS)),
    method("getScheme", &[Url], S),
    function("isURL", &[S], B),
    function("url", &[S], Url),
];

const QUANTITIES: &[Signature] = &[
    method("add", &[Q, Q], Q),
    method("add", &[Q, I], Q),
    method("asApproximateFloat", &[Q], D),
    method("asInteger", &[Q], I),
    method("compareTo", &[Q, Q], I),
    method("isGreaterThan", &[Q, Q], B),
    method("isInteger", &[Q], B),
    method("isLessThan", &[Q, Q], B),
    function("isQuantity", &[S], B),
    function("quantity", &[S], Q),
    function("sign", &[Q], I),
    method("sub", &[Q, Q], Q),
    method("sub", &[Q, I], Q),
];

const VERSIONS: &[Signature] = &[
    method("compareTo", &[V, V], I),
    method("isGreaterThan", &[V, V], B),
    method("isLessThan", &[V, V], B),
    function("isSemver", &[S], B),
    function("isSemver", &[S, B], B),
    method("major", &[V], I),
    method("minor", &[V], I),
    method("patch", &[V], I),
    function("semver", &[S], V),
    function("semver", &[S, B], V),
];

const ENCODERS: &[Signature] = &[within("base64", "decode", &[S], Bytes), within("base64", "encode", &[Bytes], S)];

/// The signatures of a function.
pub(in crate::cel) fn of(namespace: Option<&str>, name: &str) -> impl Iterator<Item = &'static Signature> {
    ALL.iter().copied().flatten().filter(move |signature| signature.name == name && signature.namespace == namespace)
}

/// Whether functions are written after this name and a dot.
pub(in crate::cel) fn is_namespace(name: &str) -> bool {
    matches!(name, "base64" | "ip" | "lists" | "math" | "optional" | "sets" | "strings")
}

impl Signature {
    /// Whether arguments of these types may be passed.
    pub fn accepts(&self, args: &[Type]) -> bool {
        let fits_number = args.len() == self.args.len() || (self.is_open && args.len() >= self.args.len());
        let last = self.args.last().copied().unwrap_or(Type::Dyn);
        fits_number && args.iter().enumerate().all(|(i, arg)| arg.fits(self.args.get(i).copied().unwrap_or(last)))
    }

    /// As a person writes it, with the types of the arguments: `string.split(string, int)`.
    pub fn shown(&self) -> String {
        let mut text = String::new();
        let mut args = self.args;
        if let Some(namespace) = self.namespace {
            text.push_str(namespace);
            text.push('.');
        } else if self.is_method
            && let Some((target, rest)) = args.split_first()
        {
            // Writing to a string cannot fail.
            let _ = write!(text, "{target}.");
            args = rest;
        }
        let args: Vec<&str> = args.iter().map(|arg| arg.shown()).collect();
        let _ = write!(text, "{}({}{})", self.name, args.join(", "), if self.is_open { ", …" } else { "" });
        text
    }
}
