//! `agentic-ops silence add`.

use super::{Context, MANAGER};
use crate::api::{Agent, Finding, FindingStatus, Matcher, MatcherName, MatcherOp, Recurrence, Scenario, Silence};
use crate::cli::CliError;
use crate::commands::NewSilence;
use crate::domain::duration;
use crate::domain::names::is_object_name;
use crate::domain::refusal::Refusal;
use crate::domain::silence::{InputError, InputField, SilenceField, Subject, ValidatedSilence};
use crate::domain::texts::{self, SilenceArgument, refusals};
use crate::runtime::clock;
use crate::runtime::write::call;
use jiff::tz::TimeZone;
use jiff::{Timestamp, civil};
use kube::Api;
use kube::api::PostParams;
use kube::core::DeserializeGuard;
use serde::de::DeserializeOwned;
use std::time::Duration;

/// Digits of a name.
const NAME_DIGITS: usize = 10;

/// Options of `silence add`.
#[derive(Debug, clap::Args)]
pub struct AddArgs {
    /// Condition on scenario, check, key, agent or severity, such as scenario=proxmox.cluster, 'key=~11[0-9]', severity!=critical or
    /// 'agent!~pulso|trilho'; can be given several times, and all have to be met
    #[arg(long = "matcher", short, required = true, value_name = "NAME=VALUE")]
    matchers: Vec<String>,
    /// How long it lasts, from each start on, such as 2h, 1h30m or 2d
    #[arg(long = "for", value_name = "DURATION", required_unless_present = "until", conflicts_with = "until")]
    duration: Option<String>,
    /// End, such as 2026-01-31T18:00:00Z, or in the time zone AGENTIC_TIMEZONE 2026-01-31T18:00, or 08:00: the next one after the start
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Start, in the same formats [default: now]
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Cron expression of the starts of a Silence that recurs, such as '0 3 * * SUN'
    #[arg(long, value_name = "EXPRESSION", requires = "duration", conflicts_with = "until")]
    cron: Option<String>,
    /// Time zone of the cron expression [default: AGENTIC_TIMEZONE]
    #[arg(long, value_name = "ZONE", requires = "cron")]
    timezone: Option<String>,
    /// Why notices are held back
    #[arg(long)]
    reason: String,
    /// Name of the person who makes it
    #[arg(long, value_name = "NAME", env = "USER")]
    by: String,
}

impl Context {
    pub(super) async fn add(&self, args: AddArgs) -> Result<String, CliError> {
        let now = clock::now();
        let matchers = args.matchers.iter().map(|text| self.argument("--matcher", matcher(text)));
        let matchers = matchers.collect::<Result<Vec<Matcher>, _>>()?;
        let given = |flag: &str, text: Option<String>, after: Timestamp| {
            text.map(|text| self.argument(flag, time(&text, &self.zone, after))).transpose()
        };
        let starts_at = given("--from", args.from, now)?;
        let ends_at = given("--until", args.until, starts_at.unwrap_or(now))?;
        let duration = args.duration.map(|text| with_days(&text).unwrap_or(text));
        let (duration, recurrence) = match (duration, args.cron) {
            (Some(duration), Some(cron)) => (None, Some(Recurrence { cron, duration, timezone: args.timezone })),
            (duration, _) => (duration, None),
        };
        let new = NewSilence { matchers, starts_at, ends_at, duration, recurrence, reason: args.reason };
        let spec = new.spec(&args.by, &self.zone_name, now).map_err(|error| self.of_flag(&error))?;
        let id = uuid::Uuid::new_v4().simple().to_string();
        let silence = Silence::new(&format!("silence-{}", &id[..NAME_DIGITS]), spec);
        let params = PostParams { field_manager: Some(MANAGER.into()), ..Default::default() };
        let made = call(self.api::<Silence>().create(&params, &silence)).await.map_err(|error| self.failed(error))?;
        let absent = self.absent(&made.spec.matchers).await;
        Ok(self.made(&made, &absent, self.matching(&made).await))
    }

    /// What is said of the Scenarios and Agents that it names and that do not exist.
    async fn absent(&self, matchers: &[Matcher]) -> Vec<String> {
        let mut absent = Vec::new();
        for Matcher { name, value, .. } in matchers.iter().filter(|matcher| matcher.op == MatcherOp::Equal) {
            let (kind, found) = match name {
                MatcherName::Scenario => ("Scenario", exists(&self.api::<Scenario>(), value).await),
                MatcherName::Agent => ("Agent", exists(&self.api::<Agent>(), value).await),
                MatcherName::Check | MatcherName::Key | MatcherName::Severity => continue,
            };
            if found == Some(false) {
                absent.push(refusals::refusal(self.language, &Refusal::no_such(kind, value)));
            }
        }
        absent
    }

