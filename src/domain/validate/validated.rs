//! A validated Scenario, and the policy that it was validated against.

use crate::api::{BLIND, Evaluate, FindingRunbook, Probe, Severity};
use crate::cel::Expression;
use crate::domain::probe_fields::{self, CheckCertificates, QueryError};
use crate::domain::runbook::RunbookBase;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// What Scenarios may use, from the program's settings.
#[derive(Clone, Debug)]
pub struct ProbePolicy {
    /// Keys of Secret `agentic-ops` that probes may read.
    pub secret_keys: BTreeSet<String>,
    /// SQLite files that probes may open.
    pub sqlite_paths: Vec<PathBuf>,
    /// Interval of a Scenario without `spec.interval`.
    pub default_interval: Duration,
    /// The address of the runbooks that Findings refer to.
    pub runbooks: Option<RunbookBase>,
    /// Steps that all expressions of a Scenario may take together in one run.
    pub evaluation_steps: usize,
    /// Whether a statement may be run on a database file, with so many parameters.
    pub check_query: fn(&str, usize) -> Result<(), QueryError>,
    pub check_certificates: CheckCertificates,
}

/// A Scenario that can run.
#[derive(Clone, Debug)]
pub struct ValidatedScenario {
    pub name: Arc<str>,
    pub title: String,
    pub agent: String,
    pub severity: Severity,
    pub runbook: Option<FindingRunbook>,
    pub interval: Duration,
    pub confirm_interval: Duration,
    pub suspend: bool,
    /// Consecutive fails that open a Finding.
    pub fail: u32,
    /// Consecutive passes that resolve it.
    pub recover: u32,
    pub probes: Vec<ValidatedProbe>,
    /// In the order of the spec.
    pub checks: Arc<Vec<Check>>,
    /// Indexes of `checks`, each after those that it requires.
    pub order: Arc<Vec<usize>>,
}

/// A probe and how long it may take.
#[derive(Clone, Debug)]
pub struct ValidatedProbe {
    /// Its name, which every run shares.
    pub name: Arc<str>,
    pub probe: Arc<Probe>,
    /// The URL of an http probe that refers to no settings: it is not parsed in each run.
    pub url: Option<Arc<Url>>,
    pub timeout: Duration,
    /// False where a check with `evaluate: Always` evaluates its failed readings instead.
    pub own_check: bool,
}

/// A compiled check.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Check {
    pub name: Arc<str>,
    pub given: Option<Expression>,
    pub for_each: Option<Expression>,
    pub expect: Expression,
    pub message: Option<Expression>,
    /// What people need to see when it fails.
    pub show: Option<Expression>,
    pub severity: Severity,
    pub requires: Vec<String>,
    pub evaluate: Evaluate,
    /// The probes whose readings it refers to.
    pub probes: Arc<BTreeSet<String>>,
}

impl Check {
    /// All expressions that it has.
    pub fn expressions(&self) -> impl Iterator<Item = &Expression> {
        let optional = [&self.given, &self.for_each, &self.message, &self.show];
        optional.into_iter().flatten().chain([&self.expect])
    }
}

impl ValidatedScenario {
    /// Whether the Scenario still has the check, or the probe, that a Finding of this check and key is about.
    pub fn has_check(&self, check: &str, key: &str) -> bool {
        if let Some(c) = self.checks.iter().find(|c| *c.name == *check) {
            return c.for_each.is_some() != key.is_empty();
        }
        key.is_empty() && (check == BLIND || self.probes.iter().any(|p| p.own_check && p.probe.name == check))
    }

    /// Whether this is a check with `forEach`, whose Finding with an empty key counts its surplus keys.
    pub fn has_list(&self, check: &str) -> bool {
        self.checks.iter().any(|c| *c.name == *check && c.for_each.is_some())
    }

    /// The text of all expressions of its checks.
    pub fn expressions(&self) -> Vec<&str> {
        self.checks.iter().flat_map(Check::expressions).map(Expression::source).collect()
    }

    /// Whether evaluation is fast enough to run on a thread that also does input and output.
    pub fn is_cheap(&self) -> bool {
        self.checks.iter().all(|c| {
            let expressions = [c.given.as_ref(), Some(&c.expect), c.message.as_ref(), c.show.as_ref()];
            c.for_each.is_none() && expressions.into_iter().flatten().all(Expression::is_cheap)
        })
    }

    /// Host and port of its first probe as the spec has them, or the file: what Scenarios of one target have in common.
    pub fn target(&self) -> &str {
        let Some(probe) = self.probes.first().map(|valid| &valid.probe) else { return "" };
        let of_url = |url: &str| url.match_indices('/').nth(2).map_or(url.len(), |(at, _)| at);
        if let Some(http) = &probe.http {
            return &http.url[..of_url(&http.url)];
        }
        let sqlite = probe.sqlite.as_ref().map(|sqlite| &sqlite.path);
        let tcp = probe.tcp.as_ref().map(|tcp| &tcp.address);
        let tls = probe.tls.as_ref().map(|tls| &tls.address);
        let dns = probe.dns.as_ref().and_then(|dns| dns.server.as_ref());
        sqlite.or(tcp).or(tls).or(dns).map_or("", String::as_str)
    }

    /// The Secrets that its probes refer to.
    pub fn secret_names(&self) -> BTreeSet<&str> {
        self.probes.iter().flat_map(|p| probe_fields::secret_refs(&p.probe)).map(|(_, r)| r.name.as_str()).collect()
    }
}
