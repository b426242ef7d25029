//! The open file and what is written to it.

use super::contents::{Altered, Contents};
use super::memory::Memory;
use super::presence::{Absence, OpenFile};
use super::space::{self, Space};
use super::{Key, StoredObject};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, ffi, params};
use std::collections::BTreeMap;

/// What must fit into the file for the store to count as writable after a failure, in bytes: about an object of the
/// maximum size.
const WRITABLE: i64 = 2 << 20;

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("{0}")]
    Lasting(String),
    #[error(transparent)]
    Absent(#[from] Absence),
    #[error(transparent)]
    Altered(#[from] Altered),
    #[error("{0}{hint}", hint = self.hint())]
    Sqlite(#[from] rusqlite::Error),
}

impl Failure {
    /// Whether only a restart, which examines the whole file, can end it.
    pub fn is_lasting(&self) -> bool {
        match self {
            Failure::Lasting(_) | Failure::Altered(_) => true,
            Failure::Absent(absence) => !absence.can_end(),
            Failure::Sqlite(error) => {
                let is_damaged =
                    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase));
                is_damaged || error.sqlite_error().is_some_and(|e| e.extended_code == ffi::SQLITE_IOERR_SHORT_READ)
            }
        }
    }

    /// Whether the disk is full.
    pub fn is_full(&self) -> bool {
        matches!(self, Failure::Sqlite(error) if space::is_full(error))
    }

    /// Whether the log does not belong to the file that is there now.
    fn is_overwritten(&self) -> bool {
        match self {
            Failure::Absent(absence) => matches!(absence, Absence::Truncated { .. }),
            Failure::Altered(altered) => altered.is_overwritten,
            Failure::Lasting(_) | Failure::Sqlite(_) => false,
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

/// What is stored: by key the object, or `None` where it is deleted, and the version.
#[derive(Clone, Copy)]
pub(super) struct Content<'a> {
    pub changed: &'a BTreeMap<Key, Option<StoredObject>>,
    pub version: u64,
    /// Whether all of it deletes objects, or marks them as being deleted.
    pub deletes: bool,
}

impl Content<'_> {
    /// Size of the objects in bytes.
    fn bytes(&self) -> usize {
        self.changed.values().flatten().map(|stored| stored.json.size()).sum()
    }
}

/// The open file, its space, and what other programs do to it.
pub(super) struct Disk {
    connection: Connection,
    file: OpenFile,
    contents: Contents,
    space: Space,
    /// Whether the content of a trial may still be there.
    has_trial: bool,
}

impl Disk {
    /// Puts what is left of an earlier start into the file, and makes the reserve, if there is space.
    pub fn new(connection: Connection, file: OpenFile, contents: Contents, space: Space) -> Disk {
        let mut disk = Disk { connection, file, contents, space, has_trial: false };
        if let Err(error) = disk.checkpoint() {
            tracing::warn!(%error, "the log of the store is not put into its file yet");
        }
        if let Err(error) = disk.restore_reserve() {
            tracing::warn!(%error, "the store has no reserve yet");
        }
        disk
    }

    /// Whether the file is the one at its path, with the contents that this program wrote: what is answered must be
    /// found there after a restart.
    pub fn examine(&mut self, memory: &Memory) -> Result<(), Failure> {
        let examined = self.file.examine().map_err(Failure::from);
        let examined = examined.and_then(|()| Ok(self.contents.examine(&self.connection, memory)?));
        if let Err(failure) = &examined
            && failure.is_overwritten()
        {
            self.leave_file();
        }
        examined
    }

    /// Keeps the log away from the file that is there now, also when the program ends.
    fn leave_file(&self) {
        let kept = self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
        if let Err(error) = kept {
            tracing::error!(%error, "the log of the store will be put into the file that is there now");
        }
        self.file.set_log_aside();
    }

    /// Stores what has changed. On a full disk this needs free pages in the file. What deletes or has free pages may take
    /// the reserve: the log has no space of its own.
    pub fn store(&mut self, content: Content<'_>) -> rusqlite::Result<()> {
        let full = match self.write_within_bounds(content) {
            Err(error) if space::is_full(&error) => error,
            done => return done,
        };
        // The log is used from its beginning again if all of it can be put into the file.
        if self.checkpoint().is_ok() {
            match self.write(content) {
                Err(error) if space::is_full(&error) => {}
                done => return done,
            }
        }
        let needs_no_growth =
            content.deletes || self.space.has_pages(&self.connection, content.changed.len(), content.bytes())?;
        if !needs_no_growth || !self.space.give_up(&self.connection)? {
            return Err(full);
        }
        self.checkpoint()?;
        self.write(content)
    }

    fn write_within_bounds(&mut self, content: Content<'_>) -> rusqlite::Result<()> {
        if self.space.needs_checkpoint(&self.connection)? {
            let done = self.checkpoint();
            if !content.deletes {
                done?;
            }
        }
        self.write(content)
    }

    /// Returns whether all of the log is in the file.
    fn checkpoint(&mut self) -> rusqlite::Result<bool> {
        let done = self.space.checkpoint(&self.connection);
        self.contents.written(matches!(done, Ok(true)));
        done
    }

    fn write(&mut self, content: Content<'_>) -> rusqlite::Result<()> {
        let Content { changed, version, .. } = content;
        let transaction = self.connection.transaction()?;
        {
            if self.has_trial {
                transaction.execute("DELETE FROM reserve", [])?;
            }
            let mut put = transaction.prepare_cached("INSERT OR REPLACE INTO objects VALUES (?1, ?2, ?3, ?4, ?5)")?;
            let mut remove =
                transaction.prepare_cached("DELETE FROM objects WHERE kind = ?1 AND namespace = ?2 AND name = ?3")?;
            for (key, stored) in changed {
                match stored {
                    Some(s) => {
                        put.execute(params![key.kind, key.namespace, key.name, s.version.cast_signed(), s.json.get()])?
                    }
                    None => remove.execute(params![key.kind, key.namespace, key.name])?,
                };
            }
            transaction.prepare_cached("UPDATE counter SET version = ?1")?.execute([version.cast_signed()])?;
        }
        transaction.commit()?;
        self.has_trial = false;
        self.contents.logged(changed.keys());
        self.space.logged(changed.len(), content.bytes());
        Ok(())
    }

    /// Puts the log into the file before it is closed. What fails now is done at the next start.
    pub fn close(&mut self) {
        if let Err(error) = self.checkpoint() {
            tracing::warn!(%error, "the log of the store is not put into its file; the next start does it");
        }
    }

    /// Makes the reserve if there is none, and space for it besides what the log needs.
    pub fn restore_reserve(&mut self) -> rusqlite::Result<()> {
        if self.space.has_reserve() {
            return Ok(());
        }
        match self.checkpoint() {
            Ok(true) => self.space.make_reserve(&self.connection),
            Ok(false) => Ok(()),
            Err(error) if space::is_full(&error) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// After a failure, the store counts as writable once [`WRITABLE`] bytes can be written: a single small write may fit
    /// where the next one does not.
    pub fn try_write(&mut self) -> rusqlite::Result<()> {
        self.checkpoint()?;
        let transaction = self.connection.transaction()?;
        transaction
            .execute_batch("CREATE TABLE IF NOT EXISTS reserve (content BLOB NOT NULL); DELETE FROM reserve;")?;
        transaction.execute("INSERT INTO reserve VALUES (zeroblob(?1))", [WRITABLE])?;
        transaction.commit()?;
        // The log may have no space for the removal: then the next objects take its place.
        self.has_trial = true;
        self.connection.execute("DELETE FROM reserve", [])?;
        self.has_trial = false;
        self.checkpoint().map(drop)
    }
}
