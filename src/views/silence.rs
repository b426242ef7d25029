//! Silences: the view, and the filter of lists.

use super::query::{Parameters, QueryError};
use super::shown::{line, text};
use crate::api::{Matcher, Silence};
use crate::domain::silence::ValidatedSilence;
use jiff::Timestamp;
use kube::ResourceExt as _;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

/// A Silence: which notices are held back, when, by whom and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SilenceView {
    /// Object name of the Silence.
    #[schema(example = "silence-0123456789")]
    pub id: String,
    /// Conditions that a Finding has to meet, all of them.
    pub matchers: Vec<MatcherView>,
    /// Start; of a recurring Silence the time before which no occurrence starts.
    #[schema(example = "2026-01-02T03:00:00Z")]
    pub starts_at: Timestamp,
    /// End; null where it recurs.
    #[schema(required, example = "2026-01-02T05:00:00Z")]
    pub ends_at: Option<Timestamp>,
    /// When it is active again and again; null where it has an end.
    #[schema(required)]
    pub recurrence: Option<RecurrenceView>,
    /// Person who made it.
    #[schema(example = "ana")]
    pub author: String,
    /// Why it was made.
    #[schema(example = "troca de disco")]
    pub reason: String,
    /// Whether it holds notices back now.
    #[schema(example = true)]
    pub active: bool,
    /// Number of Findings that it matches and that are open or acknowledged; 0 while it is not active.
    #[schema(example = 1)]
    pub holding: u32,
}

/// A condition on one property of a Finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct MatcherView {
    /// Property of the Finding: `scenario`, `check`, `key`, `agent` or `severity`.
    #[schema(example = "scenario")]
    pub name: &'static str,
    /// `=` or `!=` for a text, `=~` or `!~` for a regular expression (RE2) that has to match the whole property.
    #[schema(example = "=")]
    pub op: &'static str,
    /// Text or regular expression.
    #[schema(example = "proxmox.cluster")]
    pub value: String,
}

/// A time that recurs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RecurrenceView {
    /// Starts as a cron expression of five fields.
    #[schema(example = "0 3 * * SUN")]
    pub cron: String,
    /// How long it is active from each start.
    #[schema(example = "2h")]
    pub duration: String,
    /// Time zone of the cron expression; null for the one of AGENTIC_TIMEZONE.
    #[schema(required, example = "America/Sao_Paulo")]
    pub timezone: Option<String>,
}

impl SilenceView {
    /// The view of a Silence at `now`. `default_zone` is the time zone of a recurrence that names none.
    pub fn new(silence: &Silence, default_zone: &str, now: Timestamp) -> SilenceView {
        let created = silence.metadata.creation_timestamp.as_ref().map_or(now, |at| at.0);
        let active = is_active(silence, default_zone, now);
        let total = silence.status.as_ref().filter(|status| status.active).map_or(0, |status| status.holding_total);
        SilenceView {
            id: silence.name_any(),
            matchers: silence.spec.matchers.iter().map(MatcherView::new).collect(),
            starts_at: silence.spec.starts_at.as_ref().map_or(created, |at| at.0),
            ends_at: silence.spec.ends_at.as_ref().map(|at| at.0),
            recurrence: silence.spec.recurrence.as_ref().map(|recurrence| RecurrenceView {
                cron: line(&recurrence.cron),
                duration: line(&recurrence.duration),
                timezone: recurrence.timezone.as_deref().map(line),
            }),
            author: line(&silence.spec.author),
            reason: text(&silence.spec.reason),
            active,
            holding: if active { total } else { 0 },
        }
    }
}

/// Whether a Silence holds notices back at `now`, which one that is not valid never does.
pub(super) fn is_active(silence: &Silence, default_zone: &str, now: Timestamp) -> bool {
    let created = silence.metadata.creation_timestamp.as_ref().map_or(now, |at| at.0);
    ValidatedSilence::is_active_at(&silence.spec, created, default_zone, now)
}

impl MatcherView {
    fn new(matcher: &Matcher) -> MatcherView {
        MatcherView { name: matcher.name.as_str(), op: matcher.op.as_str(), value: line(&matcher.value) }
    }
}

/// Filter of a list of Silences.
#[derive(Clone, Debug, Default, PartialEq, Eq, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SilenceFilter {
    /// Whether to list those that hold notices back now, or the others; all by default.
    #[param(nullable = false)]
    pub active: Option<bool>,
}

impl SilenceFilter {
    /// Names of the parameters that [`SilenceFilter::parse`] reads.
    pub const PARAMETERS: [&'static str; 1] = ["active"];

    /// Reads the filter from query parameters; the error names the first invalid parameter.
    pub fn parse(parameters: &Parameters) -> Result<SilenceFilter, QueryError> {
        let active = match parameters.get("active").map(String::as_str) {
            None => None,
            Some("true") => Some(true),
            Some("false") => Some(false),
            Some(other) => return Err(QueryError::new("active", format!("{other:?} is not true or false"))),
        };
        Ok(SilenceFilter { active })
    }
}
