//! From a Scenario's spec to one that can run: everything that the CRD's schema can't say is said here, all mistakes at once.

mod expressions;
mod requires;
#[cfg(test)]
mod tests;

pub use expressions::Expressions;
pub use requires::dependency_cycle;

use super::{duration, probe_fields, template};
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
    /// Interval of a Scenario that names none.
    pub default_interval: Duration,
    /// Whether a statement may be run on a database file; an error says why not.
    pub check_query: fn(&str) -> Result<(), String>,
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
    /// Fails in a row that open a Finding.
    pub fail: u32,
    /// Passes in a row that resolve it.
    pub recover: u32,
    pub probes: Vec<ValidatedProbe>,
    /// In the order of the spec.
    pub checks: Vec<Check>,
    /// Indexes of `checks` such that each comes after the ones that it requires.
    pub order: Vec<usize>,
}

/// A probe and how long it may take.
#[derive(Clone, Debug)]
pub struct ValidatedProbe {
    pub probe: Probe,
    pub timeout: Duration,
    /// False where a check with `evaluate: Always` judges its failed readings instead.
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
    /// The probes whose readings decide it.
    pub probes: BTreeSet<String>,
}

impl ValidatedScenario {
    /// Whether a Finding of this check and key still has a check that speaks for it.
    pub fn has_check(&self, check: &str, key: &str) -> bool {
        if let Some(c) = self.checks.iter().find(|c| c.name == check) {
            return c.for_each.is_some() != key.is_empty();
        }
        key.is_empty() && (check == BLIND || self.probes.iter().any(|p| p.own_check && p.probe.name == check))
    }

    /// Whether evaluation is cheap enough to run beside the probes' input and output.
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

/// What kind of mistake it is: the reason of `Ready=False`.
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
    /// The CamelCase word in the condition.
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

/// One mistake in a spec: where, of what kind, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {message}")]
pub struct ValidationError {
    pub field: String,
    pub reason: Reason,
    pub message: String,
}

/// Checks everything and compiles the expressions. The mistakes come in the order of the fields.
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
        Err(circle) if v.errors.is_empty() => {
            v.add("spec.checks[].requires", Reason::DependencyCycle, circle);
            Vec::new()
        }
        Err(_) => Vec::new(),
    };
    if spec.depends_on.iter().any(|d| d == name) {
        v.add("spec.dependsOn", Reason::DependencyCycle, format!("{name:?} can't depend on itself"));
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
    fn add(&mut self, field: impl Into<String>, reason: Reason, message: impl Into<String>) {
        self.errors.push(ValidationError { field: field.into(), reason, message: message.into() });
    }

    fn duration(&mut self, field: &str, text: Option<&str>, min: Duration, max: Duration) -> Option<Duration> {
        match duration::parse(text?) {
            Ok(d) if d < min || d > max => {
                let (min, max) = (duration::show(min), duration::show(max));
                self.add(field, Reason::InvalidDuration, format!("{:?} is not between {min} and {max}", text?));
                None
            }
            Ok(d) => Some(d),
            Err(e) => {
                self.add(field, Reason::InvalidDuration, e.to_string());
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

    /// Probes and checks share one space of names.
    fn names(&mut self, spec: &ScenarioSpec) {
        let mut seen = BTreeMap::new();
        let probes = spec.probes.iter().enumerate().map(|(i, p)| (format!("spec.probes[{i}].name"), &p.name));
        let checks = spec.checks.iter().enumerate().map(|(i, c)| (format!("spec.checks[{i}].name"), &c.name));
        for (field, name) in probes.chain(checks) {
            if name == BLIND {
                let message = format!("{BLIND:?} is reserved for what can't be judged: choose another name");
                self.add(&field, Reason::ReservedName, message);
            }
            if let Some(first) = seen.insert(name.clone(), field.clone()) {
                let message =
                    format!("{name:?} is also the name of {first}: probes and checks need names of their own");
                self.add(&field, Reason::DuplicateName, message);
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
            if let Err(e) = template::has_settings(text) {
                self.add(format!("{at}.{field}"), Reason::InvalidProbe, e.to_string());
            }
        }
        if let Err(e) = probe_fields::check_literals(probe) {
            self.add(format!("{at}.{}", e.field), Reason::InvalidProbe, e.message);
        }
        if let Some(sqlite) = &probe.sqlite
            && let Err(e) = (self.policy.check_query)(&sqlite.query)
        {
            self.add(format!("{at}.sqlite.query"), Reason::InvalidQuery, e);
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
            let offered = self.policy.secret_keys.iter().cloned().collect::<Vec<_>>().join(", ");
            let message = format!(
                "key {:?} of Secret {:?} is not offered to probes: use one of {offered}, or name it in AGENTIC_PROBE_SECRET_KEYS",
                secret.key, secret.name
            );
            self.add(field, Reason::SecretNotOffered, message);
        }
    }
}
