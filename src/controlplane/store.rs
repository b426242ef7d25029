//! Versioned objects in SQLite, with a bounded log of changes for watches.
//!
//! One thread writes. It commits all queued writes in one transaction, so that concurrent writers share the cost of
//! durability. A write is a function of the current object, evaluated within the transaction. Every object is also kept
//! in memory as JSON, from which reads are served.

use rusqlite::{Connection, params};
use serde_json::Value;
use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch as signal};

/// Maximum number of changes in the log, which watches resume from and pages of a list use.
const LOG_MAX: usize = 10_000;
/// Maximum size of the log, in bytes of JSON.
const LOG_BYTES_MAX: usize = 16 << 20;
/// Maximum number of writes in one transaction.
const BATCH_MAX: usize = 512;
/// Maximum number of queued writes. Further callers wait.
const WAITING_MAX: usize = 4_096;

/// Kind, namespace (empty for cluster-scoped kinds) and name of an object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    pub kind: String,
    pub namespace: String,
    pub name: String,
}

/// A stored object.
#[derive(Clone, Debug)]
pub struct StoredObject {
    pub version: u64,
    pub json: Arc<str>,
}

impl StoredObject {
    /// Parses the object.
    pub fn value(&self) -> Value {
        serde_json::from_str(&self.json).unwrap_or_default()
    }
}

/// A change of an object.
#[derive(Clone, Debug)]
pub struct Change {
    pub version: u64,
    pub key: Key,
    /// The object before the change, for watches with a selector and for pages of a list.
    pub before: Option<StoredObject>,
    /// The object after the change; for a deletion its last state, at the version of the deletion.
    pub after: Arc<str>,
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

/// Why a write failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the store is shutting down")]
    Closed,
    #[error("the write was not completed")]
    Unanswered,
    #[error("cannot write to the store: {0}")]
    Sqlite(String),
    #[error("{path}: {message}")]
    Open { path: String, message: String },
}

type Decide = Box<dyn FnOnce(Option<&StoredObject>) -> Operation + Send>;

enum Operation {
    Put(Value),
    Delete,
    None,
}

struct QueuedWrite {
    key: Key,
    decide: Decide,
    done: oneshot::Sender<Result<Option<u64>, StoreError>>,
}

#[derive(Default)]
struct Memory {
    objects: BTreeMap<Key, StoredObject>,
    version: u64,
    log: VecDeque<Arc<Change>>,
    /// Size of the JSON in the log, in bytes.
    log_bytes: usize,
    /// Size of all JSON that was added to the log since the start, in bytes.
    logged: u64,
    /// The newest version that is no longer in the log.
    compacted: u64,
}

/// The objects of a kind at one version.
#[derive(Debug, Default)]
pub struct ListResult {
    pub items: Vec<(Key, StoredObject)>,
    pub version: u64,
}

/// The store. Clones share the same data. It is open until the last one is gone.
#[derive(Clone)]
pub struct Store {
    reader: Reader,
    queue: mpsc::Sender<QueuedWrite>,
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
    pub fn open(path: &Path) -> Result<(Store, std::thread::JoinHandle<()>), StoreError> {
        let failed =
            |e: &dyn std::fmt::Display| StoreError::Open { path: path.display().to_string(), message: e.to_string() };
        let connection = open_connection(path).map_err(|e| failed(&e))?;
        let memory = load(&connection).map_err(|e| failed(&e))?;
        let memory = Arc::new(RwLock::new(memory));
        let (queue, waiting) = mpsc::channel(WAITING_MAX);
        let (publisher, published) = signal::channel(0);
        let writer = Writer { connection, memory: memory.clone(), publisher };
        let thread = std::thread::Builder::new().name("controlplane-store".into()).spawn(move || writer.run(waiting));
        let thread = thread.map_err(|e| failed(&e))?;
        Ok((Store { reader: Reader { memory, published }, queue }, thread))
    }

    /// Reads from the store.
    pub fn reader(&self) -> Reader {
        self.reader.clone()
    }

    /// Evaluates `decide` on the current object and carries out the action. Returns the resulting object.
    pub async fn write<E: Send + 'static>(
        &self,
        key: Key,
        decide: impl FnOnce(Option<&StoredObject>) -> WriteAction<E> + Send + 'static,
    ) -> Result<Result<Value, E>, StoreError> {
        let (answer_sender, answer_receiver) = oneshot::channel();
        let decide: Decide = Box::new(move |current| {
            let (decision, answer) = match decide(current) {
                WriteAction::Put(value) => (Operation::Put((*value).clone()), Ok(*value)),
                WriteAction::Delete(value) => (Operation::Delete, Ok(*value)),
                WriteAction::Keep(value) => (Operation::None, Ok(*value)),
                WriteAction::Reject(error) => (Operation::None, Err(error)),
            };
            // The caller may be gone; the action is carried out all the same.
            let _ = answer_sender.send(answer);
            decision
        });
        let (done, stored) = oneshot::channel();
        self.queue.send(QueuedWrite { key, decide, done }).await.map_err(|_| StoreError::Closed)?;
        let version = stored.await.map_err(|_| StoreError::Unanswered)??;
        let mut answer = answer_receiver.await.map_err(|_| StoreError::Unanswered)?;
        if let (Ok(value), Some(version)) = (&mut answer, version) {
            set_version(value, version);
        }
        Ok(answer)
    }
}

