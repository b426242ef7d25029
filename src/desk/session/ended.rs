//! When people last signed out: a session that began before has ended, whichever replica it began on.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

/// The last time that each person signed out, in Unix seconds.
#[derive(Default)]
pub struct Ended(RwLock<HashMap<String, i64>>);

impl Ended {
    /// A person signed out at this time, or earlier than is known already.
    pub fn note(&self, name: &str, at: i64) {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        match all.get_mut(name) {
            Some(known) => *known = at.max(*known),
            None => drop(all.insert(name.to_string(), at)),
        }
    }

    /// Whether a session of this person that began then has ended.
    pub fn has(&self, name: &str, began: i64) -> bool {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        all.get(name).is_some_and(|ended| began <= *ended)
    }

    /// The first second at which a session of this person can begin.
    pub fn earliest(&self, name: &str) -> i64 {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        all.get(name).map_or(i64::MIN, |ended| ended + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_ends_when_its_person_signs_out_and_a_later_one_does_not() {
        let ended = Ended::default();
        assert!(!ended.has("ana", 10));
        ended.note("ana", 20);
        ended.note("ana", 15);
        assert!(ended.has("ana", 10) && ended.has("ana", 20) && !ended.has("ana", 21) && !ended.has("rui", 10));
        assert_eq!((ended.earliest("ana"), ended.earliest("rui")), (21, i64::MIN));
    }
}
