//! The files of the runbooks: which there are, and what is in them, within limits.

use crate::domain::texts::{RunbookProblem, RunbookProblemKind as Kind};
use std::collections::BTreeSet;
use std::io::Read as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// Largest part of a runbook that is read, in bytes.
pub const PAGE_MAX: u64 = 256 << 10;
/// Most directory entries that are looked at, and most levels of directories.
const ENTRIES_MAX: usize = 100_000;
const DEPTH_MAX: usize = 8;
/// Longest path of a runbook, in bytes.
const SPEC_MAX: usize = 128;
/// How often a tree is read that is replaced meanwhile.
const ATTEMPTS_MAX: usize = 3;

/// How much of a tree is read.
#[derive(Clone, Copy, Debug)]
pub struct TreeLimits {
    pub files: usize,
    /// Of all files together.
    pub bytes: u64,
}

/// Why a runbook is not read.
#[derive(Debug, thiserror::Error)]
pub enum RunbookError {
    #[error(
        "{0:?} is not the path of a runbook: use letters, digits, `.`, `_`, `-` and `/`, with a letter or digit first in each part"
    )]
    Name(String),
    #[error("{path} leads out of the directory of the runbooks")]
    Outside { path: PathBuf },
    #[error("{path} is not a file")]
    NotAFile { path: PathBuf },
    #[error("{path}: {source}")]
    Unreadable { path: PathBuf, source: std::io::Error },
}

/// The text of the runbook `SPEC.md` in a directory, at most its first [`PAGE_MAX`] bytes. What is not UTF-8 is replaced.
///
/// A symbolic link is followed where it leads to a file within the directory, as those of a mounted ConfigMap do. This blocks while the
/// file is read.
pub fn read_runbook(root: &Path, spec: &str) -> Result<String, RunbookError> {
    if spec.len() > SPEC_MAX || !spec.split('/').all(is_name) {
        return Err(RunbookError::Name(spec.chars().take(SPEC_MAX).collect()));
    }
    let path = root.join(format!("{spec}.md"));
    let real_root = root.canonicalize().map_err(|source| RunbookError::Unreadable { path: path.clone(), source })?;
    read_page(&real_root, path, PAGE_MAX).map(|(page, _)| page)
}

/// Whether this can be a part of the path of a runbook.
fn is_name(name: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.chars().all(is_part) && !name.contains("..")
}

