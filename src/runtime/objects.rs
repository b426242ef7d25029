//! The objects of one kind, with a revision by which a reader tells whether anything changed.

use kube::Resource;
use kube::runtime::reflector::{Store, store as reflector_store};
use kube::runtime::{reflector, watcher};
use std::cell::RefCell;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Rises by one before and by one after each change, so that it is odd during one.
type Changes = Arc<AtomicU64>;

/// What can be read. Clones are of the same objects.
pub struct Objects<K: Resource<DynamicType = ()> + 'static> {
    store: Store<K>,
    changes: Changes,
}

/// What changes them. There is one for each [`Objects`].
pub struct Writer<K: Resource<DynamicType = ()> + Clone + 'static> {
    writer: reflector::store::Writer<K>,
    changes: Changes,
}

/// No objects, and what fills them.
pub fn store<K: Resource<DynamicType = ()> + Clone + 'static>() -> (Objects<K>, Writer<K>) {
    let (store, writer) = reflector_store();
    let changes = Changes::default();
    (Objects { store, changes: changes.clone() }, Writer { writer, changes })
}

// Derived, it would ask for `K: Clone`.
impl<K: Resource<DynamicType = ()> + Clone + 'static> Clone for Objects<K> {
    fn clone(&self) -> Self {
        Objects { store: self.store.clone(), changes: self.changes.clone() }
    }
}

impl<K: Resource<DynamicType = ()> + 'static> Deref for Objects<K> {
    type Target = Store<K>;

    fn deref(&self) -> &Store<K> {
        &self.store
    }
}

impl<K: Resource<DynamicType = ()> + Clone + 'static> Objects<K> {
    /// Of what can be read now: as long as it stays the same, so do the objects. `None` while they change.
    pub fn revision(&self) -> Option<u64> {
        let changes = self.changes.load(Ordering::Acquire);
        changes.is_multiple_of(2).then_some(changes)
    }

    /// Calls `read` with each object, without a copy of the list. The objects do not change meanwhile, so it should be quick.
    pub fn for_each(&self, read: impl FnMut(&K)) {
        let read = RefCell::new(read);
        let none = self.store.state_filter(|object| {
            // The store calls one after the other.
            if let Ok(mut read) = read.try_borrow_mut() {
                read(object);
            }
            false
        });
        debug_assert!(none.is_empty());
    }
}

impl<K: Resource<DynamicType = ()> + Clone + 'static> Writer<K> {
    pub fn apply_watcher_event(&mut self, event: &watcher::Event<K>) {
        self.changes.fetch_add(1, Ordering::AcqRel);
        self.writer.apply_watcher_event(event);
        self.changes.fetch_add(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Thread;
    use serde_json::json;
    use watcher::Event;

    fn thread(name: &str) -> Thread {
        let object = json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Thread", "metadata": {"name": name},
            "spec": {"subject": "s", "agent": "a"}});
        serde_json::from_value(object).unwrap()
    }

    #[test]
    fn the_revision_is_another_after_each_change_and_none_during_one() {
        let (objects, mut writer) = store();
        let mut seen = vec![objects.revision()];
        for event in [
            Event::Apply(thread("a")),
            Event::Apply(thread("a")),
            Event::Delete(thread("a")),
            Event::Init,
            Event::InitApply(thread("b")),
            Event::InitDone,
        ] {
            writer.apply_watcher_event(&event);
            let revision = objects.revision();
            assert!(revision.is_some() && !seen.contains(&revision), "{event:?}");
            assert_eq!(objects.clone().revision(), revision);
            seen.push(revision);
        }
        writer.changes.fetch_add(1, Ordering::AcqRel);
        assert_eq!(objects.revision(), None);
    }

    #[test]
    fn each_object_is_read_once() {
        let (objects, mut writer) = store();
        for name in ["a", "b", "c"] {
            writer.apply_watcher_event(&Event::Apply(thread(name)));
        }
        let mut names = Vec::new();
        objects.for_each(|thread| names.extend(thread.metadata.name.clone()));
        names.sort_unstable();
        assert_eq!(names, ["a", "b", "c"]);
    }
}
