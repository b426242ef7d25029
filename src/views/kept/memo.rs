//! One value that is worked out again when what it is made from has changed.

use std::sync::{Arc, Mutex, PoisonError};

/// The last value, and the revision of what it was made from.
pub struct Memo<V, T>(Mutex<Option<(V, Arc<T>)>>);

impl<V, T> Default for Memo<V, T> {
    fn default() -> Self {
        Memo(Mutex::default())
    }
}

impl<V: PartialEq, T> Memo<V, T> {
    /// The value of this revision, which `make` makes where it is not kept. Others who need it wait and do not make it, too. Without a
    /// revision it is made and not kept.
    pub fn get(&self, revision: impl FnOnce() -> Option<V>, make: impl FnOnce() -> T) -> Arc<T> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Read before the value is made: it may only be newer.
        let Some(revision) = revision() else {
            drop(kept);
            return Arc::new(make());
        };
        if let Some((_, value)) = kept.as_ref().filter(|(of, _)| *of == revision) {
            return value.clone();
        }
        *kept = None;
        let value = Arc::new(make());
        *kept = Some((revision, value.clone()));
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_made_once_for_each_revision() {
        let memo = Memo::default();
        assert_eq!(*memo.get(|| Some(2), || "a"), "a");
        assert_eq!(*memo.get(|| Some(2), || panic!("it is kept")), "a");
        assert_eq!(*memo.get(|| None, || "during a change"), "during a change");
        assert_eq!(*memo.get(|| Some(4), || "b"), "b");
        assert_eq!(*memo.get(|| Some(4), || panic!("it is kept")), "b");
    }
}
