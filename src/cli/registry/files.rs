//! The files of a registry: which there are, and what is in them, within limits.

use super::documents::BadDocument;
use crate::domain::texts::DocumentError;
use std::collections::BTreeSet;
use std::fs::Metadata;
use std::io::{ErrorKind, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// Most directory entries that are looked at, and most levels of directories.
const ENTRIES_MAX: usize = 100_000;
const DEPTH_MAX: usize = 16;

/// How much of a registry is read.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub files: usize,
    /// Of all files together.
    pub bytes: u64,
}

/// What differs after a file was changed, replaced or made readable.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp {
    file: (u64, u64),
    size: u64,
    /// Seconds and nanoseconds.
    modified: (i64, i64),
    /// Of the metadata, such as the mode.
    changed: (i64, i64),
}

impl Stamp {
    fn of(metadata: &Metadata) -> Stamp {
        Stamp {
            file: (metadata.dev(), metadata.ino()),
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    /// The stamp of a file as it is now; `None` if it can't be told.
    pub fn now(path: &Path) -> Option<Stamp> {
        std::fs::metadata(path).ok().map(|metadata| Stamp::of(&metadata))
    }
}

/// The files that there are, sorted by name.
#[derive(Debug, Default)]
pub struct Listing {
    pub files: Vec<(PathBuf, Stamp)>,
    /// Why there may be more files. Those that are missing may still be there.
    pub errors: Vec<BadDocument>,
    /// Files that a person might expect to be read.
    pub ignored: Vec<PathBuf>,
}

/// Lists the YAML files of a directory and of those in it, or one file. Names that begin with a dot belong to editors, to version
/// control or to the volume of a ConfigMap; `kustomization.yaml` is about the other files.
pub fn list(path: &Path, limits: Limits) -> Listing {
    let mut listing = Listing::default();
    match std::fs::metadata(path) {
        Err(error) => listing.add_error(path, DocumentError::Unreadable(error.to_string())),
        Ok(metadata) if metadata.is_dir() => {
            let mut walk = Walk { entries: 0, visited: BTreeSet::new(), listing: &mut listing };
            walk.directory(path, &metadata, 0);
        }
        Ok(metadata) => listing.files.push((path.to_path_buf(), Stamp::of(&metadata))),
    }
    listing.files.sort();
    if listing.files.len() > limits.files {
        let error = DocumentError::TooManyFiles { found: listing.files.len(), max: limits.files };
        listing.add_error(path, error);
        listing.files.truncate(limits.files);
    }
    listing
}

impl Listing {
    fn add_error(&mut self, path: &Path, error: DocumentError) {
        self.errors.push(BadDocument::of_file(path, error));
    }
}

struct Walk<'a> {
    entries: usize,
    /// Directories that were looked at: links can form a loop.
    visited: BTreeSet<(u64, u64)>,
    listing: &'a mut Listing,
}

impl Walk<'_> {
    fn directory(&mut self, path: &Path, metadata: &Metadata, depth: usize) {
        if !self.visited.insert((metadata.dev(), metadata.ino())) {
            return;
        }
        if depth > DEPTH_MAX {
            return self.listing.add_error(path, DocumentError::TooDeep { max: DEPTH_MAX });
        }
        let entries = match std::fs::read_dir(path) {
            Ok(entries) => entries,
            Err(error) => return self.listing.add_error(path, DocumentError::Unreadable(error.to_string())),
        };
        for entry in entries {
            self.entries += 1;
            if self.entries > ENTRIES_MAX {
                return self.listing.add_error(path, DocumentError::TooManyEntries { max: ENTRIES_MAX });
            }
            match entry {
                Ok(entry) => self.entry(&entry.path(), depth),
                Err(error) => self.listing.add_error(path, DocumentError::Unreadable(error.to_string())),
            }
        }
    }

    fn entry(&mut self, path: &Path, depth: usize) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        if name.starts_with('.') {
            return;
        }
        let is_yaml = name.ends_with(".yaml") || name.ends_with(".yml");
        match std::fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => self.directory(path, &metadata, depth + 1),
            _ if matches!(name.as_str(), "kustomization.yaml" | "kustomization.yml") => {}
            Ok(_) if name.ends_with(".json") => self.listing.ignored.push(path.to_path_buf()),
            _ if !is_yaml => {}
            Ok(metadata) if metadata.is_file() => {
                self.listing.files.push((path.to_path_buf(), Stamp::of(&metadata)));
            }
            Ok(_) => self.listing.add_error(path, DocumentError::NotAFile),
            // It was removed meanwhile. A link that leads nowhere is still there.
            Err(error) if error.kind() == ErrorKind::NotFound && std::fs::symlink_metadata(path).is_err() => {}
            Err(error) => self.listing.add_error(path, DocumentError::Unreadable(error.to_string())),
        }
    }
}