    /// What an option says; the error names it.
    fn argument<T>(&self, flag: &str, parsed: Result<T, SilenceArgument>) -> Result<T, CliError> {
        parsed
            .map_err(|error| CliError::Argument(format!("{flag}: {}", texts::silence_argument(self.language, &error))))
    }

    /// The error with the name of the option.
    fn of_flag(&self, error: &InputError) -> CliError {
        let flag = match error.field {
            InputField::Spec(SilenceField::EndsAt) => "--until",
            InputField::Spec(SilenceField::Duration) | InputField::Length => "--for",
            InputField::Spec(SilenceField::Cron) => "--cron",
            InputField::Spec(SilenceField::TimeZone) => "--timezone",
            InputField::Spec(SilenceField::Matchers | SilenceField::MatcherValue(_)) => "--matcher",
            InputField::Reason => "--reason",
        };
        CliError::Argument(format!("{flag}: {}", texts::silence_input(self.language, &self.zone, &error.problem)))
    }

    /// Open and acknowledged Findings that it matches; `None` where they cannot be read.
    async fn matching(&self, silence: &Silence) -> Option<usize> {
        let valid = ValidatedSilence::parse(&silence.spec, clock::now(), &self.zone_name).ok()?;
        let findings = call(self.api::<DeserializeGuard<Finding>>().list(&Default::default())).await.ok()?;
        let active = findings.items.into_iter().filter_map(|finding| finding.0.ok());
        let active = active.filter(|finding| finding.status.as_ref().is_some_and(FindingStatus::is_active));
        Some(active.filter(|finding| valid.matches(&Subject::of(finding))).count())
    }

    fn made(&self, silence: &Silence, absent: &[String], matching: Option<usize>) -> String {
        let name = silence.metadata.name.as_deref().unwrap_or_default();
        let created = silence.metadata.creation_timestamp.as_ref().map_or_else(clock::now, |at| at.0);
        let window = ValidatedSilence::parse(&silence.spec, created, &self.zone_name).ok();
        let window = window.map(|silence| silence.window(created));
        let from = window.and_then(|window| window.start).map(|at| self.shown(at)).unwrap_or_default();
        let until = window.and_then(|window| window.end).map(|at| self.shown(at));
        let cron = silence.spec.recurrence.as_ref().map(|recurrence| recurrence.cron.as_str());
        let first = texts::silence_made(self.language, name, &from, until.as_deref());
        let recurs = cron.map(|cron| texts::silence_recurs(self.language, name, cron));
        let matches = matching.map(|count| texts::silence_matches(self.language, count));
        let absent = absent.iter().cloned();
        std::iter::once(first).chain(recurs).chain(absent).chain(matches).collect::<Vec<_>>().join("\n")
    }
}

/// Whether there is an object of this name; `None` where it cannot be read.
async fn exists<K: Clone + DeserializeOwned + std::fmt::Debug>(api: &Api<K>, name: &str) -> Option<bool> {
    if !is_object_name(name) {
        return Some(false);
    }
    call(api.get_metadata_opt(name)).await.ok().map(|found| found.is_some())
}

/// `name=value`, `name!=value`, `name=~value` or `name!~value`; the value may be in double quotes.
fn matcher(text: &str) -> Result<Matcher, SilenceArgument> {
    let expected = || SilenceArgument::NotAMatcher { text: text.to_string() };
    let (name, rest) = text.split_at(text.find(['=', '!']).ok_or_else(expected)?);
    let of_op = |op: &MatcherOp| Some((*op, rest.strip_prefix(op.as_str())?));
    let (op, value) = MatcherOp::ALL.iter().find_map(of_op).ok_or_else(expected)?;
    // `==` is none of the conditions, and no name or severity begins so.
    if rest.starts_with("==") {
        return Err(expected());
    }
    let found = MatcherName::ALL.into_iter().find(|known| known.as_str() == name.trim());
    let unknown = || SilenceArgument::UnknownProperty {
        name: name.trim().to_string(),
        known: MatcherName::ALL.map(MatcherName::as_str).join(", "),
    };
    let name = found.ok_or_else(unknown)?;
    let value = value.trim();
    let unquoted = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
    Ok(Matcher { name, op, value: unquoted.unwrap_or(value).to_string() })
}

/// A time; one of day is the next one after `after`.
fn time(text: &str, zone: &TimeZone, after: Timestamp) -> Result<Timestamp, SilenceArgument> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    let of_day = || text.parse().ok().filter(|_| text.chars().all(|c| c.is_ascii_digit() || c == ':'));
    let local = || text.parse::<civil::DateTime>().ok()?.to_zoned(zone.clone()).ok().map(|local| local.timestamp());
    let at = of_day().and_then(|of_day| next(of_day, zone, after)).or_else(local);
    at.ok_or_else(|| SilenceArgument::NotATime { text: text.to_string() })
}

