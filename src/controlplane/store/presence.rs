//! Whether the file that is open is still the one at its path. SQLite goes on with a file that was deleted or replaced,
//! and what it writes there is lost.

use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// Why nothing may be written to the file.
#[derive(Debug, thiserror::Error)]
pub(super) enum Absence {
    #[error(
        "{path} was deleted or moved away while it was open: put it back, or save the objects with kubectl, stop the program, restore the file from a backup, and start the program again"
    )]
    Missing { path: PathBuf },
    #[error(
        "{path} was replaced by another file while it was open: save the objects with kubectl if you need them, and restart the program, which then reads the file that is there now"
    )]
    Replaced { path: PathBuf },
    #[error(
        "{path} was cut from {from} to {to} bytes while it was open: save the objects with kubectl, stop the program, restore the file from a backup, and start the program again"
    )]
    Truncated { path: PathBuf, from: u64, to: u64 },
    #[error(
        "{path} was deleted or replaced while it was open: stop the program, which then puts what was written there into the database, and start it again"
    )]
    Log { path: PathBuf },
    #[error("{path} can't be examined: {source}")]
    Unknown { path: PathBuf, source: std::io::Error },
}

impl Absence {
    /// Whether it can end while the program runs: what was moved away can be put back, what was cut off is lost.
    pub fn can_end(&self) -> bool {
        !matches!(self, Absence::Truncated { .. })
    }
}

/// Device and inode.
type Identity = (u64, u64);

/// The file that is open, and its write-ahead log.
pub(super) struct OpenFile {
    path: PathBuf,
    identity: Identity,
    /// What it had when it was examined last, in bytes. SQLite never shortens it.
    size: u64,
    wal: PathBuf,
    /// `None` until there is one.
    wal_identity: Option<Identity>,
}

impl OpenFile {
    /// The file that was just opened. `content` is how much of it the database uses, in bytes.
    pub fn new(path: &Path, content: u64) -> std::io::Result<OpenFile> {
        let mut wal = path.as_os_str().to_owned();
        wal.push("-wal");
        let wal = PathBuf::from(wal);
        let metadata = std::fs::metadata(path)?;
        let wal_identity = std::fs::metadata(&wal).ok().as_ref().map(identity);
        Ok(OpenFile {
            path: path.to_path_buf(),
            identity: identity(&metadata),
            size: metadata.len().min(content),
            wal,
            wal_identity,
        })
    }

    /// Renames the log, which does not belong to the file that is there now: after a restart SQLite would put it there.
    pub fn set_log_aside(&self) {
        let mut aside = self.wal.as_os_str().to_owned();
        aside.push(".old");
        let (from, to) = (self.wal.display(), aside.display());
        match std::fs::rename(&self.wal, &aside) {
            Ok(()) => {
                tracing::warn!(%from, %to, "set the log of the store aside, which does not belong to the file that is there now")
            }
            Err(error) => {
                tracing::error!(%from, %error, "can't set the log of the store aside; remove it before the program is started again")
            }
        }
    }

    /// Examines the files. Neither is opened, since closing them would release the locks of SQLite.
    pub fn examine(&mut self) -> Result<(), Absence> {
        let (found, size) = examine(&self.path)?;
        if found != self.identity {
            return Err(Absence::Replaced { path: self.path.clone() });
        }
        if size < self.size {
            return Err(Absence::Truncated { path: self.path.clone(), from: self.size, to: size });
        }
        self.size = size;
        match (examine(&self.wal), self.wal_identity) {
            (Ok((found, _)), known) if known.is_none_or(|known| known == found) => {
                self.wal_identity = Some(found);
                Ok(())
            }
            (Ok(_) | Err(Absence::Missing { .. }), Some(_)) => Err(Absence::Log { path: self.wal.clone() }),
            (Err(absence), Some(_)) => Err(absence),
            (_, None) => Ok(()),
        }
    }
}

fn examine(path: &Path) -> Result<(Identity, u64), Absence> {
    let path_of = || path.to_path_buf();
    match std::fs::metadata(path) {
        Ok(metadata) => Ok((identity(&metadata), metadata.len())),
        Err(error) if error.kind() == ErrorKind::NotFound => Err(Absence::Missing { path: path_of() }),
        Err(source) => Err(Absence::Unknown { path: path_of(), source }),
    }
}

fn identity(metadata: &std::fs::Metadata) -> Identity {
    (metadata.dev(), metadata.ino())
}
