//! The thread that writes: carries out queued writes, commits them together, and publishes the changes.

use super::disk::{Content, Disk, Failure};
use super::memory::Memory;
use super::state::StoreStatus;
use super::{Change, Key, Packer, StoreError, StoredObject, set_version};
use crate::controlplane::object::to_json;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;
use tokio::sync::{mpsc, oneshot, watch as signal};

/// Maximum number of writes in one transaction.
const BATCH_MAX: usize = 512;
/// A transaction ends when the JSON of the objects in it exceeds this size, in bytes: what it adds to the file must fit
/// into the reserve of a full disk.
const BATCH_BYTES_MAX: usize = 512 << 10;

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
    /// The version of the object that the operation was decided on; `None` if there was none.
    pub seen: Option<u64>,
    pub operation: Operation,
    /// Decides again, if the object has changed since.
    pub decide_again: Decide,
    pub done: Done,
}

pub(super) struct Writer {
    pub disk: Disk,
    pub memory: Arc<RwLock<Memory>>,
    pub packer: Packer,
    pub publisher: signal::Sender<u64>,
    pub status: StoreStatus,
    /// Called with each failed commit.
    pub on_error: Box<dyn Fn() + Send>,
}

/// Writes that are not yet committed.
#[derive(Default)]
struct Transaction {
    version: u64,
    bytes: usize,
    changed: BTreeMap<Key, Option<StoredObject>>,
    /// Of what changed, what is neither deleted nor marked as being deleted.
    kept: BTreeSet<Key>,
    changes: Vec<Arc<Change>>,
    answers: Vec<(Key, Done, Option<u64>)>,
}

impl Transaction {
    /// What it deletes and what it does not, if it has both. Objects don't depend on each other.
    fn split(mut self) -> (Transaction, Transaction) {
        let kept = std::mem::take(&mut self.kept);
        let mut others = Transaction { version: self.version, ..Transaction::default() };
        others.changed = self.changed.extract_if(.., |key, _| kept.contains(key)).collect();
        others.changes = self.changes.extract_if(.., |change| kept.contains(&change.key)).collect();
        others.answers = self.answers.extract_if(.., |(key, ..)| kept.contains(key)).collect();
        others.kept = kept;
        (self, others)
    }
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
        // A file with a lasting failure is left as it is.
        if self.examine().is_ok() {
            self.disk.close();
        }
    }

    /// Carries out and commits a batch, usually in one transaction.
    fn batch(&mut self, batch: Vec<QueuedWrite>) {
        let mut transaction = self.transaction();
        for write in batch {
            self.add(write, &mut transaction);
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

    fn add(&mut self, write: QueuedWrite, transaction: &mut Transaction) {
        let QueuedWrite { key, seen, operation, decide_again, done } = write;
        let (current, is_pending) = match transaction.changed.get(&key) {
            Some(pending) => (pending.clone(), true),
            None => (self.read().objects.get(&key).cloned(), false),
        };
        let operation = if current.as_ref().map(|current| current.version) == seen {
            operation
        } else {
            // A panic fails only the write that caused it.
            let decided = std::panic::catch_unwind(AssertUnwindSafe(|| decide_again(current.as_ref())));
            let Ok(operation) = decided else { return };
            operation
        };
        let (mut value, deleted) = match operation {
            // Depends on what is not committed yet.
            Operation::None if is_pending => return transaction.answers.push((key, done, None)),
            Operation::None => return drop(done.send(Ok(None))),
            Operation::Put(value) => (value, false),
            Operation::Delete => (current.as_ref().map_or_else(|| remains_of(&key), StoredObject::value), true),
        };
        transaction.version += 1;
        let version = transaction.version;
        set_version(&mut value, version);
        let json = self.packer.pack(&key.kind, &to_json(&value));
        if deleted || value.pointer("/metadata/deletionTimestamp").is_some() {
            transaction.kept.remove(&key);
        } else {
            transaction.kept.insert(key.clone());
        }
        if !deleted {
            transaction.bytes += json.size();
        }
        // A deleted object keeps its version in the answer.
        transaction.answers.push((key.clone(), done, (!deleted).then_some(version)));
        transaction.changed.insert(key.clone(), (!deleted).then(|| StoredObject { version, json: json.clone() }));
        transaction.changes.push(Arc::new(Change {
            version,
            at: Instant::now(),
            key,
            before: current,
            after: json,
            deleted,
        }));
    }

    /// Commits, then publishes: readers see a change once it is durable, and none of a transaction that failed. On a full
    /// disk, what can be deleted is deleted, and only the rest fails.
    fn commit(&mut self, transaction: Transaction) {
        let error = match self.store_if_present(&transaction) {
            Ok(()) => return self.publish(transaction),
            Err(error) => error,
        };
        let has_both = !transaction.kept.is_empty() && transaction.kept.len() < transaction.changed.len();
        if error.is_full() && has_both {
            let (deletions, others) = transaction.split();
            self.refuse(others, &error);
            return self.commit(deletions);
        }
        self.refuse(transaction, &error);
    }

    fn refuse(&self, transaction: Transaction, error: &Failure) {
        (self.on_error)();
        self.failed(error);
        for (_, done, _) in transaction.answers {
            let _ = done.send(Err(StoreError::Sqlite(error.to_string())));
        }
    }

    fn failed(&self, error: &Failure) {
        self.status.failed(error.to_string(), error.is_lasting());
    }

    /// Writes to the file only if it is the one at its path: what is answered must be found there after a restart.
    fn store_if_present(&mut self, transaction: &Transaction) -> Result<(), Failure> {
        let Transaction { changed, version, kept, .. } = transaction;
        if transaction.changes.is_empty() {
            return Ok(());
        }
        self.examine()?;
        self.disk.store(Content { changed, version: *version, deletes: kept.is_empty() })?;
        Ok(())
    }

    fn examine(&mut self) -> Result<(), Failure> {
        if let Some(error) = self.status.lasting_error() {
            return Err(Failure::Lasting(error));
        }
        let memory = self.memory.read().unwrap_or_else(PoisonError::into_inner);
        self.disk.examine(&memory)
    }

    fn publish(&self, Transaction { version, changed, changes, answers, .. }: Transaction) {
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
        for (_, done, version) in answers {
            let _ = done.send(Ok(version));
        }
    }

    /// Whether the file is there, and whether the store can be written again after a failure.
    fn check(&mut self) {
        let checked = self.examine().and_then(|()| {
            self.disk.restore_reserve()?;
            if self.status.is_failing() {
                self.disk.try_write()?;
            }
            Ok(())
        });
        match checked {
            Ok(()) => self.status.recovered(),
            Err(failure) => self.failed(&failure),
        }
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
