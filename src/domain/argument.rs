//! Arguments of the commands in the text of a Message.

/// What is wrong with the argument of a command, with the value as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArgumentError {
    /// A Silence needs a duration.
    NoDuration,
    NotADuration(String),
    /// Shorter than a minute or longer than 30 days.
    DurationOutOfRange(String),
    NotAScenario(String),
    /// An acknowledgement of a Finding has no end of its own.
    NoEnd,
    /// A command is about one Finding.
    OneAtATime,
    /// So many bytes, more than there may be.
    NoteTooLong {
        bytes: usize,
        max: usize,
    },
}
