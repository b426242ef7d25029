//! What a query may take, and that it ends.

use super::{ONE_ROW, Reader, children, detail, is_running, kind, number};
use crate::kit::process::{self, Process};
use crate::kit::scratch::Scratch;
use crate::kit::wait::{eventually, until, within};
use agentic_ops::domain::reading::ErrorKind;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
const LONG: Duration = Duration::from_secs(3600);
/// Compares texts for longer than any test runs, in a function that can't be interrupted.
const UNINTERRUPTIBLE: &str =
    "SELECT sum(instr(printf('%.*c', 1900000, 'a'), printf('%.*c', 950000, 'a') || 'b')) AS n FROM generate";
const ENDLESS: &str = "WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) SELECT count(*) AS n FROM r";

fn uninterruptible() -> String {
    let numbers = "WITH RECURSIVE generate(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM generate WHERE x < 1000) ";
    format!("{numbers}{UNINTERRUPTIBLE}")
}

#[tokio::test]
async fn a_function_that_cannot_be_interrupted_ends_with_its_process() {
    let reader = Reader::new(|_, _| {});
    reader.writer("wal").execute_batch(ONE_ROW).unwrap();
    assert_eq!(number(&reader.count().await), 1);
    let reading = within(reader.read(&uninterruptible(), SECOND)).await;
    assert_eq!(kind(&reading), Some(ErrorKind::Timeout), "{reading:?}");
    until("the worker is gone", async || reader.workers().is_empty()).await;
    assert_eq!(number(&reader.count().await), 1);
}

#[tokio::test]
async fn a_reading_that_nobody_waits_for_ends_its_process() {
    let reader = Reader::new(|_, _| {});
    reader.writer("wal").execute_batch(ONE_ROW).unwrap();
    let (query, target) = (uninterruptible(), |query: &str| reader.target("shop", query, LONG));
    let prober = reader.prober.clone();
    let target = target(&query);
    let reading = tokio::spawn(async move { prober.read(&target).await });
    until("a worker runs", async || !reader.workers().is_empty()).await;
    reading.abort();
    until("the worker is gone", async || reader.workers().is_empty()).await;
}

#[tokio::test]
async fn no_query_takes_longer_than_the_setting_says() {
    let reader = Reader::new(|options, _| options.max_time = 2 * SECOND);
    reader.writer("wal").execute_batch(ONE_ROW).unwrap();
    assert_eq!(number(&reader.count().await), 1);
    for query in [&uninterruptible(), ENDLESS] {
        let reading = within(reader.read(query, LONG)).await;
        assert_eq!(kind(&reading), Some(ErrorKind::Timeout), "{reading:?}");
        assert!(detail(&reading).contains("AGENTIC_SQLITE_MAX_TIME"), "{reading:?}");
    }
    assert!(reader.is_counted("sqlite_time"));
}

#[tokio::test]
async fn a_query_takes_no_more_memory_than_the_setting_says_and_no_file() {
    let reader = Reader::new(|options, _| options.memory_mib = 8);
    reader.writer("wal").execute_batch(ONE_ROW).unwrap();
    let blobs = "WITH RECURSIVE r(x) AS (SELECT randomblob(100000) UNION ALL SELECT randomblob(100000) FROM r)";
    let sorted = format!("{blobs} SELECT count(*) AS n FROM (SELECT x FROM r ORDER BY x LIMIT 9999999)");
    let distinct = "WITH RECURSIVE r(x) AS (SELECT 1 UNION SELECT x + 1 FROM r) SELECT count(*) AS n FROM r";
    for query in [&sorted, distinct] {
        let reading = within(reader.read(query, LONG)).await;
        assert_eq!(kind(&reading), Some(ErrorKind::Unreadable), "{reading:?}");
        assert!(detail(&reading).contains("8 MiB"), "{reading:?}");
    }
    assert!(reader.is_counted("sqlite_memory"));
    assert_eq!(number(&reader.count().await), 1, "the worker goes on");
}

#[tokio::test]
async fn preparing_a_query_is_bounded_too() {
    let reader = Reader::new(|options, _| options.memory_mib = 8);
    reader.writer("wal").execute_batch(ONE_ROW).unwrap();
    let tables: Vec<String> = (1..24).map(|i| format!("a{i} AS (SELECT count(*) FROM a{}, a{0})", i - 1)).collect();
    let query = format!("WITH a0 AS (SELECT 1), {} SELECT * FROM a23", tables.join(", "));
    let reading = within(reader.read(&query, LONG)).await;
    assert!(matches!(kind(&reading), Some(ErrorKind::Unreadable | ErrorKind::Query)), "{reading:?}");
    assert_eq!(agentic_ops::probes::check_query(&query, 0), Ok(()), "it is not prepared to be validated");
}

#[tokio::test]
async fn endless_queries_of_one_scenario_leave_the_file_to_others() {
    let reader = Reader::new(|_, _| {});
    reader.writer("wal").execute_batch(ONE_ROW).unwrap();
    assert_eq!(number(&reader.count().await), 1);
    let mut hogs = tokio::task::JoinSet::new();
    for scenario in ["hog", "hog", "hog", "hog", "greedy", "greedy", "greedy", "greedy"] {
        let (prober, target) = (reader.prober.clone(), reader.target(scenario, ENDLESS, LONG));
        hogs.spawn(async move { prober.read(&target).await });
    }
    until("two run", async || reader.workers().len() >= 2).await;
    for _ in 0..5 {
        assert_eq!(number(&within(reader.count()).await), 1);
    }
    assert!(reader.workers().len() <= 3);
    until("the limit is reported", async || {
        reader.is_counted("sqlite_workers_per_file") || reader.is_counted("sqlite_workers")
    })
    .await;
}

