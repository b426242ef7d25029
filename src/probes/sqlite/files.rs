//! Which file a path leads to, and whether it may be opened.

use super::protocol::{Allowed, FileId, QueryFailure};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// The identity of a file, links followed.
pub fn id(path: &Path) -> io::Result<FileId> {
    path.metadata().map(|meta| FileId { device: meta.dev(), inode: meta.ino() })
}

/// The real path and the identity of the file at `path`, where that is offered and not one of the program's own.
pub fn openable(allowed: &Allowed, path: &Path) -> Result<(PathBuf, FileId), QueryFailure> {
    let unreadable = |error: io::Error| QueryFailure::Unreadable(error.to_string());
    let is_named = allowed.offered.iter().any(|offered| offered == path);
    let real = match path.canonicalize() {
        Ok(real) => real,
        Err(error) if is_named => return Err(unreadable(error)),
        Err(_) => return Err(QueryFailure::NotOffered),
    };
    let is_real = |offered: &PathBuf| offered.canonicalize().is_ok_and(|offered| offered == real);
    if !is_named && !allowed.offered.iter().any(is_real) {
        return Err(QueryFailure::NotOffered);
    }
    let meta = real.metadata().map_err(unreadable)?;
    let file = FileId { device: meta.dev(), inode: meta.ino() };
    // By identity, so that links of both kinds and renamed files are known, too.
    if allowed.own_ids.contains(&file) || allowed.own.iter().any(|own| id(own).is_ok_and(|own| own == file)) {
        return Err(QueryFailure::OwnFile);
    }
    if meta.is_file() { Ok((real, file)) } else { Err(QueryFailure::NotAFile) }
}

/// Whether this process has the file open.
pub fn has_open(file: FileId) -> io::Result<bool> {
    for entry in Path::new("/proc/self/fd").read_dir()? {
        if id(&entry?.path()).is_ok_and(|open| open == file) {
            return Ok(true);
        }
    }
    Ok(false)
}
