//! `agentic-ops silence list`.

use super::Context;
use crate::api::Silence;
use crate::cli::CliError;
use crate::domain::printable::printable;
use crate::domain::silence::ValidatedSilence;
use crate::domain::texts;
use crate::runtime::clock;
use crate::runtime::write::call;
use jiff::Timestamp;
use kube::ResourceExt as _;
use kube::core::DeserializeGuard;

/// Columns of the list.
const COLUMNS: usize = 8;

/// Options of `silence list`.
#[derive(Debug, clap::Args)]
pub struct ListArgs {
    /// Only those that hold notices back now
    #[arg(long)]
    active: bool,
}

impl Context {
    pub(super) async fn list(&self, args: &ListArgs) -> Result<String, CliError> {
        let now = clock::now();
        let silences = call(self.api::<DeserializeGuard<Silence>>().list(&Default::default())).await;
        let silences =
            silences.map_err(|error| self.failed(error))?.items.into_iter().filter_map(|silence| silence.0.ok());
        let rows: Vec<_> = silences.filter_map(|silence| self.row(&silence, args.active, now)).collect();
        if rows.is_empty() {
            return Ok(texts::no_silence(self.language));
        }
        let header = texts::silence_columns(self.language).map(String::from);
        Ok(aligned(&[vec![header], rows].concat()))
    }

    /// The cells of one Silence; `None` where it is not to be listed.
    fn row(&self, silence: &Silence, only_active: bool, now: Timestamp) -> Option<[String; COLUMNS]> {
        let created = silence.metadata.creation_timestamp.as_ref().map_or(now, |at| at.0);
        let valid = ValidatedSilence::parse(&silence.spec, created, &self.zone_name).ok();
        let window = valid.map(|valid| valid.window(now));
        let active = window.is_some_and(|window| window.active);
        if only_active && !active {
            return None;
        }
        let status = silence.status.as_ref();
        let shown = |at: Option<Timestamp>| at.map_or_else(|| "-".into(), |at| self.shown(at));
        let total = status.filter(|status| active && status.active).map_or(0, |status| status.holding_total);
        let matchers: Vec<_> = silence.spec.matchers.iter().map(ToString::to_string).collect();
        let end = window.and_then(|window| window.end).or(silence.spec.ends_at.as_ref().map(|at| at.0));
        let start = window.and_then(|window| window.start);
        let start = start.or(silence.spec.starts_at.as_ref().map(|at| at.0)).or(end.map(|_| created));
        // What is wrong with it stands where its reason would be.
        let wrong = status.and_then(|status| status.message.clone());
        let reason = wrong.unwrap_or_else(|| silence.spec.reason.clone());
        let cells = [
            silence.name_any(),
            texts::yes_or_no(self.language, active).into(),
            total.to_string(),
            matchers.join(", "),
            shown(start),
            shown(end),
            silence.spec.author.clone(),
            reason,
        ];
        Some(cells.map(|cell| printable(&cell).replace(['\n', '\t'], " ")))
    }
}

/// Rows in columns, without spaces at the ends of lines.
fn aligned(rows: &[[String; COLUMNS]]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..COLUMNS).map(width).collect();
    let line = |row: &[String; COLUMNS]| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_string()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}
