//! All Silences together: which of them are active, and which of those are about a Finding.

use super::error::SilenceError;
use super::matcher::Subject;
use super::validated::ValidatedSilence;
use crate::api::{Silence, SilenceSpec};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A Silence that was parsed, or what is wrong with it.
type Parsed = Result<Arc<ValidatedSilence>, Arc<[SilenceError]>>;

/// Silences by name, each parsed once for each spec.
#[derive(Clone, Debug, Default)]
pub struct ParsedSilences {
    by_name: BTreeMap<String, (Version, Parsed)>,
}

/// What a Silence was parsed from.
#[derive(Clone, Debug, PartialEq)]
struct Version {
    spec: SilenceSpec,
    created: Timestamp,
}

impl ParsedSilences {
    /// Takes these Silences, and forgets all others. `default_zone` is the time zone of a recurrence that names none, always the
    /// same one.
    pub fn refresh<'a>(&mut self, silences: impl IntoIterator<Item = (&'a str, &'a Silence)>, default_zone: &str) {
        let mut before = std::mem::take(&mut self.by_name);
        for (name, silence) in silences {
            let created = silence.metadata.creation_timestamp.as_ref().map_or(Timestamp::UNIX_EPOCH, |at| at.0);
            let known = before.remove(name);
            let parsed = known.filter(|(version, _)| version.created == created && version.spec == silence.spec);
            let parsed = parsed.unwrap_or_else(|| {
                let parsed = ValidatedSilence::parse(&silence.spec, created, default_zone);
                (Version { spec: silence.spec.clone(), created }, parsed.map(Arc::new).map_err(Arc::from))
            });
            self.by_name.insert(name.to_string(), parsed);
        }
    }

    /// The Silence of this name, or what is wrong with it; `None` where it is not known.
    pub fn get(&self, name: &str) -> Option<Result<&ValidatedSilence, &[SilenceError]>> {
        let (_, parsed) = self.by_name.get(name)?;
        Some(parsed.as_deref().map_err(|errors| &**errors))
    }

    /// Those that are active at `now` and about this, by name.
    pub fn silencing(&self, subject: &Subject<'_>, now: Timestamp) -> Vec<SilencedBy> {
        let silencing = self.by_name.iter().filter_map(|(name, (version, parsed))| {
            let silence = parsed.as_ref().ok().filter(|silence| silence.is_active(now) && silence.matches(subject))?;
            let (author, reason) = (version.spec.author.clone(), version.spec.reason.clone());
            Some(SilencedBy { name: name.clone(), author, reason, until: silence.window(now).end })
        });
        silencing.collect()
    }

    /// Those that are active at `now`.
    pub fn active(&self, now: Timestamp) -> ActiveSilences {
        let valid = self.by_name.iter().filter_map(|(name, (_, parsed))| {
            let silence = parsed.as_ref().ok()?.clone();
            Some(Named { name: name.clone(), is_active: silence.is_active(now), silence })
        });
        ActiveSilences { valid: valid.collect() }
    }
}

/// An active Silence about something, as people are told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SilencedBy {
    /// Object name.
    pub name: String,
    pub author: String,
    pub reason: String,
    /// The end of the time in which it is active; `None` where occurrences follow each other without a gap.
    pub until: Option<Timestamp>,
}

/// The Silences that hold notices back at one time. A Silence that is not valid is never one of them.
#[derive(Clone, Debug, Default)]
pub struct ActiveSilences {
    valid: Vec<Named>,
}

#[derive(Clone, Debug)]
struct Named {
    name: String,
    silence: Arc<ValidatedSilence>,
    is_active: bool,
}

