//! The names in an expression: the probes and settings that it refers to. Unknown names and functions are rejected.

use super::error::CompileError;
use super::functions::library;
use super::signature::{ProbeRefs, Scope};
use super::syntax::Node;
use kube_cel::cel::objects::Value;
use std::collections::BTreeSet;

/// Functions that expressions may call besides those of [`library::NAMES`]: the standard functions of CEL, the libraries of
/// Kubernetes, and `time`. `replace` is not among them, since inserting one large string between the characters of another exhausts
/// the memory.
const FUNCTIONS: &[&str] = &[
    "bytes",
    "charAt",
    "contains",
    "distinct",
    "double",
    "endsWith",
    "find",
    "findAll",
    "first",
    "getDate",
    "getDayOfMonth",
    "getDayOfWeek",
    "getDayOfYear",
    "getFullYear",
    "getHours",
    "getMilliseconds",
    "getMinutes",
    "getMonth",
    "getSeconds",
    "hasValue",
    "indexOf",
    "int",
    "isCanonical",
    "isSorted",
    "last",
    "lastIndexOf",
    "lowerAscii",
    "matches",
    "max",
    "min",
    "or",
    "orValue",
    "reverse",
    "size",
    "slice",
    "sort",
    "split",
    "startsWith",
    "substring",
    "sum",
    "time",
    "timestamp",
    "trim",
    "uint",
    "upperAscii",
    "value",
    // In a namespace: math.abs and so on.
    "abs",
    "bitAnd",
    "bitNot",
    "bitOr",
    "bitShiftLeft",
    "bitShiftRight",
    "bitXor",
    "ceil",
    "floor",
    "greatest",
    "isFinite",
    "isInf",
    "isNaN",
    "least",
    "round",
    "sqrt",
    "trunc",
    "equivalent",
    "intersects",
    "join",
    "none",
    "of",
    "ofNonZeroValue",
    "quote",
];
/// The namespaces, written before the dot.
pub(super) const NAMESPACES: &[&str] = &["math", "sets", "optional", "strings", "ip", "format"];

/// What an expression refers to.
pub(super) struct References {
    pub probes: ProbeRefs,
    pub settings: BTreeSet<String>,
}

/// Whether a function of this name may be called.
fn is_function(name: &str) -> bool {
    FUNCTIONS.contains(&name) || library::NAMES.contains(&name)
}

/// Collects every probe and setting, and rejects unknown names.
pub(super) fn check(root: &Node, scope: Scope) -> Result<References, CompileError> {
    let mut walk = Walk { scope, bound: Vec::new(), all: false, probes: BTreeSet::new(), settings: BTreeSet::new() };
    walk.node(root)?;
    let probes = if walk.all { ProbeRefs::All } else { ProbeRefs::Named(walk.probes) };
    Ok(References { probes, settings: walk.settings })
}

struct Walk<'a> {
    scope: Scope,
    /// Variables of the enclosing comprehensions.
    bound: Vec<&'a str>,
    all: bool,
    probes: BTreeSet<String>,
    settings: BTreeSet<String>,
}

impl<'a> Walk<'a> {
    fn node(&mut self, node: &'a Node) -> Result<(), CompileError> {
        match node {
            Node::Name { name, .. } if self.is_bound(node) || self.variable(name) => Ok(()),
            Node::Name { name, .. } => {
                Err(CompileError::UnknownName { name: name.clone(), item_available: self.scope.item })
            }
            // has(env.X) tests whether it is set, so it need not be.
            Node::Has { operand, .. } if self.variable_of(operand) == Some("env") => Ok(()),
            Node::Field { operand, name } | Node::Has { operand, name } if self.record(operand, name) => Ok(()),
            Node::Index(parts) => match &parts[1] {
                Node::Literal(Value::String(name)) if self.record(&parts[0], name) => Ok(()),
                _ => parts.iter().try_for_each(|part| self.node(part)),
            },
            Node::Call(call) => {
                if !is_function(&call.name) {
                    return Err(CompileError::UnknownFunction(call.name.clone()));
                }
                if let Some(target) = call.target.as_deref()
                    && !self.is_namespace(target)
                {
                    self.node(target)?;
                }
                call.args.iter().try_for_each(|arg| self.node(arg))
            }
            Node::Comprehension(c) => {
                self.node(&c.range)?;
                self.bound.push(&c.variable);
                let inner = c.condition.iter().chain([&c.body]).try_for_each(|inner| self.node(inner));
                self.bound.pop();
                inner
            }
            other => other.each_child(|inner| self.node(inner)),
        }
    }

    /// Whether it is a variable of an enclosing comprehension.
    fn is_bound(&self, node: &Node) -> bool {
        matches!(node, Node::Name { name, root: false } if self.bound.contains(&name.as_str()))
    }

    fn is_namespace(&self, target: &Node) -> bool {
        matches!(target, Node::Name { name, .. } if NAMESPACES.contains(&name.as_str())) && !self.is_bound(target)
    }

    /// The name of a variable that no comprehension has.
    fn variable_of<'n>(&self, node: &'n Node) -> Option<&'n str> {
        match node {
            Node::Name { name, .. } if !self.is_bound(node) => Some(name),
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
