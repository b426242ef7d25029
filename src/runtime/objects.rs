//! The objects of one kind, with a revision by which a reader tells whether anything changed, and the names of those that did.

use super::version::Version;
use crate::domain::cached_scenario::CachedScenario;
use foldhash::fast::RandomState;
use kube::Resource;
use kube::runtime::watcher;
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};

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

/// By their names: all are of one namespace.
type ByName<K> = HashMap<Arc<str>, Arc<K>, RandomState>;

/// What can be read. Clones are of the same objects.
pub struct Objects<K> {
    by_name: Arc<RwLock<ByName<K>>>,
    changes: Arc<Changes>,
}

/// What changes them. There is one for each [`Objects`].
pub struct Writer<K> {
    objects: Objects<K>,
    /// Those of the list under way.
    listed: ByName<K>,
}

/// What a cache holds of an object.
pub trait CachedObject {
    fn name(&self) -> &str;
    fn shared_name(&self) -> Arc<str>;
    /// `None` where it has none, or one that is not a number.
    fn version(&self) -> Option<Version>;
}

impl<K: Resource> CachedObject for K {
    fn name(&self) -> &str {
        self.meta().name.as_deref().unwrap_or_default()
    }

    fn shared_name(&self) -> Arc<str> {
        self.name().into()
    }

    fn version(&self) -> Option<Version> {
        Version::of(self)
    }
}

impl CachedObject for CachedScenario {
    fn name(&self) -> &str {
        &self.name
    }

    fn shared_name(&self) -> Arc<str> {
        self.name.clone()
    }

    fn version(&self) -> Option<Version> {
        self.resource_version.as_deref().and_then(Version::parse)
    }
}

/// No objects, and what fills them.
pub fn store<K>() -> (Objects<K>, Writer<K>) {
    let objects = Objects { by_name: Arc::default(), changes: Arc::default() };
    (objects.clone(), Writer { objects, listed: ByName::default() })
}

// Derived, it would ask for `K: Clone`.
impl<K> Clone for Objects<K> {
    fn clone(&self) -> Self {
        Objects { by_name: self.by_name.clone(), changes: self.changes.clone() }
    }
}

impl<K> Objects<K> {
    fn by_name(&self) -> RwLockReadGuard<'_, ByName<K>> {
        self.by_name.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The object of this name.
    pub fn get(&self, name: &str) -> Option<Arc<K>> {
        self.by_name().get(name).cloned()
    }

    /// All objects, in no particular order.
    pub fn state(&self) -> Vec<Arc<K>> {
        self.by_name().values().cloned().collect()
    }

    /// Those that are selected. The objects do not change meanwhile, so it should be quick.
    pub fn state_filter(&self, is_selected: impl Fn(&K) -> bool) -> Vec<Arc<K>> {
        self.by_name().values().filter(|object| is_selected(object)).cloned().collect()
    }

    /// One that is selected.
    pub fn find(&self, is_selected: impl Fn(&K) -> bool) -> Option<Arc<K>> {
        self.by_name().values().find(|object| is_selected(object)).cloned()
    }

    /// The number of objects.
    pub fn len(&self) -> usize {
        self.by_name().len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.by_name().is_empty()
    }

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
    pub fn for_each(&self, mut read: impl FnMut(&K)) {
        self.by_name().values().for_each(|object| read(object));
    }
}

impl<K: CachedObject> Writer<K> {
    /// What a watch reports. The objects of a list are kept apart until it is complete: nothing changes before that can be read.
    pub fn apply(&mut self, event: watcher::Event<K>) {
        match event {
            watcher::Event::Init => self.listed = ByName::default(),
            watcher::Event::InitApply(object) => {
                self.listed.insert(object.shared_name(), Arc::new(object));
            }
            watcher::Event::InitDone => {
                self.forget_names();
                let listed = std::mem::take(&mut self.listed);
                self.change(|objects| std::mem::replace(objects, listed));
            }
            watcher::Event::Apply(object) => {
                let (name, object) = (object.shared_name(), Arc::new(object));
                self.keep_name(name.clone());
                self.change(|objects| objects.insert(name, object));
            }
            watcher::Event::Delete(object) => self.remove(&object.shared_name()),
        }
    }

