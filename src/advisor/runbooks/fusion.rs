//! One order of two: the pieces by their words, and by their vectors.

use super::ranking::{Found, Near};
use std::collections::HashMap;

/// Added to each place, so that the first ones of an order do not outweigh all of the other.
const FLATTENING: f64 = 60.0;

/// Orders pieces by the sum of the reciprocals of their places: among `found`, by their words and best first; among `nearest`, the hashes
/// of pieces with their likeness to the question, the nearest first; and those of the Scenario's own runbook also among themselves.
/// `others` are pieces that their words alone do not find, of which those in `nearest` are added.
pub fn fused(found: Vec<Found>, others: Vec<Found>, nearest: &[(String, f32)]) -> Vec<Found> {
    let near: HashMap<&str, Near> = (1..)
        .zip(nearest)
        .map(|(place, (hash, likeness))| (hash.as_str(), Near { place, likeness: *likeness }))
        .collect();
    let of = |piece: &Found| near.get(piece.excerpt.hash.as_str()).copied();
    let mut all: Vec<Found> = found;
    all.extend(others.into_iter().filter(|piece| of(piece).is_some()));
    for piece in &mut all {
        piece.why.near = of(piece);
        piece.score =
            [piece.why.place, piece.why.near.map(|near| near.place)].into_iter().flatten().map(reciprocal).sum();
    }
    sort(&mut all);
    for (place, piece) in (1..).zip(all.iter_mut().filter(|piece| piece.why.own)) {
        piece.score += reciprocal(place);
    }
    sort(&mut all);
    all
}

fn reciprocal(place: u32) -> f64 {
    1.0 / (FLATTENING + f64::from(place))
}

fn sort(pieces: &mut [Found]) {
    let place = |piece: &Found| piece.why.place.unwrap_or(u32::MAX);
    pieces.sort_by(|one, other| {
        other
            .score
            .total_cmp(&one.score)
            .then_with(|| place(one).cmp(&place(other)))
            .then_with(|| one.excerpt.hash.cmp(&other.excerpt.hash))
    });
}

#[cfg(test)]
mod tests {
    use super::super::ranking::Why;
    use super::*;
    use crate::domain::runbooks::Excerpt;

    fn piece(name: &str, place: Option<u32>, own: bool) -> Found {
        let mut excerpt = Excerpt::new(name.into(), Vec::new(), String::new());
        excerpt.hash = name.into();
        Found { excerpt, score: 9.0, why: Why { place, own, ..Why::default() } }
    }

    /// By their words `a`, `b` and `c` are found in this order, and `x` and `y` are not; `own` is of the own runbook.
    fn order(nearest: &[&str], own: &str) -> Vec<String> {
        let found = (1..).zip(["a", "b", "c"]).map(|(place, name)| piece(name, Some(place), name == own)).collect();
        let others = ["x", "y"].map(|name| piece(name, None, name == own)).into();
        let nearest: Vec<_> = nearest.iter().map(|name| (name.to_string(), 0.5)).collect();
        fused(found, others, &nearest).into_iter().map(|piece| piece.excerpt.hash).collect()
    }

    #[test]
    fn what_both_find_comes_first() {
        assert_eq!(order(&[], ""), ["a", "b", "c"]);
        assert_eq!(order(&["c", "x"], ""), ["c", "a", "b", "x"]);
        assert_eq!(order(&["x", "y", "b"], ""), ["b", "a", "x", "y", "c"]);
        assert_eq!(order(&["gone", "a"], ""), ["a", "b", "c"]);
    }

    #[test]
    fn the_own_runbook_is_preferred() {
        assert_eq!(order(&["a"], "c"), ["a", "c", "b"]);
        assert_eq!(order(&["x", "y"], "y"), ["y", "a", "x", "b", "c"]);
    }

    #[test]
    fn why_tells_both_places() {
        let found = fused(vec![piece("a", Some(1), false)], vec![piece("x", None, false)], &[("x".into(), 0.75)]);
        let why: Vec<_> = found.iter().map(|found| (found.why.place, found.why.near)).collect();
        assert_eq!(why, [(Some(1), None), (None, Some(Near { place: 1, likeness: 0.75 }))]);
    }
}