/// When it is this time of day the next time. Where the clocks go back it may be so twice a day, and where they go forward never.
fn next(of_day: civil::Time, zone: &TimeZone, after: Timestamp) -> Option<Timestamp> {
    let today = after.to_zoned(zone.clone()).date();
    let days = [Some(today), today.tomorrow().ok(), today.tomorrow().and_then(|day| day.tomorrow()).ok()];
    let of = |day: civil::Date| {
        let local = zone.to_ambiguous_zoned(day.to_datetime(of_day));
        [local.clone().earlier(), local.later()].into_iter().flatten().filter(|at| at.time() == of_day)
    };
    days.into_iter().flatten().flat_map(of).map(|at| at.timestamp()).find(|at| *at > after)
}

/// `2d` or `1d12h` as Go writes it; `None` where it has no days, or is no duration.
fn with_days(text: &str) -> Option<String> {
    let (days, rest) = text.split_once('d')?;
    let days = Duration::from_secs(days.parse::<u64>().ok()?.checked_mul(86_400)?);
    let rest = if rest.is_empty() { Duration::ZERO } else { duration::parse(rest).ok()? };
    days.checked_add(rest).map(duration::show)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_matcher_is_written_as_in_alertmanager() {
        for (text, expected) in [
            ("scenario=proxmox.cluster", "scenario = proxmox.cluster"),
            ("key=~11[0-9]", "key =~ 11[0-9]"),
            ("severity!=critical", "severity != critical"),
            ("agent!~a|b=c", "agent !~ a|b=c"),
            ("check = \"vm running\"", "check = vm running"),
            ("key=", "key = "),
        ] {
            let Matcher { name, op, value } = matcher(text).unwrap();
            assert_eq!(format!("{} {} {value}", name.as_str(), op.as_str()), expected);
        }
        for text in ["proxmox.cluster", "key!x", "scenario==proxmox.cluster", ""] {
            assert_eq!(matcher(text), Err(SilenceArgument::NotAMatcher { text: text.into() }));
        }
        let known = "scenario, check, key, agent, severity".to_string();
        assert_eq!(matcher("host =a"), Err(SilenceArgument::UnknownProperty { name: "host".into(), known }));
    }

    #[test]
    fn times_without_an_offset_are_those_of_the_time_zone() {
        let zone = TimeZone::get("America/Sao_Paulo").unwrap();
        let now = "2026-01-31T15:00:00Z".parse().unwrap();
        for (text, expected) in [
            ("2026-01-31T18:00:00Z", "2026-01-31T18:00:00Z"),
            ("2026-01-31T18:00:00+01:00", "2026-01-31T17:00:00Z"),
            ("2026-01-31T18:00", "2026-01-31T21:00:00Z"),
            ("2026-01-31 18:00:30", "2026-01-31T21:00:30Z"),
            ("18:00", "2026-01-31T21:00:00Z"),
            ("12:00", "2026-02-01T15:00:00Z"),
            ("08:30", "2026-02-01T11:30:00Z"),
        ] {
            assert_eq!(time(text, &zone, now).unwrap().to_string(), expected, "{text}");
        }
        for text in ["18h", "25:00", "8", "18:00-05:00", "9999-12-31T23:59"] {
            assert_eq!(time(text, &zone, now), Err(SilenceArgument::NotATime { text: text.into() }));
        }
    }

    #[test]
    fn a_time_of_day_is_the_next_one_also_where_the_clocks_change() {
        let zone = TimeZone::get("America/New_York").unwrap();
        for (text, after, expected) in [
            ("01:30", "2026-11-01T03:00:00Z", "2026-11-01T05:30:00Z"),
            ("01:30", "2026-11-01T05:45:00Z", "2026-11-01T06:30:00Z"),
            ("01:30", "2026-11-01T06:30:00Z", "2026-11-02T06:30:00Z"),
            ("02:30", "2026-03-08T06:59:00Z", "2026-03-09T06:30:00Z"),
            ("06:00", "2026-07-02T02:00:00Z", "2026-07-02T10:00:00Z"),
        ] {
            assert_eq!(
                time(text, &zone, after.parse().unwrap()).unwrap().to_string(),
                expected,
                "{text} after {after}"
            );
        }
    }

    #[test]
    fn days_are_hours() {
        for (text, expected) in [("2d", Some("48h")), ("1d12h", Some("36h")), ("2h", None), ("xd", None), ("1dx", None)]
        {
            assert_eq!(with_days(text).as_deref(), expected, "{text}");
        }
        assert_eq!(with_days("99999999999999999999d"), None);
    }
}
