//! How far a client has read: the ids of events.

use std::fmt;
use std::str::FromStr;

/// The kinds of objects whose changes are events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Finding,
    Thread,
    Message,
    Scenario,
}

impl Kind {
    /// How many there are.
    pub const COUNT: usize = 4;

    /// The name of its events.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Finding => "finding",
            Kind::Thread => "thread",
            Kind::Message => "message",
            Kind::Scenario => "scenario",
        }
    }
}

/// The resource version of the last change of each kind. The changes of one kind come in this order to every replica, those of
/// several kinds do not: so each has a number of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position([u64; Kind::COUNT]);

impl Position {
    pub fn of(self, kind: Kind) -> u64 {
        self.0[kind as usize]
    }

    /// Moves on to a version of a kind, never back.
    pub fn advance(&mut self, kind: Kind, version: u64) {
        let own = &mut self.0[kind as usize];
        *own = version.max(*own);
    }

    /// Moves on to another position in each kind, never back.
    pub fn advance_to(&mut self, other: Position) {
        for (own, other) in self.0.iter_mut().zip(other.0) {
            *own = other.max(*own);
        }
    }

    /// Whether everything up to the other position has been read.
    pub fn covers(self, other: Position) -> bool {
        self.0.iter().zip(other.0).all(|(own, other)| *own >= other)
    }
}

/// As it is in an id: `103-99-105-80`.
impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [finding, thread, message, scenario] = self.0;
        write!(f, "{finding}-{thread}-{message}-{scenario}")
    }
}

/// Text that is no id of this program.
#[derive(Debug, PartialEq, Eq)]
pub struct NotAnId;

impl FromStr for Position {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Position, NotAnId> {
        let mut versions = [0; Kind::COUNT];
        let mut parts = text.split('-');
        for version in &mut versions {
            let part = parts.next().filter(|part| part.bytes().all(|byte| byte.is_ascii_digit())).ok_or(NotAnId)?;
            *version = part.parse().map_err(|_| NotAnId)?;
        }
        if parts.next().is_some() { Err(NotAnId) } else { Ok(Position(versions)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_as_it_is_written_and_nothing_else_is_one() {
        let mut position = Position::default();
        position.advance(Kind::Finding, 103);
        position.advance(Kind::Scenario, u64::MAX);
        position.advance(Kind::Scenario, 7);
        assert_eq!(position.to_string(), format!("103-0-0-{}", u64::MAX));
        assert_eq!(position.to_string().parse(), Ok(position));
        for text in ["", "103", "1-2-3", "1-2-3-4-5", "1-2-3-x", "1-2-3-", "+1-2-3-4", "1-2-3-18446744073709551616"] {
            assert_eq!(text.parse::<Position>(), Err(NotAnId), "{text}");
        }
    }

    #[test]
    fn one_covers_another_in_every_kind() {
        let position = |text: &str| text.parse::<Position>().unwrap();
        let mut own = position("5-5-5-5");
        assert!(own.covers(position("5-4-0-5")) && !own.covers(position("4-4-4-6")));
        own.advance_to(position("4-6-0-6"));
        assert_eq!(own, position("5-6-5-6"));
    }
}
