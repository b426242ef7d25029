//! Durations in the format of Go: `300ms`, `10s`, `5m`, `1h30m`.

use std::time::Duration;

/// A text that is not a duration. Its `Display` is the English message, for the command line.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0:?} is not a duration: use a format such as 300ms, 10s, 5m or 1h30m")]
pub struct DurationError(pub String);

/// Parses a positive duration; the units are ms, s, m and h, and each number may have a fraction.
pub fn parse(text: &str) -> Result<Duration, DurationError> {
    let wrong = || DurationError(text.to_string());
    let mut rest = text;
    let mut total = 0.0_f64;
    if rest.is_empty() {
        return Err(wrong());
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(wrong)?;
        let number: f64 = rest[..digits].parse().map_err(|_| wrong())?;
        rest = &rest[digits..];
        let unit_len = rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len());
        let scale = match &rest[..unit_len] {
            "ms" => 0.001,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            _ => return Err(wrong()),
        };
        total += number * scale;
        rest = &rest[unit_len..];
    }
    Duration::try_from_secs_f64(total).map_err(|_| wrong())
}

/// Formats a duration as Go does: `300ms`, `10s`, `1h30m`.
pub fn show(duration: Duration) -> String {
    let millis = duration.as_millis();
    let (hours, minutes, seconds) = (millis / 3_600_000, millis / 60_000 % 60, millis / 1000 % 60);
    let mut out = String::new();
    for (number, unit) in [(hours, "h"), (minutes, "m"), (seconds, "s"), (millis % 1000, "ms")] {
        if number > 0 {
            out.push_str(&format!("{number}{unit}"));
        }
    }
    if out.is_empty() { "0s".to_string() } else { out }
}

/// Formats a duration for people, in the units of both languages, with the two largest of them: `45 s`, `12 min`, `2 h 5 min`, `3 d`.
pub fn rounded(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let units = [(seconds / 86_400, "d"), (seconds / 3600 % 24, "h"), (seconds / 60 % 60, "min"), (seconds % 60, "s")];
    let Some(first) = units.iter().position(|(number, _)| *number > 0) else { return "0 s".into() };
    // Seconds say nothing beside minutes.
    let shown = units.iter().skip(first).take(2).filter(|(number, unit)| *number > 0 && (*unit != "s" || first == 3));
    shown.map(|(number, unit)| format!("{number} {unit}")).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_for_people_have_two_units_at_most() {
        for (seconds, text) in [
            (0, "0 s"),
            (45, "45 s"),
            (60, "1 min"),
            (754, "12 min"),
            (3600, "1 h"),
            (7500, "2 h 5 min"),
            (86_400, "1 d"),
            (86_400 + 59, "1 d"),
            (3 * 86_400 + 4 * 3600 + 60, "3 d 4 h"),
            (u64::MAX, "213503982334601 d 7 h"),
        ] {
            assert_eq!(rounded(Duration::from_secs(seconds)), text);
        }
    }

    #[test]
    fn durations_in_the_format_of_go_are_parsed() {
        for (text, millis) in
            [("300ms", 300), ("10s", 10_000), ("5m", 300_000), ("1h30m", 5_400_000), ("1.5s", 1_500), ("0s", 0)]
        {
            assert_eq!(parse(text), Ok(Duration::from_millis(millis)), "{text}");
            assert_eq!(parse(&show(Duration::from_millis(millis))), Ok(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn an_error_names_the_value_and_the_format() {
        for text in ["", "10", "s", "5 m", "1d", "-1s", "1..5s", "1e3s", "∞"] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(&format!("{text:?}")) && error.contains("1h30m"), "{error}");
        }
    }
}
