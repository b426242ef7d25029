//! The limits of Threads.

use jiff::SignedDuration;

/// When Threads end, and what they hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThreadLimits {
    /// A Finding that opens again within this time after its resolution goes on in its Thread.
    pub recur_within: SignedDuration,
    /// The Thread of a Finding is closed so long after its resolution.
    pub close_after: SignedDuration,
    /// A conversation without a Finding is closed so long after its last Message.
    pub conversation_close_after: SignedDuration,
    /// A Finding that opens again begins a new Thread where its Thread has as many Messages.
    pub messages_max: usize,
    /// Messages in which Maestro tells of other Findings with the same root, for one occurrence.
    pub correlated_max: usize,
}

impl Default for ThreadLimits {
    fn default() -> ThreadLimits {
        ThreadLimits {
            recur_within: SignedDuration::from_hours(24),
            close_after: SignedDuration::from_hours(24),
            conversation_close_after: SignedDuration::from_hours(7 * 24),
            messages_max: 1000,
            correlated_max: 5,
        }
    }
}
