//! How many streams of events there are at once.

use crate::telemetry::Limit;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The streams that are open.
pub struct Seats {
    most: usize,
    most_of_person: usize,
    taken: Mutex<HashMap<String, usize>>,
}

/// One of them, until it is dropped.
pub struct Seat {
    all: Arc<Seats>,
    person: String,
}

impl Seats {
    /// At most so many in all, and so many of one person.
    pub fn new(most: usize, most_of_person: usize) -> Seats {
        Seats { most, most_of_person, taken: Mutex::default() }
    }

    /// The error is the limit that is reached, and its number.
    pub fn take(self: &Arc<Seats>, person: &str) -> Result<Seat, (Limit, usize)> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let own = taken.get(person).copied().unwrap_or(0);
        if own >= self.most_of_person {
            return Err((Limit::EventStreamsPerPerson, self.most_of_person));
        }
        if taken.values().sum::<usize>() >= self.most {
            return Err((Limit::EventStreams, self.most));
        }
        taken.insert(person.to_string(), own + 1);
        Ok(Seat { all: self.clone(), person: person.to_string() })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.all.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = taken.get_mut(&self.person) {
            *own -= 1;
            if *own == 0 {
                taken.remove(&self.person);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_limited_in_all_and_of_one_person_until_they_end() {
        let seats = Arc::new(Seats::new(3, 2));
        let take = |person| seats.take(person).map_err(|(limit, _)| limit);
        let (first, _second) = (take("ana").unwrap(), take("ana").unwrap());
        assert_eq!(take("ana").err(), Some(Limit::EventStreamsPerPerson));
        let _third = take("rui").unwrap();
        assert_eq!(take("eva").err(), Some(Limit::EventStreams));
        drop(first);
        let eva = take("eva").unwrap();
        assert_eq!(take("rui").err(), Some(Limit::EventStreams));
        drop(eva);
        assert_eq!(seats.taken.lock().unwrap().len(), 2, "nothing is kept of who has none");
    }
}
