//! What Agents say, as a whole.

pub mod fixtures;
pub mod hostile;
mod story;

use std::path::Path;

/// Compares a text with a golden file. `UPDATE_GOLDEN=1 cargo test --lib conversation` writes the files.
pub fn compare(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/domain/conversation/tests/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(golden == text, "{name} is not what is said now:\n{text}");
}
