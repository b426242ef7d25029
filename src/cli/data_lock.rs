//! The lock that keeps a second process out of a data directory.

use super::CliError;
use crate::controlplane::{DataDir, StartError};
use std::fs::{File, TryLockError};
use std::path::Path;

/// A data directory that no other process uses. Nothing in it is to be changed before there is one of these.
pub struct LockedDir {
    pub data: DataDir,
    pub lock: DataLock,
}

impl LockedDir {
    /// Makes the directory where it does not exist, and locks it.
    pub fn open(path: &Path) -> Result<LockedDir, CliError> {
        let data = DataDir::prepare(path).map_err(StartError::DataDir)?;
        let lock = DataLock::acquire(&data)?;
        Ok(LockedDir { data, lock })
    }
}

/// Locks a data directory until it is dropped.
pub struct DataLock {
    _file: File,
    /// `None` where the file system can't lock directories.
    _directory: Option<File>,
}

impl DataLock {
    /// Locks the file `lock` in the directory and, since that file may be deleted while it is locked, the directory.
    pub fn acquire(data: &DataDir) -> Result<DataLock, CliError> {
        let path = data.path().join("lock");
        let failed = |source| CliError::File { path: path.clone(), source };
        let in_use = || CliError::InUse(data.path().to_path_buf());
        let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(in_use()),
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        let directory = File::open(data.path()).map_err(failed)?;
        match directory.try_lock() {
            Ok(()) => Ok(DataLock { _file: file, _directory: Some(directory) }),
            Err(TryLockError::WouldBlock) => Err(in_use()),
            Err(TryLockError::Error(error)) => {
                tracing::debug!(%error, "the file system can't lock the data directory; only the file in it is locked");
                Ok(DataLock { _file: file, _directory: None })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_locked_once_also_when_its_lock_file_is_deleted() {
        let path = std::env::temp_dir().join(format!("agentic-ops-lock-{}", uuid::Uuid::new_v4()));
        let data = DataDir::prepare(&path).unwrap();
        let lock = DataLock::acquire(&data).unwrap();
        let refused = || matches!(LockedDir::open(&path), Err(CliError::InUse(named)) if named == path);
        assert!(refused());
        std::fs::remove_file(path.join("lock")).unwrap();
        assert!(refused());
        drop(lock);
        drop(DataLock::acquire(&data).unwrap());
        std::fs::remove_dir_all(&path).unwrap();
    }
}
