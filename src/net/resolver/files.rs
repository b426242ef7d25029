//! The system's files, read again when they change.

use super::config::{self, Configuration};
use super::hosts::Hosts;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Most bytes of a file that are read; what follows is ignored.
const MAX_BYTES: u64 = 4 << 20;

/// What the files say. It is replaced as a whole when they change.
#[derive(Debug)]
pub struct System {
    pub config: Configuration,
    pub hosts: Hosts,
}

/// `/etc/resolv.conf` and `/etc/hosts`.
pub struct Files {
    resolv: PathBuf,
    hosts: PathBuf,
    loaded: Mutex<Option<Loaded>>,
}

struct Loaded {
    stamps: [Stamp; 2],
    system: Arc<System>,
}

/// Differs when a file was changed or replaced; `None` where there is no file.
type Stamp = Option<[i64; 6]>;

impl Default for Files {
    fn default() -> Files {
        Files::at("/etc/resolv.conf", "/etc/hosts")
    }
}

impl Files {
    pub fn at(resolv: impl Into<PathBuf>, hosts: impl Into<PathBuf>) -> Files {
        Files { resolv: resolv.into(), hosts: hosts.into(), loaded: Mutex::default() }
    }

    /// What the files say now. A missing or forbidden file is as an empty one. Errors: a file can't be read because of a limit of this
    /// host.
    pub fn current(&self) -> io::Result<Arc<System>> {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        let stamps = [stamp(&self.resolv), stamp(&self.hosts)];
        if let Some(loaded) = loaded.as_ref().filter(|loaded| loaded.stamps == stamps) {
            return Ok(loaded.system.clone());
        }
        let host_name = rustix::system::uname().nodename().to_string_lossy().into_owned();
        let config = config::parse(&read(&self.resolv)?, &host_name);
        let hosts = Hosts::parse(&read(&self.hosts)?);
        let system = Arc::new(System { config, hosts });
        *loaded = Some(Loaded { stamps, system: system.clone() });
        Ok(system)
    }
}

fn stamp(path: &Path) -> Stamp {
    let found = std::fs::metadata(path).ok()?;
    // Numbers that identify the file may be cut: they are only compared.
    #[allow(clippy::cast_possible_wrap, reason = "only compared")]
    let identity = [found.ino() as i64, found.size() as i64];
    let [inode, size] = identity;
    Some([inode, size, found.mtime(), found.mtime_nsec(), found.ctime(), found.ctime_nsec()])
}

fn read(path: &Path) -> io::Result<String> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if is_lasting(error.kind()) => return Ok(String::new()),
        Err(error) => return Err(error),
    };
    let mut bytes = Vec::new();
    match file.take(MAX_BYTES + 1).read_to_end(&mut bytes) {
        Ok(_) => {}
        Err(error) if is_lasting(error.kind()) => return Ok(String::new()),
        Err(error) => return Err(error),
    }
    if bytes.len() as u64 > MAX_BYTES {
        tracing::warn!(file = %path.display(), "only the first {MAX_BYTES} bytes of the file are used");
        let end = bytes.iter().rposition(|byte| *byte == b'\n').unwrap_or(0);
        bytes.truncate(end);
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Whether the file itself is the reason, rather than a limit of this host that may pass.
fn is_lasting(kind: ErrorKind) -> bool {
    use ErrorKind::{InvalidInput, IsADirectory, NotADirectory, NotFound, PermissionDenied};
    matches!(kind, NotFound | PermissionDenied | IsADirectory | NotADirectory | InvalidInput)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_again_when_they_change() {
        let folder = std::env::temp_dir().join(format!("agentic-ops-names-{}", uuid::Uuid::new_v4().simple()));
        std::fs::create_dir_all(&folder).unwrap();
        let files = Files::at(folder.join("resolv.conf"), folder.join("hosts"));
        let first = |files: &Files| files.current().unwrap().config.servers[0].to_string();
        assert_eq!(first(&files), "127.0.0.1:53");
        std::fs::write(&files.resolv, "nameserver 192.0.2.1\n").unwrap();
        assert_eq!(first(&files), "192.0.2.1:53");
        assert!(Arc::ptr_eq(&files.current().unwrap(), &files.current().unwrap()), "read without a change");
        let replacement = folder.join("new");
        std::fs::write(&replacement, "nameserver 192.0.2.2\n").unwrap();
        std::fs::rename(&replacement, &files.resolv).unwrap();
        assert_eq!(first(&files), "192.0.2.2:53");
        std::fs::write(&files.hosts, "192.0.2.3 web1\n").unwrap();
        assert_eq!(files.current().unwrap().hosts.addresses("web1").len(), 1);
        std::fs::remove_file(&files.hosts).unwrap();
        std::fs::create_dir(&files.hosts).unwrap();
        assert!(files.current().unwrap().hosts.addresses("web1").is_empty());
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_large_file_is_read_in_part() {
        let folder = std::env::temp_dir().join(format!("agentic-ops-names-{}", uuid::Uuid::new_v4().simple()));
        std::fs::create_dir_all(&folder).unwrap();
        let line = "192.0.2.1 a-name-of-some-length\n";
        let count = usize::try_from(MAX_BYTES).unwrap() / line.len() + 1;
        std::fs::write(folder.join("hosts"), format!("192.0.2.2 first\n{}192.0.2.2 last\n", line.repeat(count)))
            .unwrap();
        let hosts = Files::at(folder.join("resolv.conf"), folder.join("hosts")).current().unwrap();
        assert_eq!((hosts.hosts.addresses("first").len(), hosts.hosts.addresses("last").len()), (1, 0));
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
