//! Modules in `src/` may import only from lower layers, and without cycles.
//!
//! Test code is included. The same table of layers applies to it, but it may read the clock, and cycles in it are allowed: tests of a
//! module use its parent.

mod cycles;
mod modules;
mod paths;
mod rules;
mod source;
mod tests;

use modules::Crate;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn program(root: &str) -> Crate {
    Crate::read(root, &|path| std::fs::read_to_string(src().join(path)).ok())
}

#[test]
fn layers_import_only_lower_layers() {
    let program = program("lib.rs");
    let unlisted = rules::unlisted(&program);
    assert!(unlisted.is_empty(), "not in the table of layers: {unlisted:?}");
    let wrong = rules::violations(&program);
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn files_have_no_import_cycles() {
    let cycles = cycles::describe(&cycles::files(&program("lib.rs")));
    assert!(cycles.is_empty(), "\n{cycles}");
}

#[test]
fn folders_have_no_import_cycles() {
    let cycles = cycles::describe(&cycles::folders(&program("lib.rs")));
    assert!(cycles.is_empty(), "\n{cycles}");
}

#[test]
fn every_file_is_read() {
    let read: BTreeSet<PathBuf> =
        ["lib.rs", "main.rs"].iter().flat_map(|root| program(root).files).map(|f| src().join(f.path)).collect();
    assert_eq!(rust_files(&src()).difference(&read).collect::<Vec<_>>(), Vec::<&PathBuf>::new());
    assert!(read.len() > 100, "{} files", read.len());
}

fn rust_files(folder: &Path) -> BTreeSet<PathBuf> {
    let mut files = BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.insert(path);
        }
    }
    files
}
