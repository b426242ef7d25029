//! Values of which many are alike, in memory once.

use foldhash::fast::RandomState;
use std::collections::HashMap;
use std::hash::{BuildHasher as _, Hash};
use std::sync::Arc;

/// The values that were asked for, so that equal ones share their memory.
pub struct Shared<T> {
    by_hash: HashMap<u64, Arc<T>, RandomState>,
    state: RandomState,
}

impl<T> Default for Shared<T> {
    fn default() -> Self {
        Shared { by_hash: HashMap::default(), state: RandomState::default() }
    }
}

impl<T: PartialEq> Shared<T> {
    /// Maximum number of known values. When it is reached, values without other references are removed. If more than half remain, all are
    /// removed, and later values share memory only with each other.
    const MAX: usize = 1024;

    /// This value, or the one that equals it.
    pub fn get(&mut self, value: T) -> Arc<T>
    where
        T: Hash,
    {
        let hash = self.state.hash_one(&value);
        self.of_hash(hash, value)
    }

    /// The same of values without a hash. `key` is what they are found by: equal for equal values.
    pub fn get_by(&mut self, key: impl Hash, value: T) -> Arc<T> {
        let hash = self.state.hash_one(key);
        self.of_hash(hash, value)
    }

    fn of_hash(&mut self, hash: u64, value: T) -> Arc<T> {
        if let Some(known) = self.by_hash.get(&hash).filter(|known| ***known == value) {
            return known.clone();
        }
        if self.by_hash.len() >= Self::MAX {
            self.by_hash.retain(|_, value| Arc::strong_count(value) > 1);
            if self.by_hash.len() > Self::MAX / 2 {
                self.by_hash.clear();
            }
        }
        let value = Arc::new(value);
        self.by_hash.insert(hash, value.clone());
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_are_in_memory_once_and_most_of_them_are_bounded() {
        let mut shared = Shared::default();
        let first = shared.get("a".to_string());
        assert!(Arc::ptr_eq(&first, &shared.get("a".to_string())));
        assert!(!Arc::ptr_eq(&first, &shared.get("b".to_string())));
        for n in 0..Shared::<String>::MAX {
            shared.get(n.to_string());
            assert!(shared.by_hash.len() <= Shared::<String>::MAX);
        }
        assert!(Arc::ptr_eq(&first, &shared.get("a".to_string())), "it is still referenced");
    }

    #[test]
    fn values_with_one_key_are_not_taken_for_each_other() {
        let mut shared = Shared::default();
        let [a, b] = ["a", "b"].map(|value| shared.get_by(1, value));
        assert_eq!((*a, *b), ("a", "b"));
        assert!(Arc::ptr_eq(&b, &shared.get_by(1, "b")));
    }
}
