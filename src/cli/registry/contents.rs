//! Reads files and folders once, as `check` does.

use super::documents::Documents;
use super::files::{self, Limits};
use std::io::stdin;
use std::path::Path;

/// The path that stands for standard input.
const STANDARD_INPUT: &str = "-";

/// Reads files, all YAML files of directories and of those in them, and standard input for `-`, in this order, each sorted by
/// name. Errors name files, and nothing but them is left out.
pub fn read<'a>(paths: impl IntoIterator<Item = &'a Path>, limits: Limits) -> Documents {
    let mut documents = Documents::default();
    let mut budget = limits.bytes;
    for path in paths {
        if path.as_os_str() == STANDARD_INPUT {
            let text = files::read_text(stdin().lock(), &mut budget);
            documents.add(path, text);
            continue;
        }
        let listing = files::list(path, limits);
        documents.errors.extend(listing.errors);
        documents.ignored.extend(listing.ignored.iter().map(|path| path.display().to_string()));
        for (file, _) in listing.files {
            let text = files::read(&file, &mut budget);
            documents.add(&file, text);
        }
    }
    documents.refuse_duplicates();
    documents
}
