//! Whether this replica reads targets and writes: leadership, the write fence, and whether everything has been listed.

/// Whether this replica reads targets and writes.
#[derive(Default)]
pub struct Activation {
    /// The term in which this replica may read targets, if it does.
    pub(super) term: Option<u64>,
    pub(super) may_write: bool,
    /// Kinds that have been listed.
    pub(super) listed: Listed,
    /// It has begun: what the API says is known.
    pub(super) is_active: bool,
    pub(super) is_stopping: bool,
}

#[derive(Default)]
pub(super) struct Listed {
    pub(super) scenarios: bool,
    pub(super) findings: bool,
    pub(super) agents: bool,
}

/// A kind that has to be listed before this replica begins.
#[derive(Clone, Copy)]
pub enum Kind {
    Scenarios,
    Findings,
    Agents,
}

impl Activation {
    pub fn is_active(&self) -> bool {
        self.is_active
    }

    /// Whether this replica may read targets now and write what it finds.
    pub fn may_write(&self) -> bool {
        self.is_active && self.may_write
    }

    /// Whether runs and status writes may begin.
    pub fn may_begin(&self) -> bool {
        self.is_active && !self.is_stopping
    }

    pub fn stop(&mut self) {
        self.is_stopping = true;
    }

    pub fn is_ready(&self) -> bool {
        let Listed { scenarios, findings, agents } = self.listed;
        !self.is_active && !self.is_stopping && self.term.is_some() && scenarios && findings && agents
    }
}
