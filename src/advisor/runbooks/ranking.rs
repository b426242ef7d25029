//! Which pieces fit a question, in which order, and whether any does.

use super::database::Piece;
use super::question::{Asked, MatchedWord};
use crate::domain::runbooks::Excerpt;
use std::collections::{BTreeMap, HashMap};

/// Length of a typical piece, in words.
const TYPICAL_LENGTH: f64 = 110.0;

/// Columns of a piece, and the one of the headings.
const COLUMNS: usize = 4;
const HEADING: usize = 1;

/// A piece that fits a question.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    pub excerpt: Excerpt,
    /// Comparable within one question.
    pub score: f64,
    pub why: Why,
}

/// How near the vector of a piece is to that of a question.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Near {
    /// From 1.
    pub place: u32,
    /// Cosine of the angle between them.
    pub likeness: f32,
}

/// Why a piece was found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Why {
    /// Place by its words, from 1; `None` where they alone do not find it.
    pub place: Option<u32>,
    /// `None` where no vectors are compared, or its own is not among the nearest.
    pub near: Option<Near>,
    /// Words of the question that the piece has.
    pub matched: Vec<MatchedWord>,
    /// Words of the question that its runbook does not have.
    pub missing: Vec<String>,
    /// Share of what the question says that the piece has, and that its runbook has.
    pub piece_share: f64,
    pub runbook_share: f64,
    /// Share that is in the title of the runbook, or in what Scenarios say.
    pub subject_share: f64,
    /// How much the question says.
    pub said: f64,
    /// Whether it is of the Scenario's own runbook.
    pub own: bool,
}

/// How much each kind of evidence counts.
#[derive(Clone, Copy, Debug)]
pub struct Weights {
    /// Of the columns of a piece: text, headings, title, what Scenarios say.
    pub columns: [f64; COLUMNS],
    /// The same, as to whether the piece has a word at all.
    pub presence: [f64; COLUMNS],
    /// How fast repeated words count less, and how much long pieces count less.
    pub saturation: f64,
    pub length: f64,
    /// Share of the score that is for the whole runbook.
    pub runbook: f64,
    /// Share of the score that is for what is in the title, or in what Scenarios say.
    pub subject: f64,
    /// Most pieces of one runbook before those of others.
    pub each_max: usize,
    /// Factor of the score of the Scenario's own runbook.
    pub own: f64,
    /// Least share of what the question says that the piece must have.
    pub piece_share_min: f64,
    /// Least support: the share of what the question says that the runbook has, more for what is in its title or in what Scenarios
    /// say, and more for questions of which much is found, since long ones say much that no runbook has.
    pub support_min: f64,
    pub subject_support: f64,
    pub amount_support: f64,
    /// Least number of words of the question that the piece must have, unless it has fewer.
    pub matched_min: usize,
    /// Least share of what the question says that the Scenario's own runbook must have.
    pub own_share_min: f64,
    /// Least score, as a share of the best one's.
    pub score_min: f64,
}

impl Weights {
    pub const DEFAULT: Weights = Weights {
        columns: [1.0, 2.5, 1.5, 0.5],
        presence: [1.0, 1.0, 0.9, 0.8],
        saturation: 1.2,
        length: 0.3,
        runbook: 0.5,
        subject: 0.5,
        each_max: 2,
        own: 1.5,
        piece_share_min: 0.3,
        support_min: 0.9,
        subject_support: 0.3,
        amount_support: 0.02,
        matched_min: 2,
        own_share_min: 0.3,
        score_min: 0.5,
    };
}

impl Weights {
    /// Whether enough of the question is in the runbook, and in the piece.
    fn is_supported(&self, why: &Why, asked: &[Asked]) -> bool {
        let found = why.runbook_share * why.said;
        let support = why.runbook_share + self.subject_support * why.subject_share + self.amount_support * found;
        let words = asked.iter().filter(|word| !word.intent).count();
        let matched = why.matched.len();
        support >= self.support_min && why.piece_share >= self.piece_share_min && matched >= self.matched_min.min(words)
    }
}

/// What one piece has of one word.
#[derive(Clone, Copy, Default)]
struct Evidence {
    /// Up to 1: how sure it is that the piece has the word.
    presence: f64,
    score: f64,
    /// The same as `presence`, in the title and in what Scenarios say.
    subject: f64,
}

/// Pieces by their words.
#[derive(Debug, Default)]
pub struct Ranked {
    /// Those that fit, best first.
    pub found: Vec<Found>,
    pub others: Vec<Found>,
}

