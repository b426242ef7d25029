//! The Scenarios to choose from, of which there may be thousands: they are written once, until one is made, renamed or deleted.

use crate::domain::cached_scenario::CachedScenario;
use crate::runtime::objects::Objects;
use maud::{Markup, html};
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::sync::{Arc, Mutex, PoisonError};

/// Names of Scenarios, each with its title and name, in the order of these.
pub type Named = Vec<(String, String)>;

/// The options that were written last.
#[derive(Default)]
pub struct ScenarioOptions {
    hash: RandomState,
    last: Mutex<Option<Written>>,
}

struct Written {
    /// The revision of the Scenarios that was seen last.
    revision: Option<u64>,
    /// Of all names and titles: a Scenario changes more often than these do.
    mark: (usize, u64),
    options: Arc<Options>,
}

/// The Scenarios to choose from.
pub struct Options {
    pub named: Named,
    /// An `option` for each, of which none is selected.
    pub markup: Markup,
}

impl ScenarioOptions {
    pub fn get(&self, scenarios: &Objects<CachedScenario>) -> Arc<Options> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        // Read before the names: these may only be newer.
        let revision = scenarios.revision();
        if let Some(written) = last.as_ref().filter(|written| revision.is_some() && written.revision == revision) {
            return written.options.clone();
        }
        let mark = self.mark(scenarios);
        let options = match last.take().filter(|written| written.mark == mark) {
            Some(written) => written.options,
            None => Arc::new(Options::of(scenarios)),
        };
        *last = Some(Written { revision, mark, options: options.clone() });
        options
    }

    /// How many there are, and a sum over their names and titles, whatever their order.
    fn mark(&self, scenarios: &Objects<CachedScenario>) -> (usize, u64) {
        let (mut count, mut sum) = (0, 0_u64);
        scenarios.for_each(|scenario| {
            count += 1;
            sum = sum.wrapping_add(self.hash.hash_one((&scenario.name, &scenario.spec.title)));
        });
        (count, sum)
    }
}

impl Options {
    fn of(scenarios: &Objects<CachedScenario>) -> Options {
        let mut named = Named::new();
        scenarios.for_each(|scenario| {
            let name = scenario.name.to_string();
            let words = format!("{} · {name}", scenario.spec.title);
            named.push((name, words));
        });
        named.sort_by_cached_key(|(_, word)| word.to_lowercase());
        let markup = html! { @for (value, word) in &named { option value=(value) { (word) } } };
        Options { named, markup }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::objects::{Writer, store};
    use kube::runtime::watcher::Event;
    use serde_json::{Value, json};

    fn scenario(name: &str, title: &str, status: Value) -> CachedScenario {
        let object = json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Scenario", "metadata": {"name": name},
            "spec": {"title": title, "agent": "a", "severity": "low", "probes": []}, "status": status});
        serde_json::from_value(object).unwrap()
    }

    #[test]
    fn options_are_written_again_when_a_name_or_a_title_changes() {
        let (scenarios, mut writer): (Objects<CachedScenario>, Writer<CachedScenario>) = store();
        let options = ScenarioOptions::default();
        let mut before = options.get(&scenarios);
        let failing = json!({"health": "failing"});
        for (event, is_written, expected) in [
            (Event::Apply(scenario("b", "Loja <1>", json!(null))), true, vec!["Loja <1> · b"]),
            (Event::Apply(scenario("a", "banco", json!(null))), true, vec!["banco · a", "Loja <1> · b"]),
            (Event::Apply(scenario("a", "banco", failing.clone())), false, vec!["banco · a", "Loja <1> · b"]),
            (Event::Apply(scenario("a", "Mapa", failing)), true, vec!["Loja <1> · b", "Mapa · a"]),
            (Event::Delete(scenario("b", "", json!(null))), true, vec!["Mapa · a"]),
        ] {
            writer.apply(event);
            let after = options.get(&scenarios);
            let words: Vec<_> = after.named.iter().map(|(_, word)| word.as_str()).collect();
            assert_eq!((words, !Arc::ptr_eq(&before, &after)), (expected, is_written));
            assert_eq!(after.markup.0.matches("<option value=").count(), after.named.len());
            assert!(!after.markup.0.contains("<1>") && Arc::ptr_eq(&after, &options.get(&scenarios)));
            before = after;
        }
    }
}