#[tokio::test]
async fn a_worker_is_used_again_and_replaced_when_it_dies() {
    let reader = Reader::new(|_, _| {});
    reader.writer("wal").execute_batch(ONE_ROW).unwrap();
    assert_eq!(number(&reader.count().await), 1);
    let first = reader.workers();
    assert_eq!(first.len(), 1);
    assert_eq!(number(&reader.count().await), 1);
    assert_eq!(reader.workers(), first);
    let kill = |id: u32| std::process::Command::new("kill").args(["-KILL", &id.to_string()]).status().unwrap();
    assert!(kill(first[0]).success());
    until("the worker is gone", async || !is_running(first[0])).await;
    assert_eq!(number(&reader.count().await), 1);
    let (prober, target) = (reader.prober.clone(), reader.target("shop", ENDLESS, LONG));
    let second = reader.workers();
    let before = cpu_ticks(second[0]);
    let reading = tokio::spawn(async move { prober.read(&target).await });
    until("the worker is busy with the query", async || cpu_ticks(second[0]) > before + 5).await;
    assert!(kill(second[0]).success());
    let reading = within(reading).await.unwrap();
    assert_eq!(kind(&reading), Some(ErrorKind::Unreadable), "{reading:?}");
    assert!(detail(&reading).contains("signal 9"), "{reading:?}");
    assert_eq!(number(&reader.count().await), 1);
}

/// The CPU time of a process, in hundredths of a second.
fn cpu_ticks(id: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum()
}

#[tokio::test]
async fn a_program_that_is_no_worker_gives_an_error() {
    for program in ["/nonexistent/worker", "/bin/true"] {
        let reader = Reader::new(|options, _| options.program = program.into());
        reader.writer("wal").execute_batch(ONE_ROW).unwrap();
        let reading = within(reader.count()).await;
        assert_eq!(kind(&reading), Some(ErrorKind::Unreadable), "{program}: {reading:?}");
    }
}

#[tokio::test]
async fn a_worker_has_no_environment_and_no_rights_but_to_read() {
    let reader = Reader::new(|_, _| {});
    reader.writer("wal").execute_batch(ONE_ROW).unwrap();
    assert_eq!(number(&reader.count().await), 1);
    let worker = reader.workers()[0];
    let proc = |name: &str| std::fs::read_to_string(format!("/proc/{worker}/{name}")).unwrap();
    assert_eq!(proc("environ"), "");
    let limits = proc("limits");
    for name in ["Max file size", "Max core file size"] {
        let line = limits.lines().find(|line| line.starts_with(name)).unwrap();
        assert_eq!(line.split_whitespace().nth_back(1), Some("0"), "{line}");
    }
    let space = limits.lines().find(|line| line.starts_with("Max address space")).unwrap();
    assert!(!space.contains("unlimited"), "{space}");
    assert!(proc("status").contains("Seccomp:\t2"), "a filter of system calls");
    let open: Vec<_> = std::fs::read_dir(format!("/proc/{worker}/fd")).unwrap().collect();
    assert_eq!(open.len(), 3, "standard input, output and error: {open:?}");
}

/// A Scenario file and the settings for it.
fn endless_scenario(scratch: &Scratch) -> (String, String) {
    let database = scratch.0.join("desk.db");
    rusqlite::Connection::open(&database).unwrap().execute_batch(ONE_ROW).unwrap();
    let settings = scratch.file("settings.env", &format!("DESK_DB_PATH={}\n", database.display()));
    let scenario = format!(
        "apiVersion: agentic.ligbox.io/v1alpha1\nkind: Scenario\nmetadata: {{name: endless}}\nspec:\n  title: t\n  agent: pulso\n  \
         severity: low\n  interval: 1h\n  probes:\n  - name: db\n    timeout: 1h\n    sqlite: {{path: \"${{DESK_DB_PATH}}\", query: \
         \"{}\"}}\n",
        uninterruptible()
    );
    (scratch.file("endless.yaml", &scenario), settings)
}

async fn worker_of(process: &Process) -> u32 {
    eventually("a worker", async || children(process.id()).first().copied()).await
}

#[tokio::test]
async fn a_worker_ends_with_the_program_that_started_it() {
    let scratch = Scratch::new("sqlite-orphan");
    let (scenario, settings) = endless_scenario(&scratch);
    let command = process::command(["check", &scenario, "--env-file", &settings]);
    let mut check = Process::spawn("check", &scratch, command);
    let worker = worker_of(&check).await;
    check.kill();
    until("the worker is gone", async || !is_running(worker)).await;
}

#[tokio::test]
async fn the_program_stops_though_a_query_runs() {
    let scratch = Scratch::new("sqlite-stop");
    let (scenario, settings) = endless_scenario(&scratch);
    let mut command = process::command(["standalone", "--registry", &scenario, "--env-file", &settings]);
    command.args(["--listen", "127.0.0.1:0", "--kube-listen", "127.0.0.1:0", "--data"]).arg(scratch.0.join("data"));
    command.env("AGENTIC_SQLITE_MAX_TIME", "1h");
    let mut standalone = Process::spawn("standalone", &scratch, command);
    let worker = worker_of(&standalone).await;
    assert!(standalone.stop().await.success());
    until("the worker is gone", async || !is_running(worker)).await;
}
