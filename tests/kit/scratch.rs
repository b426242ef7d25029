//! A folder of a test's own.

use std::path::{Path, PathBuf};

/// Removed with all that is in it when it is dropped.
pub struct Scratch(pub PathBuf);

impl Scratch {
    /// `name` says what it is for, where it is left behind.
    pub fn new(name: &str) -> Scratch {
        let path = std::env::temp_dir().join(format!("agentic-ops-{name}-{}", uuid::Uuid::new_v4().simple()));
        std::fs::create_dir_all(&path).unwrap();
        Scratch(path)
    }

    /// Writes a file, and gives its path.
    pub fn file(&self, name: &str, content: &str) -> String {
        let path = self.0.join(name);
        std::fs::write(&path, content).unwrap();
        path.display().to_string()
    }
}

impl AsRef<Path> for Scratch {
    fn as_ref(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
