//! Versioned objects in SQLite, with a bounded log of changes for watches.
//!
//! One thread writes. It commits all queued writes in one transaction, so that concurrent writers share the cost of
//! durability. A write is a function of the current object. The caller evaluates it; the thread does so again where the object
//! has changed since. Every object is also kept in memory as compressed JSON, from which reads are served: they go on while the
//! disk is full.

#[cfg(test)]
mod concurrency_tests;
mod contents;
mod disk;
mod file;
#[cfg(test)]
mod full_disk_tests;
mod memory;
mod presence;
mod reserve;
mod rows;
mod space;
mod state;
#[cfg(test)]
mod tests;
mod text;
mod writer;

pub use file::{FileOptions, OpenError};
pub use state::{StoreState, StoreStatus};
pub use text::{Packer, Text};

use disk::Disk;
use file::Opened;
use memory::Memory;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;
use tokio::sync::{mpsc, oneshot, watch as signal};
use writer::{Decide, Job, Operation, QueuedWrite, Writer};

/// Maximum number of queued writes. Further callers wait.
const WAITING_MAX: usize = 4_096;

/// Kind, namespace (empty for cluster-scoped kinds) and name of an object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    pub kind: String,
    pub namespace: String,
    pub name: String,
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Key { kind, namespace, name } = self;
        if namespace.is_empty() { write!(f, "{kind}/{name}") } else { write!(f, "{kind}/{namespace}/{name}") }
    }
}

/// A stored object.
#[derive(Clone, Debug)]
pub struct StoredObject {
    pub version: u64,
    pub json: Text,
}

impl StoredObject {
    /// Parses the object.
    pub fn value(&self) -> Value {
        serde_json::from_str(&self.json.get()).unwrap_or_default()
    }
}

/// A change of an object.
#[derive(Clone, Debug)]
pub struct Change {
    pub version: u64,
    /// When it was made, for how long it stays in the log.
    pub at: Instant,
    pub key: Key,
    /// The object before the change, for watches with a selector and for pages of a list.
    pub before: Option<StoredObject>,
    /// The object after the change; for a deletion its last state, at the version of the deletion.
    pub after: Text,
    pub deleted: bool,
}

/// Changes after a version, and how much was logged up to the last of them.
#[derive(Debug, Default)]
pub struct Changes {
    pub changes: Vec<Arc<Change>>,
    /// The version up to which these are all changes.
    pub version: u64,
    /// See [`Store::logged`].
    pub logged: u64,
}

/// What a write does to the current object.
pub enum WriteAction<E> {
    /// Stores the value, with its new `metadata.resourceVersion`.
    Put(Box<Value>),
    /// Deletes the object, and answers with the value.
    Delete(Box<Value>),
    /// Leaves the object unchanged, and answers with the value.
    Keep(Box<Value>),
    Reject(E),
}

impl<E> WriteAction<E> {
    /// What the writer does, and the answer.
    fn split(self) -> (Operation, Result<Value, E>) {
        match self {
            WriteAction::Put(value) => (Operation::Put((*value).clone()), Ok(*value)),
            WriteAction::Delete(value) => (Operation::Delete, Ok(*value)),
            WriteAction::Keep(value) => (Operation::None, Ok(*value)),
            WriteAction::Reject(error) => (Operation::None, Err(error)),
        }
    }
}

/// Why a write failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the store is shutting down")]
    Closed,
    #[error("the write was not completed")]
    Unanswered,
    #[error("cannot write to the store: {0}")]
    Sqlite(String),
}

/// Says why an object that was read from the file is damaged.
pub type Check = Box<dyn Fn(&Key, &Value) -> Result<(), String>>;

/// How a store is opened.
pub struct StoreOptions {
    pub file: FileOptions,
    pub check: Check,
    /// Called with each failed commit.
    pub on_error: Box<dyn Fn() + Send>,
}

