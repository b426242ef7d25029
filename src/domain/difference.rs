//! What differs between two excerpts of a reading, field by field.
//!
//! An excerpt has one field per line, and JSON as one value per line; its middle may be left out. A field is compared where both excerpts
//! have it. Items of lists are told by their `id` or the like, since lists change their order.

mod fields;
#[cfg(test)]
mod tests;

use fields::{Field, fields};

/// Fields of the running of a probe, which differ each time.
const OF_THE_RUN: &[&str] = &["latencyMs"];
/// Fields that are open at most; the others are folded.
const OPEN_MAX: usize = 8;
/// Fields at most.
const FIELDS_MAX: usize = 200;

/// A field with its value in the last good reading and in the failing one; `None` where the excerpt does not have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared {
    pub path: String,
    pub good: Option<String>,
    pub now: Option<String>,
}

/// What differs, most telling first, and what does not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    pub changed: Vec<Compared>,
    /// Changed, too, but one of many.
    pub also_changed: Vec<Compared>,
    pub equal: Vec<Compared>,
}

/// What tells which fields matter.
#[derive(Clone, Copy, Debug, Default)]
pub struct Focus<'a> {
    /// The expression that was false: fields that it names come first.
    pub expression: &'a str,
    /// The item of the list that it is about: fields of other items are folded.
    pub key: &'a str,
    /// What the check shows of a failure, as JSON: the item itself.
    pub show: &'a str,
}

/// Compares two excerpts of one probe.
pub fn difference(good: Option<&str>, now: Option<&str>, focus: Focus<'_>) -> Difference {
    let (good, mut now) = (good.map(fields).unwrap_or_default(), now.map(fields).unwrap_or_default());
    add_shown(&mut now, &good, focus);
    let is_about = |field: &Field| focus.key.is_empty() || field.is_of(focus.key) || !field.is_of_item();
    let mut compared: Vec<(Compared, bool)> = Vec::new();
    let mut matched = vec![false; good.len()];
    for field in &now {
        let found = good.iter().position(|other| field.is_same_as(other)).filter(|at| !matched[*at]);
        if let Some(at) = found {
            matched[at] = true;
        }
        let before = found.map(|at| good[at].value.clone());
        compared
            .push((Compared { path: field.shown(), good: before, now: Some(field.value.clone()) }, is_about(field)));
    }
    for (field, _) in good.iter().zip(&matched).filter(|(_, is_matched)| !**is_matched) {
        compared.push((Compared { path: field.shown(), good: Some(field.value.clone()), now: None }, is_about(field)));
    }
    compared.truncate(FIELDS_MAX);
    sorted(compared, focus)
}

/// What the check shows, where that is an object: fields of the item that the excerpt may have left out. Only those say something that were
/// read before, too, or that the expression asks for.
fn add_shown(now: &mut Vec<Field>, good: &[Field], focus: Focus<'_>) {
    for field in fields::of_object(focus.show) {
        let is_told =
            names(focus.expression, last_of(&field.shown())) || good.iter().any(|other| field.is_same_as(other));
        if is_told && !now.iter().any(|known| known.is_same_as(&field)) {
            now.push(field);
        }
    }
}

/// The last name of a path.
fn last_of(path: &str) -> &str {
    path.rsplit(['.', ' ']).next().unwrap_or_default()
}

fn sorted(compared: Vec<(Compared, bool)>, focus: Focus<'_>) -> Difference {
    let mut all = Difference::default();
    let mut ranked: Vec<(u8, Compared)> = Vec::new();
    for (field, is_about) in compared {
        let is_named = names(focus.expression, last_of(&field.path));
        let is_of_run = OF_THE_RUN.contains(&field.path.as_str());
        match (&field.good, &field.now) {
            (Some(good), Some(now)) if good == now => all.equal.push(field),
            (Some(_), Some(_)) if is_of_run || !is_about => all.also_changed.push(field),
            (Some(good), Some(now)) => {
                let is_number = good.parse::<f64>().is_ok() && now.parse::<f64>().is_ok();
                ranked.push((
                    if is_named {
                        0
                    } else if is_number {
                        2
                    } else {
                        1
                    },
                    field,
                ));
            }
            // What one of them left out says something only where the expression asks for it, or the whole reading is another one.
            (_, now) if now.as_deref() == Some(focus.key) => all.also_changed.push(field),
            _ if is_named && is_about || field.path == "detail" => ranked.push((0, field)),
            _ => all.also_changed.push(field),
        }
    }
    ranked.sort_by_key(|(rank, _)| *rank);
    let mut ranked = ranked.into_iter().map(|(_, field)| field);
    all.changed = ranked.by_ref().take(OPEN_MAX).collect();
    let rest: Vec<_> = ranked.collect();
    all.also_changed.splice(0..0, rest);
    all
}

/// Whether an expression has a name as a word.
fn names(expression: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    !name.is_empty() && expression.split(|c| !is_part(c)).any(|word| word == name)
}
