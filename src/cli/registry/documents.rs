//! Parsing of a registry: files with YAML documents, one resource each.

use super::position::Position;
use crate::api::{GROUP, VERSION};
use crate::domain::texts::{self, DocumentError, Language};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// A resource in a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    pub file: Arc<str>,
    /// The line at which `text` begins, from 1.
    pub line: usize,
    pub text: String,
    pub kind: String,
    pub name: String,
    pub value: Value,
}

/// The contents of a registry.
#[derive(Debug, Default, PartialEq)]
pub struct Documents {
    pub valid: Vec<Document>,
    pub errors: Vec<BadDocument>,
    /// Files that are not read, and a person might expect to be.
    pub ignored: Vec<String>,
}

/// A document or file that is not used.
#[derive(Clone, Debug, PartialEq)]
pub struct BadDocument {
    pub file: Arc<str>,
    /// `None`: the whole file.
    pub position: Option<Position>,
    pub error: DocumentError,
}

impl Document {
    /// A position in its text as one in the file.
    pub fn in_file(&self, position: Position) -> Position {
        Position { line: self.line + position.line - 1, ..position }
    }
}

impl BadDocument {
    /// An error of a whole file or directory.
    pub fn of_file(path: &Path, error: DocumentError) -> BadDocument {
        BadDocument { file: path.display().to_string().into(), position: None, error }
    }

    /// The error as text, with its origin.
    pub fn text(&self, language: Language) -> String {
        located(&self.file, self.position, &texts::document_error(language, &self.error))
    }
}

/// `FILE:LINE:COLUMN: message`, as compilers write it.
pub fn located(file: &str, position: Option<Position>, message: &str) -> String {
    format!("{}: {message}", place(file, position))
}

/// `FILE:LINE:COLUMN`, or `FILE` where the position is not known.
pub fn place(file: &str, position: Option<Position>) -> String {
    match position {
        Some(Position { line, column }) => format!("{file}:{line}:{column}"),
        None => file.to_string(),
    }
}

impl Documents {
    /// Adds the documents of a file with this text.
    pub fn add(&mut self, path: &Path, text: Result<String, DocumentError>) {
        match text {
            Ok(text) => parse(&path.display().to_string(), &text, self),
            Err(error) => self.errors.push(BadDocument::of_file(path, error)),
        }
    }

    /// Makes each resource whose kind and name an earlier one has an error.
    pub fn refuse_duplicates(&mut self) {
        let mut seen = BTreeMap::new();
        for document in std::mem::take(&mut self.valid) {
            let at = document.in_file(Position { line: 1, column: 1 });
            let here = format!("{}:{}", document.file, at.line);
            match seen.entry((document.kind.clone(), document.name.clone())) {
                std::collections::btree_map::Entry::Vacant(slot) => {
                    slot.insert(here);
                    self.valid.push(document);
                }
                std::collections::btree_map::Entry::Occupied(first) => {
                    let Document { file, kind, name, .. } = document;
                    let error = DocumentError::Duplicate { kind, name, first: first.get().clone() };
                    self.errors.push(BadDocument { file, position: Some(at), error });
                }
            }
        }
    }
}

/// Parses YAML documents separated by `---`.
pub fn parse(file: &str, text: &str, documents: &mut Documents) {
    for document in each(file, text) {
        match document {
            Ok(document) => documents.valid.push(document),
            Err(bad) => documents.errors.push(bad),
        }
    }
}

/// Parses one YAML document of a stream after the other: a large file is never in memory as a whole, besides its text.
pub fn each(file: &str, text: &str) -> impl Iterator<Item = Result<Document, BadDocument>> {
    let file: Arc<str> = file.into();
    split(text).filter_map(move |part| document(&file, part).transpose())
}

/// `None` for a document without content.
fn document(file: &Arc<str>, Part { line, text }: Part) -> Result<Option<Document>, BadDocument> {
    let first = Position { line, column: 1 };
    let bad = |position: Position, error| BadDocument { file: file.clone(), position: Some(position), error };
    match serde_saphyr::from_str::<Value>(&text) {
        Ok(Value::Null) => Ok(None),
        Ok(value) => {
            let (kind, name) = identify(&value).map_err(|error| bad(first, error))?;
            Ok(Some(Document { file: file.clone(), line, text, kind, name, value }))
        }
        Err(error) => {
            let (position, message) = yaml_error(&error, line);
            Err(bad(position.unwrap_or(first), DocumentError::NotYaml(message)))
        }
    }
}

