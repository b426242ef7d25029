//! The objects in memory, and the log of their changes.

use super::{Change, Key, ListResult, StoredObject};
use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;
use std::sync::Arc;
use std::time::Duration;

/// How long changes stay in the log, which watches resume from and pages of a list use. A watch with bookmarks tells its version once a
/// minute and at its timeout.
const LOG_AGE: Duration = Duration::from_secs(120);
/// Maximum number of changes in the log.
const LOG_MAX: usize = 10_000;
/// Maximum size of the log, in bytes of JSON after the changes.
const LOG_BYTES_MAX: usize = 16 << 20;

/// What the store holds.
#[derive(Default)]
pub(super) struct Memory {
    pub objects: BTreeMap<Key, StoredObject>,
    /// Rows of the file that can't be read as the object that they should be, with the reason. They are in no list.
    pub damaged: BTreeMap<Key, String>,
    pub version: u64,
    pub log: VecDeque<Arc<Change>>,
    /// Size of the JSON in the log, in bytes.
    log_bytes: usize,
    /// Size of all JSON that was added to the log since the start, in bytes.
    pub logged: u64,
    /// The newest version that is no longer in the log.
    pub compacted: u64,
}

impl Memory {
    /// What was read from the file at the start. The log is kept in memory only: watches from before a restart have to
    /// list again.
    pub fn loaded(objects: BTreeMap<Key, StoredObject>, damaged: BTreeMap<Key, String>, version: u64) -> Memory {
        Memory { objects, damaged, version, compacted: version, ..Memory::default() }
    }

    /// The first `most` objects of a kind, in one namespace or all, after `from`.
    pub fn list(&self, kind: &str, namespace: Option<&str>, from: Option<&Key>, most: usize) -> ListResult {
        let first =
            Key { kind: kind.to_string(), namespace: namespace.unwrap_or_default().to_string(), name: String::new() };
        let start = match from {
            Some(key) => Bound::Excluded(key.clone()),
            None => Bound::Included(first),
        };
        let all = self.objects.range((start, Bound::Unbounded));
        let mut of_kind = all.take_while(|(key, _)| key.kind == kind && namespace.is_none_or(|n| key.namespace == n));
        let items = of_kind.by_ref().take(most).map(|(key, stored)| (key.clone(), stored.clone())).collect();
        ListResult { items, left: of_kind.count(), version: self.version }
    }

    /// Stores or removes an object. Either way its row in the file is whole again.
    pub fn set(&mut self, key: Key, stored: Option<StoredObject>) {
        self.damaged.remove(&key);
        match stored {
            Some(stored) => self.objects.insert(key, stored),
            None => self.objects.remove(&key),
        };
    }

    pub fn append(&mut self, change: Arc<Change>) {
        self.log_bytes += change.after.size();
        self.logged += change.after.size() as u64;
        let now = change.at;
        self.log.push_back(change);
        let is_old = |first: &Arc<Change>| now.saturating_duration_since(first.at) > LOG_AGE;
        while self.log.len() > LOG_MAX || self.log_bytes > LOG_BYTES_MAX || self.log.front().is_some_and(is_old) {
            let Some(old) = self.log.pop_front() else { return };
            self.log_bytes -= old.after.size();
            self.compacted = old.version;
        }
        // The room of a burst is not kept.
        if self.log.capacity() > 4 * self.log.len().max(LOG_MAX / 16) {
            self.log.shrink_to(2 * self.log.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Text;
    use super::*;
    use std::time::Instant;

    #[test]
    fn a_page_has_the_first_objects_after_one_and_says_how_many_are_left() {
        let key = |kind: &str, namespace: &str, name: &str| Key {
            kind: kind.into(),
            namespace: namespace.into(),
            name: name.into(),
        };
        let mut memory = Memory { version: 9, ..Memory::default() };
        for (kind, namespace, name) in
            [("a", "n", "1"), ("a", "n", "2"), ("a", "o", "1"), ("a", "n", "3"), ("b", "n", "1"), ("", "n", "1")]
        {
            memory.set(key(kind, namespace, name), Some(StoredObject { version: 1, json: Text::from("{}") }));
        }
        let page = |namespace, from: Option<&Key>, most| {
            let ListResult { items, left, version } = memory.list("a", namespace, from, most);
            assert_eq!(version, 9);
            (
                items
                    .into_iter()
                    .map(|(key, _)| format!("{}{}", key.namespace, key.name))
                    .collect::<Vec<_>>()
                    .join(" "),
                left,
            )
        };
        assert_eq!(page(None, None, usize::MAX), ("n1 n2 n3 o1".into(), 0));
        assert_eq!(page(None, None, 2), ("n1 n2".into(), 2));
        assert_eq!(page(None, Some(&key("a", "n", "2")), 1), ("n3".into(), 1));
        assert_eq!(page(Some("n"), Some(&key("a", "n", "2")), 1), ("n3".into(), 0));
        assert_eq!(page(Some("n"), None, 0), (String::new(), 3));
        assert_eq!(page(Some("o"), Some(&key("a", "o", "1")), 5), (String::new(), 0));
    }

    #[test]
    fn the_log_has_the_changes_of_the_last_minutes() {
        let start = Instant::now();
        let mut memory = Memory::default();
        let change = |version: u64, seconds| {
            let key = Key { kind: "a".into(), namespace: String::new(), name: version.to_string() };
            let at = start + Duration::from_secs(seconds);
            Arc::new(Change { version, at, key, before: None, after: Text::from("{}"), deleted: false })
        };
        (1..=5_000).for_each(|version| memory.append(change(version, 0)));
        memory.append(change(5_001, 120));
        assert_eq!((memory.log.len(), memory.compacted), (5_001, 0));
        memory.append(change(5_002, 121));
        assert_eq!((memory.log.len(), memory.compacted, memory.log_bytes), (2, 5_000, 4));
        assert!(memory.log.capacity() < 4_000, "{}", memory.log.capacity());
    }
}
