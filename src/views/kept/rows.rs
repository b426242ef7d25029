//! The rows of a table, each found by the name of its object.

use foldhash::fast::RandomState;
use std::collections::HashMap;
use std::ops::Deref;
use std::sync::Arc;

/// A row of one object.
pub trait Row {
    /// That of the object.
    fn name(&self) -> &Arc<str>;
}

/// Rows in no order.
#[derive(Clone)]
pub struct Rows<R> {
    all: Vec<R>,
    places: HashMap<Arc<str>, usize, RandomState>,
}

// Derived, it would ask for `R: Default`.
impl<R> Default for Rows<R> {
    fn default() -> Self {
        Rows { all: Vec::new(), places: HashMap::default() }
    }
}

impl<R> Deref for Rows<R> {
    type Target = [R];

    fn deref(&self) -> &[R] {
        &self.all
    }
}

impl<R: Row> Rows<R> {
    /// Where the row of this object is, until the next change.
    pub fn place(&self, name: &str) -> Option<usize> {
        self.places.get(name).copied()
    }

    /// The row of this object.
    pub fn named(&self, name: &str) -> Option<&R> {
        self.all.get(self.place(name)?)
    }

    /// Adds a row, or puts it in the place of the one that the object had, which is returned.
    pub fn put(&mut self, row: R) -> Option<R> {
        // The name of the new row, so that there are not two copies of it.
        let before = self.places.remove(row.name());
        let place = before.unwrap_or(self.all.len());
        self.places.insert(row.name().clone(), place);
        match self.all.get_mut(place) {
            Some(known) => Some(std::mem::replace(known, row)),
            None => {
                self.all.push(row);
                None
            }
        }
    }

    /// Removes the row of this object, and returns it.
    pub fn remove(&mut self, name: &str) -> Option<R> {
        let place = self.places.remove(name)?;
        let removed = self.all.swap_remove(place);
        if let Some(moved) = self.all.get(place) {
            self.places.insert(moved.name().clone(), place);
        }
        Some(removed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq)]
    struct Count(Arc<str>, u32);

    impl Row for Count {
        fn name(&self) -> &Arc<str> {
            &self.0
        }
    }

    fn count(name: &str, count: u32) -> Count {
        Count(name.into(), count)
    }

    #[test]
    fn each_object_has_one_row_wherever_it_moves() {
        let mut rows = Rows::default();
        for (at, name) in ["a", "b", "c", "d"].into_iter().enumerate() {
            assert_eq!(rows.put(count(name, 0)), None);
            assert_eq!(rows.place(name), Some(at));
        }
        assert_eq!(rows.put(count("b", 7)), Some(count("b", 0)));
        assert_eq!(rows.remove("a"), Some(count("a", 0)));
        assert_eq!(rows.remove("a"), None);
        assert_eq!(rows.remove("c"), Some(count("c", 0)));
        assert_eq!(rows.len(), 2);
        assert_eq!((rows.named("b"), rows.named("d")), (Some(&count("b", 7)), Some(&count("d", 0))));
        assert_eq!((rows.named("a"), rows.named("c")), (None, None));
    }
}
