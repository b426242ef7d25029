//! The files of a data directory that can be deleted at any time.

use crate::disposable;
use std::path::{Path, PathBuf};

/// The history of readings.
pub const HISTORY: &str = "history.db";
/// The index of the runbooks.
pub const RUNBOOKS: &str = "runbooks.db";

/// The path of a file; `None` without a directory. The directory is made where it is absent: that it can't be is told by who opens the
/// file.
pub fn path(directory: Option<&Path>, name: &str) -> Option<PathBuf> {
    let directory = directory?;
    let _ = std::fs::create_dir_all(directory);
    Some(directory.join(name))
}

/// All such files that there may be in a directory.
pub fn all(directory: &Path) -> impl Iterator<Item = PathBuf> {
    [HISTORY, RUNBOOKS].into_iter().flat_map(disposable::names).map(|name| directory.join(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_files_are_named_also_those_of_sqlite_and_those_put_aside() {
        let all: Vec<_> = all(Path::new("/data")).collect();
        for name in ["history.db", "runbooks.db", "runbooks.db-wal", "history.db-shm", "runbooks.db.unusable"] {
            assert!(all.contains(&Path::new("/data").join(name)), "{name}");
        }
        assert_eq!(path(None, RUNBOOKS), None);
    }
}
