//! Small charts of the past, as SVG: the strip of the last readings, latencies, and the hours of thirty days. Each mark is a dash of a
//! path, so that a run of readings alike takes a few bytes however long it is.

use crate::domain::history::cells::Cell;
use crate::domain::history::{Mark, PastReading};
use crate::domain::texts::Language;
use crate::domain::texts::panel::board::{self as said, Kind};
use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html};
use std::fmt::Write as _;
use std::time::Duration;

/// Readings of a strip.
pub const STRIP: usize = 48;
/// Width of one of them.
const STEP: usize = 5;
/// Points of a small line of latencies.
const SPARK: usize = 24;
/// Parts of a day in the line of latencies.
const PARTS: usize = 96;

/// Readings alike that follow each other: what they came to, and how many.
type Run = (Mark, usize);

fn runs(readings: &[PastReading]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for reading in readings {
        match runs.last_mut() {
            Some((mark, count)) if *mark == reading.mark => *count += 1,
            _ => runs.push((reading.mark, 1)),
        }
    }
    runs
}

/// The last readings, the newest at the right.
pub fn strip(language: Language, readings: &[PastReading]) -> Markup {
    let readings = readings.get(readings.len().saturating_sub(STRIP)..).unwrap_or_default();
    let runs = runs(readings);
    let spoken: Vec<(Kind, usize)> = runs.iter().map(|(mark, count)| (kind(*mark), *count)).collect();
    let mut at = (STRIP - readings.len()) * STEP;
    let mut paths = [(Mark::Pass, "p"), (Mark::Fail, "f"), (Mark::Unknown, "u"), (Mark::Held, "h")]
        .map(|(mark, class)| (mark, class, String::new()));
    for (mark, count) in runs {
        if let Some((_, _, path)) = paths.iter_mut().find(|(of, ..)| *of == mark) {
            path.push_str(&dashes(mark, at, count));
        }
        at += count * STEP;
    }
    html! {
        svg class="ticks" role="img" aria-label=(said::strip(language, &spoken)) viewBox="0 0 240 24" preserveAspectRatio="none" {
            path class="b" d="M0 22.5h240" {}
            @for (_, class, path) in paths.iter().filter(|(.., path)| !path.is_empty()) { path class=(class) d=(path) {} }
        }
    }
}

fn kind(mark: Mark) -> Kind {
    match mark {
        Mark::Pass => Kind::Pass,
        Mark::Fail => Kind::Fail,
        Mark::Unknown => Kind::Unknown,
        Mark::Held => Kind::Held,
    }
}

/// A line whose dashes are the readings of a run: the style sheet has how wide and high they are.
fn dashes(mark: Mark, at: usize, count: usize) -> String {
    // In hundredths: where the first dash begins, its width, and the middle of its height.
    let (begin, width, middle) = match mark {
        Mark::Pass => (150, 200, "19"),
        Mark::Fail => (75, 350, "11.5"),
        Mark::Unknown => (150, 200, "20.5"),
        Mark::Held => (200, 100, "15.5"),
    };
    let length = count.saturating_sub(1) * STEP * 100 + width;
    format!("M{} {middle}h{}", hundredths(at * 100 + begin), hundredths(length))
}

fn hundredths(number: usize) -> String {
    let text = format!("{}.{:02}", number / 100, number % 100);
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}

/// The latencies of readings that reached something, and the median of them.
pub fn spark(readings: &[PastReading]) -> (Markup, Option<Duration>) {
    let reached: Vec<Duration> = readings.iter().map(|reading| reading.latency).filter(|one| !one.is_zero()).collect();
    let of_part = reached.len().div_ceil(SPARK).max(1);
    let points: Vec<Option<u128>> =
        reached.chunks(of_part).map(|part| median(part).map(|one| one.as_millis())).collect();
    let last = median(reached.get(reached.len().saturating_sub(SPARK)..).unwrap_or_default());
    let chart = html! {
        @if points.len() > 1 {
            svg class="line" aria-hidden="true" viewBox="0 0 50 16" preserveAspectRatio="none" {
                path d=(line(&points, 50, 14)) {}
            }
        } @else { span {} }
    };
    (chart, last)
}

/// The latencies of the last day: the line, the median and the worst of them.
pub fn day(readings: &[PastReading], now: Timestamp) -> Option<(Markup, Duration, Duration)> {
    let begin = now.checked_sub(SignedDuration::from_hours(24)).unwrap_or(Timestamp::MIN);
    let part = 24 * 3600 / i64::try_from(PARTS).unwrap_or(i64::MAX);
    let mut parts: Vec<Vec<Duration>> = vec![Vec::new(); PARTS];
    for reading in readings.iter().filter(|reading| !reading.latency.is_zero()) {
        let place = usize::try_from((reading.at.as_second() - begin.as_second()).div_euclid(part));
        if let Some(part) = place.ok().and_then(|place| parts.get_mut(place)) {
            part.push(reading.latency);
        }
    }
    let all: Vec<Duration> = parts.iter().flatten().copied().collect();
    let (middle, worst) = (median(&all)?, all.iter().max().copied()?);
    let points: Vec<Option<u128>> = parts.iter().map(|part| median(part).map(|one| one.as_millis())).collect();
    let chart = html! {
        svg class="line line--day" aria-hidden="true" viewBox="0 0 480 48" preserveAspectRatio="none" {
            path class="b" d="M0 47.5h480" {}
            path d=(line(&points, 480, 44)) {}
        }
    };
    Some((chart, middle, worst))
}

