//! Durations as people write them: `2h`, `1h30`, `30 min`, `2 horas`, `duas horas`, `meia hora`, `1 hora e 30 minutos`, `2h 30min`, `1,5h`.

use super::line::{Line, Word, is_digit};
use std::ops::RangeInclusive;
use std::time::Duration;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// How long a Silence by a command may be.
pub const RANGE: RangeInclusive<Duration> = Duration::from_secs(MINUTE)..=Duration::from_secs(30 * DAY);
/// The longest that is told apart from longer ones; its sum with others does not overflow.
const MOST: f64 = (1_000 * DAY) as f64;

/// A number of some unit, or several in one word.
struct Part {
    seconds: f64,
    /// The last unit, in seconds.
    unit: u64,
    /// Of how many words it is.
    words: usize,
}

/// The duration that the words begin with, and of how many words it is. `None` if they begin with none.
pub fn length(line: &Line<'_>, words: &[Word]) -> Option<(Duration, usize)> {
    let (mut seconds, mut count) = (0.0, 0);
    loop {
        let part = part(words.get(count..)?)?;
        seconds = (seconds + part.seconds).min(MOST);
        count += part.words;
        match after(line, words.get(count..)?, part.unit) {
            After::Part { skipped } => count += skipped,
            After::Half { words } => {
                seconds += part.unit as f64 / 2.0;
                count += words;
                break;
            }
            After::Minutes { minutes, words } => {
                seconds += minutes * MINUTE as f64;
                count += words;
                break;
            }
            After::Other => break,
        }
    }
    let whole = Duration::try_from_secs_f64(seconds).ok()?.as_secs();
    Some((Duration::from_secs(whole), count))
}

/// What follows a part of a duration.
enum After {
    /// Another part, after so many words.
    Part {
        skipped: usize,
    },
    /// Half of the unit, in so many words.
    Half {
        words: usize,
    },
    /// Minutes without a unit, in so many words.
    Minutes {
        minutes: f64,
        words: usize,
    },
    Other,
}

/// `e 30 minutos`, `e meia`; without `e` only in a smaller unit, as in `2h 30min`; and after hours `30` at the end, or `e 30`. What is set
/// apart is a reason: `2h: 30 discos`.
fn after(line: &Line<'_>, words: &[Word], unit: u64) -> After {
    match words {
        [first, ..] if line.is_apart(first) => After::Other,
        [and, half, ..] if and.plain == "e" && matches!(half.plain.as_str(), "meia" | "meio") => {
            After::Half { words: 2 }
        }
        [and, a, half, ..] if [and, a, half].map(|word| word.plain.as_str()) == ["and", "a", "half"] => {
            After::Half { words: 3 }
        }
        [and, rest @ ..] if matches!(and.plain.as_str(), "e" | "and") && part(rest).is_some() => {
            After::Part { skipped: 1 }
        }
        [and, number, rest @ ..] if unit == HOUR && matches!(and.plain.as_str(), "e" | "and") => {
            match minutes(line, number, rest.is_empty()) {
                Some(minutes) => After::Minutes { minutes, words: 2 },
                None => After::Other,
            }
        }
        [last] if unit == HOUR && last.plain.len() <= 2 => {
            number(&last.plain).map_or(After::Other, |minutes| After::Minutes { minutes, words: 1 })
        }
        [next, ..] if next.is_numeric() && part(words).is_some_and(|part| part.unit < unit) => {
            After::Part { skipped: 0 }
        }
        _ => After::Other,
    }
}

/// Minutes without a unit: any number at the end, and one that is not a number of something where words follow: `e 30 backup`.
fn minutes(line: &Line<'_>, word: &Word, is_last: bool) -> Option<f64> {
    let is_plain = line.raw(word).chars().all(|c| is_digit(c) || matches!(c, '.' | ',' | ':' | ';' | '!'));
    let said = if is_plain { number(&word.plain) } else { spoken(&word.plain).filter(|said| is_last && *said >= 5.0) };
    said.filter(|said| *said < 60.0 && (is_last || [15.0, 30.0, 45.0].contains(said)))
}

fn part(words: &[Word]) -> Option<Part> {
    if let [half, an, hour, ..] = words
        && [half, an, hour].map(|word| word.plain.as_str()) == ["half", "an", "hour"]
    {
        return Some(Part { seconds: (HOUR / 2) as f64, unit: MINUTE, words: 3 });
    }
    let (first, next) = (words.first()?.plain.as_str(), words.get(1).map(|word| word.plain.as_str()));
    if let Some((seconds, unit)) = of_word(first) {
        return Some(Part { seconds, unit, words: 1 });
    }
    let unit = next.and_then(unit)?;
    Some(Part {
        seconds: number(first).or_else(|| spoken(first).filter(|_| unit >= MINUTE))? * unit as f64,
        unit,
        words: 2,
    })
}

/// `2h`, `1h30m` or `1h30`: numbers with units; the last number may have none after hours. The seconds, and the last unit.
fn of_word(word: &str) -> Option<(f64, u64)> {
    let (mut rest, mut seconds, mut last_unit) = (word, 0.0, None);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | ',')).unwrap_or(rest.len());
        let (text, after) = rest.split_at_checked(digits)?;
        let letters = after.find(is_digit).unwrap_or(after.len());
        let (name, after) = after.split_at_checked(letters)?;
        let scale = match (unit(name), last_unit) {
            (Some(scale), _) => scale,
            (None, Some(HOUR)) if name.is_empty() => MINUTE,
            _ => return None,
        };
        seconds += number(text)? * scale as f64;
        (rest, last_unit) = (after, Some(scale));
    }
    last_unit.map(|unit| (seconds, unit))
}

fn number(text: &str) -> Option<f64> {
    let is_number = text.starts_with(is_digit);
    text.replace(',', ".").parse().ok().filter(|number: &f64| is_number && number.is_finite())
}

/// Whether all words are one duration.
pub fn is_whole(line: &Line<'_>, words: &[Word]) -> bool {
    length(line, words).is_some_and(|(_, count)| count == words.len())
}

/// A number in words, as before a unit. Of seconds there are none: `um segundo disco` is a second one.
fn spoken(word: &str) -> Option<f64> {
    Some(match word {
        "meia" | "meio" | "half" => 0.5,
        "um" | "uma" | "one" | "a" | "an" => 1.0,
        "dois" | "duas" | "two" => 2.0,
        "tres" | "three" => 3.0,
        "quatro" | "four" => 4.0,
        "cinco" | "five" => 5.0,
        "seis" | "six" => 6.0,
        "sete" | "seven" => 7.0,
        "oito" | "eight" => 8.0,
        "nove" | "nine" => 9.0,
        "dez" | "ten" => 10.0,
        "onze" | "eleven" => 11.0,
        "doze" | "twelve" => 12.0,
        "quinze" | "fifteen" => 15.0,
        "vinte" | "twenty" => 20.0,
        "trinta" | "thirty" => 30.0,
        "quarenta" | "forty" => 40.0,
        _ => return None,
    })
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
