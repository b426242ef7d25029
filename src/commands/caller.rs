//! Who gives a command.

use super::CommandError;
use crate::api::{Actor, Role};

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

impl Caller {
    /// Forbidden unless one of the roles may run Scenarios.
    pub fn require_run_role(&self) -> Result<(), CommandError> {
        if self.roles.iter().any(|role| role.may_run()) {
            return Ok(());
        }
        let roles: Vec<_> = Role::ALL.into_iter().filter(|role| role.may_run()).map(Role::as_str).collect();
        Err(CommandError::Forbidden(format!("running Scenarios requires one of the roles {}", roles.join(", "))))
    }

    /// The caller as an Action records it.
    pub(super) fn actor(&self) -> Actor {
        Actor { name: self.name.clone(), roles: self.roles.clone(), via: self.interface.as_str().into() }
    }
}
