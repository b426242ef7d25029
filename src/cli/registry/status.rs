//! What of a registry is not in force, for health.

use super::watched::Trouble;
use crate::views::RegistryState;
use std::sync::{Arc, PoisonError, RwLock};

/// Errors that are kept; the others are only counted.
const ERRORS_MAX: usize = 20;

/// The errors as of the last synchronisation. Clones share them.
#[derive(Clone, Default)]
pub struct RegistryStatus {
    state: Arc<RwLock<RegistryState>>,
}

impl RegistryStatus {
    /// The state now; without errors before the first synchronisation, and where this replica does not lead.
    pub fn state(&self) -> RegistryState {
        self.state.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn set(&self, troubles: &[Trouble]) {
        let errors = troubles.iter().take(ERRORS_MAX).map(|trouble| trouble.text.clone()).collect();
        let state = RegistryState { errors, errors_total: troubles.len() };
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = state;
    }
}
