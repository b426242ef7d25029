//! Compiles expressions, with a cache.

use super::validated::Check;
use crate::api::{Evaluate, ScenarioSpec};
use crate::cel::{CompileError, Expression, ProbeRefs, ResultType, Scope};
use crate::domain::shared::Shared;
use std::collections::{BTreeSet, HashMap};

/// Compiled expressions, and checks made of them, shared by Scenarios that have the same.
#[derive(Default)]
pub struct Expressions {
    cached: HashMap<(String, ResultType, Scope), Expression>,
    /// Names of probes that checks refer to.
    pub(super) names: Shared<BTreeSet<String>>,
    pub(super) checks: Shared<Vec<Check>>,
    /// Orders of checks.
    pub(super) orders: Shared<Vec<usize>>,
}

impl Expressions {
    /// Most expressions in the cache. A full cache is cleared; expressions are compiled again as they are needed.
    const MAX: usize = 4096;

    /// The number of cached expressions.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.cached.len()
    }

    pub(super) fn compile(
        &mut self,
        source: &str,
        expected: ResultType,
        scope: Scope,
    ) -> Result<Expression, CompileError> {
        let key = (source.to_string(), expected, scope);
        if let Some(cached) = self.cached.get(&key) {
            return Ok(cached.clone());
        }
        let compiled = Expression::compile(source, expected, scope)?;
        if self.cached.len() >= Self::MAX {
            self.cached.clear();
        }
        self.cached.insert(key, compiled.clone());
        Ok(compiled)
    }

    /// The probes that a check with `evaluate: Always` refers to.
    pub(super) fn always_read(&mut self, spec: &ScenarioSpec) -> BTreeSet<String> {
        let mut out = BTreeSet::new();
        for check in spec.checks.iter().filter(|c| c.evaluate == Some(Evaluate::Always)) {
            let scope = Scope { item: check.for_each.is_some() };
            for source in [Some(&check.expect), check.given.as_ref()].into_iter().flatten() {
                if let Ok(expression) = self.compile(source, ResultType::Bool, scope) {
                    out.extend(probes_of(&expression, spec));
                }
            }
        }
        out
    }
}

/// The probes that an expression refers to.
pub(super) fn probes_of(expression: &Expression, spec: &ScenarioSpec) -> BTreeSet<String> {
    match expression.probes() {
        ProbeRefs::All => spec.probes.iter().map(|p| p.name.clone()).collect(),
        ProbeRefs::Named(names) => names.clone(),
    }
}
