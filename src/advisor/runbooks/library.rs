//! The index of the runbooks: what is in it, and what fits a question.

use super::database::{Database, DatabaseError};
use super::lexicon::Lexicon;
use super::question::{Reader, Trust};
use super::ranking::{Found, Weights, rank};
use super::tree::{TreeLimits, read_tree};
use super::vocabulary::Vocabulary;
use super::words::Words;
use crate::domain::runbooks::{About, Excerpt, pieces, short_hash};
use crate::domain::texts::RunbookProblem;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Most pieces that are compared for one question.
const CANDIDATES_MAX: usize = 300;

/// Where the runbooks and their index are.
#[derive(Clone, Debug)]
pub struct LibraryConfig {
    /// The tree of Markdown.
    pub root: PathBuf,
    /// The file of the index; `None`: in memory.
    pub database: Option<PathBuf>,
    pub limits: TreeLimits,
}

/// Why the runbooks can't be read or searched.
#[derive(Debug, thiserror::Error)]
pub enum LibraryError {
    #[error("runbooks: {root}: {source}")]
    Root { root: PathBuf, source: std::io::Error },
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// What a refresh found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refreshed {
    /// Hash over all pieces, 16 hexadecimal digits.
    pub revision: String,
    /// Number of pieces.
    pub sections: usize,
    /// Number of pieces that were added or removed.
    pub changed: usize,
    /// What was left out. Each is displayed in English, and by `texts::runbook_problem` in both languages.
    pub problems: Vec<RunbookProblem>,
}

/// What is sought.
#[derive(Clone, Copy, Debug)]
pub struct Query<'a> {
    /// A question, or a text such as the message of a Finding.
    pub text: &'a str,
    /// The Scenario's own runbook, which is preferred.
    pub runbook: Option<&'a str>,
    /// Most pieces that are found.
    pub limit: usize,
}

/// The index. All calls block.
#[derive(Clone)]
pub struct Library(Arc<Shared>);

struct Shared {
    config: LibraryConfig,
    words: Words,
    lexicon: Lexicon,
    state: Mutex<State>,
}

struct State {
    database: Database,
    vocabulary: Vocabulary,
    pieces: u32,
    revision: Arc<str>,
    /// Hash over everything that was indexed last, with what Scenarios say; `None` if that may not be what is in the database.
    indexed: Option<String>,
}

impl Library {
    /// Opens the index. It is empty, or as it was left, until it is refreshed.
    pub fn open(config: LibraryConfig) -> Result<Library, LibraryError> {
        let database = Database::open(config.database.as_deref())?;
        let words = Words::default();
        let mut state =
            State { database, vocabulary: Vocabulary::default(), pieces: 0, revision: "".into(), indexed: None };
        state.load()?;
        let lexicon = Lexicon::new(&words);
        Ok(Library(Arc::new(Shared { config, words, lexicon, state: Mutex::new(state) })))
    }

    /// Reads the tree, and indexes what changed, with what Scenarios say about their runbooks.
    ///
    /// An error leaves the index as it is. A database that was damaged since it was opened is made anew.
    pub fn refresh(&self, about: &[About]) -> Result<Refreshed, LibraryError> {
        let config = &self.0.config;
        let tree = read_tree(&config.root, config.limits)
            .map_err(|source| LibraryError::Root { root: config.root.clone(), source })?;
        let pages: Vec<(String, Vec<Excerpt>)> = tree
            .pages
            .into_iter()
            .map(|(spec, page)| {
                let pieces = pieces(&spec, &page);
                (spec, pieces)
            })
            .collect();
        let hashes = pages.iter().flat_map(|(_, pieces)| pieces).map(|piece| piece.hash.as_str());
        let revision = short_hash(hashes.clone());
        let mut about = about.to_vec();
        about.sort();
        let indexed =
            short_hash(hashes.chain(about.iter().flat_map(|about| [about.spec.as_str(), about.text.as_str()])));
        let sections = pages.iter().map(|(_, pieces)| pieces.len()).sum();
        let mut state = self.state();
        let mut changed = 0;
        if state.indexed.as_ref() != Some(&indexed) {
            state.indexed = None;
            changed = state.replace(&pages, &about, &self.0)?;
            state.indexed = Some(indexed);
            state.revision = revision.as_str().into();
        }
        Ok(Refreshed { revision, sections, changed, problems: tree.problems })
    }

    /// Hash over all pieces, 16 hexadecimal digits; empty before the first refresh.
    pub fn revision(&self) -> Arc<str> {
        self.state().revision.clone()
    }

    /// The pieces that fit, best first; none if nothing does.
    pub fn find(&self, query: &Query<'_>) -> Result<Vec<Found>, LibraryError> {
        let state = self.state();
        let reader = Reader {
            words: &self.0.words,
            lexicon: &self.0.lexicon,
            vocabulary: &state.vocabulary,
            pieces: f64::from(state.pieces),
            trust: Trust::DEFAULT,
        };
        let asked = reader.read(query.text);
        let stems = asked.iter().flat_map(|word| &word.meanings).map(|meaning| meaning.stem.as_str());
        let mut candidates = state.database.with_any(stems, CANDIDATES_MAX)?;
        if let Some(own) = query.runbook {
            for piece in state.database.of_spec(own)? {
                if !candidates.iter().any(|other| other.id == piece.id) {
                    candidates.push(piece);
                }
            }
        }
        drop(state);
        let mut found = rank(&asked, candidates, query.runbook, &Weights::DEFAULT);
        found.truncate(query.limit);
        Ok(found)
    }

    /// The pieces of one runbook, in the page's order; none if there is no such runbook.
    pub fn sections(&self, spec: &str) -> Result<Vec<Excerpt>, LibraryError> {
        Ok(self.state().database.of_spec(spec)?.into_iter().map(|piece| piece.excerpt).collect())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // What a panic left is not used: a transaction that was not committed changes nothing.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn replace(
        &mut self,
        pages: &[(String, Vec<Excerpt>)],
        about: &[About],
        shared: &Shared,
    ) -> Result<usize, LibraryError> {
        let replaced = self.database.replace(pages, about, &shared.words).and_then(|changed| {
            self.load()?;
            Ok(changed)
        });
        match (replaced, &shared.config.database) {
            (Err(error), Some(path)) if error.is_damage() => {
                self.database = Database::anew(path)?;
                let changed = self.database.replace(pages, about, &shared.words)?;
                self.load()?;
                Ok(changed)
            }
            (replaced, _) => Ok(replaced?),
        }
    }

    /// Reads what is kept in memory.
    fn load(&mut self) -> Result<(), DatabaseError> {
        self.vocabulary = Vocabulary::new(self.database.stems()?);
        self.pieces = self.database.count()?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
