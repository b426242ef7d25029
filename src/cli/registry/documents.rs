//! Parsing of a registry: files with YAML documents, one resource each.

use crate::api::{GROUP, VERSION};
use crate::domain::texts::{self, DocumentError, Language};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Maximum size of a file in bytes, and maximum number of files in a directory.
const FILE_MAX: u64 = 8 << 20;
const FILES_MAX: usize = 1000;

/// A resource in a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// File and number of the document, for messages.
    pub origin: String,
    pub kind: String,
    pub name: String,
    pub value: Value,
}

/// The contents of a registry.
#[derive(Debug, Default, PartialEq)]
pub struct Documents {
    pub valid: Vec<Document>,
    pub errors: Vec<BadDocument>,
}

/// A document or file that is not used.
#[derive(Clone, Debug, PartialEq)]
pub struct BadDocument {
    /// The file, and the number of the document.
    pub origin: String,
    pub error: DocumentError,
}

impl BadDocument {
    /// The error as text, with its origin.
    pub fn text(&self, language: Language) -> String {
        texts::document_error(language, &self.origin, &self.error)
    }
}

/// Reads a file, or all `.yaml`, `.yml` and `.json` files of a directory, sorted by name.
pub fn read(path: &Path) -> std::io::Result<Documents> {
    let mut documents = Documents::default();
    for file in files(path)? {
        let shown = file.display().to_string();
        let size = std::fs::metadata(&file)?.len();
        if size > FILE_MAX {
            let error = DocumentError::FileTooLarge { bytes: size, max: FILE_MAX };
            documents.errors.push(BadDocument { origin: shown, error });
            continue;
        }
        parse(&shown, &std::fs::read_to_string(&file)?, &mut documents);
    }
    let mut seen = BTreeMap::new();
    let mut duplicates = Vec::new();
    documents.valid.retain(|d| match seen.insert((d.kind.clone(), d.name.clone()), d.origin.clone()) {
        None => true,
        Some(first) => {
            let error = DocumentError::Duplicate { kind: d.kind.clone(), name: d.name.clone(), first };
            duplicates.push(BadDocument { origin: d.origin.clone(), error });
            false
        }
    });
    documents.errors.extend(duplicates);
    Ok(documents)
}

fn files(path: &Path) -> std::io::Result<Vec<PathBuf>> {
    if !std::fs::metadata(path)?.is_dir() {
        return Ok(vec![path.to_path_buf()]);
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path)?.take(FILES_MAX) {
        let file = entry?.path();
        let is_document = file.extension().is_some_and(|e| e == "yaml" || e == "yml" || e == "json");
        // Hidden files belong to editors, or to the volume of a ConfigMap.
        let is_hidden = file.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.'));
        if is_document && !is_hidden && file.is_file() {
            files.push(file);
        }
    }
    files.sort();
    Ok(files)
}

/// Parses YAML documents separated by `---`.
pub fn parse(shown: &str, text: &str, documents: &mut Documents) {
    for (index, part) in split(text).into_iter().enumerate() {
        let origin = format!("{shown}, document {}", index + 1);
        match serde_saphyr::from_str::<Value>(&part) {
            Ok(Value::Null) => {}
            Ok(value) => match identify(&value) {
                Ok((kind, name)) => documents.valid.push(Document { origin, kind, name, value }),
                Err(error) => documents.errors.push(BadDocument { origin, error }),
            },
            Err(error) => {
                let error = DocumentError::NotYaml(error.to_string());
                documents.errors.push(BadDocument { origin, error });
            }
        }
    }
}

/// Splits a YAML stream. A separator is at the start of a line, never within a block scalar.
fn split(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    for line in text.lines() {
        let is_separator =
            line.strip_prefix("---").is_some_and(|rest| rest.trim().is_empty() || rest.starts_with(" #"));
        if is_separator {
            parts.push(String::new());
        } else if let Some(part) = parts.last_mut() {
            part.push_str(line);
            part.push('\n');
        }
    }
    let is_empty = |part: &String| part.lines().all(|l| l.trim().is_empty() || l.trim_start().starts_with('#'));
    parts.retain(|part| !is_empty(part));
    parts
}

fn identify(value: &Value) -> Result<(String, String), DocumentError> {
    let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_string();
    let (api_version, kind, name) = (text("/apiVersion"), text("/kind"), text("/metadata/name"));
    let expected = format!("{GROUP}/{VERSION}");
    if api_version != expected {
        return Err(DocumentError::WrongApiVersion { api_version, expected });
    }
    if !matches!(kind.as_str(), "Scenario" | "Agent") {
        return Err(DocumentError::WrongKind { kind });
    }
    if name.is_empty() {
        return Err(DocumentError::NoName { kind });
    }
    Ok((kind, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Documents {
        let mut documents = Documents::default();
        parse("r.yaml", text, &mut documents);
        documents
    }

    #[test]
    fn documents_are_separated() {
        let text = "# head\n---\napiVersion: agentic.ligbox.io/v1alpha1\nkind: Agent\nmetadata: {name: a}\n---\n# nothing\n--- # next\napiVersion: agentic.ligbox.io/v1alpha1\nkind: Scenario\nmetadata:\n  name: b.c\n";
        let documents = parsed(text);
        assert_eq!(documents.errors, []);
        let names: Vec<_> = documents.valid.iter().map(|d| (d.kind.as_str(), d.name.as_str())).collect();
        assert_eq!(names, [("Agent", "a"), ("Scenario", "b.c")]);
    }

    #[test]
    fn an_invalid_document_is_reported_and_the_others_are_read() {
        let good = "apiVersion: agentic.ligbox.io/v1alpha1\nkind: Agent\nmetadata: {name: a}\n";
        for (bad, says) in [
            ("kind: [", "not YAML"),
            ("apiVersion: v1\nkind: Secret\nmetadata: {name: x}", "apiVersion \"v1\""),
            ("apiVersion: agentic.ligbox.io/v1alpha1\nkind: Finding\nmetadata: {name: x}", "kind \"Finding\""),
            ("apiVersion: agentic.ligbox.io/v1alpha1\nkind: Agent\nmetadata: {}", "metadata.name"),
        ] {
            let documents = parsed(&format!("{bad}\n---\n{good}"));
            assert_eq!(documents.valid.len(), 1, "{bad}");
            let error = documents.errors[0].text(Language::English);
            assert!(error.starts_with("r.yaml, document 1: ") && error.contains(says), "{error}");
        }
    }
}
