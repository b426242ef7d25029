//! Keeps deletions possible while the disk is full.
//!
//! A deletion needs space for a few pages in the write-ahead log. The log is used from its beginning again once all of it
//! is in the database (a checkpoint), which needs space where the database has grown since the last one. So the database
//! grows little between checkpoints, and the [`Reserve`] has space for that. Once it is given up, the database does not
//! grow any more: objects are stored where deletions left free pages, until the disk has space for the reserve again. What
//! finds free pages may therefore take the reserve, too.

use super::reserve::Reserve;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, Row, ffi};
use std::path::{Path, PathBuf};

/// How much the database may have grown since the last checkpoint before the next objects are stored, in bytes.
const GROWTH_MAX: u64 = 512 << 10;
/// How much of the log is used before a checkpoint, in bytes.
const LOG_MAX: u64 = 4 << 20;
/// What a change takes in the log besides its object: the pages that lead to it, in bytes.
const CHANGE: u64 = 8 << 10;
/// How large the database is, in bytes.
const CONTENT: &str = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size";
/// How much of it is free, in bytes.
const FREE: &str = "SELECT freelist_count * page_size FROM pragma_freelist_count, pragma_page_size";
/// The largest number of pages of a database.
const PAGES_MAX: u32 = 4_294_967_294;

/// What is known of the space for a store.
pub(super) struct Space {
    path: PathBuf,
    reserve: Reserve,
    /// Maximum size of the file in pages while the reserve is held.
    pages_max: u32,
    /// About what is in the log, in bytes.
    log: u64,
}

impl Space {
    /// With the reserve of an earlier start, if there is one.
    pub fn new(connection: &Connection, path: &Path, pages_max: Option<u32>) -> rusqlite::Result<Space> {
        let reserve = Reserve::beside(path);
        let space = Space { path: path.into(), reserve, pages_max: pages_max.unwrap_or(PAGES_MAX), log: LOG_MAX };
        space.bound(connection)?;
        Ok(space)
    }

    /// Whether the log must go into the database before more is written.
    pub fn needs_checkpoint(&self, connection: &Connection) -> rusqlite::Result<bool> {
        let size = std::fs::metadata(&self.path).map_or(0, |metadata| metadata.len());
        Ok(self.log >= LOG_MAX || content(connection)?.saturating_sub(size) > GROWTH_MAX)
    }

    /// Puts the log into the database. Returns whether all of it is there: readers of other programs may keep a part of it
    /// in the log, which is tried again later.
    pub fn checkpoint(&mut self, connection: &Connection) -> rusqlite::Result<bool> {
        let counts = |row: &Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?));
        let (busy, frames, done) = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], counts)?;
        self.log = 0;
        Ok(busy == 0 && frames == done)
    }

    /// So many changes, of so many bytes together, were written to the log.
    pub fn logged(&mut self, changes: usize, bytes: usize) {
        self.log += CHANGE * changes as u64 + bytes as u64;
    }

    /// Gives up the reserve. Returns whether there was any.
    pub fn give_up(&mut self, connection: &Connection) -> rusqlite::Result<bool> {
        let given_up = self.reserve.give_up();
        self.bound(connection)?;
        Ok(given_up)
    }

    /// Whether deletions left free pages for so many changes, of so many bytes together.
    pub fn has_pages(&self, connection: &Connection, changes: usize, bytes: usize) -> rusqlite::Result<bool> {
        let free: i64 = connection.query_row(FREE, [], |row| row.get(0))?;
        Ok(free.unsigned_abs() >= CHANGE * changes as u64 + bytes as u64)
    }

    /// Whether there is a reserve.
    pub fn has_reserve(&self) -> bool {
        self.reserve.is_held()
    }

    /// Makes the reserve, if there is space for it. All of the log must be in the database: the reserve may take the space
    /// that a checkpoint needs.
    pub fn make_reserve(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        if self.reserve.make() {
            tracing::info!("the store has its reserve");
            self.bound(connection)?;
        }
        Ok(())
    }

    /// Lets the database grow while the reserve is held only; SQLite does not take less than what it has. Without the
    /// reserve, the log stays when the store is closed, so that its space is there after the next start.
    fn bound(&self, connection: &Connection) -> rusqlite::Result<()> {
        let is_held = self.reserve.is_held();
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, !is_held)?;
        connection.pragma_update(None, "max_page_count", if is_held { self.pages_max } else { 1 })
    }
}

/// How much of the file the database uses, in bytes.
pub(super) fn content(connection: &Connection) -> rusqlite::Result<u64> {
    connection.query_row(CONTENT, [], |row| row.get::<_, i64>(0)).map(i64::unsigned_abs)
}

/// Whether an error says that the disk, or a quota, is full.
pub(super) fn is_full(error: &rusqlite::Error) -> bool {
    let Some(error) = error.sqlite_error() else { return false };
    // SQLite says of a quota only that it can't write.
    error.code == ErrorCode::DiskFull || error.extended_code == ffi::SQLITE_IOERR_WRITE
}
