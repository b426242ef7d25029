//! The data directory and its files: readable only by their owner, and written atomically.

use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// Mode of the directory.
const DIRECTORY_MODE: u32 = 0o700;
/// Mode of the files with secrets.
const FILE_MODE: u32 = 0o600;
/// Files with secrets, which SQLite's own files belong to.
const PRIVATE: &[&str] = &[
    "auth-secret",
    "ca.key",
    "controlplane.db",
    "controlplane.db-journal",
    "controlplane.db-shm",
    "controlplane.db-wal",
    "controlplane.db-wal.old",
    "kubeconfig",
    "token",
];

/// Why the data directory can't be used.
#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    #[error("the data directory {path} is on a read-only file system: make it writable, or choose another directory")]
    ReadOnly { path: PathBuf },
    #[error("the data directory {path} can't be used: {source}")]
    Unusable { path: PathBuf, source: io::Error },
}

/// A data directory that was prepared.
#[derive(Clone, Debug)]
pub struct DataDir(PathBuf);

/// Files of which each data directory that was used has one.
const MARKS: &[&str] = &["auth-secret", "ca.key", "controlplane.db"];

impl DataDir {
    /// Whether a program used this directory as its data directory before.
    pub fn is_one(path: &Path) -> bool {
        MARKS.iter().any(|name| path.join(name).is_file())
    }

    /// Creates the directory if it is absent, makes it and its secret files accessible only by their owner, and checks
    /// that files can be written in it. A full disk is no error: what is stored can be read.
    pub fn prepare(path: &Path) -> Result<DataDir, DataDirError> {
        let failed = |source: io::Error| match source.kind() {
            ErrorKind::ReadOnlyFilesystem => DataDirError::ReadOnly { path: path.to_path_buf() },
            _ => DataDirError::Unusable { path: path.to_path_buf(), source },
        };
        let is_new = !path.exists();
        fs::create_dir_all(path).map_err(failed)?;
        check_writable(path).map_err(failed)?;
        restrict(path, DIRECTORY_MODE, is_new);
        for name in PRIVATE {
            restrict(&path.join(name), FILE_MODE, false);
        }
        Ok(DataDir(path.to_path_buf()))
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

fn check_writable(directory: &Path) -> io::Result<()> {
    let path = directory.join(".write-check");
    let created = OpenOptions::new().write(true).create(true).truncate(true).mode(FILE_MODE).open(&path);
    match created {
        Ok(_) => fs::remove_file(&path),
        Err(error) if is_full(&error) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Whether an error says that the disk, or a quota, is full.
pub fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
}

/// Takes away permissions of others. A directory of another owner can't be changed, which is only logged.
fn restrict(path: &Path, mode: u32, is_new: bool) {
    let Ok(metadata) = fs::metadata(path) else { return };
    let had = metadata.permissions().mode() & 0o777;
    if had & !mode == 0 {
        return;
    }
    let mode_text = |mode: u32| format!("{mode:04o}");
    let (path_text, from, to) = (path.display(), mode_text(had), mode_text(had & mode));
    match fs::set_permissions(path, Permissions::from_mode(had & mode)) {
        Ok(()) if is_new => {}
        Ok(()) => tracing::warn!(path = %path_text, from, to, "others could access a file with secrets; restricted it"),
        Err(error) => tracing::warn!(path = %path_text, mode = from, %error, "others can access a file with secrets"),
    }
}

/// Writes a file atomically, readable only by its owner.
pub fn write_private(path: &Path, content: &str) -> io::Result<()> {
    let temporary = path.with_extension("new");
    // Whatever is there, also a symbolic link, is left from a write that failed.
    match fs::remove_file(&temporary) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let written = write_new(&temporary, content).and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written
}

fn write_new(path: &Path, content: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(path)?;
    file.write_all(content.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("agentic-ops-{name}-{}", uuid::Uuid::new_v4()));
        fs::create_dir(&path).unwrap();
        path
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn wider_modes_are_restricted() {
        let directory = scratch("modes");
        let token = directory.join("token");
        fs::write(&token, "x").unwrap();
        fs::set_permissions(&directory, Permissions::from_mode(0o755)).unwrap();
        fs::set_permissions(&token, Permissions::from_mode(0o644)).unwrap();
        DataDir::prepare(&directory).unwrap();
        assert_eq!((mode(&directory), mode(&token)), (0o700, 0o600));
        // A link to the directory, as to a mounted disk, is followed.
        let link = directory.with_extension("link");
        std::os::unix::fs::symlink(&directory, &link).unwrap();
        DataDir::prepare(&link).unwrap();
        DataDir::prepare(&directory.join("new")).unwrap();
        assert_eq!(mode(&directory.join("new")), 0o700);
        assert_eq!(fs::read_dir(&directory).unwrap().count(), 2, "nothing else is left");
        fs::remove_file(&link).unwrap();
        fs::remove_dir_all(&directory).unwrap();
    }

    #[test]
    fn a_file_in_place_of_the_directory_is_named() {
        let directory = scratch("file");
        let file = directory.join("data");
        fs::write(&file, "").unwrap();
        let error = DataDir::prepare(&file).unwrap_err().to_string();
        assert!(error.contains(&file.display().to_string()) && error.contains("can't be used"), "{error}");
        fs::remove_dir_all(&directory).unwrap();
    }

    #[test]
    fn a_link_in_place_of_the_temporary_file_is_not_followed() {
        let directory = scratch("links");
        let (victim, path) = (directory.join("victim"), directory.join("token"));
        fs::write(&victim, "kept").unwrap();
        std::os::unix::fs::symlink(&victim, directory.join("token.new")).unwrap();
        write_private(&path, "secret").unwrap();
        assert_eq!(fs::read_to_string(&victim).unwrap(), "kept");
        assert_eq!((fs::read_to_string(&path).unwrap().as_str(), mode(&path)), ("secret", 0o600));
        assert!(!path.is_symlink());
        fs::remove_dir_all(&directory).unwrap();
    }
}
