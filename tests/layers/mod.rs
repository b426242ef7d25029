//! What the modules of `src/` may import: only from lower layers, and never in a cycle.
//!
//! Whole files are read, test code too. For test code the same table of layers holds, but it may read the clock, and cycles are not
//! looked for in it: a module's tests use what is above the module's parts.

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
fn the_layers_import_only_what_they_may() {
    let program = program("lib.rs");
    let unlisted = rules::unlisted(&program);
    assert!(unlisted.is_empty(), "not in the table of layers: {unlisted:?}");
    let wrong = rules::violations(&program);
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn no_files_import_each_other_in_a_cycle() {
    let cycles = cycles::describe(&cycles::files(&program("lib.rs")));
    assert!(cycles.is_empty(), "\n{cycles}");
}

#[test]
fn no_folders_import_each_other_in_a_cycle() {
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
