//! Durations as people write them: `2h`, `1h30`, `30 min`, `2 horas`, `1 hora e 30 minutos`, `1,5h`.

use super::line::Word;
use std::ops::RangeInclusive;
use std::time::Duration;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// How long a Silence by a command may be.
pub const RANGE: RangeInclusive<Duration> = Duration::from_secs(MINUTE)..=Duration::from_secs(30 * DAY);
/// The longest that is told apart from longer ones; its sum with others does not overflow.
const MOST: f64 = (1_000 * DAY) as f64;

/// The duration that the words begin with, and of how many words it is. `None` if they begin with none.
pub fn length(words: &[Word]) -> Option<(Duration, usize)> {
    let (mut seconds, mut count) = (0.0, 0);
    loop {
        let word = words.get(count)?.plain.as_str();
        let next = words.get(count + 1).map(|word| word.plain.as_str());
        let (more, used) = match (of_word(word), next.and_then(unit)) {
            (Some(more), _) => (more, 1),
            (None, Some(unit)) => (number(word)? * unit as f64, 2),
            (None, None) => return None,
        };
        seconds = (seconds + more).min(MOST);
        count += used;
        let is_and = words.get(count).is_some_and(|word| matches!(word.plain.as_str(), "e" | "and"));
        let goes_on = words.get(count + 1).is_some_and(|word| word.plain.starts_with(|c: char| c.is_ascii_digit()));
        if !(is_and && goes_on) {
            break;
        }
        count += 1;
    }
    let whole = Duration::try_from_secs_f64(seconds).ok()?.as_secs();
    Some((Duration::from_secs(whole), count))
}

/// `2h`, `1h30m` or `1h30`: numbers with units; the last number may have none after hours.
fn of_word(word: &str) -> Option<f64> {
    let (mut rest, mut seconds, mut last_unit) = (word, 0.0, None);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | ',')).unwrap_or(rest.len());
        let (text, after) = rest.split_at_checked(digits)?;
        let letters = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        let (name, after) = after.split_at_checked(letters)?;
        let scale = match (unit(name), last_unit) {
            (Some(scale), _) => scale,
            (None, Some(HOUR)) if name.is_empty() => MINUTE,
            _ => return None,
        };
        seconds += number(text)? * scale as f64;
        (rest, last_unit) = (after, Some(scale));
    }
    last_unit.map(|_| seconds)
}

fn number(text: &str) -> Option<f64> {
    let is_number = text.starts_with(|c: char| c.is_ascii_digit());
    text.replace(',', ".").parse().ok().filter(|number: &f64| is_number && number.is_finite())
}

/// The seconds of a unit.
fn unit(name: &str) -> Option<u64> {
    Some(match name {
        "s" | "seg" | "segs" | "sec" | "secs" | "segundo" | "segundos" | "second" | "seconds" => 1,
        "m" | "min" | "mins" | "minuto" | "minutos" | "minute" | "minutes" => MINUTE,
        "h" | "hr" | "hrs" | "hora" | "horas" | "hour" | "hours" => HOUR,
        "d" | "dia" | "dias" | "day" | "days" => DAY,
        "semana" | "semanas" | "week" | "weeks" => 7 * DAY,
        _ => return None,
    })
}
