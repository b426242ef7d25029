//! What a check shows, as people read it: what the check reads comes first, and times are in their zone.

use super::{Style, worded};
use crate::domain::clip;
use crate::domain::texts::{conversation as texts, notices};
use jiff::Timestamp;
use std::collections::BTreeSet;

/// Most lines of what a check shows, and the longest.
const LINES_MAX: usize = 24;
const LINE_MAX: usize = 240;
/// Most fields of an object that the check does not read.
const OTHER_FIELDS_MAX: usize = 6;
/// Unix times, in seconds, from 2001 on.
const UNIX_MIN: i64 = 1_000_000_000;
const UNIX_MAX: i64 = 4_102_444_800;

/// One field, item or line each. `expression` is that of the check.
pub fn lines(style: &Style, show: &str, expression: Option<&str>) -> Vec<String> {
    let lines = match worded::entries(style.language, show) {
        Some(fields) if show.trim_start().starts_with('{') => by_use(style, fields, expression.unwrap_or_default()),
        Some(entries) => bounded(style, entries, LINES_MAX),
        None => {
            let lines = show.lines().map(str::trim).filter(|line| !line.is_empty());
            bounded(style, lines.map(|line| worded::in_words(style.language, line)).collect(), LINES_MAX)
        }
    };
    lines.iter().map(|line| clip::chars(&in_zone(style, line), LINE_MAX)).collect()
}

/// The fields that the expression reads, then a few others.
fn by_use(style: &Style, fields: Vec<String>, expression: &str) -> Vec<String> {
    let read = fields_read(expression);
    let is_read = |field: &String| field.split_once(':').is_some_and(|(name, _)| read.contains(name));
    let (mut read, others): (Vec<String>, Vec<String>) = fields.into_iter().partition(is_read);
    // Where none of them is known to matter, all are of equal interest.
    let room = if read.is_empty() { LINES_MAX } else { OTHER_FIELDS_MAX };
    read.extend(bounded(style, others, room));
    bounded(style, read, LINES_MAX + 1)
}

/// The names after a dot or in an index that are no functions: `status` and `up` in `v.status == 1 && v["up"]`.
fn fields_read(expression: &str) -> BTreeSet<&str> {
    let is_inside = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let starts = expression.match_indices(['.', '"', '\'']).map(|(at, c)| at + c.len());
    let name = |start: usize| {
        let rest = expression.get(start..)?;
        let rest = rest.strip_prefix('?').unwrap_or(rest);
        let end = rest.find(|c: char| !is_inside(c)).unwrap_or(rest.len());
        let (name, after) = rest.split_at_checked(end)?;
        (!name.is_empty() && !after.starts_with('(')).then_some(name)
    };
    starts.filter_map(name).collect()
}

fn bounded(style: &Style, mut lines: Vec<String>, max: usize) -> Vec<String> {
    let left = lines.len().saturating_sub(max);
    lines.truncate(max);
    if left > 0 {
        lines.push(texts::more_values(style.language, left));
    }
    lines
}

/// `text` with each time in it in the zone of the reader: those of RFC 3339, and Unix seconds in a field that is named like a time.
pub fn in_zone(style: &Style, text: &str) -> String {
    let moment = |at: Timestamp| notices::moment_of_zone(style.language, at, &style.zone);
    if let Some((name, value)) = text.split_once(": ")
        && let Some(at) = unix(name, value)
    {
        return format!("{name}: {}", moment(at));
    }
    let word = |word: &str| {
        let bare = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        // A date alone, or a number, is none.
        match bare.parse::<Timestamp>() {
            Ok(at) if bare.contains('T') && !bare.is_empty() => word.replacen(bare, &moment(at), 1),
            _ => word.to_string(),
        }
    };
    text.split_inclusive(' ').map(word).collect()
}

fn unix(name: &str, value: &str) -> Option<Timestamp> {
    let name = name.to_ascii_lowercase();
    let is_of_time = ["_at", "_on", "time", "timestamp", "date", "since", "touched", "received", "created", "updated"];
    // A duration in seconds is no time.
    if name.contains("uptime") || !is_of_time.iter().any(|end| name.ends_with(end)) {
        return None;
    }
    let seconds = value.parse().ok().filter(|seconds| (UNIX_MIN..=UNIX_MAX).contains(seconds))?;
    Timestamp::from_second(seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::texts::Language;
    use jiff::tz::TimeZone;

    fn style() -> Style {
        Style { language: Language::English, zone: TimeZone::get("America/Sao_Paulo").unwrap() }
    }

    #[test]
    fn the_fields_that_the_check_reads_come_first_and_few_others_follow() {
        let show = r#"{"cpu":0,"disk":0,"diskread":0,"id":"qemu/112","maxcpu":4,"maxdisk":1,"maxmem":2,"mem":0,"name":"wizard",
            "node":"pve","status":"stopped","template":0,"type":"qemu","uptime":1000000001,"vmid":112}"#;
        let expression = r#"probes.vms.json.data.exists(v, string(v.vmid) == item && v.status == "running")"#;
        assert_eq!(
            lines(&style(), show, Some(expression)),
            [
                "status: stopped",
                "vmid: 112",
                "cpu: 0",
                "disk: 0",
                "diskread: 0",
                "id: qemu/112",
                "maxcpu: 4",
                "maxdisk: 1",
                "and 7 more values",
            ]
        );
        let many =
            format!("{{{},\"status\":1}}", (0..40).map(|n| format!("\"f{n}\":{n}")).collect::<Vec<_>>().join(","));
        assert_eq!(lines(&style(), &many, Some("v[\"status\"] == 0"))[0], "status: 1");
        assert_eq!(lines(&style(), &many, None).len(), LINES_MAX + 1);
        assert_eq!(lines(&style(), r#"[{"a":1},{"b":2}]"#, Some("x.b")), ["(a: 1)", "(b: 2)"]);
    }

    #[test]
    fn times_are_in_the_zone_of_the_reader() {
        for (text, shown) in [
            ("last_sent_at: 2026-11-26T13:08:00Z", "last_sent_at: 2026-11-26 10:08 -03"),
            ("last_sent_at: 1795698480", "last_sent_at: 2026-11-26 10:08 -03"),
            ("3: without progress since 2026-11-26T13:08:00Z", "3: without progress since 2026-11-26 10:08 -03"),
            ("w-1 (2026-11-26T13:08:00.5+00:00), w-2", "w-1 (2026-11-26 10:08 -03), w-2"),
            ("uptime: 1795698480", "uptime: 1795698480"),
            ("maxdisk: 1795698480", "maxdisk: 1795698480"),
            ("created_at: 12", "created_at: 12"),
            ("on 2026-11-26", "on 2026-11-26"),
        ] {
            assert_eq!(in_zone(&style(), text), shown);
        }
    }
}