impl ActiveSilences {
    /// Of these Silences those that are active at `now`. Parses all of them: [`ParsedSilences`] keeps them parsed.
    pub fn at<'a>(
        silences: impl IntoIterator<Item = (&'a str, &'a Silence)>,
        default_zone: &str,
        now: Timestamp,
    ) -> ActiveSilences {
        let mut parsed = ParsedSilences::default();
        parsed.refresh(silences, default_zone);
        parsed.active(now)
    }

    /// The names of those that are active and about a Finding, sorted.
    pub fn matching(&self, subject: &Subject<'_>) -> Vec<&str> {
        let matching = self.valid.iter().filter(|named| named.is_active && named.silence.matches(subject));
        matching.map(|named| named.name.as_str()).collect()
    }

    /// The first time after `now` at which one of them becomes active or ends; `None` where none does. Between `now` and then the same
    /// ones are active.
    pub fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        self.valid.iter().filter_map(|named| named.silence.next_change(now)).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn silence(name: &str, matcher: [&str; 3], times: Value) -> Silence {
        let [property, op, value] = matcher;
        let mut spec =
            json!({"matchers": [{"name": property, "op": op, "value": value}], "author": "ana", "reason": "r"});
        json_patch::merge(&mut spec, &times);
        let metadata = json!({"name": name, "creationTimestamp": "2026-01-01T00:00:00Z"});
        let object =
            json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Silence", "metadata": metadata, "spec": spec});
        serde_json::from_value(object).unwrap()
    }

    fn named(silences: &[Silence]) -> impl Iterator<Item = (&str, &Silence)> {
        silences.iter().map(|silence| (silence.metadata.name.as_deref().unwrap(), silence))
    }

    fn all() -> Vec<Silence> {
        vec![
            silence("b-hour", ["scenario", "=", "shop"], json!({"endsAt": "2026-01-01T01:00:00Z"})),
            silence(
                "a-daily",
                ["key", "=~", "1.*"],
                json!({"recurrence": {"cron": "30 0 * * *", "duration": "1h", "timezone": "UTC"}}),
            ),
            silence(
                "c-later",
                ["scenario", "=", "shop"],
                json!({"startsAt": "2026-01-02T00:00:00Z", "endsAt": "2026-01-03T00:00:00Z"}),
            ),
            silence("d-wrong", ["scenario", "=~", "("], json!({"endsAt": "2027-01-01T00:00:00Z"})),
        ]
    }

    #[test]
    fn the_names_of_those_that_are_active_and_match_are_given() {
        let all = all();
        let subject = Subject { scenario: "shop", key: "112", ..Subject::default() };
        for (now, expected, next) in [
            ("2026-01-01T00:00:00Z", vec!["b-hour"], "2026-01-01T00:30:00Z"),
            ("2026-01-01T00:30:00Z", vec!["a-daily", "b-hour"], "2026-01-01T01:00:00Z"),
            ("2026-01-01T01:00:00Z", vec!["a-daily"], "2026-01-01T01:30:00Z"),
            ("2026-01-01T02:00:00Z", vec![], "2026-01-02T00:00:00Z"),
            ("2026-01-02T00:30:00Z", vec!["a-daily", "c-later"], "2026-01-02T01:30:00Z"),
        ] {
            let active = ActiveSilences::at(named(&all), "UTC", at(now));
            assert_eq!(active.matching(&subject), expected, "{now}");
            assert_eq!(active.next_change(at(now)), Some(at(next)), "{now}");
        }
        let active = ActiveSilences::at(named(&all), "UTC", at("2026-01-01T00:30:00Z"));
        assert_eq!(active.matching(&Subject { key: "", ..subject }), ["b-hour"]);
        assert_eq!(active.matching(&Subject { scenario: "desk", ..subject }), ["a-daily"]);
    }

    #[test]
    fn what_silences_something_is_told_with_its_end() {
        let (all, mut parsed) = (all(), ParsedSilences::default());
        parsed.refresh(named(&all), "UTC");
        let subject = Subject { scenario: "shop", key: "112", ..Subject::default() };
        let told = parsed.silencing(&subject, at("2026-01-01T00:30:00Z"));
        let seen: Vec<_> = told.iter().map(|by| (by.name.as_str(), by.until)).collect();
        assert_eq!(seen, [("a-daily", Some(at("2026-01-01T01:30:00Z"))), ("b-hour", Some(at("2026-01-01T01:00:00Z")))]);
        assert_eq!((told[0].author.as_str(), told[0].reason.as_str()), ("ana", "r"));
        assert_eq!(
            parsed.silencing(&Subject { scenario: "desk", ..Subject::default() }, at("2026-01-01T00:30:00Z")),
            []
        );
    }

    #[test]
    fn a_silence_is_parsed_again_only_when_it_was_changed() {
        let mut all = all();
        let mut parsed = ParsedSilences::default();
        parsed.refresh(named(&all), "UTC");
        let of = |parsed: &ParsedSilences, name: &str| parsed.by_name[name].1.clone().unwrap();
        let (hour, daily) = (of(&parsed, "b-hour"), of(&parsed, "a-daily"));
        assert!(parsed.get("d-wrong").unwrap().is_err() && parsed.get("none").is_none());
        all[0].spec.ends_at = all[2].spec.ends_at.clone();
        all.truncate(2);
        parsed.refresh(named(&all), "UTC");
        assert!(!Arc::ptr_eq(&of(&parsed, "b-hour"), &hour) && Arc::ptr_eq(&of(&parsed, "a-daily"), &daily));
        assert!(parsed.get("c-later").is_none());
        assert!(parsed.get("b-hour").unwrap().unwrap().is_active(at("2026-01-02T12:00:00Z")));
    }
}
