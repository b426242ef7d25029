//! The names in an expression: the probes and settings that it refers to. Unknown names and functions are rejected.

use super::error::CompileError;
use super::functions::library;
use super::signature::{ProbeRefs, Scope};
use kube_cel::cel::common::ast::LiteralValue;
use kube_cel::cel::common::ast::{EntryExpr, Expr, IdedExpr, SelectExpr};
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
    let is_operator = !name.starts_with(|c: char| c.is_ascii_alphabetic());
    let name = name.rsplit('.').next().unwrap_or(name);
    is_operator || FUNCTIONS.contains(&name) || library::NAMES.contains(&name)
}

/// Collects every probe and setting, and rejects unknown names.
pub(super) fn check(root: &IdedExpr, scope: Scope) -> Result<References, CompileError> {
    let mut walk = Walk { scope, bound: Vec::new(), all: false, probes: BTreeSet::new(), settings: BTreeSet::new() };
    walk.node(root)?;
    let probes = if walk.all { ProbeRefs::All } else { ProbeRefs::Named(walk.probes) };
    Ok(References { probes, settings: walk.settings })
}

struct Walk {
    scope: Scope,
    /// Variables of the enclosing comprehensions.
    bound: Vec<String>,
    all: bool,
    probes: BTreeSet<String>,
    settings: BTreeSet<String>,
}

impl Walk {
    fn node(&mut self, node: &IdedExpr) -> Result<(), CompileError> {
        match &node.expr {
            Expr::Ident(name) => self.ident(name),
            Expr::Select(select) => self.select(select),
            Expr::Call(call) => {
                if !is_function(&call.func_name) {
                    return Err(CompileError::UnknownFunction(call.func_name.clone()));
                }
                if call.func_name == "_[_]"
                    && let [of, index] = call.args.as_slice()
                    && let (Expr::Ident(root), Expr::Literal(LiteralValue::String(name))) = (&of.expr, &index.expr)
                    && self.record(root, name.inner())
                {
                    return Ok(());
                }
                let namespace = call.target.as_ref().filter(|t| self.is_namespace(t));
                if let (Some(target), None) = (&call.target, namespace) {
                    self.node(target)?;
                }
                call.args.iter().try_for_each(|arg| self.node(arg))
            }
            Expr::Comprehension(c) => {
                self.node(&c.iter_range)?;
                self.node(&c.accu_init)?;
                let before = self.bound.len();
                self.bound.push(c.iter_var.clone());
                self.bound.extend(c.iter_var2.clone());
                self.bound.push(c.accu_var.clone());
                let inner = [&c.loop_cond, &c.loop_step, &c.result].into_iter().try_for_each(|p| self.node(p));
                self.bound.truncate(before);
                inner
            }
            Expr::List(list) => list.elements.iter().try_for_each(|e| self.node(e)),
            Expr::Map(map) => map.entries.iter().try_for_each(|entry| match &entry.expr {
                EntryExpr::MapEntry(entry) => self.node(&entry.key).and_then(|()| self.node(&entry.value)),
                EntryExpr::StructField(field) => self.node(&field.value),
            }),
            Expr::Struct(_) | Expr::Literal(_) | Expr::Unspecified => Ok(()),
        }
    }

    fn is_namespace(&self, target: &IdedExpr) -> bool {
        matches!(&target.expr, Expr::Ident(name) if NAMESPACES.contains(&name.as_str()) && !self.bound.contains(name))
    }

    fn select(&mut self, select: &SelectExpr) -> Result<(), CompileError> {
        if let Expr::Ident(root) = &select.operand.expr
            && !self.bound.contains(root)
        {
            if select.test && root == "env" {
                // has(env.X) tests whether it is set, so it need not be.
                return Ok(());
            }
            if self.record(root, &select.field) {
                return Ok(());
            }
        }
        self.node(&select.operand)
    }

    /// Records `probes.NAME` and `env.NAME`; false where `root` is neither.
    fn record(&mut self, root: &str, name: &str) -> bool {
        if self.bound.iter().any(|b| b == root) {
            return false;
        }
        match root {
            "probes" => self.probes.insert(name.to_string()),
            "env" => self.settings.insert(name.to_string()),
            _ => return false,
        };
        true
    }

    fn ident(&mut self, name: &str) -> Result<(), CompileError> {
        if self.bound.iter().any(|b| b == name) {
            return Ok(());
        }
        match name {
            "probes" => {
                self.all = true;
                Ok(())
            }
            "env" | "now" => Ok(()),
            "item" if self.scope.item => Ok(()),
            _ => Err(CompileError::UnknownName { name: name.to_string(), item_available: self.scope.item }),
        }
    }
}
