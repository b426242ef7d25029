//! Validates durations, names, probes and secret references.

use super::error::{Problem, Reason, ValidationError};
use super::expressions::Expressions;
use super::validated::{ProbePolicy, ValidatedProbe};
use crate::api::{BLIND, Probe, ScenarioSpec, SecretKeyRef};
use crate::domain::probe_fields::{self, FieldError};
use crate::domain::{duration, template};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

const INTERVAL_MIN: Duration = Duration::from_secs(1);
const INTERVAL_MAX: Duration = Duration::from_secs(24 * 3600);
const TIMEOUT_MIN: Duration = Duration::from_millis(100);

/// A validation in progress: collects errors.
pub(super) struct Validation<'a> {
    pub errors: Vec<ValidationError>,
    pub policy: &'a ProbePolicy,
    pub expressions: &'a mut Expressions,
}

impl Validation<'_> {
    pub fn add(&mut self, field: impl Into<String>, reason: Reason, problem: Problem) {
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

    pub fn interval(&mut self, field: &str, text: Option<&str>) -> Option<Duration> {
        self.duration(field, text, INTERVAL_MIN, INTERVAL_MAX)
    }

    pub fn timeout(&mut self, field: &str, text: Option<&str>, interval: Duration) -> Option<Duration> {
        self.duration(field, text, TIMEOUT_MIN, interval)
    }

    /// The names of probes and checks are unique together.
    pub fn names(&mut self, spec: &ScenarioSpec) {
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

    pub fn probe(
        &mut self,
        index: usize,
        probe: &Arc<Probe>,
        timeout: Duration,
        interval: Duration,
        always: &BTreeSet<String>,
    ) -> ValidatedProbe {
        let at = format!("spec.probes[{index}]");
        let own = self.timeout(&format!("{at}.timeout"), probe.timeout.as_deref(), interval);
        for (field, text) in probe_fields::texts(probe) {
            let Ok(names) = template::settings(text) else {
                let error = FieldError::MalformedTemplate { text: text.to_string() };
                self.add(format!("{at}.{field}"), Reason::InvalidProbe, Problem::Field(error));
                continue;
            };
            if let Some(name) = names.into_iter().find(|name| self.policy.secret_keys.contains(name)) {
                self.add(format!("{at}.{field}"), Reason::InvalidProbe, Problem::CredentialInText { name });
            }
        }
        if let Err(e) = probe_fields::check_literals(probe, self.policy.check_certificates) {
            self.add(format!("{at}.{}", e.field), Reason::InvalidProbe, Problem::Field(e.error));
        }
        if let Some(sqlite) = &probe.sqlite
            && let Err(e) = (self.policy.check_query)(&sqlite.query, sqlite.parameters.len())
        {
            self.add(format!("{at}.sqlite.query"), Reason::InvalidQuery, Problem::Query(e));
        }
        if let Some(path) = probe.sqlite.as_deref().map(|sqlite| &sqlite.path)
            && probe_fields::is_literal(path)
            && !self.policy.sqlite_paths.contains(&PathBuf::from(path))
        {
            let problem = Problem::FileNotOffered { path: path.clone() };
            self.add(format!("{at}.sqlite.path"), Reason::FileNotOffered, problem);
        }
        for (field, secret) in probe_fields::secret_refs(probe) {
            self.secret(&format!("{at}.{field}"), secret);
        }
        let literal = probe.http.as_ref().map(|http| &http.url).filter(|url| probe_fields::is_literal(url));
        ValidatedProbe {
            name: probe.name.as_str().into(),
            probe: probe.clone(),
            url: literal.and_then(|url| probe_fields::parse_url(url).ok()).map(Arc::new),
            timeout: own.unwrap_or(timeout),
            own_check: !always.contains(&probe.name),
        }
    }

    pub fn secret(&mut self, field: &str, secret: &SecretKeyRef) {
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
