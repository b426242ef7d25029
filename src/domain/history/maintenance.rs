//! Failures of the past that people say were maintenance. Each time is an Action: the history is the same after its file is deleted.

use super::reading::Hour;
use super::{DAYS, RAW_HOURS};
use crate::api::Action;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// Verb of the Actions.
pub const VERB: &str = "reclassify";
/// Parameters: the first hour, and the end, which is no part of it.
pub const FROM: &str = "from";
/// See [`FROM`].
pub const UNTIL: &str = "until";
/// Parameter: [`MAINTENANCE`], or [`DOWNTIME`] where that is taken back.
pub const AS: &str = "as";
/// Parameter: why.
pub const REASON: &str = "reason";
/// Parameter: when it was said, to the microsecond.
pub const AT: &str = "at";
pub const MAINTENANCE: &str = "maintenance";
pub const DOWNTIME: &str = "downtime";
/// Hours of one Action at most.
const HOURS_MAX: i64 = DAYS * RAW_HOURS;

/// Whole hours of which people say what they were.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reclassified {
    pub from: Hour,
    /// The first hour that is no part of it.
    pub until: Hour,
    pub is_maintenance: bool,
    pub reason: String,
}

/// Why hours can't be reclassified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invalid {
    /// The end is not after the start.
    Empty,
    /// It is not over.
    NotOver,
    /// It begins before all history.
    TooOld,
}

impl Reclassified {
    /// The whole hours that a time touches.
    pub fn new(
        from: Timestamp,
        until: Timestamp,
        is_maintenance: bool,
        reason: &str,
        now: Timestamp,
    ) -> Result<Reclassified, Invalid> {
        if until <= from {
            return Err(Invalid::Empty);
        }
        if until > now {
            return Err(Invalid::NotOver);
        }
        let (first, current) = (Hour::of(from), Hour::of(now));
        if first < current.plus(-HOURS_MAX) {
            return Err(Invalid::TooOld);
        }
        let end = Hour::of(until);
        let end = if end.start() == until { end } else { end.plus(1) };
        Ok(Reclassified { from: first, until: end, is_maintenance, reason: reason.to_string() })
    }

    /// The parameters of its Action.
    pub fn parameters(&self, at: Timestamp) -> BTreeMap<String, String> {
        let word = if self.is_maintenance { MAINTENANCE } else { DOWNTIME };
        let all = [
            (FROM, self.from.start().to_string()),
            (UNTIL, self.until.start().to_string()),
            (AS, word.to_string()),
            (REASON, self.reason.clone()),
            (AT, at.to_string()),
        ];
        all.into_iter().map(|(name, value)| (name.to_string(), value)).collect()
    }

    /// What an Action says of a Scenario; `None` where it is another one, or has not been carried out.
    pub fn of(action: &Action, scenario: &str) -> Option<(Timestamp, Reclassified)> {
        let spec = &action.spec;
        let subject = &spec.subject;
        if spec.verb != VERB || subject.kind != "Scenario" || subject.name != scenario || !action.is_of_facade() {
            return None;
        }
        if action.status.as_ref()?.result.as_deref()? != "done" {
            return None;
        }
        let parameter = |name: &str| spec.parameters.get(name).map(String::as_str);
        let time = |name: &str| parameter(name)?.parse::<Timestamp>().ok();
        let is_maintenance = match parameter(AS)? {
            MAINTENANCE => true,
            DOWNTIME => false,
            _ => return None,
        };
        let reason = parameter(REASON).unwrap_or_default().to_string();
        let (from, until) = (Hour::of(time(FROM)?), Hour::of(time(UNTIL)?));
        let created = action.metadata.creation_timestamp.as_ref().map(|at| at.0);
        let at = time(AT).or(created)?;
        Some((at, Reclassified { from, until, is_maintenance, reason }))
    }
}

/// The hours that are maintenance; of several Actions on one hour the last counts.
pub fn hours<'a>(actions: impl IntoIterator<Item = &'a Action>, scenario: &str) -> BTreeSet<Hour> {
    let mut all: Vec<(Timestamp, Reclassified)> =
        actions.into_iter().filter_map(|action| Reclassified::of(action, scenario)).collect();
    all.sort_by_key(|(at, _)| *at);
    let mut hours = BTreeSet::new();
    for (_, one) in all {
        let end = one.until.min(one.from.plus(HOURS_MAX));
        for hour in (one.from.0..end.0).map(Hour) {
            if one.is_maintenance {
                hours.insert(hour);
            } else {
                hours.remove(&hour);
            }
        }
    }
    hours
}
