//! Objects in SQLite, versioned, with a bounded log of changes for watchers.
//!
//! One thread writes: it takes all that is waiting into one transaction, so that many writers share the cost of making it
//! durable. A write is a function of the object as it stands, so it can be decided within the transaction. Every object is
//! also kept in memory as its JSON text, which is what reads and lists are answered from.

use rusqlite::{Connection, params};
use serde_json::Value;
use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::{broadcast, mpsc, oneshot};

/// Changes kept for watchers that come back, and for the later pages of a list.
const LOG_MAX: usize = 10_000;
/// Their texts together; the log is cut earlier where objects are large.
const LOG_BYTES_MAX: usize = 16 << 20;
/// Writes that share one transaction.
const BATCH_MAX: usize = 512;
/// Writes that wait; more callers wait for room.
const WAITING_MAX: usize = 4_096;
/// Changes that a watcher may lag behind before it has to list again.
pub const LAG_MAX: usize = 8_192;

/// Where an object is: kind, namespace (empty for cluster-wide kinds) and name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    pub kind: String,
    pub namespace: String,
    pub name: String,
}

/// An object as stored.
#[derive(Clone, Debug)]
pub struct Stored {
    pub version: u64,
    pub json: Arc<str>,
}

impl Stored {
    /// The object, parsed.
    pub fn value(&self) -> Value {
        serde_json::from_str(&self.json).unwrap_or_default()
    }
}

/// What happened to an object.
#[derive(Clone, Debug)]
pub struct Change {
    pub version: u64,
    pub key: Key,
    /// As it was before, for watchers that select and for the later pages of a list.
    pub before: Option<Stored>,
    /// As it is now; for a deletion as it was last, at the version of the deletion.
    pub after: Arc<str>,
    pub deleted: bool,
}

/// Changes that were, and those to come.
pub type Changes = (Vec<Arc<Change>>, broadcast::Receiver<Arc<Change>>);

/// What a write wants, decided over the object as it stands.
pub enum Verdict<E> {
    /// Store this; `metadata.resourceVersion` is filled in.
    Put(Box<Value>),
    /// Remove it as it stands, and answer with this.
    Remove(Box<Value>),
    /// Leave it as it is, and answer with this.
    Keep(Box<Value>),
    Refuse(E),
}

/// Why nothing was decided.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the store is shutting down")]
    Closed,
    #[error("the write was not decided")]
    Unanswered,
    #[error("the store can't be written: {0}")]
    Sqlite(String),
    #[error("{path}: {message}")]
    Open { path: String, message: String },
}

type Decide = Box<dyn FnOnce(Option<&Stored>) -> Decision + Send>;

enum Decision {
    Put(Value),
    Remove,
    Nothing,
}

struct Job {
    key: Key,
    decide: Decide,
    done: oneshot::Sender<Result<Option<u64>, StoreError>>,
}

#[derive(Default)]
struct Memory {
    objects: BTreeMap<Key, Stored>,
    version: u64,
    log: VecDeque<Arc<Change>>,
    /// The texts in the log, in bytes.
    log_bytes: usize,
    /// The newest version that is no longer in the log.
    forgotten: u64,
}

/// The objects of a kind at one version.
#[derive(Debug, Default)]
pub struct Listed {
    pub items: Vec<(Key, Stored)>,
    pub version: u64,
}

/// The store. Clones share it.
#[derive(Clone)]
pub struct Store {
    memory: Arc<RwLock<Memory>>,
    jobs: mpsc::Sender<Job>,
    changes: broadcast::Sender<Arc<Change>>,
}