/// The objects of a kind at one version, or the first of them.
#[derive(Debug, Default)]
pub struct ListResult {
    pub items: Vec<(Key, StoredObject)>,
    /// The number of objects after those.
    pub left: usize,
    pub version: u64,
}

/// The store. Clones share the same data. It is open until the last one is gone.
#[derive(Clone)]
pub struct Store {
    reader: Reader,
    queue: mpsc::Sender<Job>,
    status: StoreStatus,
}

impl std::ops::Deref for Store {
    type Target = Reader;

    fn deref(&self) -> &Reader {
        &self.reader
    }
}

/// Reads from the store, and does not keep it open.
#[derive(Clone)]
pub struct Reader {
    memory: Arc<RwLock<Memory>>,
    published: signal::Receiver<u64>,
}

impl Store {
    /// Opens or creates the database file and starts the writer thread.
    pub fn open(options: StoreOptions) -> Result<(Store, std::thread::JoinHandle<()>), OpenError> {
        let Opened { connection, memory, packer, file, contents, space } = file::open(&options.file, &options.check)?;
        let memory = Arc::new(RwLock::new(memory));
        let (queue, waiting) = mpsc::channel(WAITING_MAX);
        let (publisher, published) = signal::channel(0);
        let status = StoreStatus::new(memory.clone());
        let StoreOptions { on_error, file: FileOptions { path, .. }, .. } = options;
        let disk = Disk::new(connection, file, contents, space);
        let writer = Writer { disk, memory: memory.clone(), packer, publisher, status: status.clone(), on_error };
        let thread = std::thread::Builder::new().name("controlplane-store".into()).spawn(move || writer.run(waiting));
        let thread = thread.map_err(|source| OpenError::File { path, source })?;
        Ok((Store { reader: Reader { memory, published }, queue, status }, thread))
    }

    /// Reports the state of the store.
    pub fn status(&self) -> StoreStatus {
        self.status.clone()
    }

    /// Tests whether the file is still there and, after a failed write, whether the store can be written again.
    pub async fn check(&self) -> Result<(), StoreError> {
        let (done, checked) = oneshot::channel();
        self.queue.send(Job::Check(done)).await.map_err(|_| StoreError::Closed)?;
        checked.await.map_err(|_| StoreError::Unanswered)
    }

    /// Evaluates `decide` on the current object and carries out the action. Returns the resulting object. Where another write is faster,
    /// `decide` is evaluated again, and only the last result counts.
    pub async fn write<E: Send + 'static>(
        &self,
        key: Key,
        decide: impl Fn(Option<&StoredObject>) -> WriteAction<E> + Send + 'static,
    ) -> Result<Result<Value, E>, StoreError> {
        let current = self.get(&key);
        let seen = current.as_ref().map(|current| current.version);
        let (operation, mut answer) = decide(current.as_ref()).split();
        if matches!(operation, Operation::None) {
            return Ok(answer);
        }
        let (later_sender, later) = oneshot::channel();
        let decide_again: Decide = Box::new(move |current| {
            let (operation, answer) = decide(current).split();
            // The caller may be gone; the action is carried out all the same.
            let _ = later_sender.send(answer);
            operation
        });
        let (done, stored) = oneshot::channel();
        let write = QueuedWrite { key, seen, operation, decide_again, done };
        self.queue.send(Job::Write(write)).await.map_err(|_| StoreError::Closed)?;
        let version = stored.await.map_err(|_| StoreError::Unanswered)??;
        if let Ok(later) = later.await {
            answer = later;
        }
        if let (Ok(value), Some(version)) = (&mut answer, version) {
            set_version(value, version);
        }
        Ok(answer)
    }

    /// Reads from the store.
    pub fn reader(&self) -> Reader {
        self.reader.clone()
    }
}

impl Reader {
    /// Why an object can't be read, if it is damaged.
    pub fn damage(&self, key: &Key) -> Option<String> {
        self.read().damaged.get(key).cloned()
    }

