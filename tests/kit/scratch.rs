//! Temporary directories of tests.

use std::path::{Path, PathBuf};

/// A temporary directory, removed with its contents when dropped.
pub struct Scratch(pub PathBuf);

impl Scratch {
    /// Creates a directory. `name` is part of its name, to identify the test.
    pub fn new(name: &str) -> Scratch {
        let path = std::env::temp_dir().join(format!("agentic-ops-{name}-{}", uuid::Uuid::new_v4().simple()));
        std::fs::create_dir_all(&path).unwrap();
        Scratch(path)
    }

    /// Writes a file and returns its path.
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
