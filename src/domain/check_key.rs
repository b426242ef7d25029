//! A check and an item of it, by which streaks, Findings and last good runs are kept.

use std::cmp::Ordering;
use std::sync::Arc;

/// A check and an item of it.
pub type CheckKey = (String, String);

/// Values by check and item, sorted. A Scenario has few: in one block they take a tenth of what a tree takes.
#[derive(Clone, Debug)]
pub struct CheckMap<V> {
    entries: Vec<Entry<V>>,
}

#[derive(Clone, Debug)]
struct Entry<V> {
    check: Arc<str>,
    key: Box<str>,
    value: V,
}

// Derived, it would ask for `V: Default`.
impl<V> Default for CheckMap<V> {
    fn default() -> Self {
        CheckMap { entries: Vec::new() }
    }
}

impl<V> CheckMap<V> {
    /// The value of a check and an item of it.
    pub fn get(&self, check: &str, key: &str) -> Option<&V> {
        self.entries.get(self.find(check, key).ok()?).map(|entry| &entry.value)
    }

    /// The value of a check and an item of it, which is inserted where there is none.
    pub fn entry(&mut self, check: &Arc<str>, key: &str, new: impl FnOnce() -> V) -> &mut V {
        let at = self.find(check, key).unwrap_or_else(|at| {
            self.entries.insert(at, Entry { check: check.clone(), key: key.into(), value: new() });
            at
        });
        &mut self.entries[at].value
    }

    pub fn remove(&mut self, check: &str, key: &str) {
        if let Ok(at) = self.find(check, key) {
            self.entries.remove(at);
        }
    }

    /// Keeps the values for which `is_kept` is true of check and item.
    pub fn retain(&mut self, is_kept: impl Fn(&str, &str) -> bool) {
        self.entries.retain(|entry| is_kept(&entry.check, &entry.key));
    }

    /// Check, item and value, in order.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&str, &str, &mut V)> {
        self.entries.iter_mut().map(|entry| (&*entry.check, &*entry.key, &mut entry.value))
    }

    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.entries.iter().map(|entry| &entry.value)
    }

    pub fn clear(&mut self) {
        self.entries = Vec::new();
    }

    /// Where it is, or where it belongs.
    fn find(&self, check: &str, key: &str) -> Result<usize, usize> {
        self.entries.binary_search_by(|entry| match (*entry.check).cmp(check) {
            Ordering::Equal => (*entry.key).cmp(key),
            other => other,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_in_the_order_of_checks_and_items() {
        let mut map = CheckMap::default();
        for (check, key) in [("b", ""), ("a", "z"), ("a", ""), ("ab", "a"), ("a", "b")] {
            *map.entry(&check.into(), key, || 0) += 1;
            *map.entry(&check.into(), key, || 9) += 1;
            assert_eq!(map.get(check, key), Some(&2));
        }
        *map.entry(&"c".into(), "", || 6) += 0;
        let all: Vec<_> = map.iter_mut().map(|(check, key, value)| format!("{check}/{key}={value}")).collect();
        assert_eq!(all, ["a/=2", "a/b=2", "a/z=2", "ab/a=2", "b/=2", "c/=6"]);
        assert_eq!(map.get("a", "c"), None);
        map.remove("a", "b");
        map.remove("a", "c");
        map.retain(|check, key| check != "b" && key != "z");
        assert_eq!(
            map.iter_mut().map(|(check, key, _)| format!("{check}/{key}")).collect::<Vec<_>>(),
            ["a/", "ab/a", "c/"]
        );
        assert_eq!(map.values().copied().collect::<Vec<_>>(), [2, 2, 6]);
        map.clear();
        assert_eq!(map.values().count(), 0);
    }
}
