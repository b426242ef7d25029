//! The objects of one kind, with a revision by which a reader tells whether anything changed, and the names of those that did.

use kube::Resource;
use kube::runtime::reflector::{Store, store as reflector_store};
use kube::runtime::{reflector, watcher};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Changes whose objects are known by name. A reader that is further behind reads all objects.
const NAMES_MAX: usize = 4096;

#[derive(Default)]
struct Changes {
    /// Rises by one before and by one after each change, so that it is odd during one.
    revision: AtomicU64,
    latest: Mutex<Latest>,
}

/// The names of what changed last.
#[derive(Default)]
struct Latest {
    /// How many changes there were before the first of them.
    before: u64,
    names: VecDeque<Arc<str>>,
}

impl Changes {
    fn latest(&self) -> MutexGuard<'_, Latest> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What can be read. Clones are of the same objects.
pub struct Objects<K: Resource<DynamicType = ()> + 'static> {
    store: Store<K>,
    changes: Arc<Changes>,
}

/// What changes them. There is one for each [`Objects`].
pub struct Writer<K: Resource<DynamicType = ()> + Clone + 'static> {
    writer: reflector::store::Writer<K>,
    changes: Arc<Changes>,
}

/// No objects, and what fills them.
pub fn store<K: Resource<DynamicType = ()> + Clone + 'static>() -> (Objects<K>, Writer<K>) {
    let (store, writer) = reflector_store();
    let changes = Arc::<Changes>::default();
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
        let revision = self.changes.revision.load(Ordering::Acquire);
        revision.is_multiple_of(2).then_some(revision)
    }

    /// How many changes were completed.
    pub fn count(&self) -> u64 {
        self.changes.revision.load(Ordering::Acquire) / 2
    }

    /// The names of the objects that changed after so many changes, and of the one that is changing. `None` where not all of them are
    /// known, or were listed anew.
    pub fn changed_since(&self, count: u64) -> Option<Vec<Arc<str>>> {
        let latest = self.changes.latest();
        let known = usize::try_from(count.checked_sub(latest.before)?).ok()?;
        Some(latest.names.range(known.min(latest.names.len())..).cloned().collect())
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
        if let watcher::Event::Init | watcher::Event::InitApply(_) = event {
            // Kept apart until the list is complete: nothing changes that can be read.
            return self.writer.apply_watcher_event(event);
        }
        self.name(event);
        self.changes.revision.fetch_add(1, Ordering::AcqRel);
        self.writer.apply_watcher_event(event);
        self.changes.revision.fetch_add(1, Ordering::AcqRel);
    }

    /// Keeps the name of what is about to change. A reader of it afterwards may see the object as it was, and reads it again.
    fn name(&self, event: &watcher::Event<K>) {
        let mut latest = self.changes.latest();
        if let watcher::Event::Apply(object) | watcher::Event::Delete(object) = event {
            latest.names.push_back(object.meta().name.as_deref().unwrap_or_default().into());
            if latest.names.len() > NAMES_MAX {
                latest.names.pop_front();
                latest.before += 1;
            }
        } else {
            // All of them may change with this event.
            let changes = self.changes.revision.load(Ordering::Acquire) / 2;
            *latest = Latest { before: changes + 1, names: VecDeque::new() };
        }
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
        for event in [Event::Apply(thread("a")), Event::Apply(thread("a")), Event::Delete(thread("a")), Event::InitDone]
        {
            if let Event::InitDone = event {
                let before = (objects.revision(), objects.len());
                writer.apply_watcher_event(&Event::Init);
                writer.apply_watcher_event(&Event::InitApply(thread("b")));
                assert_eq!((objects.revision(), objects.len()), before, "the list is not complete");
            }
            writer.apply_watcher_event(&event);
            let revision = objects.revision();
            assert!(revision.is_some() && !seen.contains(&revision), "{event:?}");
            assert_eq!(objects.clone().revision(), revision);
            seen.push(revision);
        }
        writer.changes.revision.fetch_add(1, Ordering::AcqRel);
        assert_eq!(objects.revision(), None);
    }

    #[test]
    fn what_changed_is_known_by_name_unless_it_was_listed_anew_or_is_long_ago() {
        let (objects, mut writer) = store();
        let names =
            |since| objects.changed_since(since).map(|names| names.iter().map(|name| name.to_string()).collect());
        let known =
            |names: &[&str]| -> Option<Vec<String>> { Some(names.iter().map(|name| name.to_string()).collect()) };
        assert_eq!((objects.count(), names(0)), (0, known(&[])));
        writer.apply_watcher_event(&Event::Apply(thread("a")));
        writer.apply_watcher_event(&Event::Delete(thread("b")));
        assert_eq!((objects.count(), names(0), names(1)), (2, known(&["a", "b"]), known(&["b"])));
        assert_eq!((names(2), names(9)), (known(&[]), known(&[])));
        writer.apply_watcher_event(&Event::Init);
        writer.apply_watcher_event(&Event::InitApply(thread("c")));
        assert_eq!((objects.count(), names(1)), (2, known(&["b"])));
        writer.apply_watcher_event(&Event::InitDone);
        assert_eq!((names(2), names(objects.count())), (None, known(&[])));
        let count = objects.count();
        for _ in 0..NAMES_MAX {
            writer.apply_watcher_event(&Event::Apply(thread("d")));
        }
        assert_eq!(objects.changed_since(count).unwrap().len(), NAMES_MAX);
        writer.apply_watcher_event(&Event::Apply(thread("e")));
        assert_eq!((objects.changed_since(count), names(objects.count() - 1)), (None, known(&["e"])));
    }

    #[test]
    fn what_is_changing_is_named_to_those_that_read_meanwhile_and_afterwards() {
        let (objects, mut writer) = store();
        writer.name(&Event::Apply(thread("a")));
        writer.changes.revision.fetch_add(1, Ordering::AcqRel);
        let count = objects.count();
        assert_eq!((count, objects.changed_since(0).unwrap().len()), (0, 1));
        writer.writer.apply_watcher_event(&Event::Apply(thread("a")));
        writer.changes.revision.fetch_add(1, Ordering::AcqRel);
        assert_eq!(objects.changed_since(count).unwrap().len(), 1, "it may have been read as it was before");
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