fn median(latencies: &[Duration]) -> Option<Duration> {
    let mut sorted = latencies.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied()
}

/// A line through points at even distances, zero at the bottom; with gaps where there are none.
fn line(points: &[Option<u128>], width: usize, height: u128) -> String {
    let most = points.iter().flatten().copied().max().unwrap_or_default().max(1);
    let steps = points.len().saturating_sub(1).max(1);
    let mut path = String::new();
    let mut is_drawn = false;
    for (number, point) in points.iter().enumerate() {
        let Some(point) = point else {
            is_drawn = false;
            continue;
        };
        let (x, y) = (number * width / steps, height + 1 - point * height / most);
        // Writing to a String does not fail. A point alone is a dot.
        let _ = match is_drawn {
            true => write!(path, "L{x} {y}"),
            false => write!(path, "M{x} {y}h1"),
        };
        is_drawn = true;
    }
    path
}

/// Thirty days, oldest first, each with its hours from the top.
pub fn hours(language: Language, grid: &[[Cell; 24]]) -> Markup {
    let mut paths = [(Cell::Pass, "p"), (Cell::Fail, "f"), (Cell::Maintenance, "m")]
        .map(|(cell, class)| (cell, class, String::new()));
    for (day, cells) in grid.iter().enumerate() {
        for (cell, from, count) in runs_of_day(cells) {
            if let Some((_, _, path)) = paths.iter_mut().find(|(of, ..)| *of == cell) {
                // Writing to a String does not fail.
                let _ = write!(path, "M{} {}v{}", day * 10 + 5, from * 6, count * 6);
            }
        }
    }
    let count = |of| grid.iter().flatten().filter(|cell| **cell == of).count();
    let days = grid.iter().filter(|cells| cells.contains(&Cell::Fail)).count();
    // Those before the first reading are no gaps.
    let gaps = grid.iter().flatten().skip_while(|cell| **cell == Cell::Gap).filter(|cell| **cell == Cell::Gap).count();
    let label = said::grid(language, count(Cell::Fail), days, count(Cell::Maintenance), gaps);
    html! {
        svg class="hours" role="img" aria-label=(label) viewBox="0 0 300 144" preserveAspectRatio="none" {
            @for (_, class, path) in paths.iter().filter(|(.., path)| !path.is_empty()) { path class=(class) d=(path) {} }
        }
    }
}

fn runs_of_day(cells: &[Cell; 24]) -> Vec<(Cell, usize, usize)> {
    let mut runs: Vec<(Cell, usize, usize)> = Vec::new();
    for (hour, cell) in cells.iter().enumerate() {
        match runs.last_mut() {
            Some((of, _, count)) if of == cell => *count += 1,
            _ => runs.push((*cell, hour, 1)),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn readings(marks: &[(Mark, usize)]) -> Vec<PastReading> {
        let each = marks.iter().flat_map(|(mark, count)| std::iter::repeat_n(*mark, *count));
        let reading = |(number, mark): (usize, Mark)| PastReading {
            at: Timestamp::from_second(number as i64 * 60).unwrap(),
            mark,
            latency: Duration::from_millis(number as u64 + 1),
        };
        each.enumerate().map(reading).collect()
    }

    #[test]
    fn a_strip_ends_at_the_right_with_a_dash_for_each_reading() {
        let drawn =
            strip(Language::English, &readings(&[(Mark::Pass, 2), (Mark::Fail, 1), (Mark::Pass, 1)])).into_string();
        assert!(drawn.contains(r#"class="p" d="M221.5 19h7M236.5 19h2""#), "{drawn}");
        assert!(drawn.contains(r#"class="f" d="M230.75 11.5h3.5""#), "{drawn}");
        assert!(drawn.contains(r#"aria-label="2 passed, then 1 failure, then 1 passed""#), "{drawn}");
        let long = strip(Language::English, &readings(&[(Mark::Held, 300), (Mark::Unknown, 2)])).into_string();
        assert!(long.contains("46 held, then 2 unknown") && long.len() < 400, "{long}");
        assert!(strip(Language::English, &[]).into_string().contains("No reading yet"));
    }

    #[test]
    fn latencies_are_medians_and_gaps_stay_gaps() {
        let all = readings(&[(Mark::Pass, 101)]);
        assert_eq!(spark(&all).1, Some(Duration::from_millis(90)));
        assert_eq!(spark(&[]).1, None);
        assert_eq!(line(&[Some(10), None, Some(5), Some(0)], 30, 10), "M0 1h1M20 6h1L30 11");
        let now = Timestamp::from_second(24 * 3600).unwrap();
        let (_, middle, worst) = day(&all, now).unwrap();
        assert_eq!((middle.as_millis(), worst.as_millis()), (51, 101));
        assert!(day(&all, now + SignedDuration::from_hours(48)).is_none(), "all of it is older");
    }

    #[test]
    fn the_grid_draws_runs_of_hours() {
        let mut grid = vec![[Cell::Gap; 24]; 30];
        grid[1] = [Cell::Pass; 24];
        grid[1][2] = Cell::Fail;
        grid[29][0] = Cell::Maintenance;
        let drawn = hours(Language::English, &grid).into_string();
        assert!(drawn.contains(r#"class="p" d="M15 0v12M15 18v126""#), "{drawn}");
        assert!(drawn.contains(r#"class="f" d="M15 12v6""#) && drawn.contains(r#"class="m" d="M295 0v6""#), "{drawn}");
        assert!(drawn.contains("1 hour with failures on 1 day, 1 hour of maintenance"), "{drawn}");
    }
}
