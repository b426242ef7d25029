//! What the pages of Scenarios show of the past, or why they do not.

use crate::desk::panel::Panel;
use crate::domain::history::cells::Availability;
use crate::domain::history::maintenance;
use crate::domain::history::record::Record;
use crate::domain::texts::Language;
use crate::domain::texts::panel::board as said;
use crate::views::{HistoryQuery, NoHistory, ScenarioView};
use jiff::Timestamp;
use maud::{Markup, html};
use std::collections::HashMap;

/// Hours of the spans of which an availability is shown, besides the current one.
pub const SPANS: [i64; 3] = [24, 7 * 24, 30 * 24];
/// Below this share an availability is set bold.
const LOW: f64 = 0.99;

/// The past of several Scenarios, by their names.
pub struct Pasts {
    records: HashMap<String, Record>,
    pub missing: Option<NoHistory>,
}

impl Pasts {
    /// Reads it, and applies what people said was maintenance. Each has at most so many of its last readings.
    pub async fn read(panel: &Panel, names: Vec<String>, now: Timestamp, most: usize) -> Pasts {
        let read = match names.is_empty() {
            true => Ok(Vec::new()),
            false => panel.backend.history.records(HistoryQuery { scenarios: names.clone(), most, now }).await,
        };
        match read {
            Ok(records) => {
                let actions = panel.resources().reclassifications();
                let with_maintenance = |(name, mut record): (String, Record)| {
                    record.past.maintenance = maintenance::hours(actions.iter().map(|action| &**action), &name);
                    (name, record)
                };
                Pasts { records: names.into_iter().zip(records).map(with_maintenance).collect(), missing: None }
            }
            Err(why) => Pasts { records: HashMap::new(), missing: Some(why) },
        }
    }

    pub fn of(&self, name: &str) -> Option<&Record> {
        self.records.get(name)
    }
}

/// When a Scenario was read last: its status is written less often.
pub fn last_read(record: Option<&Record>, view: &ScenarioView) -> Option<Timestamp> {
    record.and_then(|record| record.last.last()).map(|reading| reading.at).max(view.last_run_at)
}

/// Says why there is no past, if there is none.
pub fn missing(language: Language, pasts: &Pasts) -> Markup {
    html! {
        @if let Some(why) = &pasts.missing {
            p class="board__gone" role="status" {
                @match why {
                    NoHistory::Off => { b { (said::no_history(language)) } " " (said::no_history_more(language)) }
                    NoHistory::Elsewhere { holder } => (said::elsewhere(language, holder.as_deref())),
                    NoHistory::Failed => (said::history_failed(language)),
                }
            }
        }
    }
}

/// A share in percent, and whether it is low.
pub fn availability(language: Language, of: Availability) -> (String, bool) {
    let ratio = of.ratio();
    (said::percent(language, ratio), ratio.is_some_and(|ratio| ratio < LOW))
}
