//! The names in an expression: the probes and settings that it refers to. Unknown names and functions are rejected.

use super::error::CompileError;
use super::functions::signatures;
use super::signature::{ProbeRefs, Scope};
use super::syntax::{Call, Expr, Node, Place};
use super::types::{self, literal_text};
use super::values::{Type, Value};
use std::collections::BTreeSet;

/// What an expression refers to.
pub(super) struct References {
    pub probes: ProbeRefs,
    pub settings: BTreeSet<String>,
}

/// Puts types in the place of their names, as in `type(x) == int`.
pub(super) fn resolve_types(root: &mut Node) {
    resolve(root, &mut Vec::new());
}

/// `bound`: variables of the enclosing macros.
fn resolve(node: &mut Node, bound: &mut Vec<String>) {
    let is_variable =
        |name: &str, bound: &[String]| bound.iter().any(|known| known == name.split('.').next().unwrap_or(name));
    if let Some(name) = node.dotted().filter(|name| !is_variable(name, bound))
        && let Some(named) = Type::named(&name)
    {
        node.expr = Expr::Literal(Value::Type(named));
        return;
    }
    let outer = bound.len();
    match &mut node.expr {
        Expr::Comprehension(c) => {
            resolve(&mut c.range, bound);
            bound.extend([Some(c.variable.clone()), c.second.clone()].into_iter().flatten());
            c.condition.iter_mut().chain([&mut c.body]).for_each(|inner| resolve(inner, bound));
        }
        Expr::Bind(bind) => {
            resolve(&mut bind.value, bound);
            bound.push(bind.variable.clone());
            resolve(&mut bind.body, bound);
        }
        _ => node.each_child_mut(&mut |inner| resolve(inner, bound)),
    }
    bound.truncate(outer);
}

/// Collects every probe and setting, and rejects unknown names.
pub(super) fn check(source: &str, root: &Node, scope: Scope) -> Result<References, CompileError> {
    let mut walk =
        Walk { source, scope, bound: Vec::new(), all: false, probes: BTreeSet::new(), settings: BTreeSet::new() };
    walk.node(root)?;
    let probes = if walk.all { ProbeRefs::All } else { ProbeRefs::Named(walk.probes) };
    Ok(References { probes, settings: walk.settings })
}

struct Walk<'a> {
    source: &'a str,
    scope: Scope,
    /// Variables of the enclosing macros.
    bound: Vec<&'a str>,
    all: bool,
    probes: BTreeSet<String>,
    settings: BTreeSet<String>,
}

impl<'a> Walk<'a> {
    fn node(&mut self, node: &'a Node) -> Result<(), CompileError> {
        match &node.expr {
            Expr::Name { name, .. } if self.is_bound(node) || self.variable(name) => Ok(()),
            Expr::Name { name, .. } => {
                let place = Place::of(self.source, node.at.into());
                Err(CompileError::UnknownName { name: name.clone(), item_available: self.scope.item, place })
            }
            // has(env.X) tests whether it is set, so it need not be.
            Expr::Has { operand, .. } if self.variable_of(operand) == Some("env") => Ok(()),
            Expr::Field { operand, optional: true, .. } if self.variable_of(operand) == Some("env") => Ok(()),
            Expr::Field { operand, name, .. } | Expr::Has { operand, name } if self.record(operand, name) => Ok(()),
            Expr::Index { parts, optional } => match literal_text(&parts[1]) {
                Some(_) if *optional && self.variable_of(&parts[0]) == Some("env") => Ok(()),
                Some(name) if self.record(&parts[0], name) => Ok(()),
                _ => parts.iter().try_for_each(|part| self.node(part)),
            },
            Expr::Call(call) => self.call(node, call),
            Expr::Comprehension(c) => {
                self.node(&c.range)?;
                let outer = self.bound.len();
                self.bound.extend(c.variables());
                let inner = c.condition.iter().chain([&c.body]).try_for_each(|inner| self.node(inner));
                self.bound.truncate(outer);
                inner
            }
            Expr::Bind(bind) => {
                self.node(&bind.value)?;
                self.bound.push(&bind.variable);
                let inner = self.node(&bind.body);
                self.bound.pop();
                inner
            }
            _ => node.each_child(|inner| self.node(inner)),
        }
    }

    fn call(&mut self, node: &Node, call: &'a Call) -> Result<(), CompileError> {
        let target = call.target.as_deref();
        let namespace =
            target.and_then(|target| self.variable_of(target)).filter(|name| signatures::is_namespace(name));
        if !types::is_function(namespace, &call.name) {
            let place = Place::of(self.source, node.at.into());
            return Err(CompileError::UnknownFunction { name: call.name.clone(), place });
        }
        if namespace.is_none() {
            target.into_iter().try_for_each(|target| self.node(target))?;
        }
        call.args.iter().try_for_each(|arg| self.node(arg))
    }

    /// Whether it is a variable of an enclosing macro.
    fn is_bound(&self, node: &Node) -> bool {
        matches!(&node.expr, Expr::Name { name, root: false } if self.bound.contains(&name.as_str()))
    }

    /// The name of a variable that no macro has.
    fn variable_of<'n>(&self, node: &'n Node) -> Option<&'n str> {
        match &node.expr {
            Expr::Name { name, .. } if !self.is_bound(node) => Some(name),
            _ => None,
        }
    }

    /// Records `probes.NAME` and `env.NAME`; false where `operand` is neither.
    fn record(&mut self, operand: &Node, name: &str) -> bool {
        match self.variable_of(operand) {
            Some("probes") => self.probes.insert(name.to_string()),
            Some("env") => self.settings.insert(name.to_string()),
            _ => return false,
        };
        true
    }

    /// Whether there is a variable of this name.
    fn variable(&mut self, name: &str) -> bool {
        self.all |= name == "probes";
        matches!(name, "probes" | "env" | "now") || (name == "item" && self.scope.item)
    }
}
