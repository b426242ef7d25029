//! The index of the runbooks: what is in it, and what fits a question.

mod vectors;

use super::database::{Database, DatabaseError, Piece, VectorModel};
use super::fusion::fused;
use super::lexicon::Lexicon;
use super::question::{Asked, Reader, Trust};
use super::ranking::{Found, Weights, rank, spread};
use super::tree::{TreeLimits, read_tree};
use super::vocabulary::Vocabulary;
use super::words::Words;
use crate::domain::runbooks::{About, Excerpt, pieces, short_hash};
use crate::domain::texts::RunbookProblem;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

/// Most pieces that are compared for one question.
const CANDIDATES_MAX: usize = 300;
/// Pieces whose vectors are nearest to that of a question, of which the places count.
const NEAREST_MAX: usize = 20;

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

/// The vector of a question.
#[derive(Clone, Debug, PartialEq)]
pub struct QueryVector {
    /// By which it was made. Only vectors of the same model are compared with it.
    pub model: VectorModel,
    pub numbers: Vec<f32>,
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
    /// Without it, words alone are compared.
    pub vector: Option<&'a QueryVector>,
}

/// The index. All calls block.
#[derive(Clone)]
pub struct Library(Arc<Shared>);

struct Shared {
    config: LibraryConfig,
    words: Words,
    lexicon: Lexicon,
    state: Mutex<State>,
    /// Apart from the state, which is locked while the index is written.
    revision: RwLock<Arc<str>>,
}

struct State {
    database: Database,
    vocabulary: Vocabulary,
    pieces: u32,
    /// Damage was found since the database was opened.
    is_damaged: bool,
    /// Hash over everything that was indexed last, with what Scenarios say; `None` if that may not be what is in the database.
    indexed: Option<String>,
}

impl Library {
    /// Opens the index. It is empty, or as it was left, until it is refreshed.
    pub fn open(config: LibraryConfig) -> Result<Library, LibraryError> {
        let database = Database::open(config.database.as_deref())?;
        let words = Words::default();
        let mut state =
            State { database, vocabulary: Vocabulary::default(), pieces: 0, is_damaged: false, indexed: None };
        match state.load() {
            Err(error) if error.is_damage() => {
                state.database.begin_anew()?;
                state.load()?;
            }
            loaded => loaded?,
        }
        let lexicon = Lexicon::new(&words);
        let revision = RwLock::new("".into());
        Ok(Library(Arc::new(Shared { config, words, lexicon, state: Mutex::new(state), revision })))
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
        if state.is_damaged || state.indexed.as_ref() != Some(&indexed) {
            state.indexed = None;
            changed = state.replace(&pages, &about, &self.0)?;
            state.indexed = Some(indexed);
            *self.0.revision.write().unwrap_or_else(PoisonError::into_inner) = revision.as_str().into();
        }
        Ok(Refreshed { revision, sections, changed, problems: tree.problems })
    }

    /// Hash over all pieces, 16 hexadecimal digits; empty before the first refresh. This does not block.
    pub fn revision(&self) -> Arc<str> {
        self.0.revision.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The pieces that fit, best first; none if nothing does, by their words: the nearest vector is always that of some piece.
    pub fn find(&self, query: &Query<'_>) -> Result<Vec<Found>, LibraryError> {
        let (asked, candidates, nearest) = self.with_database(|state| state.candidates(query, &self.0))?;
        let ranked = rank(&asked, candidates, query.runbook, &Weights::DEFAULT);
        let mut found = match ranked.found.is_empty() || nearest.is_empty() {
            true => ranked.found,
            false => fused(ranked.found, ranked.others, &nearest),
        };
        if query.runbook.is_none() {
            found = spread(found, Weights::DEFAULT.each_max);
        }
        found.truncate(query.limit);
        Ok(found)
    }

    /// The pieces that fit; where there are fewer than the limit, other pieces of the preferred runbook follow.
    pub fn find_and_fill(&self, query: &Query<'_>) -> Result<Vec<Excerpt>, LibraryError> {
        let mut all: Vec<Excerpt> = self.find(query)?.into_iter().map(|found| found.excerpt).collect();
        if let Some(runbook) = query.runbook.filter(|_| all.len() < query.limit) {
            let is_new = |piece: &Excerpt| !all.iter().any(|other| other.hash == piece.hash);
            let own: Vec<_> =
                self.sections(runbook)?.into_iter().filter(is_new).take(query.limit - all.len()).collect();
            all.extend(own);
        }
        Ok(all)
    }

    /// The pieces of one runbook, in the page's order; none if there is no such runbook.
    pub fn sections(&self, spec: &str) -> Result<Vec<Excerpt>, LibraryError> {
        let pieces = self.with_database(|state| state.database.of_spec(spec))?;
        Ok(pieces.into_iter().map(|piece| piece.excerpt).collect())
    }

    /// Works with the database, and remembers damage, for which the next refresh makes it anew.
    fn with_database<T>(&self, work: impl FnOnce(&mut State) -> Result<T, DatabaseError>) -> Result<T, LibraryError> {
        let mut state = self.state();
        let done = work(&mut state);
        state.is_damaged |= done.as_ref().is_err_and(DatabaseError::is_damage);
        Ok(done?)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // What a panic left is not used: a transaction that was not committed changes nothing.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a question says, the pieces that are compared with it, and those with the nearest vectors.
type Candidates = (Vec<Asked>, Vec<Piece>, Vec<(String, f32)>);

impl State {
    fn candidates(&self, query: &Query<'_>, shared: &Shared) -> Result<Candidates, DatabaseError> {
        let reader = Reader {
            words: &shared.words,
            lexicon: &shared.lexicon,
            vocabulary: &self.vocabulary,
            pieces: f64::from(self.pieces),
            trust: Trust::DEFAULT,
        };
        let asked = reader.read(query.text);
        let stems = asked.iter().flat_map(|word| &word.meanings).map(|meaning| meaning.stem.as_str());
        let mut candidates = self.database.with_any(stems, CANDIDATES_MAX)?;
        let nearest = match query.vector {
            Some(vector) => self.database.nearest(&vector.model, &vector.numbers, NEAREST_MAX)?,
            None => Vec::new(),
        };
        let hashes: Vec<&str> = nearest.iter().map(|(hash, _)| hash.as_str()).collect();
        let near = if hashes.is_empty() { Vec::new() } else { self.database.with_hashes(&hashes)? };
        let own = query.runbook.map(|own| self.database.of_spec(own)).transpose()?.unwrap_or_default();
        for piece in own.into_iter().chain(near) {
            if !candidates.iter().any(|other| other.id == piece.id) {
                candidates.push(piece);
            }
        }
        Ok((asked, candidates, nearest))
    }

    fn replace(
        &mut self,
        pages: &[(String, Vec<Excerpt>)],
        about: &[About],
        shared: &Shared,
    ) -> Result<usize, DatabaseError> {
        if !self.is_damaged {
            match self.write(pages, about, shared) {
                Err(error) if error.is_damage() => {}
                written => return written,
            }
        }
        tracing::error!("the index of the runbooks is damaged: it is made anew");
        self.is_damaged = true;
        self.database.begin_anew()?;
        self.is_damaged = false;
        self.write(pages, about, shared)
    }

    fn write(
        &mut self,
        pages: &[(String, Vec<Excerpt>)],
        about: &[About],
        shared: &Shared,
    ) -> Result<usize, DatabaseError> {
        let changed = self.database.replace(pages, about, &shared.words)?;
        self.load()?;
        Ok(changed)
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
