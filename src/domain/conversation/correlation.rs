//! Which open Findings have one root: they share a dependency that fails, or a target.

use crate::api::Severity;
use jiff::Timestamp;

/// An open Finding as correlation looks at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenFinding {
    /// Object name.
    pub name: String,
    pub scenario: String,
    /// What it says, for people.
    pub message: String,
    pub severity: Option<Severity>,
    pub opened_at: Option<Timestamp>,
    /// Scenarios that its Scenario depends on.
    pub depends_on: Vec<String>,
    /// The targets of the probes that its check reads, each as scheme, host and port, or the path of a file.
    pub targets: Vec<String>,
}

/// Open Findings with one root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The root; it is none of `others`.
    pub root: OpenFinding,
    /// The others, the most severe first, then by name. Never empty.
    pub others: Vec<OpenFinding>,
}

/// The groups among open Findings, sorted by the name of the root. Each Finding is in at most one.
pub fn groups(_open: &[OpenFinding]) -> Vec<Group> {
    Vec::new()
}
