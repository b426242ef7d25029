//! Whether another program has changed the database while it was open. The store reads its objects from memory, and
//! would go on with what is no longer in the file.

use super::memory::Memory;
use super::rows::text;
use super::{Key, StoredObject};
use percent_encoding::{AsciiSet, CONTROLS, percent_encode};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OpenFlags, Row};
use std::collections::BTreeSet;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What is not part of a path in a URI.
const IN_URI: &AsciiSet = &CONTROLS.add(b'%').add(b'?').add(b'#');

/// The file has other contents than this program wrote.
#[derive(Debug, thiserror::Error)]
#[error(
    "{path} was changed by another program while it was open ({why}): save the objects with kubectl if you need them, and restart the program, which then reads what is there now",
    path = path.display()
)]
pub(super) struct Altered {
    path: PathBuf,
    why: String,
    /// Whether it was overwritten, and not changed by SQLite: the log does not belong to what is there now.
    pub is_overwritten: bool,
}

/// The contents of the file as this program left them.
///
/// Only a checkpoint of this program changes the file, so that its time of modification tells whether another one did.
/// What other programs commit by SQLite is in the log at first; SQLite counts it.
pub(super) struct Contents {
    path: PathBuf,
    /// Seconds and nanoseconds.
    modified: Option<(i64, i64)>,
    commits_of_others: i64,
    /// What changed since all of the log was put into the file; `None` where a part of it is in the log only.
    in_log: Option<BTreeSet<Key>>,
}

impl Contents {
    /// The contents of the file that was just opened.
    pub fn new(connection: &Connection, path: &Path) -> rusqlite::Result<Contents> {
        let commits_of_others = commits_of_others(connection)?;
        Ok(Contents { path: path.into(), modified: modified(path), commits_of_others, in_log: None })
    }

    /// This program has put the log into the file; `is_whole` says whether all of it.
    pub fn written(&mut self, is_whole: bool) {
        self.modified = modified(&self.path);
        self.in_log = is_whole.then(BTreeSet::new);
    }

    /// These objects were written to the log.
    pub fn logged<'a>(&mut self, keys: impl Iterator<Item = &'a Key>) {
        if let Some(in_log) = &mut self.in_log {
            in_log.extend(keys.cloned());
        }
    }

    /// Compares the file with the memory if another program may have changed it. A file that was only touched, or that
    /// can't be compared now, has not changed.
    pub fn examine(&mut self, connection: &Connection, memory: &Memory) -> Result<(), Altered> {
        let modified = modified(&self.path);
        let commits = commits_of_others(connection).unwrap_or(self.commits_of_others);
        if commits != self.commits_of_others {
            let found = difference(View::WithLog, &self.path, memory, &BTreeSet::new());
            self.judge(found, false)?;
            self.commits_of_others = commits;
        }
        if modified != self.modified {
            let found = match &self.in_log {
                Some(in_log) => difference(View::WithoutLog, &self.path, memory, in_log),
                None => difference(View::WithLog, &self.path, memory, &BTreeSet::new()),
            };
            if self::modified(&self.path) != modified {
                // It is being written; that is examined when it is over.
                return Ok(());
            }
            self.judge(found, true)?;
            self.modified = modified;
        }
        Ok(())
    }

    fn judge(&self, found: rusqlite::Result<Option<String>>, is_overwritten: bool) -> Result<(), Altered> {
        match found {
            Ok(None) => Ok(()),
            Ok(Some(why)) => Err(Altered { path: self.path.clone(), why, is_overwritten }),
            Err(error) => {
                tracing::debug!(path = %self.path.display(), %error, "can't compare the store with its file");
                Ok(())
            }
        }
    }
}

/// What is compared with the memory.
#[derive(Clone, Copy)]
enum View {
    /// What SQLite reads.
    WithLog,
    /// What is in the file.
    WithoutLog,
}

impl View {
    /// A new connection: that of the store has parts of the file in its cache.
    fn open(self, path: &Path) -> rusqlite::Result<Connection> {
        let path = percent_encode(path.as_os_str().as_bytes(), IN_URI);
        let uri = match self {
            View::WithLog => format!("file:{path}?mode=ro"),
            View::WithoutLog => format!("file:{path}?immutable=1"),
        };
        let connection = Connection::open_with_flags(
            uri,
            OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )?;
        connection.busy_timeout(Duration::ZERO)?;
        Ok(connection)
    }
}

fn modified(path: &Path) -> Option<(i64, i64)> {
    std::fs::metadata(path).ok().map(|metadata| (metadata.mtime(), metadata.mtime_nsec()))
}

/// A number that changes with the commits of other connections.
fn commits_of_others(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA data_version", [], |row| row.get(0))
}

/// How the file differs from the memory, besides these objects.
fn difference(view: View, path: &Path, memory: &Memory, besides: &BTreeSet<Key>) -> rusqlite::Result<Option<String>> {
    let found = view.open(path).and_then(|connection| {
        let found: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        if found == "ok" { compare(&connection, memory, besides) } else { Ok(Some(found)) }
    });
    match found {
        Err(error) if says_other_contents(&error) => Ok(Some(error.to_string())),
        found => found,
    }
}

fn says_other_contents(error: &rusqlite::Error) -> bool {
    // The code of a missing table is that of errors without a code of their own.
    let code = error.sqlite_error_code();
    matches!(code, Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase | ErrorCode::Unknown))
}

fn compare(connection: &Connection, memory: &Memory, besides: &BTreeSet<Key>) -> rusqlite::Result<Option<String>> {
    let mut statement = connection.prepare("SELECT kind, namespace, name, version, json FROM objects")?;
    let mut rows = statement.query([])?;
    let mut same = 0;
    while let Some(row) = rows.next()? {
        let [kind, namespace, name] = [text(row, 0)?, text(row, 1)?, text(row, 2)?].map(|text| text.into_owned());
        let key = Key { kind, namespace, name };
        if besides.contains(&key) {
            continue;
        }
        match memory.objects.get(&key) {
            Some(stored) if is_same(row, stored)? => same += 1,
            Some(_) => return Ok(Some(format!("{key} is another one"))),
            None if memory.damaged.contains_key(&key) => {}
            None => return Ok(Some(format!("{key} was added"))),
        }
    }
    let expected = memory.objects.keys().filter(|key| !besides.contains(key)).count();
    Ok((same < expected).then(|| format!("{} of {expected} objects are missing", expected - same)))
}

fn is_same(row: &Row<'_>, stored: &StoredObject) -> rusqlite::Result<bool> {
    let is_same_version = row.get_ref(3)? == ValueRef::Integer(stored.version.cast_signed());
    Ok(is_same_version && row.get_ref(4)? == ValueRef::Text(stored.json.get().as_bytes()))
}