impl Store {
    /// Opens or makes the file and starts the writer.
    pub fn open(path: &Path) -> Result<(Store, std::thread::JoinHandle<()>), StoreError> {
        let failed =
            |e: &dyn std::fmt::Display| StoreError::Open { path: path.display().to_string(), message: e.to_string() };
        let connection = open_connection(path).map_err(|e| failed(&e))?;
        let memory = load(&connection).map_err(|e| failed(&e))?;
        let memory = Arc::new(RwLock::new(memory));
        let (jobs, waiting) = mpsc::channel(WAITING_MAX);
        let (changes, _) = broadcast::channel(LAG_MAX);
        let writer = Writer { connection, memory: memory.clone(), changes: changes.clone() };
        let thread = std::thread::Builder::new().name("controlplane-store".into()).spawn(move || writer.run(waiting));
        let thread = thread.map_err(|e| failed(&e))?;
        Ok((Store { memory, jobs, changes }, thread))
    }

    /// One object.
    pub fn get(&self, key: &Key) -> Option<Stored> {
        self.read().objects.get(key).cloned()
    }

    /// The objects of a kind, in one namespace or all, as they stand.
    pub fn list(&self, kind: &str, namespace: Option<&str>) -> Listed {
        let memory = self.read();
        Listed { items: memory.of_kind(kind, namespace, None), version: memory.version }
    }

    /// The objects of a kind after `from`, as they stood at `version`; `None` where that is no longer known.
    pub fn list_at(&self, kind: &str, namespace: Option<&str>, from: Option<&Key>, version: u64) -> Option<Listed> {
        let memory = self.read();
        if version < memory.forgotten || version > memory.version {
            return None;
        }
        let mut objects: BTreeMap<Key, Stored> = memory.of_kind(kind, namespace, from).into_iter().collect();
        let start = memory.log.partition_point(|change| change.version <= version);
        // Newest first: what is left at the end is what stood before the oldest of them.
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
        Some(Listed { items: objects.into_iter().collect(), version })
    }

    /// The version of the newest change.
    pub fn version(&self) -> u64 {
        self.read().version
    }

    /// The changes after `version` and a receiver of those to come; `None` where some are forgotten.
    pub fn watch(&self, version: u64) -> Option<Changes> {
        let memory = self.read();
        if version < memory.forgotten || version > memory.version {
            return None;
        }
        let start = memory.log.partition_point(|change| change.version <= version);
        // Subscribed under the lock: nothing is missed in between, nothing comes twice.
        Some((memory.log.range(start..).cloned().collect(), self.changes.subscribe()))
    }

