//! Scenarios and readings for the tests of this module.

use super::detail::Cause;
use super::outcome::{Evaluation, Observation, Outcome, RunContext, judge};
use super::prepare::{ReferencedConfiguration, prepare};
use super::probe_fields::{CertificatesError, QueryError};
use super::reading::{ErrorKind, Reading};
use super::redact::Redactor;
use super::texts::Language;
use super::validate::{Expressions, ProbePolicy, ValidatedScenario, ValidationError, validate};
use crate::api::{CheckOutcome, ScenarioSpec};
use crate::cel::Environment;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

pub(super) fn policy() -> ProbePolicy {
    ProbePolicy {
        secret_keys: ["TOKEN".to_string()].into(),
        sqlite_paths: vec!["/data/desk.db".into()],
        default_interval: Duration::from_secs(60),
        runbooks: None,
        evaluation_steps: 8_000_000,
        check_query: |sql, _| if sql.starts_with("SELECT") { Ok(()) } else { Err(QueryError::Writes) },
        check_certificates: |pem| if pem.contains("PEM") { Ok(()) } else { Err(CertificatesError::None) },
    }
}

/// A spec with these fields over what every Scenario needs.
pub(super) fn spec(fields: Value) -> ScenarioSpec {
    let mut spec = json!({"title": "Loja", "agent": "pulso", "severity": "high", "probes": []});
    for (name, value) in fields.as_object().unwrap() {
        spec[name] = value.clone();
    }
    serde_json::from_value(spec).unwrap()
}

pub(super) fn validated(fields: Value) -> Result<ValidatedScenario, Vec<ValidationError>> {
    validate("shop.web", &spec(fields), &policy(), &mut Expressions::default())
}

pub(super) fn scenario(fields: Value) -> ValidatedScenario {
    validated(fields).unwrap_or_else(|errors| panic!("{errors:?}"))
}

/// An http probe of this name on `host`.
pub(super) fn http(name: &str, host: &str) -> Value {
    json!({"name": name, "http": {"url": format!("http://{host}/{name}")}})
}

pub(super) fn read(fields: Value) -> Reading {
    Reading::read(Duration::from_millis(5), fields.as_object().cloned().unwrap())
}

pub(super) fn failed(kind: ErrorKind) -> Reading {
    Reading::failed(kind, Cause::Foreign("detail".into()), Duration::ZERO)
}

/// Evaluates a Scenario over these readings, one for each probe in order.
pub(super) fn outcomes(scenario: &ValidatedScenario, readings: Vec<Reading>) -> Evaluation {
    outcomes_with(scenario, readings, &[("IDS", "a,b")], &Redactor::default())
}

pub(super) fn outcomes_with(
    scenario: &ValidatedScenario,
    readings: Vec<Reading>,
    settings: &[(&str, &str)],
    redactor: &Redactor,
) -> Evaluation {
    outcomes_within(scenario, readings, settings, redactor, policy().evaluation_steps)
}

/// Evaluates with so many steps for all expressions together.
pub(super) fn outcomes_within(
    scenario: &ValidatedScenario,
    readings: Vec<Reading>,
    settings: &[(&str, &str)],
    redactor: &Redactor,
    evaluation_steps: usize,
) -> Evaluation {
    let settings: BTreeMap<_, _> = settings.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
    let settings: Arc<Environment> = Arc::new(settings.into());
    let configuration = ReferencedConfiguration { settings: settings.clone(), ..ReferencedConfiguration::default() };
    let targets = prepare(scenario, &configuration, &policy()).targets;
    assert_eq!(targets.len(), readings.len());
    let see = |((name, target), reading): ((Arc<str>, Result<_, Reading>), Reading)| Observation {
        name,
        target: target.ok(),
        reading,
    };
    let seen: Vec<_> = targets.into_iter().zip(readings).map(see).collect();
    let now = "2026-11-23T12:00:00Z".parse().unwrap();
    judge(
        scenario,
        &seen,
        &RunContext { settings, now, evaluation_steps, redactor: redactor.clone(), language: Language::English },
    )
}

/// Check, key and result of each outcome.
pub(super) fn short(outcomes: &Evaluation) -> Vec<(&str, &str, CheckOutcome)> {
    outcomes.list.iter().map(|o| (&*o.check, o.key.as_str(), o.result)).collect()
}

pub(super) fn outcome<'o>(outcomes: &'o Evaluation, check: &str) -> &'o Outcome {
    outcomes.list.iter().find(|o| *o.check == *check).unwrap()
}
