//! Disk space that is kept for deletions: a file beside the store. It is given up when there is no space for a deletion
//! otherwise, and made again when the disk has space.

use rustix::fs::{FallocateFlags, fallocate};
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// Its size in bytes: more than what a deletion needs, see [`super::space`].
const SIZE: u64 = 4 << 20;
/// Its size where the disk has no more space.
const SIZE_SMALL: u64 = 2 << 20;
/// Unit of `st_blocks`.
const BLOCK: u64 = 512;
/// Written at once where the file system can't allocate space.
const WRITTEN: usize = 64 << 10;

/// The reserve of a store.
pub(super) struct Reserve {
    path: PathBuf,
    is_held: bool,
}

impl Reserve {
    /// The reserve beside this store, held if an earlier start left it.
    pub fn beside(store: &Path) -> Reserve {
        let path = store.with_file_name("reserve");
        let is_held = is_there(&path, SIZE_SMALL);
        Reserve { path, is_held }
    }

    /// Whether the space is kept.
    pub fn is_held(&self) -> bool {
        self.is_held
    }

    /// Makes it, unless it is held. Returns whether it is held now.
    pub fn make(&mut self) -> bool {
        if !self.is_held {
            let made = [SIZE, SIZE_SMALL].into_iter().any(|size| match make(&self.path, size) {
                Ok(()) => true,
                Err(error) => {
                    tracing::debug!(path = %self.path.display(), size, %error, "no reserve for the store");
                    false
                }
            });
            if !made {
                let _ = fs::remove_file(&self.path);
            }
            self.is_held = made;
        }
        self.is_held
    }

    /// Gives the space to the store. Returns whether there was any.
    pub fn give_up(&mut self) -> bool {
        if !std::mem::take(&mut self.is_held) {
            return false;
        }
        match fs::remove_file(&self.path) {
            Ok(()) => {
                tracing::warn!(path = %self.path.display(), "the disk is full; the reserve is given up for deletions")
            }
            Err(error) => tracing::warn!(path = %self.path.display(), %error, "the reserve can't be given up"),
        }
        true
    }
}

/// Whether there is a file that takes so much space on the disk.
fn is_there(path: &Path, size: u64) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_file() && found.blocks() * BLOCK >= size)
}

/// Makes a file that takes so much space on the disk, or finds it.
fn make(path: &Path, size: u64) -> io::Result<()> {
    if is_there(path, size) {
        return Ok(());
    }
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let file = File::options().write(true).create_new(true).mode(0o600).open(path)?;
    match fallocate(&file, FallocateFlags::empty(), 0, size) {
        Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::NOSYS) => write(&file, size),
        allocated => Ok(allocated?),
    }
}

/// Writes bytes that a file system does not compress well.
fn write(mut file: &File, size: u64) -> io::Result<()> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut block = Vec::with_capacity(WRITTEN);
    for _ in 0..size / WRITTEN as u64 {
        block.clear();
        while block.len() < WRITTEN {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            block.extend(state.to_le_bytes());
        }
        io::Write::write_all(&mut file, &block)?;
    }
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_takes_space_until_it_is_given_up() {
        let directory = std::env::temp_dir().join(format!("agentic-ops-reserve-{}", uuid::Uuid::new_v4()));
        fs::create_dir(&directory).unwrap();
        let store = directory.join("controlplane.db");
        let taken = || fs::metadata(directory.join("reserve")).map_or(0, |found| found.blocks() * BLOCK);
        let mut reserve = Reserve::beside(&store);
        assert!(!reserve.is_held() && reserve.make() && taken() >= SIZE);
        assert!(reserve.give_up() && !reserve.give_up() && taken() == 0);
        // A file of that length that takes no space, as a copy may be, is no reserve.
        File::create(directory.join("reserve")).unwrap().set_len(SIZE).unwrap();
        assert!(reserve.make() && taken() >= SIZE);
        assert!(Reserve::beside(&store).is_held(), "it is found");
        fs::remove_file(directory.join("reserve")).unwrap();
        write(&File::create(directory.join("reserve")).unwrap(), SIZE).unwrap();
        assert!(taken() >= SIZE, "without support of the file system");
        fs::remove_dir_all(&directory).unwrap();
    }
}
