//! When groups of open Findings with one root are looked for.

use crate::controllers::roots::Roots;
use crate::domain::conversation::correlation::Group;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Open Findings are compared this often at most.
const INTERVAL: Duration = Duration::from_secs(1);
/// Settings are read again after this time.
const SETTINGS_AGE: Duration = Duration::from_secs(60);

/// When open Findings are compared, and with which settings.
pub struct Correlation {
    is_changed: bool,
    compared_at: Option<Instant>,
    /// By which targets are compared.
    pub settings: BTreeMap<String, String>,
    settings_read_at: Option<Instant>,
    roots: Roots,
}

impl Correlation {
    /// `roots` gets the groups that are found.
    pub fn new(roots: Roots) -> Correlation {
        let settings = BTreeMap::new();
        Correlation { is_changed: false, compared_at: None, settings, settings_read_at: None, roots }
    }

    /// A Finding was made, changed or removed.
    pub fn findings_changed(&mut self) {
        self.is_changed = true;
    }

    /// The group that a Finding belongs to.
    pub fn group_of(&self, finding: &str) -> Option<Arc<Group>> {
        self.roots.group_of(finding)
    }

    /// How long to wait until the next comparison; `None` where nothing changed.
    pub fn due_in(&self, now: Instant) -> Option<Duration> {
        let passed = self.compared_at.map_or(INTERVAL, |at| now.saturating_duration_since(at));
        self.is_changed.then(|| INTERVAL.saturating_sub(passed))
    }

    /// Takes the settings that were read.
    pub fn take_settings(&mut self, settings: BTreeMap<String, String>) {
        self.is_changed |= self.settings != settings;
        self.settings = settings;
        self.settings_read_at = Some(Instant::now());
    }

    /// Whether the settings are to be read again.
    pub fn are_settings_old(&self) -> bool {
        self.settings_read_at.is_none_or(|at| at.elapsed() >= SETTINGS_AGE)
    }

    /// Takes the groups that were found; gives the names of their roots.
    pub fn take(&mut self, groups: Vec<Group>) -> Vec<String> {
        self.is_changed = false;
        self.compared_at = Some(Instant::now());
        let groups: Vec<Arc<Group>> = groups.into_iter().map(Arc::new).collect();
        self.roots.set(&groups);
        groups.iter().map(|group| group.root.name.clone()).collect()
    }
}