/// Where in the file a text is not YAML, and why.
fn yaml_error(error: &serde_saphyr::Error, line: usize) -> (Option<Position>, String) {
    let error = error.without_snippet();
    let at = error.location().filter(|at| at.line() > 0).and_then(|at| {
        let number = |n: u64| usize::try_from(n).ok();
        Some(Position { line: line + number(at.line())? - 1, column: number(at.column())? })
    });
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or_default();
    (at, message.lines().next().unwrap_or_default().trim_end_matches([':', ' ']).to_string())
}

/// One document of a YAML stream.
struct Part {
    /// Its first line in the stream, from 1.
    line: usize,
    text: String,
}

/// Splits a YAML stream. A separator is at the start of a line, never within a block scalar; a document may begin on its line.
fn split(text: &str) -> impl Iterator<Item = Part> {
    let mut part = Some(Part { line: 1, text: String::new() });
    let mut lines = text.lines().enumerate();
    let parts = std::iter::from_fn(move || {
        for (index, line) in lines.by_ref() {
            let after = line.strip_prefix("---").filter(|rest| rest.is_empty() || rest.starts_with([' ', '\t']));
            let ends = line
                .strip_prefix("...")
                .is_some_and(|rest| rest.trim_start().is_empty() || rest.trim_start().starts_with('#'));
            let next = match after {
                Some(rest) => Part { line: index + 1, text: format!("   {}\n", rest.replace('\t', " ")) },
                None if ends => Part { line: index + 2, text: String::new() },
                None => {
                    if let Some(part) = &mut part {
                        part.text.push_str(line);
                        part.text.push('\n');
                    }
                    continue;
                }
            };
            return part.replace(next);
        }
        part.take()
    });
    let is_empty = |line: &str| line.trim().is_empty() || line.trim_start().starts_with('#') || line.starts_with('%');
    parts.filter(move |part| !part.text.lines().all(is_empty))
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

    const GOOD: &str = "apiVersion: agentic.ligbox.io/v1alpha1\nkind: Agent\nmetadata: {name: a}\n";

    fn parsed(text: &str) -> Documents {
        let mut documents = Documents::default();
        parse("r.yaml", text, &mut documents);
        documents
    }

    #[test]
    fn documents_are_separated() {
        let text = format!(
            "# head\n---\n{GOOD}---\n# nothing\n--- # next\napiVersion: agentic.ligbox.io/v1alpha1\nkind: Scenario\nmetadata:\n  name: b.c\n...\n%YAML 1.2\n---\t{{apiVersion: agentic.ligbox.io/v1alpha1, kind: Agent, metadata: {{name: d}}}}\n"
        );
        let documents = parsed(&text);
        assert_eq!(documents.errors, []);
        let names: Vec<_> = documents.valid.iter().map(|d| (d.kind.as_str(), d.name.as_str(), d.line)).collect();
        assert_eq!(names, [("Agent", "a", 2), ("Scenario", "b.c", 8), ("Agent", "d", 15)]);
    }

    #[test]
    fn an_invalid_document_is_reported_with_its_position_and_the_others_are_read() {
        for (bad, says) in [
            ("kind: [", "r.yaml:1:7: not YAML"),
            ("kind: a\n  b: c", "r.yaml:2:4: not YAML"),
            ("apiVersion: v1\nkind: Secret\nmetadata: {name: x}", "r.yaml:1:1: apiVersion \"v1\""),
            (
                "apiVersion: agentic.ligbox.io/v1alpha1\nkind: Finding\nmetadata: {name: x}",
                "r.yaml:1:1: kind \"Finding\"",
            ),
            ("apiVersion: agentic.ligbox.io/v1alpha1\nkind: Agent\nmetadata: {}", "r.yaml:1:1: metadata.name"),
        ] {
            let documents = parsed(&format!("{bad}\n---\n{GOOD}"));
            assert_eq!(documents.valid.len(), 1, "{bad}");
            let error = documents.errors[0].text(Language::English);
            assert!(error.starts_with(says) && !error.contains('\n'), "{error}");
        }
        let error = parsed(&format!("{GOOD}---\n{GOOD}x: {{\n")).errors[0].text(Language::English);
        assert!(error.starts_with("r.yaml:8:4: not YAML"), "{error}");
    }

    #[test]
    fn the_second_resource_of_a_name_is_an_error_that_names_the_first() {
        let mut documents = parsed(&format!("{GOOD}---\n{GOOD}"));
        documents.refuse_duplicates();
        assert_eq!(documents.valid.len(), 1);
        assert_eq!(documents.errors[0].text(Language::English), "r.yaml:4:1: Agent \"a\" is already in r.yaml:1");
    }
}
