//! Silences by when they hold notices back: now, next, or no more.

use super::order::Key;
use super::order::created_at;
use super::{Page, PageRequest, Resources, SilenceView};
use crate::api::Silence;
use crate::domain::silence::ValidatedSilence;
use jiff::Timestamp;
use std::sync::Arc;

/// A Silence with the time in which it is active, and what it holds back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandingSilence {
    pub silence: SilenceView,
    pub standing: SilenceStanding,
    /// Start of the current time, else of the next one; `None` where there is none.
    pub start: Option<Timestamp>,
    /// End of that time; `None` also where occurrences follow each other without a gap.
    pub end: Option<Timestamp>,
    /// Names of the Findings whose notices it holds back, the most severe first; the first of them.
    pub holding: Vec<String>,
    /// What is wrong with it, so that it holds nothing back.
    pub problem: Option<String>,
}

/// When a Silence holds notices back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SilenceStanding {
    Active,
    /// It will be active later, or again.
    Next,
    /// It is over, or not valid.
    Past,
}

impl Resources {
    /// The first Silences that are active or will be: active ones before the others, and what ends or begins first before what does later.
    /// With the number of all.
    pub fn standing_silences(&self, now: Timestamp, most: usize) -> (usize, Vec<StandingSilence>) {
        let all = self.silences.state();
        let mut standing: Vec<_> = all.iter().map(|silence| self.standing_silence(silence, now)).collect();
        standing.retain(|one| one.standing != SilenceStanding::Past);
        let total = standing.len();
        standing.sort_by_cached_key(|one| {
            let at = if one.standing == SilenceStanding::Active { one.end } else { one.start };
            (one.standing, at.unwrap_or(Timestamp::MAX), one.silence.id.clone())
        });
        standing.truncate(most);
        (total, standing)
    }

    /// One page of the Silences that are over or not valid, newest first.
    pub fn past_silences(&self, now: Timestamp, page: &PageRequest) -> Page<StandingSilence> {
        let all = self.silences.state();
        let past = all.into_iter().filter(|silence| self.standing(silence, now).0 == SilenceStanding::Past);
        let past: Vec<Arc<Silence>> = past.collect();
        Page::new(
            page,
            past,
            |silence| Key::newest_first(created_at(silence)),
            |silence| self.standing_silence(silence, now),
        )
    }

    fn standing(&self, silence: &Silence, now: Timestamp) -> (SilenceStanding, Option<Timestamp>, Option<Timestamp>) {
        let created = created_at(silence).unwrap_or(now);
        let Ok(valid) = ValidatedSilence::parse(&silence.spec, created, &self.time_zone) else {
            return (SilenceStanding::Past, None, None);
        };
        let window = valid.window(now);
        match (window.active, window.start) {
            (true, start) => (SilenceStanding::Active, start, window.end),
            (false, Some(start)) => (SilenceStanding::Next, Some(start), window.end),
            (false, None) => (SilenceStanding::Past, None, valid.final_end()),
        }
    }

    fn standing_silence(&self, silence: &Silence, now: Timestamp) -> StandingSilence {
        let (standing, start, end) = self.standing(silence, now);
        let status = silence.status.as_ref();
        let holding = status.filter(|status| status.active && standing == SilenceStanding::Active);
        StandingSilence {
            silence: self.silence_view(silence, now),
            standing,
            start,
            end,
            holding: holding.map(|status| status.holding.clone()).unwrap_or_default(),
            problem: status.and_then(|status| status.message.clone()),
        }
    }
}