    /// Decides over an object and stores the verdict. Answers with the object as it is then.
    pub async fn write<E: Send + 'static>(
        &self,
        key: Key,
        decide: impl FnOnce(Option<&Stored>) -> Verdict<E> + Send + 'static,
    ) -> Result<Result<Value, E>, StoreError> {
        let (told, tell) = oneshot::channel();
        let decide: Decide = Box::new(move |current| {
            let (decision, answer) = match decide(current) {
                Verdict::Put(value) => (Decision::Put((*value).clone()), Ok(*value)),
                Verdict::Remove(value) => (Decision::Remove, Ok(*value)),
                Verdict::Keep(value) => (Decision::Nothing, Ok(*value)),
                Verdict::Refuse(error) => (Decision::Nothing, Err(error)),
            };
            // Whoever asked may have gone away; what is decided is stored all the same.
            let _ = told.send(answer);
            decision
        });
        let (done, stored) = oneshot::channel();
        self.jobs.send(Job { key, decide, done }).await.map_err(|_| StoreError::Closed)?;
        let version = stored.await.map_err(|_| StoreError::Unanswered)??;
        let mut answer = tell.await.map_err(|_| StoreError::Unanswered)?;
        if let (Ok(value), Some(version)) = (&mut answer, version) {
            set_version(value, version);
        }
        Ok(answer)
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Memory> {
        self.memory.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Memory {
    fn of_kind(&self, kind: &str, namespace: Option<&str>, from: Option<&Key>) -> Vec<(Key, Stored)> {
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

    fn remember(&mut self, change: Arc<Change>) {
        self.log_bytes += change.after.len();
        self.log.push_back(change);
        while self.log.len() > LOG_MAX || self.log_bytes > LOG_BYTES_MAX {
            let Some(old) = self.log.pop_front() else { return };
            self.log_bytes -= old.after.len();
            self.forgotten = old.version;
        }
    }
}

/// Writes the version into an object.
pub fn set_version(value: &mut Value, version: u64) {
    if let Some(metadata) = value.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.insert("resourceVersion".into(), version.to_string().into());
    }
}

fn open_connection(path: &Path) -> Result<Connection, Box<dyn std::error::Error>> {
    // Secrets lie in it. What SQLite makes beside it takes over its mode.
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
    // A backlog of readers must not keep the file growing.
    connection.pragma_update(None, "journal_size_limit", 16 << 20)?;
    Ok(connection)
}

fn load(connection: &Connection) -> rusqlite::Result<Memory> {
    let version = connection.query_row("SELECT version FROM counter", [], |row| row.get::<_, i64>(0))?;
    let mut statement = connection.prepare("SELECT kind, namespace, name, version, json FROM objects")?;
    let rows = statement.query_map([], |row| {
        let key = Key { kind: row.get(0)?, namespace: row.get(1)?, name: row.get(2)? };
        let json: String = row.get(4)?;
        Ok((key, Stored { version: row.get::<_, i64>(3)?.unsigned_abs(), json: json.into() }))
    })?;
    let objects = rows.collect::<rusqlite::Result<_>>()?;
    let version = version.unsigned_abs();
    // The log lives in memory: watchers from before the start have to list again.
    Ok(Memory { objects, version, forgotten: version, ..Memory::default() })
}

struct Writer {
    connection: Connection,
    memory: Arc<RwLock<Memory>>,
    changes: broadcast::Sender<Arc<Change>>,
}

impl Writer {
    /// Takes jobs until every sender is gone.
    fn run(mut self, mut waiting: mpsc::Receiver<Job>) {
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

    /// Decides and stores a batch in one transaction; readers see it when it is durable.
    fn batch(&mut self, batch: Vec<Job>) {
        let mut version = self.memory.read().unwrap_or_else(PoisonError::into_inner).version;
        let mut changed: BTreeMap<Key, Option<Stored>> = BTreeMap::new();
        let mut changes = Vec::new();
        let mut answers = Vec::with_capacity(batch.len());
        for Job { key, decide, done } in batch {
            let current = match changed.get(&key) {
                Some(pending) => pending.clone(),
                None => self.memory.read().unwrap_or_else(PoisonError::into_inner).objects.get(&key).cloned(),
            };
            // A panic in one decision is that caller's failure; the others go on.
            let decided = std::panic::catch_unwind(AssertUnwindSafe(|| decide(current.as_ref())));
            let Ok(decision) = decided else { continue };
            let (mut value, deleted) = match decision {
                Decision::Nothing => {
                    answers.push((done, None));
                    continue;
                }
                Decision::Put(value) => (value, false),
                Decision::Remove => (current.as_ref().map(Stored::value).unwrap_or_default(), true),
            };
            version += 1;
            set_version(&mut value, version);
            let json: Arc<str> = value.to_string().into();
            changed.insert(key.clone(), (!deleted).then(|| Stored { version, json: json.clone() }));
            changes.push(Arc::new(Change { version, key, before: current, after: json, deleted }));
            // What is gone keeps its version in the answer.
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

    fn store(&mut self, changed: &BTreeMap<Key, Option<Stored>>, version: u64) -> rusqlite::Result<()> {
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

    fn publish(&self, changed: BTreeMap<Key, Option<Stored>>, changes: Vec<Arc<Change>>, version: u64) {
        let mut memory = self.memory.write().unwrap_or_else(PoisonError::into_inner);
        for (key, stored) in changed {
            match stored {
                Some(stored) => memory.objects.insert(key, stored),
                None => memory.objects.remove(&key),
            };
        }
        memory.version = version;
        for change in changes {
            memory.remember(change.clone());
            // Nobody may be watching.
            let _ = self.changes.send(change);
        }
    }
}
