//! When a channel that fails is tried again: what waits meanwhile leaves together.

use crate::api::Channel;
use crate::domain::outgoing::Delivery;
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;

/// The pauses after failures in a row: doubled from the first to the longest.
const FIRST: SignedDuration = SignedDuration::from_secs(5);
const LONGEST: SignedDuration = SignedDuration::from_mins(5);

/// The pauses of the channels.
#[derive(Default)]
pub struct Pauses(HashMap<Channel, (u32, Timestamp)>);

impl Pauses {
    /// An attempt ended. A refusal is the answer of a server that works.
    pub fn ended(&mut self, channel: Channel, delivery: &Delivery, now: Timestamp) {
        match delivery {
            Delivery::Accepted(_) | Delivery::Refused(_) => drop(self.0.remove(&channel)),
            Delivery::NotNow(_) | Delivery::Uncertain(_) => {
                let (failures, _) = self.0.get(&channel).copied().unwrap_or((0, now));
                let factor = 2_i32.saturating_pow(failures.min(10));
                let pause = FIRST.checked_mul(factor).unwrap_or(LONGEST).min(LONGEST);
                self.0.insert(channel, (failures.saturating_add(1), now + pause));
            }
        }
    }

    /// Until when nothing is sent by a channel.
    pub fn until(&self, channel: Channel) -> Option<Timestamp> {
        self.0.get(&channel).map(|(_, until)| *until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_that_fails_is_tried_at_growing_intervals() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let (mut pauses, away) = (Pauses::default(), Delivery::NotNow(String::new()));
        assert_eq!(pauses.until(Channel::Mail), None);
        let mut lengths = Vec::new();
        for _ in 0..8 {
            pauses.ended(Channel::Mail, &away, at(0));
            lengths.push(pauses.until(Channel::Mail).unwrap().as_second());
        }
        assert_eq!(lengths, [5, 10, 20, 40, 80, 160, 300, 300]);
        assert_eq!(pauses.until(Channel::Ntfy), None);
        pauses.ended(Channel::Mail, &Delivery::Refused(String::new()), at(9));
        assert_eq!(pauses.until(Channel::Mail), None);
    }
}
