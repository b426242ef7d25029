//! The files of the runbooks.

use std::io::Read as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// Largest part of a runbook that is read, in bytes.
pub const PAGE_MAX: u64 = 256 << 10;

/// Why a runbook is not read.
#[derive(Debug, thiserror::Error)]
pub enum RunbookError {
    #[error("{0:?} is not the name of a runbook: use letters, digits, `.`, `_` and `-`, with a letter or digit first")]
    Name(String),
    #[error("{path} leads out of the directory of the runbooks")]
    Outside { path: PathBuf },
    #[error("{path} is not a file")]
    NotAFile { path: PathBuf },
    #[error("{path}: {source}")]
    Unreadable { path: PathBuf, source: std::io::Error },
}

/// The text of the runbook `NAME.md` in a directory, at most its first [`PAGE_MAX`] bytes. What is not UTF-8 is replaced.
///
/// A symbolic link is followed where it leads to a file within the directory, as those of a mounted ConfigMap do. This blocks while the
/// file is read.
pub fn read_runbook(root: &Path, name: &str) -> Result<String, RunbookError> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if !name.starts_with(|c: char| c.is_ascii_alphanumeric()) || !name.chars().all(is_part) || name.contains("..") {
        return Err(RunbookError::Name(name.chars().take(128).collect()));
    }
    let path = root.join(format!("{name}.md"));
    let unreadable = |source| RunbookError::Unreadable { path: path.clone(), source };
    let real_root = root.canonicalize().map_err(unreadable)?;
    let real = path.canonicalize().map_err(unreadable)?;
    if !real.starts_with(&real_root) {
        return Err(RunbookError::Outside { path });
    }
    // A pipe would keep the opening waiting.
    let file = std::fs::OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(&real).map_err(unreadable)?;
    if !file.metadata().map_err(unreadable)?.is_file() {
        return Err(RunbookError::NotAFile { path });
    }
    let mut bytes = Vec::new();
    file.take(PAGE_MAX).read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    struct Directory(PathBuf);

    impl Directory {
        fn new() -> Directory {
            let path = std::env::temp_dir().join(format!("runbooks-{}", uuid::Uuid::new_v4()));
            std::fs::create_dir_all(path.join("specs/..data")).unwrap();
            Directory(path)
        }
    }

    impl Drop for Directory {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn only_files_of_the_directory_are_read() {
        let directory = Directory::new();
        let (outer, specs) = (directory.0.clone(), directory.0.join("specs"));
        std::fs::write(outer.join("secret.md"), "secret").unwrap();
        std::fs::write(specs.join("..data/mounted.md"), "mounted").unwrap();
        std::fs::write(specs.join("a-b_c.1.md"), "olá \u{e9}").unwrap();
        std::fs::write(specs.join("latin.md"), b"ol\xe1").unwrap();
        std::fs::write(specs.join("long.md"), vec![b'x'; 300 << 10]).unwrap();
        std::fs::create_dir(specs.join("folder.md")).unwrap();
        symlink("..data/mounted.md", specs.join("mounted.md")).unwrap();
        symlink("../secret.md", specs.join("out.md")).unwrap();
        symlink(outer.join("secret.md"), specs.join("absolute.md")).unwrap();
        symlink("loop.md", specs.join("loop.md")).unwrap();
        rustix::fs::mknodat(
            rustix::fs::CWD,
            specs.join("pipe.md"),
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
            0,
        )
        .unwrap();
        let read = |name: &str| read_runbook(&specs, name);
        assert_eq!(read("a-b_c.1").unwrap(), "olá é");
        assert_eq!(read("mounted").unwrap(), "mounted");
        assert_eq!(read("latin").unwrap(), "ol\u{fffd}");
        assert_eq!(read("long").unwrap().len() as u64, PAGE_MAX);
        for name in
            ["../secret", "a/b", "", ".", "..", "..data/mounted", "a..b", "/etc/passwd", "-a", "a\0b", "a\nb", "é"]
        {
            assert!(matches!(read(name), Err(RunbookError::Name(_))), "{name:?}");
        }
        for name in ["out", "absolute"] {
            assert!(matches!(read(name), Err(RunbookError::Outside { .. })), "{name}");
        }
        for name in ["loop", "missing"] {
            assert!(matches!(read(name), Err(RunbookError::Unreadable { .. })), "{name}");
        }
        for name in ["folder", "pipe"] {
            assert!(matches!(read(name), Err(RunbookError::NotAFile { .. })), "{name}");
        }
    }
}
