//! From a Scenario's spec to a [`ValidatedScenario`]: everything that the CRD's schema does not check. All errors are reported at once.

mod error;
mod expressions;
mod requires;
#[cfg(test)]
mod tests;

pub use error::{Problem, Reason, ValidationError};
pub use expressions::Expressions;
pub use requires::dependency_cycle;

use super::probe_fields::{self, FieldError, QueryError};
use super::{duration, template};
use crate::api::{BLIND, Evaluate, Probe, ScenarioSpec, SecretKeyRef, Severity};
use crate::cel::Expression;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

const INTERVAL_MIN: Duration = Duration::from_secs(1);
const INTERVAL_MAX: Duration = Duration::from_secs(24 * 3600);
const TIMEOUT_MIN: Duration = Duration::from_millis(100);
const TIMEOUT_DEFAULT: Duration = Duration::from_secs(10);
const CONFIRM_DEFAULT: Duration = Duration::from_secs(30);
const THRESHOLD_DEFAULT: u32 = 2;

/// What Scenarios may use, from the program's settings.
#[derive(Clone, Debug)]
pub struct ProbePolicy {
    /// Keys of Secret `agentic-ops` that probes may read.
    pub secret_keys: BTreeSet<String>,
    /// SQLite files that probes may open.
    pub sqlite_paths: Vec<PathBuf>,
    /// Interval of a Scenario without `spec.interval`.
    pub default_interval: Duration,
    /// Whether a statement may be run on a database file.
    pub check_query: fn(&str) -> Result<(), QueryError>,
}

/// A Scenario that can run.
#[derive(Clone, Debug)]
pub struct ValidatedScenario {
    pub name: String,
    pub title: String,
    pub agent: String,
    pub severity: Severity,
    pub interval: Duration,
    pub confirm_interval: Duration,
    pub suspend: bool,
    /// Consecutive fails that open a Finding.
    pub fail: u32,
    /// Consecutive passes that resolve it.
    pub recover: u32,
    pub probes: Vec<ValidatedProbe>,
    /// In the order of the spec.
    pub checks: Vec<Check>,
    /// Indexes of `checks`, each after those that it requires.
    pub order: Vec<usize>,
}

/// A probe and how long it may take.
#[derive(Clone, Debug)]
pub struct ValidatedProbe {
    pub probe: Probe,
    pub timeout: Duration,
    /// False where a check with `evaluate: Always` evaluates its failed readings instead.
    pub own_check: bool,
}

/// A compiled check.
#[derive(Clone, Debug)]
pub struct Check {
    pub name: String,
    pub given: Option<Expression>,
    pub for_each: Option<Expression>,
    pub expect: Expression,
    pub message: Option<Expression>,
    pub severity: Severity,
    pub requires: Vec<String>,
    pub evaluate: Evaluate,
    /// The probes whose readings it refers to.
    pub probes: BTreeSet<String>,
}

impl ValidatedScenario {
    /// Whether the Scenario still has the check, or the probe, that a Finding of this check and key is about.
    pub fn has_check(&self, check: &str, key: &str) -> bool {
        if let Some(c) = self.checks.iter().find(|c| c.name == check) {
            return c.for_each.is_some() != key.is_empty();
        }
        key.is_empty() && (check == BLIND || self.probes.iter().any(|p| p.own_check && p.probe.name == check))
    }

    /// Whether evaluation is fast enough to run on a thread that also does input and output.
    pub fn is_cheap(&self) -> bool {
        self.checks.iter().all(|c| {
            [c.given.as_ref(), c.for_each.as_ref(), Some(&c.expect), c.message.as_ref()]
                .into_iter()
                .flatten()
                .all(Expression::is_cheap)
        })
    }

    /// The Secrets that its probes refer to.
    pub fn secret_names(&self) -> BTreeSet<&str> {
        self.probes.iter().flat_map(|p| probe_fields::secret_refs(&p.probe)).map(|(_, r)| r.name.as_str()).collect()
    }
}