/// Which pieces fit, by their words. `own` is the Scenario's own runbook.
pub fn rank(asked: &[Asked], pieces: Vec<Piece>, own: Option<&str>, weights: &Weights) -> Ranked {
    let total: f64 = asked.iter().filter(|word| !word.intent).map(|word| word.weight).sum();
    if total <= 0.0 {
        return Ranked::default();
    }
    let counts = pieces.iter().map(Counts::of);
    let evidence: Vec<Vec<_>> =
        counts.map(|counts| asked.iter().map(|word| evidence(word, &counts, weights)).collect()).collect();
    // The best evidence of each word in each runbook.
    let mut runbooks: BTreeMap<&str, Vec<Evidence>> = BTreeMap::new();
    for (piece, found) in pieces.iter().zip(&evidence) {
        let best = runbooks.entry(&piece.excerpt.spec).or_insert_with(|| vec![Evidence::default(); asked.len()]);
        for (best, (evidence, _)) in best.iter_mut().zip(found) {
            best.presence = best.presence.max(evidence.presence);
            best.score = best.score.max(evidence.score);
            best.subject = best.subject.max(evidence.subject);
        }
    }
    let sum = |values: &mut dyn Iterator<Item = f64>| -> f64 {
        asked.iter().zip(values).map(|(word, value)| word.weight * value).sum::<f64>() / total
    };
    let share = |values: &mut dyn Iterator<Item = f64>| -> f64 {
        let said = asked.iter().zip(values).filter(|(word, _)| !word.intent);
        said.map(|(word, value)| word.weight * value).sum::<f64>() / total
    };
    let (mut found, mut others) = (Vec::new(), Vec::new());
    for (piece, evidence) in pieces.iter().zip(&evidence) {
        let Some(runbook) = runbooks.get(piece.excerpt.spec.as_str()) else { continue };
        let is_own = own == Some(piece.excerpt.spec.as_str());
        let why = Why {
            place: None,
            near: None,
            matched: evidence
                .iter()
                .zip(asked)
                .filter(|(_, word)| !word.intent)
                .filter_map(|((_, matched), _)| matched.clone())
                .collect(),
            missing: asked
                .iter()
                .zip(runbook)
                .filter(|(w, e)| e.presence == 0.0 && !w.intent)
                .map(|(w, _)| w.word.clone())
                .collect(),
            piece_share: share(&mut evidence.iter().map(|(e, _)| e.presence)),
            runbook_share: share(&mut runbook.iter().map(|e| e.presence)),
            own: is_own,
            subject_share: share(&mut runbook.iter().map(|e| e.subject)),
            said: total,
        };
        let of_piece = sum(&mut evidence.iter().map(|(e, _)| e.score));
        let of_runbook = sum(&mut runbook.iter().map(|e| e.score));
        let score = of_piece + weights.runbook * of_runbook + weights.subject * why.subject_share;
        let fits = match is_own {
            true => why.runbook_share >= weights.own_share_min && !why.matched.is_empty(),
            false => weights.is_supported(&why, asked),
        };
        let score = if is_own { score * weights.own } else { score };
        let of = if fits { &mut found } else { &mut others };
        of.push(Found { excerpt: piece.excerpt.clone(), score, why });
    }
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    let best = found.first().map_or(0.0, |best| best.score);
    let enough = found.iter().take_while(|found| found.score >= best * weights.score_min).count();
    others.extend(found.split_off(enough));
    for (place, found) in (1..).zip(&mut found) {
        found.why.place = Some(place);
    }
    Ranked { found, others }
}

/// Pieces in their order, but those of one runbook after its first few behind the others: a question may be about any of them.
pub fn spread(found: Vec<Found>, each_max: usize) -> Vec<Found> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let (first, rest): (Vec<_>, Vec<_>) = found.into_iter().partition(|found| {
        let count = counts.entry(found.excerpt.spec.clone()).or_default();
        *count += 1;
        *count <= each_max
    });
    first.into_iter().chain(rest).collect()
}

/// How often each stem stands in the columns of a piece.
struct Counts<'a> {
    stems: HashMap<&'a str, [u16; COLUMNS]>,
    /// Length of the text, in words.
    length: u16,
}

impl<'a> Counts<'a> {
    fn of(piece: &'a Piece) -> Counts<'a> {
        let mut stems: HashMap<&str, [u16; COLUMNS]> = HashMap::new();
        let mut length: u16 = 0;
        for (at, column) in piece.words.iter().enumerate() {
            for stem in column.split(' ').filter(|stem| !stem.is_empty()) {
                if let Some(count) = stems.entry(stem).or_default().get_mut(at) {
                    *count = count.saturating_add(1);
                }
                length = length.saturating_add(u16::from(at == 0));
            }
        }
        Counts { stems, length }
    }
}

/// What a piece has of a word: the surest of its meanings.
fn evidence(asked: &Asked, counts: &Counts<'_>, weights: &Weights) -> (Evidence, Option<MatchedWord>) {
    let norm = 1.0 - weights.length + weights.length * f64::from(counts.length) / TYPICAL_LENGTH;
    let mut best = Evidence::default();
    let mut matched = None;
    for meaning in &asked.meanings {
        let Some(counts) = counts.stems.get(meaning.stem.as_str()) else { continue };
        let (mut presence, mut frequency) = (0.0_f64, 0.0);
        for (at, ((times, weight), here)) in counts.iter().zip(weights.columns).zip(weights.presence).enumerate() {
            if *times == 0 || asked.intent && at != HEADING {
                continue;
            }
            presence = presence.max(here);
            frequency += weight * f64::from(*times);
            if at > HEADING {
                best.subject = best.subject.max(meaning.presence);
            }
        }
        let score = meaning.weight * frequency * (weights.saturation + 1.0) / (frequency + weights.saturation * norm);
        if meaning.presence * presence > best.presence {
            best.presence = meaning.presence * presence;
            matched = Some(MatchedWord { word: asked.word.clone(), stem: meaning.stem.clone(), by: meaning.by });
        }
        best.score = best.score.max(score);
    }
    (best, matched)
}