    /// The damaged objects of a kind in a namespace.
    pub fn damaged(&self, kind: &str, namespace: &str) -> Vec<Key> {
        let memory = self.read();
        memory.damaged.keys().filter(|key| key.kind == kind && key.namespace == namespace).cloned().collect()
    }

    /// Gets one object.
    pub fn get(&self, key: &Key) -> Option<StoredObject> {
        self.read().objects.get(key).cloned()
    }

    /// Lists the current objects of a kind, in one namespace or all.
    pub fn list(&self, kind: &str, namespace: Option<&str>) -> ListResult {
        self.first(kind, namespace, usize::MAX)
    }

    /// Lists the first `most` current objects of a kind, in one namespace or all.
    pub fn first(&self, kind: &str, namespace: Option<&str>, most: usize) -> ListResult {
        self.read().list(kind, namespace, None, most)
    }

    /// How many objects of a kind there are.
    pub fn count(&self, kind: &str) -> usize {
        let first = Key { kind: kind.to_string(), namespace: String::new(), name: String::new() };
        self.read().objects.range(first..).take_while(|(key, _)| key.kind == kind).count()
    }

    /// Lists the objects of a kind after `from`, as they were at `version`: the first `most` of them, or all. `None` if the version is no
    /// longer in the log.
    pub fn list_at(
        &self,
        kind: &str,
        namespace: Option<&str>,
        from: Option<&Key>,
        version: u64,
        most: usize,
    ) -> Option<ListResult> {
        let memory = self.read();
        if version < memory.compacted || version > memory.version {
            return None;
        }
        let start = memory.log.partition_point(|change| change.version <= version);
        let is_listed = |key: &Key| {
            key.kind == kind && namespace.is_none_or(|n| key.namespace == n) && from.is_none_or(|from| key > from)
        };
        let mut since = memory.log.range(start..).filter(|change| is_listed(&change.key)).rev().peekable();
        if since.peek().is_none() {
            return Some(ListResult { version, ..memory.list(kind, namespace, from, most) });
        }
        let mut objects: BTreeMap<Key, StoredObject> =
            memory.list(kind, namespace, from, usize::MAX).items.into_iter().collect();
        // Newest first: the last value that is set is that before the oldest change.
        for change in since {
            match &change.before {
                Some(before) => objects.insert(change.key.clone(), before.clone()),
                None => objects.remove(&change.key),
            };
        }
        Some(ListResult { items: objects.into_iter().collect(), left: 0, version })
    }

    /// The version of the newest change.
    pub fn version(&self) -> u64 {
        self.read().version
    }

    /// The changes after `version`, up to about `most` bytes of JSON; `None` if the version is no longer in the log.
    pub fn changes(&self, version: u64, most: usize) -> Option<Changes> {
        let memory = self.read();
        if version < memory.compacted || version > memory.version {
            return None;
        }
        let start = memory.log.partition_point(|change| change.version <= version);
        let mut size = 0;
        let first = memory.log.range(start..).take_while(|change| {
            let fits = size < most;
            size += change.after.size();
            fits
        });
        let changes: Vec<_> = first.cloned().collect();
        let is_all = start + changes.len() == memory.log.len();
        let version = changes.last().filter(|_| !is_all).map_or(memory.version, |last| last.version);
        let left = memory.log.range(start + changes.len()..).map(|change| change.after.size() as u64).sum::<u64>();
        Some(Changes { changes, version, logged: memory.logged - left })
    }

    /// Becomes ready whenever there are new changes.
    pub fn published(&self) -> signal::Receiver<u64> {
        self.published.clone()
    }

    /// Size of all changes since the start, in bytes of JSON.
    pub fn logged(&self) -> u64 {
        self.read().logged
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Memory> {
        self.memory.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sets `metadata.resourceVersion`.
pub fn set_version(value: &mut Value, version: u64) {
    if let Some(metadata) = value.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.insert("resourceVersion".into(), version.to_string().into());
    }
}
