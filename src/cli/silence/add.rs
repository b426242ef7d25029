//! `agentic-ops silence add`.

use super::{Context, MANAGER};
use crate::api::{Finding, FindingStatus, Matcher, MatcherName, MatcherOp, Recurrence, Silence};
use crate::cli::CliError;
use crate::commands::{CommandError, NewSilence};
use crate::domain::silence::{Subject, ValidatedSilence};
use crate::domain::texts;
use crate::runtime::clock;
use crate::runtime::write::call;
use jiff::tz::TimeZone;
use jiff::{Timestamp, civil};
use kube::api::PostParams;
use kube::core::DeserializeGuard;

/// Digits of a name.
const NAME_DIGITS: usize = 10;

/// Options of `silence add`.
#[derive(Debug, clap::Args)]
pub struct AddArgs {
    /// Condition on scenario, check, key, agent or severity, such as scenario=proxmox.cluster, 'key=~11[0-9]', severity!=critical or
    /// 'agent!~pulso|trilho'; can be given several times, and all have to be met
    #[arg(long = "matcher", short, required = true, value_parser = matcher, value_name = "NAME=VALUE")]
    matchers: Vec<Matcher>,
    /// How long it lasts, from each start on, such as 2h or 1h30m
    #[arg(long = "for", value_name = "DURATION", required_unless_present = "until", conflicts_with = "until")]
    duration: Option<String>,
    /// End, such as 2026-01-31T18:00:00Z, or 2026-01-31T18:00 in the time zone AGENTIC_TIMEZONE
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Start, in the same formats [default: now]
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Cron expression of the starts of a Silence that recurs, such as '0 3 * * SUN'
    #[arg(long, value_name = "EXPRESSION", requires = "duration")]
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
        let time = |flag: &str, text: Option<String>| text.map(|text| time(flag, &text, &self.zone)).transpose();
        let (starts_at, ends_at) = (time("--from", args.from)?, time("--until", args.until)?);
        let (duration, recurrence) = match (args.duration, args.cron) {
            (Some(duration), Some(cron)) => (None, Some(Recurrence { cron, duration, timezone: args.timezone })),
            (duration, _) => (duration, None),
        };
        let new = NewSilence { matchers: args.matchers, starts_at, ends_at, duration, recurrence, reason: args.reason };
        let spec = new.spec(&args.by, &self.zone_name, now).map_err(of_flag)?;
        let id = uuid::Uuid::new_v4().simple().to_string();
        let silence = Silence::new(&format!("silence-{}", &id[..NAME_DIGITS]), spec);
        let params = PostParams { field_manager: Some(MANAGER.into()), ..Default::default() };
        let made = call(self.api::<Silence>().create(&params, &silence)).await?;
        Ok(self.made(&made, self.matching(&made).await))
    }

    /// Open and acknowledged Findings that it matches; `None` where they cannot be read.
    async fn matching(&self, silence: &Silence) -> Option<usize> {
        let valid = ValidatedSilence::parse(&silence.spec, clock::now(), &self.zone_name).ok()?;
        let findings = call(self.api::<DeserializeGuard<Finding>>().list(&Default::default())).await.ok()?;
        let active = findings.items.into_iter().filter_map(|finding| finding.0.ok());
        let active = active.filter(|finding| finding.status.as_ref().is_some_and(FindingStatus::is_active));
        Some(active.filter(|finding| valid.matches(&Subject::of(finding))).count())
    }

    fn made(&self, silence: &Silence, matching: Option<usize>) -> String {
        let name = silence.metadata.name.as_deref().unwrap_or_default();
        let created = silence.metadata.creation_timestamp.as_ref().map_or_else(clock::now, |at| at.0);
        let window = ValidatedSilence::parse(&silence.spec, created, &self.zone_name).ok();
        let window = window.map(|silence| silence.window(created));
        let from = window.and_then(|window| window.start).map(|at| self.shown(at)).unwrap_or_default();
        let until = window.and_then(|window| window.end).map(|at| self.shown(at));
        let first = texts::silence_made(self.language, name, &from, until.as_deref());
        match matching {
            Some(count) => format!("{first}\n{}", texts::silence_matches(self.language, count)),
            None => first,
        }
    }
}

/// `name=value`, `name!=value`, `name=~value` or `name!~value`; the value may be in double quotes.
fn matcher(text: &str) -> Result<Matcher, String> {
    let expected = || "should be such as scenario=proxmox.cluster, with one of =, !=, =~, !~".to_string();
    let (name, rest) = text.split_at(text.find(['=', '!']).ok_or_else(expected)?);
    let of_op = |op: &MatcherOp| Some((*op, rest.strip_prefix(op.as_str())?));
    let (op, value) = MatcherOp::ALL.iter().find_map(of_op).ok_or_else(expected)?;
    let known = || MatcherName::ALL.map(MatcherName::as_str).join(", ");
    let found = MatcherName::ALL.into_iter().find(|known| known.as_str() == name.trim());
    let name = found.ok_or_else(|| format!("{:?} is not one of {}", name.trim(), known()))?;
    let value = value.trim();
    let unquoted = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
    Ok(Matcher { name, op, value: unquoted.unwrap_or(value).to_string() })
}

fn time(flag: &str, text: &str, zone: &TimeZone) -> Result<Timestamp, CliError> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    let local = text.parse::<civil::DateTime>().ok().and_then(|local| local.to_zoned(zone.clone()).ok());
    let expected =
        || format!("{flag}: {text:?} is not a time: use a format such as 2026-01-31T18:00 or 2026-01-31T18:00:00Z");
    local.map(|at| at.timestamp()).ok_or_else(|| CliError::Argument(expected()))
}

/// The error with the name of the option.
fn of_flag(error: CommandError) -> CliError {
    let CommandError::Invalid { field, message } = error else { return CliError::Argument(error.to_string()) };
    let flag = match field.as_str() {
        "ends_at" => "--until",
        "duration" | "recurrence.duration" => "--for",
        "recurrence.cron" => "--cron",
        "recurrence.timezone" => "--timezone",
        "reason" => "--reason",
        _ => "--matcher",
    };
    CliError::Argument(format!("{flag}: {message}"))
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
        for (text, part) in
            [("proxmox.cluster", "should be such as"), ("key!x", "should be such as"), ("host=a", "scenario, check")]
        {
            let error = matcher(text).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn times_without_an_offset_are_those_of_the_time_zone() {
        let zone = TimeZone::get("America/Sao_Paulo").unwrap();
        for (text, expected) in [
            ("2026-01-31T18:00:00Z", "2026-01-31T18:00:00Z"),
            ("2026-01-31T18:00:00+01:00", "2026-01-31T17:00:00Z"),
            ("2026-01-31T18:00", "2026-01-31T21:00:00Z"),
            ("2026-01-31 18:00:30", "2026-01-31T21:00:30Z"),
        ] {
            assert_eq!(time("--until", text, &zone).unwrap().to_string(), expected, "{text}");
        }
        let error = time("--until", "18h", &zone).unwrap_err().to_string();
        assert!(error.starts_with("--until: \"18h\" is not a time"), "{error}");
    }
}
