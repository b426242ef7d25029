//! The thread that writes: evaluates queued writes, commits them together, and publishes the changes.

use super::memory::Memory;
use super::presence::{Absence, OpenFile};
use super::state::StoreStatus;
use super::{Change, Key, StoreError, StoredObject, set_version};
use rusqlite::{Connection, ErrorCode, ffi, params};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::{mpsc, oneshot, watch as signal};

/// Maximum number of writes in one transaction.
const BATCH_MAX: usize = 512;
/// A transaction ends when the JSON in it exceeds this size, in bytes.
const BATCH_BYTES_MAX: usize = 8 << 20;
/// What must fit into the file for the store to count as writable after a failure, in bytes: about an object of the
/// maximum size.
const RESERVE: i64 = 2 << 20;

pub(super) type Decide = Box<dyn FnOnce(Option<&StoredObject>) -> Operation + Send>;

/// Receives the version of the object that was stored, if any.
pub(super) type Done = oneshot::Sender<Result<Option<u64>, StoreError>>;

pub(super) enum Operation {
    Put(Value),
    Delete,
    None,
}

/// What the thread is asked for.
pub(super) enum Job {
    Write(QueuedWrite),
    /// Tests whether the store can be written.
    Check(oneshot::Sender<()>),
}

pub(super) struct QueuedWrite {
    pub key: Key,
    pub decide: Decide,
    pub done: Done,
}

pub(super) struct Writer {
    pub connection: Connection,
    pub file: OpenFile,
    pub memory: Arc<RwLock<Memory>>,
    pub publisher: signal::Sender<u64>,
    pub status: StoreStatus,
    /// Called with each failed commit.
    pub on_error: Box<dyn Fn() + Send>,
}

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("{0}")]
    Lasting(String),
    #[error(transparent)]
    Absent(#[from] Absence),
    #[error("{0}{hint}", hint = self.hint())]
    Sqlite(#[from] rusqlite::Error),
}

impl Failure {
    /// Whether only a restart, which examines the whole file, can end it.
    fn is_lasting(&self) -> bool {
        match self {
            Failure::Lasting(_) => true,
            Failure::Absent(absence) => !absence.can_end(),
            Failure::Sqlite(error) => {
                let is_damaged =
                    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase));
                is_damaged || error.sqlite_error().is_some_and(|e| e.extended_code == ffi::SQLITE_IOERR_SHORT_READ)
            }
        }
    }

    fn hint(&self) -> &'static str {
        if self.is_lasting() {
            ": the database file is damaged; save the objects with kubectl, stop the program, restore the file from a backup, and start the program again"
        } else {
            ""
        }
    }
}

/// Writes that were evaluated and are not yet committed.
#[derive(Default)]
struct Transaction {
    version: u64,
    bytes: usize,
    changed: BTreeMap<Key, Option<StoredObject>>,
    changes: Vec<Arc<Change>>,
    answers: Vec<(Done, Option<u64>)>,
}

impl Writer {
    /// Processes the queue until all senders are gone.
    pub fn run(mut self, mut waiting: mpsc::Receiver<Job>) {
        while let Some(first) = waiting.blocking_recv() {
            let (mut batch, mut checks) = (Vec::new(), Vec::new());
            let mut next = Some(first);
            while let Some(job) = next {
                match job {
                    Job::Write(write) => batch.push(write),
                    Job::Check(done) => checks.push(done),
                }
                next = (batch.len() < BATCH_MAX).then(|| waiting.try_recv().ok()).flatten();
            }
            self.batch(batch);
            if !checks.is_empty() {
                self.check();
                for done in checks {
                    let _ = done.send(());
                }
            }
        }
    }

    /// Evaluates and commits a batch, usually in one transaction.
    fn batch(&mut self, batch: Vec<QueuedWrite>) {
        let mut transaction = self.transaction();
        for write in batch {
            self.evaluate(write, &mut transaction);
            if transaction.bytes > BATCH_BYTES_MAX {
                self.commit(std::mem::take(&mut transaction));
                transaction = self.transaction();
            }
        }
        self.commit(transaction);
    }

    fn transaction(&self) -> Transaction {
        Transaction { version: self.read().version, ..Transaction::default() }
    }