    /// There is no object of this name any more.
    pub fn remove(&mut self, name: &Arc<str>) {
        self.keep_name(name.clone());
        self.change(|objects| objects.remove(name));
    }

    fn change<R>(&self, change: impl FnOnce(&mut ByName<K>) -> R) {
        let Objects { by_name, changes } = &self.objects;
        changes.revision.fetch_add(1, Ordering::AcqRel);
        let before = change(&mut by_name.write().unwrap_or_else(PoisonError::into_inner));
        changes.revision.fetch_add(1, Ordering::AcqRel);
        // What is no longer there is freed after the others can read again.
        drop(before);
    }

    /// Keeps the name of what is about to change. A reader of it afterwards may see the object as it was, and reads it again.
    fn keep_name(&self, name: Arc<str>) {
        let mut latest = self.objects.changes.latest();
        latest.names.push_back(name);
        if latest.names.len() > NAMES_MAX {
            latest.names.pop_front();
            latest.before += 1;
        }
    }

    /// All of them may change.
    fn forget_names(&self) {
        let changes = self.objects.count();
        *self.objects.changes.latest() = Latest { before: changes + 1, names: VecDeque::new() };
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
                writer.apply(Event::Init);
                writer.apply(Event::InitApply(thread("b")));
                assert_eq!((objects.revision(), objects.len()), before, "the list is not complete");
            }
            let of = format!("{event:?}");
            writer.apply(event);
            let revision = objects.revision();
            assert!(revision.is_some() && !seen.contains(&revision), "{of}");
            assert_eq!(objects.clone().revision(), revision);
            seen.push(revision);
        }
        writer.objects.changes.revision.fetch_add(1, Ordering::AcqRel);
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
        writer.apply(Event::Apply(thread("a")));
        writer.apply(Event::Delete(thread("b")));
        assert_eq!((objects.count(), names(0), names(1)), (2, known(&["a", "b"]), known(&["b"])));
        assert_eq!((names(2), names(9)), (known(&[]), known(&[])));
        writer.apply(Event::Init);
        writer.apply(Event::InitApply(thread("c")));
        assert_eq!((objects.count(), names(1)), (2, known(&["b"])));
        writer.apply(Event::InitDone);
        assert_eq!((names(2), names(objects.count())), (None, known(&[])));
        let count = objects.count();
        for _ in 0..NAMES_MAX {
            writer.apply(Event::Apply(thread("d")));
        }
        assert_eq!(objects.changed_since(count).unwrap().len(), NAMES_MAX);
        writer.apply(Event::Apply(thread("e")));
        assert_eq!((objects.changed_since(count), names(objects.count() - 1)), (None, known(&["e"])));
    }

    #[test]
    fn what_is_changing_is_named_to_those_that_read_meanwhile_and_afterwards() {
        let (objects, writer) = store::<Thread>();
        writer.keep_name("a".into());
        writer.objects.changes.revision.fetch_add(1, Ordering::AcqRel);
        let count = objects.count();
        assert_eq!((count, objects.changed_since(0).unwrap().len()), (0, 1));
        assert_eq!(objects.count(), 0);
        writer.objects.changes.revision.fetch_add(1, Ordering::AcqRel);
        assert_eq!(objects.changed_since(count).unwrap().len(), 1, "it may have been read as it was before");
    }

    #[test]
    fn each_object_is_read_once() {
        let (objects, mut writer) = store();
        for name in ["a", "b", "c"] {
            writer.apply(Event::Apply(thread(name)));
        }
        let mut names = Vec::new();
        objects.for_each(|thread| names.extend(thread.metadata.name.clone()));
        names.sort_unstable();
        assert_eq!(names, ["a", "b", "c"]);
    }
}
