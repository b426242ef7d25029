//! The syntax tree.

use kube_cel::cel::objects::Value;

/// A node of the syntax tree.
#[derive(Debug)]
pub(in crate::cel) enum Node {
    /// A boolean, number, string, bytes or null. Evaluations share its value.
    Literal(Value),
    /// `name`, or `.name`, which is never a variable of a comprehension (`root`).
    Name {
        name: String,
        root: bool,
    },
    /// `operand.name`.
    Field {
        operand: Box<Node>,
        name: String,
    },
    /// `has(operand.name)`.
    Has {
        operand: Box<Node>,
        name: String,
    },
    /// `container[key]`.
    Index(Box<[Node; 2]>),
    Not(Box<Node>),
    Negate(Box<Node>),
    Binary(Binary, Box<[Node; 2]>),
    /// `a || b || c`: at least two operands.
    Or(Vec<Node>),
    /// `a && b && c`: at least two operands.
    And(Vec<Node>),
    /// `condition ? yes : no`.
    Conditional(Box<[Node; 3]>),
    List(Vec<Node>),
    Map(Vec<[Node; 2]>),
    Call(Call),
    Comprehension(Box<Comprehension>),
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
    Map,
}

/// `range.all(variable, body)` and the like.
#[derive(Debug)]
pub(in crate::cel) struct Comprehension {
    pub kind: Macro,
    pub range: Node,
    pub variable: String,
    /// The second of three arguments of `map`: items for which it is false are left out.
    pub condition: Option<Node>,
    pub body: Node,
}

impl Node {
    /// Visits the nodes directly below it, in the order in which they are written, up to the first error.
    pub fn each_child<'a, E>(&'a self, mut visit: impl FnMut(&'a Node) -> Result<(), E>) -> Result<(), E> {
        match self {
            Node::Literal(_) | Node::Name { .. } => Ok(()),
            Node::Field { operand, .. } | Node::Has { operand, .. } | Node::Not(operand) | Node::Negate(operand) => {
                visit(operand)
            }
            Node::Index(parts) | Node::Binary(_, parts) => parts.iter().try_for_each(visit),
            Node::Conditional(parts) => parts.iter().try_for_each(visit),
            Node::Or(parts) | Node::And(parts) | Node::List(parts) => parts.iter().try_for_each(visit),
            Node::Map(entries) => entries.iter().flatten().try_for_each(visit),
            Node::Call(call) => call.target.as_deref().into_iter().chain(&call.args).try_for_each(visit),
            Node::Comprehension(c) => {
                visit(&c.range)?;
                c.condition.iter().chain([&c.body]).try_for_each(visit)
            }
        }
    }
}
