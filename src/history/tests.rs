use super::store::Store;
use super::{History, Known, lock};
use crate::domain::history::open::OpenHours;
use crate::domain::history::{Hour, Mark, PastReading, Tally};
use crate::telemetry::{Format, Metrics};
use jiff::Timestamp;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A directory that is removed at the end.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Directory {
        let path = std::env::temp_dir().join(format!("history-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir_all(&path).unwrap();
        Directory(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("history.db")
    }

    fn aside(&self) -> PathBuf {
        self.0.join("history.db.unusable")
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn reading(second: i64, mark: Mark) -> PastReading {
    PastReading { at: at(second), mark, latency: Duration::from_millis(7) }
}

/// A writer that is called instead of running, and what reads beside it.
struct Bench {
    writer: super::writer::Writer,
    history: History,
}

impl Bench {
    fn new(path: &Path) -> Bench {
        let store = Store::open(path).unwrap();
        let known = super::known(&store).unwrap();
        Bench::with(store, known)
    }

    fn with(store: Store, known: Known) -> Bench {
        let (known, metrics) = (Arc::new(Mutex::new(known)), Arc::new(Metrics::default()));
        let reader = Arc::new(Mutex::new(Some(store.reader().unwrap())));
        let (jobs, _) = std::sync::mpsc::sync_channel(1);
        let running = super::Running { jobs, known: known.clone(), reader: reader.clone(), metrics: metrics.clone() };
        let writer = super::writer::Writer::new(store, known, reader, metrics);
        Bench { writer, history: History(Some(Arc::new(running))) }
    }

    fn read(&mut self, scenario: &str, second: i64, mark: Mark) {
        self.writer.take(scenario.into(), &reading(second, mark));
    }

    fn hours(&self, scenario: &str, now: i64) -> Vec<(i64, Tally)> {
        let past = self.history.past(scenario, at(now)).unwrap();
        past.hours.into_iter().map(|(hour, tally)| (hour.0, tally)).collect()
    }
}

fn passes(pass: u32) -> Tally {
    Tally { pass, ..Tally::default() }
}

#[test]
fn readings_are_counted_once_across_crashes() {
    let directory = Directory::new();
    let mut bench = Bench::new(&directory.file());
    for second in [10, 20, 3590] {
        bench.read("a", second, Mark::Pass);
    }
    bench.read("b", 30, Mark::Fail);
    let expected = vec![(0, passes(3))];
    assert_eq!(bench.hours("a", 40), expected, "before anything is written");
    bench.writer.flush(at(40));
    assert_eq!(bench.hours("a", 40), expected);
    // A crash after the write: nothing is closed, and a new process finds the batches.
    let mut bench = Bench::new(&directory.file());
    assert_eq!(bench.hours("a", 40), expected);
    bench.writer.flush(at(4000));
    assert_eq!(bench.hours("a", 4000), expected, "after the hour was closed");
    bench.writer.flush(at(4005));
    let mut bench = Bench::new(&directory.file());
    assert_eq!(bench.hours("a", 4000), expected);
    assert_eq!(bench.hours("b", 4000), [(0, Tally { fail: 1, ..Tally::default() })]);
    // The clock is set back: the hour opens again.
    bench.read("a", 25, Mark::Pass);
    bench.writer.flush(at(4010));
    assert_eq!(bench.hours("a", 4010), [(0, passes(4))]);
    let seconds = |most| -> Vec<i64> {
        bench.history.last("a", at(4010), most).unwrap().into_iter().map(|one| one.at.as_second()).collect()
    };
    assert_eq!((seconds(10), seconds(2)), (vec![10, 20, 25, 3590], vec![25, 3590]));
}

#[test]
fn what_is_too_old_is_removed() {
    let directory = Directory::new();
    let mut bench = Bench::new(&directory.file());
    bench.read("old", 10, Mark::Pass);
    let day = 24 * 3600;
    bench.read("a", 10, Mark::Pass);
    bench.read("a", 29 * day, Mark::Pass);
    bench.writer.flush(at(3 * day));
    bench.writer.flush(at(29 * day));
    assert_eq!(bench.history.last("a", at(29 * day), 10).unwrap().len(), 1, "each reading for a day");
    assert_eq!(bench.hours("a", 29 * day).len(), 2, "hours for thirty");
    bench.writer.flush(at(31 * day));
    assert_eq!(bench.hours("a", 31 * day).len(), 1);
    assert_eq!(Store::open(&directory.file()).unwrap().names().unwrap().len(), 1, "nothing is left of the other one");
    // A name that comes again is another number.
    bench.read("old", 31 * day, Mark::Fail);
    assert_eq!(bench.hours("old", 31 * day), [(31 * 24, Tally { fail: 1, ..Tally::default() })]);
}

#[test]
fn a_file_that_is_no_history_is_put_aside() {
    let other = |path: &Path| {
        let other = rusqlite::Connection::open(path).unwrap();
        other.execute_batch("CREATE TABLE tickets (id); INSERT INTO tickets VALUES (7);").unwrap();
    };
    let damaged = |path: &Path| {
        let mut bench = Bench::new(path);
        bench.read("a", 10, Mark::Pass);
        bench.writer.flush(at(20));
        drop(bench);
        let mut bytes = std::fs::read(path).unwrap();
        bytes[4096..].fill(0xa5);
        std::fs::write(path, bytes).unwrap();
    };
    let text = |path: &Path| std::fs::write(path, "no database, and longer than the head of one".repeat(9)).unwrap();
    let breaks: [&dyn Fn(&Path); 3] = [&other, &damaged, &text];
    for (number, break_it) in breaks.into_iter().enumerate() {
        let directory = Directory::new();
        break_it(&directory.file());
        let history = History::start(&directory.file(), Arc::default()).unwrap();
        assert!(history.is_on() && directory.aside().exists(), "{number}");
        assert!(history.past("a", at(20)).unwrap().hours.is_empty(), "{number}");
    }
    assert!(History::start(Path::new("/nowhere/at/all.db"), Arc::default()).is_err());
}

#[test]
fn damage_while_it_runs_loses_no_open_hour() {
    let directory = Directory::new();
    let mut bench = Bench::new(&directory.file());
    bench.read("a", 10, Mark::Pass);
    bench.writer.flush(at(20));
    bench.writer.begin_anew();
    bench.writer.flush(at(30));
    assert!(directory.aside().exists());
    assert_eq!(bench.hours("a", 30), [(0, passes(1))]);
    let again = Bench::new(&directory.file());
    assert_eq!(again.hours("a", 30), [(0, passes(1))], "it is in the new file");
}

#[tokio::test]
async fn what_was_recorded_is_written_at_the_end() {
    let directory = Directory::new();
    let metrics = Arc::new(Metrics::default());
    let history = History::start(&directory.file(), metrics.clone()).unwrap();
    let now = Timestamp::now();
    history.record(&"a".into(), PastReading { at: now, mark: Mark::Held, latency: Duration::ZERO });
    history.shutdown(Instant::now() + Duration::from_secs(60)).await;
    let tally = Tally { held: 1, ..Tally::default() };
    assert_eq!(Bench::new(&directory.file()).history.past("a", now).unwrap().hours, [(Hour::of(now), tally)].into());
    // After its end, and when it can't keep up, readings are dropped and counted.
    history.record(&"a".into(), reading(0, Mark::Pass));
    let text: String = metrics.exposition(Format::Text, vec![]).collect();
    assert!(text.contains("agentic_ops_history_dropped_readings_total 1"), "{text}");
    // Without a file nothing is recorded, and nothing breaks.
    let none = History::default();
    none.record(&"a".into(), reading(0, Mark::Pass));
    none.shutdown(Instant::now()).await;
    assert!(!none.is_on() && none.past("a", now).unwrap().hours.is_empty());
}

/// Not a test of time: prints what it costs to write the history of many Scenarios. Run it alone, optimised.
#[test]
#[ignore = "a measurement"]
fn cost_of_ten_thousand_scenarios() {
    let directory = Directory::new();
    let mut bench = Bench::new(&directory.file());
    let names: Vec<Arc<str>> = (0..10_000).map(|n| Arc::from(format!("scenario-{n:05}"))).collect();
    let (mut written, mut closed) = (Duration::ZERO, Duration::ZERO);
    for minute in 0..25 * 60 {
        for (number, name) in names.iter().enumerate() {
            let second = minute * 60 + i64::try_from(number).unwrap() / 167;
            bench.writer.take(name.clone(), &reading(second, Mark::Pass));
        }
        let begun = Instant::now();
        bench.writer.flush(at(minute * 60 + 59));
        let sum = if minute % 60 == 2 { &mut closed } else { &mut written };
        *sum += begun.elapsed();
    }
    let now = at(25 * 3600 - 1);
    let begun = Instant::now();
    for name in &names[..200] {
        assert_eq!(bench.history.last(name, now, 48).unwrap().len(), 48);
        assert!(!bench.history.past(name, now).unwrap().hours.is_empty());
    }
    let size = std::fs::metadata(directory.file()).unwrap().len();
    println!("{} KiB; writes {written:?}, closing 25 hours {closed:?}; reading 200 {:?}", size >> 10, begun.elapsed());
    let open = lock(&bench.history.0.as_ref().unwrap().known).open.all().count();
    println!("{open} readings in memory; {} bytes each", std::mem::size_of::<u32>());
    let _ = OpenHours::default();
}
