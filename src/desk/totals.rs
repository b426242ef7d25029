//! How many Messages are pending for each person: counted once after each change, however many pages of that person are open.

use crate::api::Role;
use crate::views::Reader;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// People whose counts are kept at once, at most.
const PEOPLE_MAX: usize = 256;

/// Counts by person and roles, of one version of the inboxes.
#[derive(Default)]
pub struct Totals(Mutex<Counts>);

/// The version, and the counts.
type Counts = (u64, HashMap<(String, Vec<Role>), usize>);

impl Totals {
    /// The count of a person at this version. `count` is called where it is not known.
    pub fn get(&self, version: u64, reader: Reader<'_>, count: impl FnOnce() -> usize) -> usize {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (of, known) = &mut *kept;
        if *of != version || known.len() >= PEOPLE_MAX {
            (*of, *known) = (version, HashMap::new());
        }
        *known.entry((reader.name.to_string(), reader.roles.to_vec())).or_insert_with(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_made_once_for_each_version_and_person() {
        let (totals, roles) = (Totals::default(), [Role::OpsLead]);
        let reader = |name| Reader { name, roles: &roles };
        assert_eq!(totals.get(1, reader("ana"), || 3), 3);
        assert_eq!(totals.get(1, reader("ana"), || panic!("it is known")), 3);
        assert_eq!(totals.get(1, reader("lia"), || 5), 5);
        assert_eq!(totals.get(1, Reader { name: "ana", roles: &[] }, || 0), 0);
        assert_eq!(totals.get(2, reader("ana"), || 4), 4);
        assert_eq!(totals.get(2, reader("lia"), || 6), 6);
    }
}
