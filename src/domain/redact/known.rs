//! The secrets that the program knows, whichever Scenario uses them: one target may show what was sent to another one.

use super::needles::is_short;
use super::{Redactor, Secrets};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLock};

/// Most Secrets that are known.
const SOURCES_MAX: usize = 512;
/// All values together take at most this many bytes; a longer value counts less, since fewer parts of it are searched for.
const BYTES_MAX: usize = 64 << 10;
/// Longer values are searched for in fewer parts.
const LONG: usize = 256;

/// Where secret values come from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// The settings that the program was started with.
    Program,
    /// Files of the program.
    Files,
    /// The ConfigMap of settings: credentials in URLs.
    Settings,
    /// The Secret of this name.
    Secret(String),
}

/// The secrets that are known at present. Clones share them.
///
/// The search for them is prepared when it is needed after a change, not for each run and not for each of many changes. Values of 4 to 7 characters are redacted in the readings
/// of all Scenarios only where they have both letters and digits, since others are ordinary words and numbers.
#[derive(Clone)]
pub struct KnownSecrets {
    known: Arc<RwLock<Known>>,
    is_ordinary_setting: fn(&str) -> bool,
}

#[derive(Default)]
struct Known {
    by_source: BTreeMap<Source, BTreeSet<String>>,
    /// The values that are searched for.
    values: BTreeSet<String>,
    /// The search for them. `None` until it is prepared after a change; `Some(None)` where there is nothing to search for.
    prepared: Option<Option<Arc<Secrets>>>,
}

impl Default for KnownSecrets {
    fn default() -> KnownSecrets {
        KnownSecrets::new(|_| false)
    }
}

impl KnownSecrets {
    /// No secrets yet. `is_ordinary_setting` tells which keys of the Secret of settings are settings that are no credentials.
    pub fn new(is_ordinary_setting: fn(&str) -> bool) -> KnownSecrets {
        KnownSecrets { known: Arc::default(), is_ordinary_setting }
    }

    /// Whether a key of the Secret of settings is a setting that is no credential.
    pub fn is_ordinary_setting(&self, key: &str) -> bool {
        (self.is_ordinary_setting)(key)
    }

    /// Replaces what is known from a source. Returns whether all of it is redacted: there may be too much.
    pub fn set(&self, source: Source, values: impl IntoIterator<Item = String>) -> bool {
        let values: BTreeSet<String> = values.into_iter().filter_map(|value| secret_value(&value)).collect();
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if known.by_source.get(&source).map_or(values.is_empty(), |before| *before == values) {
            return values.is_subset(&known.values);
        }
        drop(known);
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if values.is_empty() {
            known.by_source.remove(&source);
        } else if known.by_source.len() < SOURCES_MAX || known.by_source.contains_key(&source) {
            known.by_source.insert(source, values.clone());
        } else {
            return false;
        }
        known.choose();
        values.is_subset(&known.values)
    }

    /// Redacts these, and those of one Scenario.
    pub fn redactor<'a>(&self, own: impl IntoIterator<Item = &'a str>) -> Redactor {
        self.prepared(|prepared, values| {
            let further = Secrets::of(own.into_iter().filter(|value| !values.contains(*value)));
            Redactor { sets: prepared.iter().cloned().chain(further).collect(), known: Some(self.clone()) }
        })
    }

    /// `text` without these secrets and without control characters.
    pub fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        Redactor { sets: Vec::new(), known: Some(self.clone()) }.redact(text)
    }

    pub(super) fn current(&self) -> Option<Arc<Secrets>> {
        self.prepared(|prepared, _| prepared.clone())
    }

    /// The search, prepared, and the values that are searched for.
    fn prepared<R>(&self, with: impl FnOnce(&Option<Arc<Secrets>>, &BTreeSet<String>) -> R) -> R {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(prepared) = &known.prepared {
            return with(prepared, &known.values);
        }
        drop(known);
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let Known { values, prepared, .. } = &mut *known;
        with(prepared.get_or_insert_with(|| Secrets::of(values.iter().map(String::as_str))), values)
    }
}

