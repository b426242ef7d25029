//! A Scenario's expressions: compiled, and what they refer to.

use super::{Check, Reason, Validation};
use crate::api::{CheckSpec, Evaluate, ScenarioSpec};
use crate::cel::{Expression, ProbeRefs, Scope, Want};
use std::collections::{BTreeSet, HashMap};

/// Compiled expressions, shared by Scenarios that say the same.
#[derive(Default)]
pub struct Expressions {
    known: HashMap<(String, Want, Scope), Expression>,
}

impl Expressions {
    /// More than this and all are forgotten: they are made again as they are needed.
    const MAX: usize = 4096;

    /// How many are known.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    fn compile(&mut self, source: &str, want: Want, scope: Scope) -> Result<Expression, String> {
        let key = (source.to_string(), want, scope);
        if let Some(known) = self.known.get(&key) {
            return Ok(known.clone());
        }
        let made = Expression::compile(source, want, scope).map_err(|e| e.to_string())?;
        if self.known.len() >= Self::MAX {
            self.known.clear();
        }
        self.known.insert(key, made.clone());
        Ok(made)
    }

    /// Probes whose failed readings some check judges itself.
    pub(super) fn always_read(&mut self, spec: &ScenarioSpec) -> BTreeSet<String> {
        let mut out = BTreeSet::new();
        for check in spec.checks.iter().filter(|c| c.evaluate == Some(Evaluate::Always)) {
            let scope = Scope { item: check.for_each.is_some() };
            for source in [Some(&check.expect), check.given.as_ref()].into_iter().flatten() {
                if let Ok(expression) = self.compile(source, Want::Bool, scope) {
                    out.extend(probes_of(&expression, spec));
                }
            }
        }
        out
    }
}

fn probes_of(expression: &Expression, spec: &ScenarioSpec) -> BTreeSet<String> {
    match expression.probes() {
        ProbeRefs::All => spec.probes.iter().map(|p| p.name.clone()).collect(),
        ProbeRefs::Named(names) => names.clone(),
    }
}

impl Validation<'_> {
    pub(super) fn check(&mut self, index: usize, check: &CheckSpec, spec: &ScenarioSpec) -> Option<Check> {
        let at = format!("spec.checks[{index}]");
        let scope = Scope { item: check.for_each.is_some() };
        let list_scope = Scope { item: false };
        let given = self.expression(&at, "given", check.given.as_deref(), Want::Bool, scope, spec);
        let for_each = self.expression(&at, "forEach", check.for_each.as_deref(), Want::List, list_scope, spec);
        let expect = self.expression(&at, "expect", Some(&check.expect), Want::Bool, scope, spec);
        let message = self.expression(&at, "message", check.message.as_deref(), Want::Text, scope, spec);
        for (i, name) in check.requires.iter().enumerate() {
            let known = spec.probes.iter().any(|p| p.name == *name) || spec.checks.iter().any(|c| c.name == *name);
            if !known {
                let message = format!("no probe or check is named {name:?}");
                self.add(format!("{at}.requires[{i}]"), Reason::UnknownName, message);
            }
        }
        let expect = expect?;
        let probes =
            [Some(&expect), given.as_ref(), for_each.as_ref()].into_iter().flatten().flat_map(|e| probes_of(e, spec));
        Some(Check {
            name: check.name.clone(),
            probes: probes.collect(),
            given,
            for_each,
            expect,
            message,
            severity: check.severity.unwrap_or(spec.severity),
            requires: check.requires.clone(),
            evaluate: check.evaluate.unwrap_or_default(),
        })
    }

    fn expression(
        &mut self,
        at: &str,
        field: &str,
        source: Option<&str>,
        want: Want,
        scope: Scope,
        spec: &ScenarioSpec,
    ) -> Option<Expression> {
        let field = format!("{at}.{field}");
        match self.expressions.compile(source?, want, scope) {
            Ok(expression) => {
                for name in probes_of(&expression, spec) {
                    if !spec.probes.iter().any(|p| p.name == name) {
                        let known = spec.probes.iter().map(|p| p.name.as_str()).collect::<Vec<_>>().join(", ");
                        let message = format!("no probe is named {name:?}; there is: {known}");
                        self.add(&field, Reason::UnknownName, message);
                    }
                }
                Some(expression)
            }
            Err(message) => {
                self.add(&field, Reason::InvalidExpression, message);
                None
            }
        }
    }
}
