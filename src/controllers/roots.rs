//! The groups of open Findings with one root, as the Thread controller found them last, for everything that tells of them.

use crate::domain::conversation::correlation::Group;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

/// Of each Finding in a group, that group. Clones share it.
#[derive(Clone, Default)]
pub struct Roots(Arc<RwLock<HashMap<String, Arc<Group>>>>);

impl Roots {
    /// Replaces all groups.
    pub fn set(&self, groups: &[Arc<Group>]) {
        let members = |group: &Arc<Group>| {
            let all = std::iter::once(&group.root).chain(&group.others);
            all.map(|finding| (finding.name.clone(), group.clone())).collect::<Vec<_>>()
        };
        let of_name = groups.iter().flat_map(members).collect();
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = of_name;
    }

    /// The group that a Finding belongs to.
    pub fn group_of(&self, finding: &str) -> Option<Arc<Group>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(finding).cloned()
    }
}