    fn evaluate(&self, QueuedWrite { key, decide, done }: QueuedWrite, transaction: &mut Transaction) {
        let (current, is_pending) = match transaction.changed.get(&key) {
            Some(pending) => (pending.clone(), true),
            None => (self.read().objects.get(&key).cloned(), false),
        };
        // A panic fails only the write that caused it.
        let decided = std::panic::catch_unwind(AssertUnwindSafe(|| decide(current.as_ref())));
        let Ok(decision) = decided else { return };
        let (mut value, deleted) = match decision {
            // Depends on what is not committed yet.
            Operation::None if is_pending => return transaction.answers.push((done, None)),
            Operation::None => return drop(done.send(Ok(None))),
            Operation::Put(value) => (value, false),
            Operation::Delete => (current.as_ref().map_or_else(|| remains_of(&key), StoredObject::value), true),
        };
        transaction.version += 1;
        let version = transaction.version;
        set_version(&mut value, version);
        let json: Arc<str> = value.to_string().into();
        transaction.bytes += json.len();
        transaction.changed.insert(key.clone(), (!deleted).then(|| StoredObject { version, json: json.clone() }));
        transaction.changes.push(Arc::new(Change { version, key, before: current, after: json, deleted }));
        // A deleted object keeps its version in the answer.
        transaction.answers.push((done, (!deleted).then_some(version)));
    }

    /// Commits, then publishes: readers see a change once it is durable, and none of a transaction that failed.
    fn commit(&mut self, transaction: Transaction) {
        let Transaction { version, changed, changes, answers, .. } = transaction;
        let stored = if changes.is_empty() { Ok(()) } else { self.store_if_present(&changed, version) };
        match stored {
            Ok(()) => {
                self.publish(changed, changes, version);
                for (done, version) in answers {
                    let _ = done.send(Ok(version));
                }
            }
            Err(error) => {
                (self.on_error)();
                self.failed(&error);
                for (done, _) in answers {
                    let _ = done.send(Err(StoreError::Sqlite(error.to_string())));
                }
            }
        }
    }

    fn failed(&self, error: &Failure) {
        self.status.failed(error.to_string(), error.is_lasting());
    }

    /// Writes to the file only if it is the one at its path: what is answered must be found there after a restart.
    fn store_if_present(&mut self, changed: &BTreeMap<Key, Option<StoredObject>>, version: u64) -> Result<(), Failure> {
        self.examine()?;
        self.store(changed, version)?;
        Ok(())
    }

    fn examine(&mut self) -> Result<(), Failure> {
        match self.status.lasting_error() {
            Some(error) => Err(Failure::Lasting(error)),
            None => Ok(self.file.examine()?),
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
            memory.set(key, stored);
        }
        memory.version = version;
        for change in changes {
            memory.append(change);
        }
        drop(memory);
        // There may be no watches.
        let _ = self.publisher.send(version);
    }

    /// Whether the file is there. After a failure, the store counts as writable once [`RESERVE`] bytes can be written:
    /// a single small write may fit where the next one does not.
    fn check(&mut self) {
        let checked = self.examine().and_then(|()| match self.status.is_failing() {
            true => self.write_reserve().map_err(Failure::from),
            false => Ok(()),
        });
        match checked {
            Ok(()) => self.status.recovered(),
            Err(failure) => self.failed(&failure),
        }
    }

    fn write_reserve(&mut self) -> rusqlite::Result<()> {
        let transaction = self.connection.transaction()?;
        transaction
            .execute_batch("CREATE TABLE IF NOT EXISTS reserve (content BLOB NOT NULL); DELETE FROM reserve;")?;
        transaction.execute("INSERT INTO reserve VALUES (zeroblob(?1))", [RESERVE])?;
        transaction.commit()?;
        self.connection.execute("DELETE FROM reserve", []).map(drop)
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Memory> {
        self.memory.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is known of a damaged object that is deleted.
fn remains_of(key: &Key) -> Value {
    let mut metadata = json!({"name": key.name});
    if !key.namespace.is_empty() {
        metadata["namespace"] = key.namespace.as_str().into();
    }
    json!({ "metadata": metadata })
}
