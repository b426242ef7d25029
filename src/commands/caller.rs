//! Who gives a command.

use super::CommandError;
use crate::api::{Actor, Role};
use crate::domain::printable::is_printable;
use crate::domain::refusal::Refusal;

/// An authenticated person or program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    pub name: String,
    pub roles: Vec<Role>,
    /// How the command came.
    pub interface: Interface,
}

/// How a command came, as Actions record it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interface {
    Rest,
    Desk,
    Agent,
    Mail,
    Kubectl,
}

impl Interface {
    /// The lower-case word of `spec.actor.via` of an Action.
    pub fn as_str(self) -> &'static str {
        match self {
            Interface::Rest => "rest",
            Interface::Desk => "desk",
            Interface::Agent => "agent",
            Interface::Mail => "mail",
            Interface::Kubectl => "kubectl",
        }
    }
}

/// Longest name of a caller, in characters: that of names in the resources.
pub const CALLER_NAME_MAX: usize = 253;

impl Caller {
    /// Whether a caller may be called this: the name is shown and logged, so it is one line of printable characters.
    pub fn is_name(name: &str) -> bool {
        let is_shown = |c| is_printable(c) && !matches!(c, '\n' | '\t');
        !name.is_empty() && name.chars().count() <= CALLER_NAME_MAX && name.chars().all(is_shown)
    }

    /// Forbidden unless one of the roles may run Scenarios.
    pub fn require_run_role(&self) -> Result<(), CommandError> {
        if self.roles.iter().any(|role| role.may_run()) {
            return Ok(());
        }
        let roles: Vec<_> = Role::ALL.into_iter().filter(|role| role.may_run()).map(Role::as_str).collect();
        Err(CommandError::Forbidden(Refusal::RoleRequired { roles: roles.join(", ") }))
    }

    /// The caller as an Action records it.
    pub(super) fn actor(&self) -> Actor {
        Actor { name: self.name.clone(), roles: self.roles.clone(), via: self.interface.as_str().into() }
    }
}
