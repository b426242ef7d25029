//! The orders of lists.

use super::query::{Parameters, QueryError};
use super::words;
use crate::api::Severity;
use jiff::Timestamp;
use serde::Serialize;
use std::fmt;
use utoipa::{IntoParams, ToSchema};

/// What a list is sorted by before the name, ascending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key(pub i64, pub i64);

/// The place of an item in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub key: Key,
    pub name: String,
}

impl Key {
    /// Later times first; without a time last.
    pub fn newest_first(at: Option<Timestamp>) -> Key {
        Key(at.map_or(i64::MAX, |at| -at.as_microsecond()), 0)
    }

    /// The most serious first, then earlier times; without a severity last.
    pub fn most_serious_first(severity: Option<Severity>, at: Option<Timestamp>) -> Key {
        let rank = severity.map_or(i64::MAX, |severity| severity as i64);
        Key(rank, at.map_or(i64::MAX, Timestamp::as_microsecond))
    }

    /// By the place in a Thread, then earlier times; without a place last.
    pub fn in_thread(sequence: Option<u32>, at: Option<Timestamp>) -> Key {
        Key(sequence.map_or(i64::MAX, i64::from), at.map_or(i64::MAX, Timestamp::as_microsecond))
    }

    /// By the name alone.
    pub const BY_NAME: Key = Key(0, 0);
}

/// When an object was created.
pub(super) fn created_at(object: &impl kube::Resource) -> Option<Timestamp> {
    object.meta().creation_timestamp.as_ref().map(|at| at.0)
}

/// How a list can be sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Sort {
    /// Newest first.
    #[default]
    Created,
    /// Most serious first, then oldest first.
    Severity,
}

/// How to sort the list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "only its schema is used")]
pub struct SortParameter {
    /// `created`, the default: newest first. `severity`: most serious first, then oldest first.
    #[param(inline, value_type = Option<Sort>, nullable = false)]
    sort: Sort,
}

impl Sort {
    /// Name of the parameter that [`Sort::parse`] reads.
    pub const PARAMETER: &'static str = "sort";

    /// Reads it from query parameters; the error names the parameter.
    pub fn parse(parameters: &Parameters) -> Result<Sort, QueryError> {
        let Some(word) = parameters.get(Sort::PARAMETER) else { return Ok(Sort::default()) };
        words::parse(word, [Sort::Created, Sort::Severity], Sort::as_str)
            .map_err(|message| QueryError::new(Sort::PARAMETER, message))
    }

    fn as_str(self) -> &'static str {
        match self {
            Sort::Created => "created",
            Sort::Severity => "severity",
        }
    }

    /// The key of an object of this severity and time.
    pub(super) fn key(self, severity: impl FnOnce() -> Option<Severity>, at: Option<Timestamp>) -> Key {
        match self {
            Sort::Created => Key::newest_first(at),
            Sort::Severity => Key::most_serious_first(severity(), at),
        }
    }
}

/// A list and how it is sorted. A cursor is one of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Scenarios,
    Findings(Sort),
    Silences,
    Roster,
    Inbox(Sort),
    Threads(Sort),
    Messages,
    Actions,
}

impl Order {
    const ALL: [Order; 11] = [
        Order::Scenarios,
        Order::Findings(Sort::Created),
        Order::Findings(Sort::Severity),
        Order::Silences,
        Order::Roster,
        Order::Inbox(Sort::Created),
        Order::Inbox(Sort::Severity),
        Order::Threads(Sort::Created),
        Order::Threads(Sort::Severity),
        Order::Messages,
        Order::Actions,
    ];

    fn parts(self) -> (&'static str, Option<Sort>) {
        match self {
            Order::Scenarios => ("scenarios", None),
            Order::Findings(sort) => ("findings", Some(sort)),
            Order::Silences => ("silences", None),
            Order::Roster => ("roster", None),
            Order::Inbox(sort) => ("inbox", Some(sort)),
            Order::Threads(sort) => ("threads", Some(sort)),
            Order::Messages => ("messages", None),
            Order::Actions => ("action-log", None),
        }
    }

    /// Its name in a cursor.
    pub(super) fn tag(self) -> String {
        match self.parts() {
            (list, None) => list.to_string(),
            (list, Some(sort)) => format!("{list}.{}", sort.as_str()),
        }
    }

    /// The order of this name.
    pub(super) fn of_tag(tag: &str) -> Option<Order> {
        Order::ALL.into_iter().find(|order| order.tag() == tag)
    }
}

impl fmt::Display for Order {
    /// As in "it is of the list findings sorted by created".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.parts() {
            (list, None) => write!(f, "the list {list}"),
            (list, Some(sort)) => write!(f, "the list {list} sorted by {}", sort.as_str()),
        }
    }
}
