//! One value that is worked out again when what it is made from has changed.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The last value.
pub struct Memo<T>(Mutex<Option<Arc<T>>>);

impl<T> Default for Memo<T> {
    fn default() -> Self {
        Memo(Mutex::default())
    }
}

impl<T> Memo<T> {
    fn kept(&self) -> MutexGuard<'_, Option<Arc<T>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The last value where it `is_current`, else the one that `make` makes. Others who need it wait and do not make it, too.
    pub fn get(&self, is_current: impl FnOnce(&T) -> bool, make: impl FnOnce() -> T) -> Arc<T> {
        let mut kept = self.kept();
        if let Some(value) = kept.as_ref().filter(|value| is_current(value)) {
            return value.clone();
        }
        *kept = None;
        kept.insert(Arc::new(make())).clone()
    }

    /// Lets the last value go.
    pub fn forget(&self) {
        *self.kept() = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_made_once_for_what_it_is_made_from() {
        let memo = Memo::default();
        let get = |of: u32, make: fn() -> &'static str| memo.get(|(known, _)| *known == of, || (of, make())).1;
        assert_eq!(get(2, || "a"), "a");
        assert_eq!(get(2, || panic!("it is kept")), "a");
        assert_eq!(get(4, || "b"), "b");
        assert_eq!(get(4, || panic!("it is kept")), "b");
        memo.forget();
        assert_eq!(get(4, || "c"), "c");
    }
}
