//! Validates checks: their expressions, and what they refer to.

use super::error::{Problem, Reason};
use super::expressions::probes_of;
use super::validated::Check;
use super::validation::Validation;
use crate::api::{CheckSpec, Probe, ScenarioSpec};
use crate::cel::{Expression, ReadingKind, ResultType, Scope};

impl Validation<'_> {
    pub(super) fn check(&mut self, index: usize, check: &CheckSpec, spec: &ScenarioSpec) -> Option<Check> {
        let at = format!("spec.checks[{index}]");
        let scope = Scope { item: check.for_each.is_some() };
        let list_scope = Scope { item: false };
        let given = self.expression(&at, "given", check.given.as_deref(), ResultType::Bool, scope, spec);
        let for_each = self.expression(&at, "forEach", check.for_each.as_deref(), ResultType::List, list_scope, spec);
        let expect = self.expression(&at, "expect", Some(&check.expect), ResultType::Bool, scope, spec);
        let message = self.expression(&at, "message", check.message.as_deref(), ResultType::Text, scope, spec);
        let show = self.expression(&at, "show", check.show.as_deref(), ResultType::Any, scope, spec);
        for (i, name) in check.requires.iter().enumerate() {
            let known = spec.probes.iter().any(|p| p.name == *name) || spec.checks.iter().any(|c| c.name == *name);
            if !known {
                let problem = Problem::UnknownRequirement { name: name.clone() };
                self.add(format!("{at}.requires[{i}]"), Reason::UnknownName, problem);
            }
        }
        let expect = expect?;
        let all = [Some(&expect), given.as_ref(), for_each.as_ref()];
        let probes = all.into_iter().flatten().flat_map(|e| probes_of(e, spec)).collect();
        Some(Check {
            name: check.name.as_str().into(),
            probes: self.expressions.names.get(probes),
            given,
            for_each,
            expect,
            message,
            show,
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
        expected: ResultType,
        scope: Scope,
        spec: &ScenarioSpec,
    ) -> Option<Expression> {
        let field = format!("{at}.{field}");
        match self.expressions.compile(source?, expected, scope) {
            Ok(expression) => {
                for name in probes_of(&expression, spec) {
                    if !spec.probes.iter().any(|p| p.name == name) {
                        let available = spec.probes.iter().map(|p| p.name.clone()).collect();
                        self.add(&field, Reason::UnknownName, Problem::UnknownProbe { name, available });
                    }
                }
                self.reading_fields(&field, &expression, spec);
                Some(expression)
            }
            Err(error) => {
                self.add(&field, Reason::InvalidExpression, Problem::Expression(error));
                None
            }
        }
    }

    /// Fields that no reading of the probe's kind has.
    fn reading_fields(&mut self, at: &str, expression: &Expression, spec: &ScenarioSpec) {
        for used in expression.reading_fields() {
            let probe = spec.probes.iter().find(|p| p.name == used.probe);
            let Some(kind) = probe.and_then(|probe| reading_kind(probe)) else { continue };
            if kind.fields().any(|known| known == used.field) {
                continue;
            }
            let problem = Problem::UnknownField {
                probe: used.probe.clone(),
                field: used.field.clone(),
                available: kind.fields().collect(),
                place: used.place,
            };
            self.add(at, Reason::UnknownName, problem);
        }
    }
}

/// `None` where the probe has no kind, or several, which is an error of its own.
fn reading_kind(probe: &Probe) -> Option<ReadingKind> {
    let kinds = [
        (probe.http.is_some(), ReadingKind::Http),
        (probe.sqlite.is_some(), ReadingKind::Sqlite),
        (probe.tcp.is_some(), ReadingKind::Tcp),
        (probe.dns.is_some(), ReadingKind::Dns),
        (probe.tls.is_some(), ReadingKind::Tls),
    ];
    let mut present = kinds.into_iter().filter(|(is_present, _)| *is_present).map(|(_, kind)| kind);
    present.next().filter(|_| present.next().is_none())
}
