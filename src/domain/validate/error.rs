//! Validation errors of a spec. `texts::validation` has the words.

use crate::cel::{CompileError, Place};
use crate::domain::probe_fields::{FieldError, QueryError};
use std::time::Duration;

/// One error in a spec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidationError {
    /// The path of the field, such as `spec.probes[0].tcp.address`.
    pub field: String,
    pub reason: Reason,
    pub problem: Problem,
}

/// What is wrong with the field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    NotADuration {
        text: String,
    },
    DurationOutOfRange {
        text: String,
        min: Duration,
        max: Duration,
    },
    Field(FieldError),
    Query(QueryError),
    Expression(CompileError),
    /// `first` is the field that has the name already.
    DuplicateName {
        name: String,
        first: String,
    },
    /// `blind` is the name of a Finding that this program opens itself.
    ReservedName,
    /// The Scenario has the name of the one whose Findings are about this program.
    ReservedScenarioName,
    UnknownProbe {
        name: String,
        available: Vec<String>,
    },
    /// Readings of the probe's kind have the `available` fields.
    UnknownField {
        probe: String,
        field: String,
        available: Vec<&'static str>,
        place: Place,
    },
    UnknownRequirement {
        name: String,
    },
    RequirementCycle {
        checks: Vec<String>,
    },
    SelfDependency {
        name: String,
    },
    /// The names along the cycle.
    DependencyCycle {
        path: Vec<String>,
    },
    SecretKeyNotOffered {
        secret: String,
        key: String,
        offered: Vec<String>,
    },
    SecretNotOffered {
        name: String,
    },
    /// `${NAME}` of a setting that is a credential.
    CredentialInText {
        name: String,
    },
    FileNotOffered {
        path: String,
    },
}

/// The reason of the condition `Ready=False`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    InvalidDuration,
    InvalidProbe,
    InvalidExpression,
    InvalidQuery,
    DuplicateName,
    ReservedName,
    UnknownName,
    SecretNotOffered,
    FileNotOffered,
    DependencyCycle,
}

impl Reason {
    /// The CamelCase word of the condition.
    pub fn as_str(self) -> &'static str {
        match self {
            Reason::InvalidDuration => "InvalidDuration",
            Reason::InvalidProbe => "InvalidProbe",
            Reason::InvalidExpression => "InvalidExpression",
            Reason::InvalidQuery => "InvalidQuery",
            Reason::DuplicateName => "DuplicateName",
            Reason::ReservedName => "ReservedName",
            Reason::UnknownName => "UnknownName",
            Reason::SecretNotOffered => "SecretNotOffered",
            Reason::FileNotOffered => "FileNotOffered",
            Reason::DependencyCycle => "DependencyCycle",
        }
    }
}