/// The first `max` bytes of a file, and whether there are more.
fn read_page(real_root: &Path, path: PathBuf, max: u64) -> Result<(String, bool), RunbookError> {
    let unreadable = |source| RunbookError::Unreadable { path: path.clone(), source };
    let real = path.canonicalize().map_err(unreadable)?;
    if !real.starts_with(real_root) {
        return Err(RunbookError::Outside { path });
    }
    // A pipe would keep the opening waiting.
    let file = std::fs::OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(&real).map_err(unreadable)?;
    if !file.metadata().map_err(unreadable)?.is_file() {
        return Err(RunbookError::NotAFile { path });
    }
    let mut bytes = Vec::new();
    file.take(max + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    let is_longer = bytes.len() as u64 > max;
    bytes.truncate(usize::try_from(max).unwrap_or(usize::MAX));
    Ok((String::from_utf8_lossy(&bytes).into_owned(), is_longer))
}

/// The runbooks of a tree.
#[derive(Debug, Default)]
pub struct Tree {
    /// The path of each without `.md`, and its text, sorted by path.
    pub pages: Vec<(String, String)>,
    /// What is left out, and why.
    pub problems: Vec<RunbookProblem>,
}

/// Reads all Markdown files of a directory and of those in it. `README.md` and names that begin with a dot are no runbooks; a symbolic
/// link is followed where it leads to something within the directory. An error means that the directory itself can't be read.
pub fn read_tree(root: &Path, limits: TreeLimits) -> std::io::Result<Tree> {
    let mut attempt = 1;
    loop {
        // A swap of a link, as of a ConfigMap or by git-sync, removes files that were listed.
        let real_root = root.canonicalize()?;
        let tree = Walk::new(real_root, limits).read()?;
        let is_replaced = tree.problems.iter().any(|problem| matches!(problem.kind, Kind::Unreadable(_)));
        if !is_replaced || attempt == ATTEMPTS_MAX {
            return Ok(tree);
        }
        attempt += 1;
    }
}

struct Walk {
    root: PathBuf,
    limits: TreeLimits,
    entries: usize,
    /// Directories that were looked at: links can form a loop.
    visited: BTreeSet<(u64, u64)>,
    /// The runbooks that there are, and their files.
    found: Vec<(String, PathBuf)>,
    tree: Tree,
}

impl Walk {
    fn new(root: PathBuf, limits: TreeLimits) -> Walk {
        Walk { root, limits, entries: 0, visited: BTreeSet::new(), found: Vec::new(), tree: Tree::default() }
    }

    fn read(mut self) -> std::io::Result<Tree> {
        let root = self.root.clone();
        std::fs::read_dir(&root)?;
        self.directory(&root, "", 0);
        self.found.sort();
        if self.found.len() > self.limits.files {
            let kind = Kind::TooManyFiles { found: self.found.len(), max: self.limits.files };
            self.problem("", kind);
            self.found.truncate(self.limits.files);
        }
        let mut budget = self.limits.bytes;
        for (spec, path) in std::mem::take(&mut self.found) {
            match read_page(&root, path, PAGE_MAX) {
                Ok((page, _)) if page.len() as u64 > budget => {
                    self.problem(&spec, Kind::TooManyBytes { max: self.limits.bytes });
                    // What follows is left out too, so that which pages there are does not depend on their order of size.
                    break;
                }
                Ok((page, is_longer)) => {
                    budget -= page.len() as u64;
                    if is_longer {
                        self.problem(&spec, Kind::Cut { max: PAGE_MAX });
                    }
                    self.tree.pages.push((spec, page));
                }
                Err(error) => self.problem(&spec, kind(&error)),
            }
        }
        Ok(self.tree)
    }

    fn problem(&mut self, spec: &str, kind: Kind) {
        self.tree.problems.push(RunbookProblem { path: spec.into(), kind });
    }

    /// Lists a directory, whose path within the root is `spec`.
    fn directory(&mut self, path: &Path, spec: &str, depth: usize) {
        let real = path.canonicalize();
        let metadata = real
            .as_ref()
            .map_err(|error| error.to_string())
            .and_then(|real| std::fs::metadata(real).map_err(|error| error.to_string()));
        let (real, metadata) = match (real, metadata) {
            (Ok(real), Ok(metadata)) => (real, metadata),
            (_, Err(error)) => return self.problem(spec, Kind::Unreadable(error)),
            (Err(error), _) => return self.problem(spec, Kind::Unreadable(error.to_string())),
        };
        if !real.starts_with(&self.root) {
            return self.problem(spec, Kind::Outside);
        }
        if !self.visited.insert((metadata.dev(), metadata.ino())) {
            return;
        }
        if depth > DEPTH_MAX {
            return self.problem(spec, Kind::TooDeep { max: DEPTH_MAX });
        }
        let entries: Result<Vec<_>, _> = std::fs::read_dir(&real)
            .and_then(|entries| entries.take(ENTRIES_MAX - self.entries.min(ENTRIES_MAX)).collect());
        let mut entries = match entries {
            Ok(entries) => entries,
            Err(error) => return self.problem(spec, Kind::Unreadable(error.to_string())),
        };
        self.entries += entries.len();
        if self.entries >= ENTRIES_MAX {
            self.problem(spec, Kind::TooManyEntries { max: ENTRIES_MAX });
        }
        entries.sort_by_key(std::fs::DirEntry::file_name);
        for entry in entries {
            self.entry(&entry, spec, depth);
        }
    }

    fn entry(&mut self, entry: &std::fs::DirEntry, parent: &str, depth: usize) {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') || name.eq_ignore_ascii_case("readme.md") {
            return;
        }
        let of = |name: &str| if parent.is_empty() { name.to_string() } else { format!("{parent}/{name}") };
        let is_directory = std::fs::metadata(entry.path()).is_ok_and(|metadata| metadata.is_dir());
        let page = name.strip_suffix(".md").filter(|_| !is_directory);
        let Some(part) = page.or(is_directory.then_some(&name)) else { return };
        let spec = of(part);
        if !is_name(part) || spec.len() > SPEC_MAX {
            return self.problem(&spec, Kind::Name);
        }
        if is_directory {
            self.directory(&entry.path(), &spec, depth + 1);
        } else {
            self.found.push((spec, entry.path()));
        }
    }
}

fn kind(error: &RunbookError) -> Kind {
    match error {
        RunbookError::Name(_) => Kind::Name,
        RunbookError::Outside { .. } => Kind::Outside,
        RunbookError::NotAFile { .. } => Kind::NotAFile,
        RunbookError::Unreadable { source, .. } => Kind::Unreadable(source.to_string()),
    }
}

#[cfg(test)]
mod tests;