impl Reader {
    /// Gets one object.
    pub fn get(&self, key: &Key) -> Option<StoredObject> {
        self.read().objects.get(key).cloned()
    }

    /// Lists the current objects of a kind, in one namespace or all.
    pub fn list(&self, kind: &str, namespace: Option<&str>) -> ListResult {
        let memory = self.read();
        ListResult { items: memory.of_kind(kind, namespace, None), version: memory.version }
    }

    /// Lists the objects of a kind after `from`, as they were at `version`; `None` if the version is no longer in the
    /// log.
    pub fn list_at(&self, kind: &str, namespace: Option<&str>, from: Option<&Key>, version: u64) -> Option<ListResult> {
        let memory = self.read();
        if version < memory.compacted || version > memory.version {
            return None;
        }
        let mut objects: BTreeMap<Key, StoredObject> = memory.of_kind(kind, namespace, from).into_iter().collect();
        let start = memory.log.partition_point(|change| change.version <= version);
        // Newest first: the last value that is set is that before the oldest change.
        for change in memory.log.range(start..).rev() {
            let key = &change.key;
            if key.kind != kind || namespace.is_some_and(|n| key.namespace != n) || from.is_some_and(|f| key <= f) {
                continue;
            }
            match &change.before {
                Some(before) => objects.insert(key.clone(), before.clone()),
                None => objects.remove(key),
            };
        }
        Some(ListResult { items: objects.into_iter().collect(), version })
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
            size += change.after.len();
            fits
        });
        let changes: Vec<_> = first.cloned().collect();
        let is_all = start + changes.len() == memory.log.len();
        let version = changes.last().filter(|_| !is_all).map_or(memory.version, |last| last.version);
        Some(Changes { changes, version, logged: memory.logged })
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

impl Memory {
    fn of_kind(&self, kind: &str, namespace: Option<&str>, from: Option<&Key>) -> Vec<(Key, StoredObject)> {
        let first =
            Key { kind: kind.to_string(), namespace: namespace.unwrap_or_default().to_string(), name: String::new() };
        let start = match from {
            Some(key) => Bound::Excluded(key.clone()),
            None => Bound::Included(first),
        };
        let all = self.objects.range((start, Bound::Unbounded));
        let of_kind = all.take_while(|(key, _)| key.kind == kind && namespace.is_none_or(|n| key.namespace == n));
        of_kind.map(|(key, stored)| (key.clone(), stored.clone())).collect()
    }

    fn append(&mut self, change: Arc<Change>) {
        self.log_bytes += change.after.len();
        self.logged += change.after.len() as u64;
        self.log.push_back(change);
        while self.log.len() > LOG_MAX || self.log_bytes > LOG_BYTES_MAX {
            let Some(old) = self.log.pop_front() else { return };
            self.log_bytes -= old.after.len();
            self.compacted = old.version;
        }
    }
}

/// Sets `metadata.resourceVersion`.
pub fn set_version(value: &mut Value, version: u64) {
    if let Some(metadata) = value.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.insert("resourceVersion".into(), version.to_string().into());
    }
}

fn open_connection(path: &Path) -> Result<Connection, Box<dyn std::error::Error>> {
    // The file contains Secrets. SQLite gives its mode to the files that it creates next to it.
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?;
    let connection = Connection::open(path)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.execute_batch(
        "CREATE TABLE IF NOT EXISTS objects (
            kind TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL,
            version INTEGER NOT NULL, json TEXT NOT NULL,
            PRIMARY KEY (kind, namespace, name)
        ) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS counter (id INTEGER PRIMARY KEY CHECK (id = 1), version INTEGER NOT NULL);
        INSERT OR IGNORE INTO counter VALUES (1, 1);",
    )?;
    // The WAL must not stay large after a long-running reader.
    connection.pragma_update(None, "journal_size_limit", 16 << 20)?;
    Ok(connection)
}

