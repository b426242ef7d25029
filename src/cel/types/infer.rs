//! The type of each part of an expression, as far as it does not depend on what is read. Parts that cannot give a value are rejected.

use super::readings::{self, ReadingField};
use crate::cel::error::CompileError;
use crate::cel::functions::signatures::{self, Gives};
use crate::cel::syntax::{Binary, Bind, Binding, Call, Comprehension, Expr, Macro, Node, Place};
use crate::cel::values::{Type, Value};

/// Most types of arguments that an error names.
const SHOWN_MAX: usize = 8;

/// The types of the variables of macros around a node, and the fields of readings that are found.
pub(super) struct Inference<'a> {
    source: &'a str,
    bound: Vec<(&'a str, Type)>,
    pub fields: Vec<ReadingField>,
}

type Inferred = Result<Type, CompileError>;

impl<'a> Inference<'a> {
    pub fn new(source: &'a str) -> Inference<'a> {
        Inference { source, bound: Vec::new(), fields: Vec::new() }
    }

    fn place(&self, node: &Node) -> Place {
        Place::of(self.source, node.at.into())
    }

    /// The type of a node.
    pub fn node(&mut self, node: &'a Node) -> Inferred {
        match &node.expr {
            Expr::Literal(value) => Ok(value.type_of()),
            Expr::Name { name, root } => Ok(self.variable(name, *root)),
            Expr::Field { operand, name, optional } => {
                let field = self.field(node, operand, name)?;
                Ok(if *optional { Type::Optional } else { field })
            }
            Expr::Has { operand, name } => self.field(node, operand, name).map(|_| Type::Bool),
            Expr::Index { parts, optional } => {
                let item = self.index(node, parts)?;
                Ok(if *optional { Type::Optional } else { item })
            }
            Expr::Not(operand) => match self.node(operand)? {
                Type::Dyn | Type::Bool => Ok(Type::Bool),
                actual => Err(self.expected(node, actual, "bool")),
            },
            Expr::Negate(operand) => match self.node(operand)? {
                negated @ (Type::Dyn | Type::Int | Type::Double) => Ok(negated),
                actual => Err(self.expected(node, actual, "int, double")),
            },
            Expr::Binary(operator, parts) => {
                let (left, right) = (self.node(&parts[0])?, self.node(&parts[1])?);
                let fits = may_be_equal(*operator, left, right) || !self.reads_field(parts);
                binary(*operator, left, right).filter(|_| fits).ok_or_else(|| CompileError::Operands {
                    operator: operator.sign(),
                    left: left.shown(),
                    right: right.shown(),
                    place: self.place(node),
                })
            }
            Expr::Or(operands) | Expr::And(operands) => {
                operands.iter().try_for_each(|operand| self.node(operand).map(drop))?;
                Ok(Type::Bool)
            }
            Expr::Conditional(parts) => {
                self.node(&parts[0])?;
                Ok(common(self.node(&parts[1])?, self.node(&parts[2])?))
            }
            Expr::List(elements) => {
                let mut of = None;
                for element in elements {
                    let actual = self.node(&element.value)?;
                    let actual = if element.optional { Type::Dyn } else { actual };
                    of = Some(of.map_or(actual, |of| common(of, actual)));
                }
                Ok(Type::List(of.unwrap_or(Type::Dyn).kept()))
            }
            Expr::Map(entries) => {
                let mut of = None;
                for entry in entries {
                    self.node(&entry.parts[0])?;
                    let actual = self.node(&entry.parts[1])?;
                    let actual = if entry.optional { Type::Dyn } else { actual };
                    of = Some(of.map_or(actual, |of| common(of, actual)));
                }
                Ok(Type::Map(of.unwrap_or(Type::Dyn).kept()))
            }
            Expr::Call(call) => self.call(node, call),
            Expr::Comprehension(c) => self.comprehension(c),
            Expr::Bind(bind) => self.bind(bind),
        }
    }

    fn expected(&self, node: &Node, actual: Type, expected: &'static str) -> CompileError {
        CompileError::Expected { expected, actual: actual.shown(), place: self.place(node) }
    }

    fn variable(&self, name: &str, root: bool) -> Type {
        let bound = self.bound.iter().rev().find(|(bound, _)| *bound == name && !root);
        match (bound, name) {
            (Some((_, t)), _) => *t,
            (None, "now") => Type::Timestamp,
            (None, "env") => Type::Map(&Type::String),
            (None, "probes") => Type::MAP,
            (None, _) => Type::Dyn,
        }
    }

    /// The name of the probe, where a node is `probes.NAME` or `probes["NAME"]`.
    fn probe(&self, node: &'a Node) -> Option<&'a str> {
        let (of, name) = match &node.expr {
            Expr::Field { operand, name, optional: false } => (operand.as_ref(), name.as_str()),
            Expr::Index { parts, optional: false } => (&parts[0], literal_text(&parts[1])?),
            _ => return None,
        };
        self.is_input(of, "probes").then_some(name)
    }

    /// Whether a node is the input of this name, and no variable of a macro.
    fn is_input(&self, node: &Node, input: &str) -> bool {
        match &node.expr {
            Expr::Name { name, root } => {
                name == input && (*root || self.bound.iter().all(|(bound, _)| *bound != input))
            }
            _ => false,
        }
    }

    /// Whether one of two operands is a field of a reading or of `env`, and the other is written out: no value that is read makes them
    /// equal where their types differ.
    fn reads_field(&self, parts: &'a [Node; 2]) -> bool {
        let is_of = |node: &'a Node| self.probe(node).is_some() || self.is_input(node, "env");
        let is_field = |node: &'a Node| match &node.expr {
            Expr::Field { operand, optional: false, .. } => is_of(operand),
            Expr::Index { parts, optional: false } => is_of(&parts[0]),
            _ => false,
        };
        let [left, right] = parts;
        (is_field(left) && is_literal(right)) || (is_literal(left) && is_field(right))
    }

    /// The type of `operand.name`.
    fn field(&mut self, node: &Node, operand: &'a Node, name: &str) -> Inferred {
        if let Some(probe) = self.probe(operand) {
            return Ok(self.reading_field(node, probe, name));
        }
        let operand = self.node(operand)?;
        self.field_of(node, operand, name)
    }

    fn reading_field(&mut self, node: &Node, probe: &str, field: &str) -> Type {
        let place = self.place(node);
        self.fields.push(ReadingField { probe: probe.to_string(), field: field.to_string(), place });
        readings::type_of(field)
    }

    fn field_of(&self, node: &Node, operand: Type, name: &str) -> Inferred {
        match operand {
            Type::Record(fields) => {
                let found = fields.iter().find(|(known, _)| *known == name);
                found.map(|(_, t)| *t).ok_or_else(|| CompileError::NoSuchField {
                    field: name.to_string(),
                    available: fields.iter().map(|(known, _)| *known).collect(),
                    place: self.place(node),
                })
            }
            Type::Map(of) => Ok(*of),
            Type::Dyn | Type::Optional => Ok(Type::Dyn),
            actual => {
                Err(CompileError::NoFields { field: name.to_string(), actual: actual.shown(), place: self.place(node) })
            }
        }
    }

    /// The type of `container[key]`.
    fn index(&mut self, node: &Node, parts: &'a [Node; 2]) -> Inferred {
        let name = literal_text(&parts[1]);
        if let (Some(probe), Some(name)) = (self.probe(&parts[0]), name) {
            return Ok(self.reading_field(node, probe, name));
        }
        // Once: each level would double the work.
        let container = self.node(&parts[0])?;
        if let (Type::Record(_), Some(name)) = (container, name) {
            return self.field_of(node, container, name);
        }
        let key = self.node(&parts[1])?;
        match container {
            Type::List(of) | Type::Map(of) => Ok(*of),
            Type::Record(_) | Type::Dyn | Type::Optional => Ok(Type::Dyn),
            _ => Err(CompileError::Operands {
                operator: "[]",
                left: container.shown(),
                right: key.shown(),
                place: self.place(node),
            }),
        }
    }

    fn call(&mut self, node: &Node, call: &'a Call) -> Inferred {
        let mut args = Vec::with_capacity(call.args.len() + 1);
        let mut namespace = None;
        match call.target.as_deref() {
            Some(Node { expr: Expr::Name { name, root }, .. })
                if signatures::is_namespace(name) && (*root || !self.bound.iter().any(|(bound, _)| bound == name)) =>
            {
                namespace = Some(name.as_str());
            }
            Some(target) => args.push(self.node(target)?),
            None => {}
        }
        for arg in &call.args {
            args.push(self.node(arg)?);
        }
        let mut result = None;
        for signature in signatures::of(namespace, &call.name).filter(|signature| signature.accepts(&args)) {
            let gives = match (signature.gives, args.first()) {
                (Gives::Is(t), _) => t,
                (Gives::First, Some(first)) => *first,
                (Gives::Item, Some(Type::List(of))) => **of,
                _ => Type::Dyn,
            };
            result = Some(result.map_or(gives, |result| common(result, gives)));
        }
        result.ok_or_else(|| CompileError::Arguments {
            function: call.name.clone(),
            actual: args.iter().take(SHOWN_MAX).map(|arg| arg.shown()).collect(),
            accepted: signatures::of(namespace, &call.name).map(|signature| signature.shown()).collect(),
            place: self.place(node),
        })
    }

    fn comprehension(&mut self, c: &'a Comprehension) -> Inferred {
        let range = self.node(&c.range)?;
        let (first, second) = match range {
            Type::List(of) if c.second.is_some() => (Type::Int, *of),
            Type::List(of) => (*of, Type::Dyn),
            Type::Map(of) => (Type::Dyn, *of),
            Type::Record(_) => (Type::String, Type::Dyn),
            Type::Dyn => (Type::Dyn, Type::Dyn),
            actual => return Err(self.expected(&c.range, actual, "list, map")),
        };
        let outer = self.bound.len();
        self.bound.extend(c.variables().zip([first, second]));
        if let Some(condition) = &c.condition {
            self.node(condition)?;
        }
        let body = self.node(&c.body)?;
        self.bound.truncate(outer);
        Ok(match c.kind {
            Macro::All | Macro::Exists | Macro::ExistsOne => Type::Bool,
            Macro::Filter => Type::List(first.kept()),
            Macro::SortBy => range,
            Macro::Map => Type::List(body.kept()),
            Macro::TransformMap => Type::Map(body.kept()),
            Macro::TransformMapEntry => Type::MAP,
        })
    }

    fn bind(&mut self, bind: &'a Bind) -> Inferred {
        let value = self.node(&bind.value)?;
        let of = match (bind.kind, value) {
            (Binding::Value, value) => value,
            (_, Type::Optional | Type::Dyn) => Type::Dyn,
            (_, actual) => return Err(self.expected(&bind.value, actual, "optional")),
        };
        self.bound.push((&bind.variable, of));
        let body = self.node(&bind.body)?;
        self.bound.pop();
        Ok(if bind.kind == Binding::Value { body } else { Type::Optional })
    }
}

/// The text of a literal.
pub(in crate::cel) fn literal_text(node: &Node) -> Option<&str> {
    match &node.expr {
        Expr::Literal(Value::String(text)) => Some(text),
        _ => None,
    }
}

/// Whether a value is written out.
fn is_literal(node: &Node) -> bool {
    match &node.expr {
        Expr::Literal(_) => true,
        Expr::Negate(operand) => is_literal(operand),
        Expr::List(elements) => elements.iter().all(|element| is_literal(&element.value)),
        Expr::Map(entries) => entries.iter().all(|entry| entry.parts.iter().all(is_literal)),
        _ => false,
    }
}

/// Whether a comparison for equality may be true of two values of these types; of other operators it does not matter.
fn may_be_equal(operator: Binary, left: Type, right: Type) -> bool {
    match (operator, right) {
        (Binary::Equal | Binary::NotEqual, right) => left.may_equal(right),
        (Binary::In, Type::List(of)) => left.may_equal(*of),
        (Binary::In, Type::Map(_) | Type::Record(_)) => left.may_equal(Type::String),
        _ => true,
    }
}

/// The type of a value that has one of two types.
fn common(a: Type, b: Type) -> Type {
    match (a, b) {
        (Type::List(a), Type::List(b)) => Type::List(common(*a, *b).kept()),
        (Type::Map(a), Type::Map(b)) => Type::Map(common(*a, *b).kept()),
        (Type::Record(a), Type::Record(b)) if !std::ptr::eq(a, b) => Type::MAP,
        (Type::Record(_), Type::Map(_)) | (Type::Map(_), Type::Record(_)) => Type::MAP,
        (a, b) if a == b => a,
        _ => Type::Dyn,
    }
}

/// The type of the result; `None` where there is none for these types.
fn binary(operator: Binary, left: Type, right: Type) -> Option<Type> {
    use Type::{Bytes, Double, Duration, Dyn, Int, List, Map, Optional, Record, String, Timestamp, Uint};
    match operator {
        Binary::Equal | Binary::NotEqual => Some(Type::Bool),
        Binary::In => matches!(right, List(_) | Map(_) | Record(_) | Dyn).then_some(Type::Bool),
        Binary::Less | Binary::LessOrEqual | Binary::Greater | Binary::GreaterOrEqual => {
            let has_order = |t: Type| !matches!(t, List(_) | Map(_) | Record(_) | Optional | Type::Null | Type::Meta);
            let fits = left.fits(right) || (left.is_number() && right.is_number());
            (fits && has_order(left) && has_order(right)).then_some(Type::Bool)
        }
        Binary::Add => match (left, right) {
            (List(a), List(b)) => Some(List(common(*a, *b).kept())),
            (String | Bytes | Int | Uint | Double | Duration, _) if left == right => Some(left),
            (Timestamp, Duration | Dyn) | (Duration | Dyn, Timestamp) => Some(Timestamp),
            (Dyn, other) | (other, Dyn) if is_added(other) => Some(if other == Duration { Dyn } else { other }),
            (Dyn, Dyn) => Some(Dyn),
            _ => None,
        },
        Binary::Subtract => match (left, right) {
            (Timestamp, Timestamp) => Some(Duration),
            (Timestamp, Duration) => Some(Timestamp),
            (Timestamp, Dyn) | (Dyn, Duration | Dyn) => Some(Dyn),
            (Dyn, Timestamp) | (Duration, Duration | Dyn) => Some(Duration),
            (Int | Uint | Double, _) if left.fits(right) => Some(left),
            (Dyn, Int | Uint | Double) => Some(right),
            _ => None,
        },
        Binary::Multiply | Binary::Divide => match (left, right) {
            (Int | Uint | Double, _) if left.fits(right) => Some(left),
            (Dyn, Int | Uint | Double | Dyn) => Some(right),
            _ => None,
        },
        Binary::Modulo => match (left, right) {
            (Int | Uint, _) if left.fits(right) => Some(left),
            (Dyn, Int | Uint | Dyn) => Some(right),
            _ => None,
        },
    }
}

fn is_added(t: Type) -> bool {
    t.is_number() || matches!(t, Type::String | Type::Bytes | Type::Duration | Type::Timestamp | Type::List(_))
}