impl Known {
    /// Chooses as many values as fit, the program's own first.
    fn choose(&mut self) {
        let mut left = BYTES_MAX;
        let mut chosen = BTreeSet::new();
        for value in self.by_source.values().flatten() {
            let cost = if value.len() > LONG { value.len() / 8 } else { value.len() };
            if cost <= left && chosen.insert(value.clone()) {
                left -= cost;
            }
        }
        if self.values != chosen {
            (self.values, self.prepared) = (chosen, None);
        }
    }
}

/// A value as it is sent, where it is to be redacted in whatever is read.
fn secret_value(value: &str) -> Option<String> {
    let value = value.trim_end_matches(['\r', '\n']);
    // A certificate is not a secret.
    if value.trim_start().starts_with("-----BEGIN CERTIFICATE-----") {
        return None;
    }
    let is_ordinary = !value.contains(|c: char| c.is_ascii_digit()) || !value.contains(char::is_alphabetic);
    (!is_short(value) || !is_ordinary).then(|| value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_bounded() {
        let known = KnownSecrets::default();
        let set = |i: usize| known.set(Source::Secret(i.to_string()), [format!("secret-{i:06}")]);
        assert!((0..SOURCES_MAX).all(set));
        assert!(!set(SOURCES_MAX));
        assert!(set(0), "it is among them");
        assert!(known.set(Source::Secret("0".into()), []) && set(SOURCES_MAX), "one went");
    }

    fn values(values: &[&str]) -> Vec<String> {
        values.iter().map(|value| value.to_string()).collect()
    }

    #[test]
    fn what_is_known_is_redacted_whichever_scenario_uses_it() {
        let known = KnownSecrets::default();
        assert_eq!(known.redact("hunter22 and s3cr3t"), "hunter22 and s3cr3t");
        assert!(known.set(Source::Secret("a".into()), values(&["hunter22\n", "s3cr3t", "true", "8080", ""])));
        assert_eq!(known.redact("hunter22, s3cr3t, true, 8080"), "***, ***, true, 8080");
        let redactor = known.redactor(["true", "hunter22", "other-secret"]);
        assert_eq!(redactor.redact("hunter22, true, 8080 and other-secret"), "***, ***, 8080 and ***");
        assert!(known.set(Source::Secret("a".into()), []));
        assert_eq!(known.redact("hunter22"), "hunter22");
    }

    #[test]
    fn a_run_redacts_what_was_known_when_it_began_and_what_is_known_now() {
        let known = KnownSecrets::default();
        known.set(Source::Secret("a".into()), values(&["old-value-1"]));
        let redactor = known.redactor(["old-value-1"]);
        known.set(Source::Secret("a".into()), values(&["new-value-2"]));
        assert_eq!(redactor.redact("old-value-1 new-value-2"), "*** ***");
        assert_eq!(known.redact("old-value-1 new-value-2"), "old-value-1 ***");
    }

    #[test]
    fn the_search_is_prepared_once_for_each_change() {
        let known = KnownSecrets::default();
        known.set(Source::Program, values(&["hunter22"]));
        let prepared = known.current().unwrap();
        known.set(Source::Program, values(&["hunter22"]));
        assert!(Arc::ptr_eq(&prepared, &known.current().unwrap()));
        assert!(Arc::ptr_eq(&prepared, &known.redactor(["hunter22"]).sets[0]), "runs share it");
        assert_eq!(known.redactor(["hunter22"]).sets.len(), 1);
        known.set(Source::Settings, values(&["hunter23"]));
        assert!(!Arc::ptr_eq(&prepared, &known.current().unwrap()));
    }

    #[test]
    fn a_certificate_is_not_redacted_and_what_is_too_much_is_said() {
        let known = KnownSecrets::default();
        let pem = "-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUX\n-----END CERTIFICATE-----\n";
        assert!(known.set(Source::Secret("ca".into()), values(&[pem])));
        assert_eq!(known.redact(pem), pem);
        let many = (0..300).map(|i| format!("{i:0250}"));
        assert!(!known.set(Source::Secret("many".into()), many));
        assert!(!known.set(Source::Secret("many".into()), (0..300).map(|i| format!("{i:0250}"))), "it still is");
        assert!(known.set(Source::Program, values(&["hunter22"])), "the program's own come first");
        assert_eq!(known.redact("hunter22"), "***");
        let own = "z".repeat(200);
        assert_eq!(known.redactor([own.as_str()]).redact(&own), "***", "a Scenario's own are redacted all the same");
    }
}
