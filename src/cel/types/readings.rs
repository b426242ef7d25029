//! The fields of readings, and their types.

use crate::cel::syntax::Place;
use crate::cel::values::Type;

/// A kind of probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReadingKind {
    Http,
    Sqlite,
    Tcp,
    Dns,
    Tls,
}

type Fields = &'static [(&'static str, Type)];

const S: Type = Type::String;
const CERTIFICATE: Fields =
    &[("subject", S), ("issuer", S), ("notBefore", S), ("notAfter", S), ("names", Type::List(&S))];
const IN_CHAIN: Type = Type::Record(&[("subject", S), ("notAfter", S)]);
/// Of every reading.
const COMMON: Fields = &[("ok", Type::Bool), ("error", S), ("latency", Type::Double)];
const HTTP: Fields = &[
    ("status", Type::Int),
    ("headers", Type::Map(&S)),
    ("body", S),
    ("json", Type::Dyn),
    ("jsonError", S),
    ("certificate", Type::Record(CERTIFICATE)),
];
const SQLITE: Fields = &[("rows", Type::List(&Type::MAP)), ("rowCount", Type::Int)];
const DNS: Fields = &[("answers", Type::List(&S)), ("rcode", S)];
const TLS: Fields = &[("certificate", Type::Record(CERTIFICATE)), ("chain", Type::List(&IN_CHAIN)), ("version", S)];

impl ReadingKind {
    const ALL: [ReadingKind; 5] =
        [ReadingKind::Http, ReadingKind::Sqlite, ReadingKind::Tcp, ReadingKind::Dns, ReadingKind::Tls];

    fn own_fields(self) -> Fields {
        match self {
            ReadingKind::Http => HTTP,
            ReadingKind::Sqlite => SQLITE,
            ReadingKind::Tcp => &[],
            ReadingKind::Dns => DNS,
            ReadingKind::Tls => TLS,
        }
    }

    /// The names of the fields that readings of this kind may have.
    pub fn fields(self) -> impl Iterator<Item = &'static str> {
        COMMON.iter().chain(self.own_fields()).map(|(name, _)| *name)
    }
}

/// The type of a field of a reading; `Dyn` where no reading has one of this name.
pub(super) fn type_of(field: &str) -> Type {
    let all = ReadingKind::ALL.into_iter().flat_map(ReadingKind::own_fields);
    COMMON.iter().chain(all).find(|(name, _)| *name == field).map_or(Type::Dyn, |(_, t)| *t)
}

/// A field of a reading that an expression refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadingField {
    pub probe: String,
    pub field: String,
    pub place: Place,
}
