//! Lengths of time, in nanoseconds.

use std::fmt::{self, Display, Formatter};

const SECOND: i64 = 1_000_000_000;
const UNITS: [(&str, u64); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("\u{b5}s", 1_000),
    ("\u{3bc}s", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// A length of time, at most about 292 years in either direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::cel) struct Duration(i64);

impl Duration {
    pub const ZERO: Duration = Duration(0);

    pub fn from_nanos(nanos: i64) -> Duration {
        Duration(nanos)
    }

    /// `None` where it is out of range.
    pub fn from_wide(nanos: i128) -> Option<Duration> {
        i64::try_from(nanos).ok().map(Duration)
    }

    pub fn nanos(self) -> i64 {
        self.0
    }

    /// Whole units of that many nanoseconds, without the rest.
    pub fn whole(self, unit: i64) -> i64 {
        self.0 / unit
    }

    pub fn plus(self, other: Duration) -> Option<Duration> {
        self.0.checked_add(other.0).map(Duration)
    }

    pub fn minus(self, other: Duration) -> Option<Duration> {
        self.0.checked_sub(other.0).map(Duration)
    }

    /// Reads numbers with units, such as `1h30m` and `-1.5s`; `None` where the text is none, or is out of range.
    pub fn parse(text: &str) -> Option<Duration> {
        let (is_negative, mut rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        if rest == "0" {
            return Some(Duration::ZERO);
        }
        if rest.is_empty() {
            return None;
        }
        let mut total: u64 = 0;
        while !rest.is_empty() {
            let (part, after) = part(rest)?;
            total = total.checked_add(part)?;
            rest = after;
        }
        let total = i128::from(total);
        Duration::from_wide(if is_negative { -total } else { total })
    }
}

/// The number with its unit that `text` begins with, in nanoseconds, and what follows it.
fn part(text: &str) -> Option<(u64, &str)> {
    let digits = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (whole, rest) = text.split_at(digits(text));
    let (fraction, rest) = match rest.strip_prefix('.') {
        Some(rest) => rest.split_at(digits(rest)),
        None => ("", rest),
    };
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let (name, rest) = rest.split_at(rest.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(rest.len()));
    let (_, unit) = UNITS.into_iter().find(|(unit, _)| *unit == name)?;
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    // Digits beyond those of a nanosecond of an hour change nothing.
    let fraction = &fraction[..fraction.len().min(18)];
    let parts: u128 = if fraction.is_empty() { 0 } else { fraction.parse().ok()? };
    let scale = 10_u128.pow(u32::try_from(fraction.len()).ok()?);
    let nanos = u64::try_from(parts * u128::from(unit) / scale).ok()?;
    Some((whole.checked_mul(unit)?.checked_add(nanos)?, rest))
}

/// Seconds, as CEL converts it to a string: `90s`, `-0.5s`.
impl Display for Duration {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let seconds = (self.0 / SECOND) as f64 + (self.0 % SECOND) as f64 / 1e9;
        write!(f, "{seconds}s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_as_go_reads_them() {
        for (text, nanos) in [
            ("0", 0),
            ("-0", 0),
            ("1ns", 1),
            ("1.5us", 1_500),
            ("2µs3μs", 5_000),
            ("-1h30m", -5_400 * SECOND),
            ("+.5s", SECOND / 2),
            ("1.s", SECOND),
            ("2562047h47m16.854775807s", i64::MAX),
            ("-2562047h47m16.854775808s", i64::MIN),
            ("0.100000000000000000000h", 360 * SECOND),
        ] {
            assert_eq!(Duration::parse(text).map(Duration::nanos), Some(nanos), "{text}");
        }
        for text in
            ["", "-", "1", "1d", "14d", "1 h", "h", ".s", "1h-1m", "2562047h47m16.854775808s", "9999999h", "1H", "1e3s"]
        {
            assert_eq!(Duration::parse(text), None, "{text}");
        }
    }

    #[test]
    fn texts_are_seconds() {
        for (nanos, text) in [(90 * SECOND, "90s"), (-SECOND / 2, "-0.5s"), (0, "0s"), (1, "0.000000001s")] {
            assert_eq!(Duration(nanos).to_string(), text);
        }
    }
}