fn load(connection: &Connection) -> rusqlite::Result<Memory> {
    let version = connection.query_row("SELECT version FROM counter", [], |row| row.get::<_, i64>(0))?;
    let mut statement = connection.prepare("SELECT kind, namespace, name, version, json FROM objects")?;
    let rows = statement.query_map([], |row| {
        let key = Key { kind: row.get(0)?, namespace: row.get(1)?, name: row.get(2)? };
        let json: String = row.get(4)?;
        Ok((key, StoredObject { version: row.get::<_, i64>(3)?.unsigned_abs(), json: json.into() }))
    })?;
    let objects = rows.collect::<rusqlite::Result<_>>()?;
    let version = version.unsigned_abs();
    // The log is kept in memory only: watches from before a restart have to list again.
    Ok(Memory { objects, version, compacted: version, ..Memory::default() })
}

struct Writer {
    connection: Connection,
    memory: Arc<RwLock<Memory>>,
    publisher: signal::Sender<u64>,
}

impl Writer {
    /// Processes queued writes until all senders are gone.
    fn run(mut self, mut waiting: mpsc::Receiver<QueuedWrite>) {
        while let Some(first) = waiting.blocking_recv() {
            let mut batch = vec![first];
            while batch.len() < BATCH_MAX
                && let Ok(job) = waiting.try_recv()
            {
                batch.push(job);
            }
            self.batch(batch);
        }
    }

    /// Evaluates and commits a batch in one transaction. Readers see it once it is durable.
    fn batch(&mut self, batch: Vec<QueuedWrite>) {
        let mut version = self.memory.read().unwrap_or_else(PoisonError::into_inner).version;
        let mut changed: BTreeMap<Key, Option<StoredObject>> = BTreeMap::new();
        let mut changes = Vec::new();
        let mut answers = Vec::with_capacity(batch.len());
        for QueuedWrite { key, decide, done } in batch {
            let current = match changed.get(&key) {
                Some(pending) => pending.clone(),
                None => self.memory.read().unwrap_or_else(PoisonError::into_inner).objects.get(&key).cloned(),
            };
            // A panic fails only the write that caused it.
            let decided = std::panic::catch_unwind(AssertUnwindSafe(|| decide(current.as_ref())));
            let Ok(decision) = decided else { continue };
            let (mut value, deleted) = match decision {
                Operation::None => {
                    answers.push((done, None));
                    continue;
                }
                Operation::Put(value) => (value, false),
                Operation::Delete => (current.as_ref().map(StoredObject::value).unwrap_or_default(), true),
            };
            version += 1;
            set_version(&mut value, version);
            let json: Arc<str> = value.to_string().into();
            changed.insert(key.clone(), (!deleted).then(|| StoredObject { version, json: json.clone() }));
            changes.push(Arc::new(Change { version, key, before: current, after: json, deleted }));
            // A deleted object keeps its version in the answer.
            answers.push((done, (!deleted).then_some(version)));
        }
        let stored = if changes.is_empty() { Ok(()) } else { self.store(&changed, version) };
        match stored {
            Ok(()) => {
                self.publish(changed, changes, version);
                for (done, version) in answers {
                    let _ = done.send(Ok(version));
                }
            }
            Err(error) => {
                for (done, _) in answers {
                    let _ = done.send(Err(StoreError::Sqlite(error.to_string())));
                }
            }
        }
    }

    fn store(&mut self, changed: &BTreeMap<Key, Option<StoredObject>>, version: u64) -> rusqlite::Result<()> {
        let transaction = self.connection.transaction()?;
        {
            let mut put = transaction.prepare_cached("INSERT OR REPLACE INTO objects VALUES (?1, ?2, ?3, ?4, ?5)")?;
            let mut remove =
                transaction.prepare_cached("DELETE FROM objects WHERE kind = ?1 AND namespace = ?2 AND name = ?3")?;
            for (key, stored) in changed {
                match stored {
                    Some(s) => {
                        put.execute(params![key.kind, key.namespace, key.name, s.version.cast_signed(), &*s.json])?
                    }
                    None => remove.execute(params![key.kind, key.namespace, key.name])?,
                };
            }
            transaction.prepare_cached("UPDATE counter SET version = ?1")?.execute([version.cast_signed()])?;
        }
        transaction.commit()
    }

    fn publish(&self, changed: BTreeMap<Key, Option<StoredObject>>, changes: Vec<Arc<Change>>, version: u64) {
        let mut memory = self.memory.write().unwrap_or_else(PoisonError::into_inner);
        for (key, stored) in changed {
            match stored {
                Some(stored) => memory.objects.insert(key, stored),
                None => memory.objects.remove(&key),
            };
        }
        memory.version = version;
        for change in changes {
            memory.append(change);
        }
        drop(memory);
        // There may be no watches.
        let _ = self.publisher.send(version);
    }
}
