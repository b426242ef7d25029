//! A table of the objects of one kind, which is made once and then follows their changes.

use crate::runtime::objects::Objects;
use kube::Resource;
use kube::runtime::reflector::ObjectRef;
use std::sync::{Arc, Mutex, PoisonError};

/// What is known of the objects of a kind.
pub trait Table<K>: Clone + Default {
    /// The object is new, or has changed.
    fn put(&mut self, object: &K);
    /// There is no object of this name any more.
    fn remove(&mut self, name: &str);
}

/// The table, and the number of changes that it has.
pub struct Followed<T>(Mutex<Option<(u64, Arc<T>)>>);

impl<T> Default for Followed<T> {
    fn default() -> Self {
        Followed(Mutex::default())
    }
}

impl<T> Followed<T> {
    /// The table with all changes so far. Others who need it wait for it.
    pub fn get<K>(&self, objects: &Objects<K>, namespace: &str) -> Arc<T>
    where
        K: Resource<DynamicType = ()> + Clone + 'static,
        T: Table<K>,
    {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Counted before the objects are read: the table may only be newer, and has a change twice rather than never.
        let count = objects.count();
        let changed = kept.as_ref().and_then(|(of, _)| objects.changed_since(*of));
        if let (Some((of, table)), Some(changed)) = (kept.as_mut(), changed) {
            if !changed.is_empty() {
                // Copies the table where somebody still reads it.
                let table = Arc::make_mut(table);
                for name in &changed {
                    match objects.get(&ObjectRef::new(name).within(namespace)) {
                        Some(object) => table.put(&object),
                        None => table.remove(name),
                    }
                }
            }
            *of = count;
            return table.clone();
        }
        *kept = None;
        let mut table = T::default();
        objects.for_each(|object| table.put(object));
        let table = Arc::new(table);
        *kept = Some((count, table.clone()));
        table
    }
}