/// Reads a file of at most `budget` bytes, and takes them from it.
pub fn read(path: &Path, budget: &mut u64) -> Result<String, DocumentError> {
    let unreadable = |error: std::io::Error| DocumentError::Unreadable(error.to_string());
    read_text(std::fs::File::open(path).map_err(unreadable)?, budget)
}

/// Reads text of at most `budget` bytes, and takes them from it.
pub fn read_text(source: impl std::io::Read, budget: &mut u64) -> Result<String, DocumentError> {
    let mut bytes = Vec::new();
    source
        .take(budget.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|error| DocumentError::Unreadable(error.to_string()))?;
    let size = bytes.len() as u64;
    if size > *budget {
        return Err(DocumentError::TooManyBytes);
    }
    *budget -= size;
    let text = String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        DocumentError::NotUtf8 { line: before.iter().filter(|byte| **byte == b'\n').count() + 1 }
    })?;
    Ok(text.strip_prefix('\u{feff}').map(String::from).unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    const LIMITS: Limits = Limits { files: 3, bytes: 100 };

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Folder {
            let path = std::env::temp_dir().join(format!("agentic-ops-{name}-{}", std::process::id()));
            let _ = std::fs::remove_dir_all(&path);
            std::fs::create_dir_all(&path).unwrap();
            Folder(path)
        }

        fn write(&self, name: &str) {
            let path = self.0.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "a: 1").unwrap();
        }

        fn listed(&self) -> (Vec<String>, Vec<DocumentError>) {
            let listing = list(&self.0, LIMITS);
            let name = |path: &PathBuf| path.strip_prefix(&self.0).unwrap().display().to_string();
            let names = listing.files.iter().map(|(path, _)| name(path)).collect();
            (names, listing.errors.into_iter().map(|bad| bad.error).collect())
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn yaml_files_of_all_folders_are_listed_and_nothing_else() {
        let folder = Folder::new("listed");
        for name in [
            "b.yaml",
            "sub/deep/a.YML",
            ".hidden.yaml",
            ".git/x.yaml",
            "kustomization.yaml",
            "c.txt",
            "d.json",
            "e.yaml~",
        ] {
            folder.write(name);
        }
        // As in the volume of a ConfigMap.
        folder.write("..data/f.yaml");
        symlink(folder.0.join("..data/f.yaml"), folder.0.join("f.yaml")).unwrap();
        symlink(&folder.0, folder.0.join("sub/loop")).unwrap();
        for i in 0..1_100 {
            folder.write(&format!("note{i}.txt"));
        }
        assert_eq!(folder.listed(), (["b.yaml", "f.yaml", "sub/deep/a.YML"].map(String::from).into(), Vec::new()));
        assert_eq!(list(&folder.0, LIMITS).ignored, [folder.0.join("d.json")]);
    }

    #[test]
    fn what_may_hide_a_file_is_an_error() {
        let folder = Folder::new("hidden");
        for i in 0..4 {
            folder.write(&format!("{i}.yaml"));
        }
        let (files, errors) = folder.listed();
        assert_eq!((files.len(), errors), (3, vec![DocumentError::TooManyFiles { found: 4, max: 3 }]));
        std::fs::remove_file(folder.0.join("0.yaml")).unwrap();
        symlink(folder.0.join("nowhere"), folder.0.join("0.yaml")).unwrap();
        let errors = folder.listed().1;
        assert!(matches!(&errors[..], [DocumentError::Unreadable(_)]), "{errors:?}");
        let errors = list(&folder.0.join("absent"), LIMITS).errors;
        assert!(matches!(&errors[..], [BadDocument { error: DocumentError::Unreadable(_), .. }]), "{errors:?}");
    }

    #[test]
    fn a_stamp_differs_after_a_replacement_of_the_same_size() {
        let folder = Folder::new("stamp");
        folder.write("a.yaml");
        let before = Stamp::now(&folder.0.join("a.yaml"));
        folder.write("b.yaml");
        std::fs::rename(folder.0.join("b.yaml"), folder.0.join("a.yaml")).unwrap();
        assert_ne!(Stamp::now(&folder.0.join("a.yaml")), before);
    }

    #[test]
    fn text_is_bounded_and_utf_8() {
        let mut budget = 10;
        assert_eq!(read_text(&b"\xef\xbb\xbfa: 1"[..], &mut budget).as_deref(), Ok("a: 1"));
        assert_eq!(budget, 3);
        assert_eq!(read_text(&b"a: 1"[..], &mut budget), Err(DocumentError::TooManyBytes));
        assert_eq!(read_text(&b"#\n\xe7"[..], &mut budget), Err(DocumentError::NotUtf8 { line: 2 }));
        let mut large = 20 << 20;
        let text = vec![b' '; 16 << 20];
        assert_eq!(read_text(&text[..], &mut large).map(|text| text.len()), Ok(16 << 20));
        assert_eq!(large, 4 << 20);
    }
}
