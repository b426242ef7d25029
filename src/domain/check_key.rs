//! A check and an item of it, by which streaks, Findings and last good runs are kept.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// A check and an item of it.
pub type CheckKey = (String, String);

/// A [`CheckKey`], owned or borrowed: maps are searched without copies.
trait At {
    fn at(&self) -> (&str, &str);
}

impl At for CheckKey {
    fn at(&self) -> (&str, &str) {
        (&self.0, &self.1)
    }
}

impl At for (&str, &str) {
    fn at(&self) -> (&str, &str) {
        *self
    }
}

impl<'a> Borrow<dyn At + 'a> for CheckKey {
    fn borrow(&self) -> &(dyn At + 'a) {
        self
    }
}

impl PartialEq for dyn At + '_ {
    fn eq(&self, other: &Self) -> bool {
        self.at() == other.at()
    }
}

impl Eq for dyn At + '_ {}

impl PartialOrd for dyn At + '_ {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for dyn At + '_ {
    fn cmp(&self, other: &Self) -> Ordering {
        self.at().cmp(&other.at())
    }
}

/// The value of a check and an item of it.
pub fn get<'m, V>(map: &'m BTreeMap<CheckKey, V>, check: &str, key: &str) -> Option<&'m V> {
    map.get(&(check, key) as &dyn At)
}

/// Sets the value of a check and an item of it. The key is copied where it is new.
pub fn set<V>(map: &mut BTreeMap<CheckKey, V>, check: &str, key: &str, value: V) {
    match map.get_mut(&(check, key) as &dyn At) {
        Some(known) => *known = value,
        None => drop(map.insert((check.to_string(), key.to_string()), value)),
    }
}

/// Changes the value of a check and an item of it, first the default where there is none.
pub fn update<V: Default>(map: &mut BTreeMap<CheckKey, V>, check: &str, key: &str, change: impl FnOnce(&mut V)) {
    match map.get_mut(&(check, key) as &dyn At) {
        Some(known) => change(known),
        None => change(map.entry((check.to_string(), key.to_string())).or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_by_borrowed_keys_in_the_order_of_owned_ones() {
        let mut map = BTreeMap::new();
        for (check, key) in [("b", ""), ("a", "z"), ("a", ""), ("ab", "a"), ("a", "b")] {
            update(&mut map, check, key, |value| *value += 1);
            update(&mut map, check, key, |value| *value += 1);
            assert_eq!(get(&map, check, key), Some(&2));
        }
        set(&mut map, "a", "b", 5);
        set(&mut map, "c", "", 6);
        let all: Vec<_> = map.iter().map(|((check, key), value)| (check.as_str(), key.as_str(), *value)).collect();
        assert_eq!(all, [("a", "", 2), ("a", "b", 5), ("a", "z", 2), ("ab", "a", 2), ("b", "", 2), ("c", "", 6)]);
        assert_eq!(get(&map, "a", "c"), None);
    }
}
