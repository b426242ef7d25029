//! A table of the objects of one kind, which is made once and then follows their changes.

use crate::runtime::objects::Objects;
use std::sync::{Arc, Mutex, PoisonError};

/// What is known of the objects of a kind.
pub trait Table<K>: Clone + Default {
    /// Whether the table says of the object of this name what it is now: `None` where there is none any more.
    fn is_current(&self, name: &str, object: Option<&K>) -> bool;
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
    /// The table with all changes so far: the one before where no row changes. Others who need it wait for it. `forget` is called before a
    /// row changes, so that what was made from the table does not hold it, which would make a copy.
    pub fn get<K>(&self, objects: &Objects<K>, forget: impl FnOnce()) -> Arc<T>
    where
        T: Table<K>,
    {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Counted before the objects are read: the table may only be newer, and has a change twice rather than never.
        let count = objects.count();
        let changed = kept.as_ref().and_then(|(of, _)| objects.changed_since(*of));
        if let (Some((of, table)), Some(changed)) = (kept.as_mut(), changed) {
            let changed = changed.into_iter().map(|name| (objects.get(&name), name));
            // Most changes are of what no table has.
            let changed: Vec<_> = changed.filter(|(object, name)| !table.is_current(name, object.as_deref())).collect();
            if !changed.is_empty() {
                forget();
                // This copies the table if a reader still holds it.
                let table = Arc::make_mut(table);
                for (object, name) in changed {
                    match object {
                        Some(object) => table.put(&object),
                        None => table.remove(&name),
                    }
                }
            }
            *of = count;
            return table.clone();
        }
        forget();
        *kept = None;
        let mut table = T::default();
        objects.for_each(|object| table.put(object));
        let table = Arc::new(table);
        *kept = Some((count, table.clone()));
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Thread;
    use crate::runtime::objects::store;
    use kube::runtime::watcher::Event;
    use serde_json::json;
    use std::collections::BTreeMap;
    use std::sync::atomic::{AtomicBool, Ordering};

    const NAMES: [&str; 3] = ["a", "b", "c"];
    const CHANGES: u64 = 20_000;

    /// The number that each Thread has as its subject.
    #[derive(Clone, Default)]
    struct Numbers(BTreeMap<String, u64>);

    fn number(thread: &Thread) -> u64 {
        thread.spec.subject.parse().unwrap()
    }

    impl Table<Thread> for Numbers {
        fn is_current(&self, name: &str, thread: Option<&Thread>) -> bool {
            self.0.get(name).copied() == thread.map(number)
        }

        fn put(&mut self, thread: &Thread) {
            self.0.insert(thread.metadata.name.clone().unwrap(), number(thread));
        }

        fn remove(&mut self, name: &str) {
            self.0.remove(name);
        }
    }

    fn thread(name: &str, number: u64) -> Thread {
        let metadata = json!({"name": name, "namespace": "n"});
        let spec = json!({"subject": number.to_string(), "agent": "a"});
        let object =
            json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Thread", "metadata": metadata, "spec": spec});
        serde_json::from_value(object).unwrap()
    }

    #[test]
    fn no_reader_sees_a_table_that_is_older_than_an_object_it_has_seen() {
        let (objects, mut writer) = store();
        let (followed, is_over) = (Followed::<Numbers>::default(), AtomicBool::new(false));
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    while !is_over.load(Ordering::Relaxed) {
                        for name in NAMES {
                            let seen = objects.get(name);
                            let table = followed.get(&objects, || {});
                            let shown = table.0.get(name).copied();
                            assert!(shown >= seen.as_deref().map(number), "{name}: {shown:?} after {seen:?}");
                        }
                    }
                });
            }
            for at in 0..CHANGES {
                let name = NAMES[usize::try_from(at % 3).unwrap()];
                if at % 50 == 0 {
                    writer.apply(Event::Init);
                    for name in NAMES {
                        writer.apply(Event::InitApply(thread(name, at)));
                    }
                    writer.apply(Event::InitDone);
                } else {
                    writer.apply(Event::Apply(thread(name, at)));
                }
            }
            is_over.store(true, Ordering::Relaxed);
        });
        let last = followed.get(&objects, || {});
        assert_eq!(last.0.values().copied().collect::<Vec<_>>(), [CHANGES - 2, CHANGES - 1, CHANGES - 3]);
    }
}