/// Checks the spec and compiles its expressions. Errors are in the order of the fields.
pub fn validate(
    name: &str,
    spec: &ScenarioSpec,
    policy: &ProbePolicy,
    expressions: &mut Expressions,
) -> Result<ValidatedScenario, Vec<ValidationError>> {
    let mut v = Validation { errors: Vec::new(), policy, expressions };
    let interval = v.interval("spec.interval", spec.interval.as_deref()).unwrap_or(policy.default_interval);
    let confirm_interval = v.interval("spec.confirmInterval", spec.confirm_interval.as_deref());
    let confirm_interval = confirm_interval.unwrap_or(CONFIRM_DEFAULT).min(interval);
    let timeout = v.timeout("spec.timeout", spec.timeout.as_deref(), interval);
    let timeout = timeout.unwrap_or(TIMEOUT_DEFAULT.min(interval));
    v.names(spec);
    let always = v.expressions.always_read(spec);
    let probes: Vec<_> =
        spec.probes.iter().enumerate().map(|(i, p)| v.probe(i, p, timeout, interval, &always)).collect();
    let checks: Vec<_> = spec.checks.iter().enumerate().filter_map(|(i, c)| v.check(i, c, spec)).collect();
    let order = match requires::order(&checks) {
        Ok(order) => order,
        Err(checks) if v.errors.is_empty() => {
            v.add("spec.checks[].requires", Reason::DependencyCycle, Problem::RequirementCycle { checks });
            Vec::new()
        }
        Err(_) => Vec::new(),
    };
    if spec.depends_on.iter().any(|d| d == name) {
        v.add("spec.dependsOn", Reason::DependencyCycle, Problem::SelfDependency { name: name.to_string() });
    }
    if !v.errors.is_empty() {
        return Err(v.errors);
    }
    let threshold = |pick: fn(&crate::api::Thresholds) -> Option<u32>| {
        spec.thresholds.as_ref().and_then(pick).unwrap_or(THRESHOLD_DEFAULT).max(1)
    };
    Ok(ValidatedScenario {
        name: name.to_string(),
        title: spec.title.clone(),
        agent: spec.agent.clone(),
        severity: spec.severity,
        interval,
        confirm_interval,
        suspend: spec.suspend,
        fail: threshold(|t| t.fail),
        recover: threshold(|t| t.recover),
        probes,
        checks,
        order,
    })
}

struct Validation<'a> {
    errors: Vec<ValidationError>,
    policy: &'a ProbePolicy,
    expressions: &'a mut Expressions,
}

impl Validation<'_> {
    fn add(&mut self, field: impl Into<String>, reason: Reason, problem: Problem) {
        self.errors.push(ValidationError { field: field.into(), reason, problem });
    }

    fn duration(&mut self, field: &str, text: Option<&str>, min: Duration, max: Duration) -> Option<Duration> {
        match duration::parse(text?) {
            Ok(d) if d < min || d > max => {
                let problem = Problem::DurationOutOfRange { text: text?.to_string(), min, max };
                self.add(field, Reason::InvalidDuration, problem);
                None
            }
            Ok(d) => Some(d),
            Err(duration::DurationError(text)) => {
                self.add(field, Reason::InvalidDuration, Problem::NotADuration { text });
                None
            }
        }
    }

    fn interval(&mut self, field: &str, text: Option<&str>) -> Option<Duration> {
        self.duration(field, text, INTERVAL_MIN, INTERVAL_MAX)
    }

    fn timeout(&mut self, field: &str, text: Option<&str>, interval: Duration) -> Option<Duration> {
        self.duration(field, text, TIMEOUT_MIN, interval)
    }

    /// The names of probes and checks are unique together.
    fn names(&mut self, spec: &ScenarioSpec) {
        let mut seen = BTreeMap::new();
        let probes = spec.probes.iter().enumerate().map(|(i, p)| (format!("spec.probes[{i}].name"), &p.name));
        let checks = spec.checks.iter().enumerate().map(|(i, c)| (format!("spec.checks[{i}].name"), &c.name));
        for (field, name) in probes.chain(checks) {
            if name == BLIND {
                self.add(&field, Reason::ReservedName, Problem::ReservedName);
            }
            if let Some(first) = seen.insert(name.clone(), field.clone()) {
                let problem = Problem::DuplicateName { name: name.clone(), first };
                self.add(&field, Reason::DuplicateName, problem);
            }
        }
    }

    fn probe(
        &mut self,
        index: usize,
        probe: &Probe,
        timeout: Duration,
        interval: Duration,
        always: &BTreeSet<String>,
    ) -> ValidatedProbe {
        let at = format!("spec.probes[{index}]");
        let own = self.timeout(&format!("{at}.timeout"), probe.timeout.as_deref(), interval);
        for (field, text) in probe_fields::texts(probe) {
            if template::has_settings(text).is_err() {
                let error = FieldError::MalformedTemplate { text: text.to_string() };
                self.add(format!("{at}.{field}"), Reason::InvalidProbe, Problem::Field(error));
            }
        }
        if let Err(e) = probe_fields::check_literals(probe) {
            self.add(format!("{at}.{}", e.field), Reason::InvalidProbe, Problem::Field(e.error));
        }
        if let Some(sqlite) = &probe.sqlite
            && let Err(e) = (self.policy.check_query)(&sqlite.query)
        {
            self.add(format!("{at}.sqlite.query"), Reason::InvalidQuery, Problem::Query(e));
        }
        for (field, secret) in probe_fields::secret_refs(probe) {
            self.secret(&format!("{at}.{field}"), secret);
        }
        ValidatedProbe {
            probe: probe.clone(),
            timeout: own.unwrap_or(timeout),
            own_check: !always.contains(&probe.name),
        }
    }

    fn secret(&mut self, field: &str, secret: &SecretKeyRef) {
        if secret.name == crate::api::SETTINGS_NAME && !self.policy.secret_keys.contains(&secret.key) {
            let problem = Problem::SecretKeyNotOffered {
                secret: secret.name.clone(),
                key: secret.key.clone(),
                offered: self.policy.secret_keys.iter().cloned().collect(),
            };
            self.add(field, Reason::SecretNotOffered, problem);
        }
    }
}
