//! From a Scenario's spec to a [`ValidatedScenario`]: everything that the CRD's schema does not check. All errors are reported at once.

mod checks;
mod error;
mod expressions;
mod requires;
#[cfg(test)]
mod tests;
mod validated;
mod validation;

pub use error::{Problem, Reason, ValidationError};
pub use expressions::Expressions;
pub use requires::dependency_cycle;
pub use validated::{Check, ProbePolicy, ValidatedProbe, ValidatedScenario};

use super::runbook::reference;
use crate::api::{OWN_SCENARIO, ScenarioSpec};
use std::time::Duration;
use validation::Validation;

const TIMEOUT_DEFAULT: Duration = Duration::from_secs(10);
const CONFIRM_DEFAULT: Duration = Duration::from_secs(30);
const THRESHOLD_DEFAULT: u32 = 2;

/// Checks the spec and compiles its expressions. Errors are in the order of the fields.
pub fn validate(
    name: &str,
    spec: &ScenarioSpec,
    policy: &ProbePolicy,
    expressions: &mut Expressions,
) -> Result<ValidatedScenario, Vec<ValidationError>> {
    let mut v = Validation { errors: Vec::new(), policy, expressions };
    if name == OWN_SCENARIO {
        v.add("metadata.name", Reason::ReservedName, Problem::ReservedScenarioName);
    }
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
        name: name.into(),
        title: spec.title.clone(),
        agent: spec.agent.clone(),
        severity: spec.severity,
        runbook: spec.runbook.as_ref().map(|runbook| reference(runbook, policy.runbooks.as_ref())),
        interval,
        confirm_interval,
        suspend: spec.suspend,
        fail: threshold(|t| t.fail),
        recover: threshold(|t| t.recover),
        probes,
        checks: expressions.checks.get(checks),
        order: expressions.orders.get(order),
    })
}
