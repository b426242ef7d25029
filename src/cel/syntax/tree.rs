//! The syntax tree.

use crate::cel::values::Value;

/// A node of the syntax tree.
#[derive(Debug)]
pub(in crate::cel) struct Node {
    /// Where it is in the source text, in bytes: its operator, the name of its function, or its beginning.
    pub at: u16,
    pub expr: Expr,
}

/// What a node is.
#[derive(Debug)]
pub(in crate::cel) enum Expr {
    /// A boolean, number, string, bytes, null or type. Evaluations share its value.
    Literal(Value),
    /// `name`, or `.name`, which is never a variable of a macro (`root`).
    Name {
        name: String,
        root: bool,
    },
    /// `operand.name`; `operand.?name` where it is optional.
    Field {
        operand: Box<Node>,
        name: String,
        optional: bool,
    },
    /// `has(operand.name)`.
    Has {
        operand: Box<Node>,
        name: String,
    },
    /// `container[key]`; `container[?key]` where it is optional.
    Index {
        parts: Box<[Node; 2]>,
        optional: bool,
    },
    Not(Box<Node>),
    Negate(Box<Node>),
    Binary(Binary, Box<[Node; 2]>),
    /// `a || b || c`: at least two operands.
    Or(Vec<Node>),
    /// `a && b && c`: at least two operands.
    And(Vec<Node>),
    /// `condition ? yes : no`.
    Conditional(Box<[Node; 3]>),
    List(Vec<Element>),
    Map(Vec<Entry>),
    Call(Call),
    Comprehension(Box<Comprehension>),
    Bind(Box<Bind>),
}

/// An item of a list; `?item` where it is optional.
#[derive(Debug)]
pub(in crate::cel) struct Element {
    pub optional: bool,
    pub value: Node,
}

/// An entry of a map; `?key: value` where it is optional.
#[derive(Debug)]
pub(in crate::cel) struct Entry {
    pub optional: bool,
    pub parts: [Node; 2],
}

/// An operator that evaluates both operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cel) enum Binary {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
}

impl Binary {
    /// As it is written.
    pub fn sign(self) -> &'static str {
        match self {
            Binary::Equal => "==",
            Binary::NotEqual => "!=",
            Binary::Less => "<",
            Binary::LessOrEqual => "<=",
            Binary::Greater => ">",
            Binary::GreaterOrEqual => ">=",
            Binary::In => "in",
            Binary::Add => "+",
            Binary::Subtract => "-",
            Binary::Multiply => "*",
            Binary::Divide => "/",
            Binary::Modulo => "%",
        }
    }
}

/// `name(args)`, or `target.name(args)`.
#[derive(Debug)]
pub(in crate::cel) struct Call {
    pub target: Option<Box<Node>>,
    pub name: String,
    pub args: Vec<Node>,
}

/// A macro that iterates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cel) enum Macro {
    All,
    Exists,
    ExistsOne,
    Filter,
    /// `map` and `transformList`.
    Map,
    TransformMap,
    TransformMapEntry,
    SortBy,
}

/// `range.all(variable, body)` and the like.
#[derive(Debug)]
pub(in crate::cel) struct Comprehension {
    pub kind: Macro,
    pub range: Node,
    /// The item, or the key of a map; the position in a list, or the key of a map, where there are two variables.
    pub variable: String,
    /// The item of a list, or the value of a map.
    pub second: Option<String>,
    /// Items for which it is false are left out.
    pub condition: Option<Node>,
    pub body: Node,
}

/// A macro that names a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cel) enum Binding {
    /// `cel.bind(variable, value, body)`.
    Value,
    /// `value.optMap(variable, body)`: of the optional value, where there is one.
    Optional,
    /// `value.optFlatMap(variable, body)`: the body is an optional value, too.
    FlatOptional,
}

/// `cel.bind(variable, value, body)` and the like.
#[derive(Debug)]
pub(in crate::cel) struct Bind {
    pub kind: Binding,
    pub variable: String,
    pub value: Node,
    pub body: Node,
}

impl Comprehension {
    /// The names of its variables.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        [Some(self.variable.as_str()), self.second.as_deref()].into_iter().flatten()
    }
}

impl Node {
    /// Visits the nodes directly below it, in the order in which they are written, up to the first error.
    pub fn each_child<'a, E>(&'a self, mut visit: impl FnMut(&'a Node) -> Result<(), E>) -> Result<(), E> {
        match &self.expr {
            Expr::Literal(_) | Expr::Name { .. } => Ok(()),
            Expr::Field { operand, .. } | Expr::Has { operand, .. } | Expr::Not(operand) | Expr::Negate(operand) => {
                visit(operand)
            }
            Expr::Index { parts, .. } | Expr::Binary(_, parts) => parts.iter().try_for_each(visit),
            Expr::Conditional(parts) => parts.iter().try_for_each(visit),
            Expr::Or(parts) | Expr::And(parts) => parts.iter().try_for_each(visit),
            Expr::List(elements) => elements.iter().map(|element| &element.value).try_for_each(visit),
            Expr::Map(entries) => entries.iter().flat_map(|entry| &entry.parts).try_for_each(visit),
            Expr::Call(call) => call.target.as_deref().into_iter().chain(&call.args).try_for_each(visit),
            Expr::Comprehension(c) => {
                visit(&c.range)?;
                c.condition.iter().chain([&c.body]).try_for_each(visit)
            }
            Expr::Bind(bind) => [&bind.value, &bind.body].into_iter().try_for_each(visit),
        }
    }

    /// As [`Self::each_child`], to change them.
    pub fn each_child_mut(&mut self, visit: &mut dyn FnMut(&mut Node)) {
        match &mut self.expr {
            Expr::Literal(_) | Expr::Name { .. } => {}
            Expr::Field { operand, .. } | Expr::Has { operand, .. } | Expr::Not(operand) | Expr::Negate(operand) => {
                visit(operand);
            }
            Expr::Index { parts, .. } | Expr::Binary(_, parts) => parts.iter_mut().for_each(visit),
            Expr::Conditional(parts) => parts.iter_mut().for_each(visit),
            Expr::Or(parts) | Expr::And(parts) => parts.iter_mut().for_each(visit),
            Expr::List(elements) => elements.iter_mut().map(|element| &mut element.value).for_each(visit),
            Expr::Map(entries) => entries.iter_mut().flat_map(|entry| &mut entry.parts).for_each(visit),
            Expr::Call(call) => call.target.as_deref_mut().into_iter().chain(&mut call.args).for_each(visit),
            Expr::Comprehension(c) => {
                visit(&mut c.range);
                c.condition.iter_mut().chain([&mut c.body]).for_each(visit);
            }
            Expr::Bind(bind) => [&mut bind.value, &mut bind.body].into_iter().for_each(visit),
        }
    }

    /// Names with dots between them, where it is nothing else: `google.protobuf.Timestamp`.
    pub fn dotted(&self) -> Option<String> {
        match &self.expr {
            Expr::Name { name, .. } => Some(name.clone()),
            Expr::Field { operand, name, optional: false } => {
                operand.dotted().filter(|before| before.len() < 64).map(|before| format!("{before}.{name}"))
            }
            _ => None,
        }
    }
}
