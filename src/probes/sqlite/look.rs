//! How a database file is opened so that its writer is not disturbed and nothing is left beside it: decided from the names, sizes
//! and times of the files, which are only looked at and never opened.

use super::protocol::FileId;
use std::ffi::OsString;
use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A file that has not changed for this time is at rest: any further change gives it another time.
pub const REST: Duration = Duration::from_secs(1);

/// What a file looked like.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Seen {
    id: FileId,
    size: u64,
    /// Times of the last change of its content and of its attributes, since the epoch.
    modified: (i64, i64),
    changed: (i64, i64),
}

impl From<Metadata> for Seen {
    fn from(meta: Metadata) -> Seen {
        Seen {
            id: FileId { device: meta.dev(), inode: meta.ino() },
            size: meta.size(),
            modified: (meta.mtime(), meta.mtime_nsec()),
            changed: (meta.ctime(), meta.ctime_nsec()),
        }
    }
}

/// A database file and the files beside it, as they were at one time.
#[derive(Clone, Debug, PartialEq)]
pub struct Look {
    database: Seen,
    wal: Option<Seen>,
    shm: Option<Seen>,
    journal: Option<Seen>,
}

/// How the file is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// With the index of the write-ahead log that its writer keeps.
    WithIndex,
    /// With locks that a writer may have to wait for: there is a rollback journal.
    WithLocks,
    /// Without locks and without looking at other files: all content is in the file itself.
    Immutable,
    /// Not at all: the content of the write-ahead log needs an index, which only the writer may make.
    None,
}

impl Look {
    /// Looks at the file and at the files beside it.
    pub fn take(path: &Path) -> io::Result<Look> {
        let database = Seen::from(path.metadata()?);
        let [wal, shm, journal] = ["-wal", "-shm", "-journal"].map(|suffix| beside(path, suffix));
        Ok(Look { database, wal: wal?, shm: shm?, journal: journal? })
    }

    pub fn id(&self) -> FileId {
        self.database.id
    }

    /// How to open the file as it is.
    pub fn way(&self) -> Way {
        let has_content = self.wal.is_some_and(|wal| wal.size > 0);
        match (self.wal, self.shm) {
            (Some(_), Some(_)) => Way::WithIndex,
            _ if has_content => Way::None,
            _ if self.journal.is_some() => Way::WithLocks,
            _ => Way::Immutable,
        }
    }

    /// Whether the same files are there.
    pub fn has_the_files_of(&self, other: &Look) -> bool {
        let ids = |look: &Look| [look.wal, look.shm, look.journal].map(|seen| seen.map(|seen| seen.id));
        self.id() == other.id() && ids(self) == ids(other)
    }

    /// Whether the last change of the file is old enough by the clock of its file system.
    fn is_old(&self, now: SystemTime) -> bool {
        let (seconds, nanoseconds) = self.database.changed;
        let (Ok(seconds), Ok(nanoseconds)) = (u64::try_from(seconds), u32::try_from(nanoseconds)) else { return false };
        let changed = Duration::new(seconds, nanoseconds);
        now.duration_since(UNIX_EPOCH).is_ok_and(|now| now.saturating_sub(changed) >= REST)
    }
}

/// The file with this suffix. Errors: it is a link, which SQLite does not follow, or a pipe or directory.
fn beside(path: &Path, suffix: &str) -> io::Result<Option<Seen>> {
    let mut name = OsString::from(path);
    name.push(suffix);
    match PathBuf::from(name).symlink_metadata() {
        Ok(meta) if meta.is_file() => Ok(Some(meta.into())),
        // Opening a pipe would wait for its other end.
        Ok(_) => Err(io::Error::other(format!("the file with the suffix {suffix} is not a regular file"))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Successive looks at a file, from which follows whether it is at rest.
#[derive(Default)]
pub struct Watch {
    last: Option<(Look, Instant)>,
}

impl Watch {
    /// Notes a look, and gives whether the file has been at rest: unchanged while it was watched, or by its own time.
    pub fn is_at_rest(&mut self, look: &Look, now: Instant, wall: SystemTime) -> bool {
        let since = match &self.last {
            Some((last, since)) if last == look => *since,
            _ => self.last.insert((look.clone(), now)).1,
        };
        look.is_old(wall) || now.saturating_duration_since(since) >= REST
    }

    /// Whether the file has been seen like this for as long as a file must rest.
    pub fn has_lasted(&self, now: Instant) -> bool {
        self.last.as_ref().is_some_and(|(_, since)| now.saturating_duration_since(*since) >= REST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(size: u64, changed: i64) -> Seen {
        Seen { id: FileId { device: 1, inode: 2 }, size, modified: (changed, 0), changed: (changed, 0) }
    }

    fn look(wal: Option<u64>, has_shm: bool, has_journal: bool) -> Look {
        let beside = |is_there: bool| is_there.then(|| seen(1, 0));
        Look {
            database: seen(1, 0),
            wal: wal.map(|size| seen(size, 0)),
            shm: beside(has_shm),
            journal: beside(has_journal),
        }
    }

    #[test]
    fn the_files_beside_the_database_decide_how_it_is_opened() {
        for (wal, has_shm, has_journal, expected) in [
            (None, false, false, Way::Immutable),
            (Some(0), false, false, Way::Immutable),
            (None, true, false, Way::Immutable),
            (Some(0), true, false, Way::WithIndex),
            (Some(9), true, false, Way::WithIndex),
            (Some(9), true, true, Way::WithIndex),
            (Some(9), false, false, Way::None),
            (Some(9), false, true, Way::None),
            (None, false, true, Way::WithLocks),
            (Some(0), false, true, Way::WithLocks),
        ] {
            assert_eq!(look(wal, has_shm, has_journal).way(), expected, "{wal:?} {has_shm} {has_journal}");
        }
    }

    #[test]
    fn a_file_is_at_rest_by_its_time_or_after_a_second_without_a_change() {
        let at = |milliseconds| UNIX_EPOCH + Duration::from_millis(milliseconds);
        let start = Instant::now();
        let after = |milliseconds| start + Duration::from_millis(milliseconds);
        let mut file = look(None, false, false);
        file.database = seen(1, 100);
        assert!(Watch::default().is_at_rest(&file, start, at(101_000)));
        let mut watch = Watch::default();
        assert!(!watch.is_at_rest(&file, start, at(100_500)));
        assert!(!watch.is_at_rest(&file, after(400), at(100_900)));
        // A file system whose clock is ahead.
        assert!(!watch.is_at_rest(&file, after(999), at(0)));
        assert!(watch.is_at_rest(&file, after(1000), at(0)));
        file.database = seen(2, 100);
        assert!(!watch.is_at_rest(&file, after(1100), at(0)));
        assert!(!watch.has_lasted(after(2099)));
        assert!(watch.has_lasted(after(2100)));
    }
}
