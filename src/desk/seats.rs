//! Places for streams of events: so many in all, and so many for one person.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Streams that are open at once, at most.
const ALL_MAX: usize = 256;
/// Streams of one person, at most. A browser needs one, whatever the number of its tabs.
const OF_PERSON_MAX: usize = 16;

/// The streams that are open, by person. Clones are of the same.
#[derive(Clone, Default)]
pub struct Seats(Arc<Mutex<HashMap<String, usize>>>);

/// The place of one stream, until it is dropped.
pub struct Seat {
    seats: Seats,
    name: String,
}

impl Seats {
    /// A place, if there is one left.
    pub fn take(&self, name: &str) -> Option<Seat> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (all, own) = (taken.values().sum::<usize>(), taken.get(name).copied().unwrap_or(0));
        if all >= ALL_MAX || own >= OF_PERSON_MAX {
            return None;
        }
        taken.insert(name.to_string(), own + 1);
        Some(Seat { seats: self.clone(), name: name.to_string() })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.0.lock().unwrap_or_else(PoisonError::into_inner);
        match taken.get_mut(&self.name) {
            Some(own) if *own > 1 => *own -= 1,
            _ => drop(taken.remove(&self.name)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_has_a_bounded_share_of_the_places() {
        let seats = Seats::default();
        let mut own: Vec<_> = (0..OF_PERSON_MAX).map(|_| seats.take("ana").unwrap()).collect();
        assert!(seats.take("ana").is_none());
        let others: Vec<_> = (0..ALL_MAX - OF_PERSON_MAX).map(|n| seats.take(&format!("p{n}")).unwrap()).collect();
        assert!(seats.take("rui").is_none());
        own.pop();
        assert!(seats.take("ana").is_some());
        drop((own, others));
        assert!(seats.0.lock().unwrap().is_empty());
    }
}
