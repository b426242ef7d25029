use super::super::testing::{detail, kind, target};
use super::super::{Prober, ProberOptions};
use super::look::Way;
use super::*;
use crate::domain::reading::Reading;
use crate::domain::target::Request;
use rusqlite::Connection;
use serde_json::json;
use std::path::Path;

/// A directory that is removed after the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Scratch {
        let path = std::env::temp_dir().join(format!("agentic-ops-probe-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir_all(&path).unwrap();
        Scratch(path)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn desk(path: &Path) -> Connection {
    let writer = Connection::open(path).unwrap();
    writer
        .execute_batch(
            "PRAGMA journal_mode = WAL;
             CREATE TABLE ticket (id INTEGER PRIMARY KEY, title TEXT, hours REAL, file BLOB, state TEXT);
             INSERT INTO ticket VALUES (112, 'one', 1.5, x'00ff', 'open'), (113, 'two', NULL, NULL, 'closed');",
        )
        .unwrap();
    writer
}

fn prober(paths: &[&Path]) -> Prober {
    let paths = paths.iter().map(|p| p.to_path_buf()).collect();
    let sqlite = SqliteOptions { paths, ..SqliteOptions::default() };
    Prober::new(ProberOptions { sqlite, ..ProberOptions::default() }).unwrap()
}

fn request(path: &Path, query: &str, parameters: &[&str]) -> SqliteRequest {
    let parameters = parameters.iter().map(|p| p.to_string()).collect();
    SqliteRequest { path: path.to_path_buf(), query: query.to_string(), parameters, max_rows: 100 }
}

async fn query(path: &Path, query: &str, parameters: &[&str]) -> Reading {
    prober(&[path]).read(&target(Request::Sqlite(request(path, query, parameters)))).await.into_parts().0
}

#[tokio::test]
async fn rows_keep_their_types() {
    let scratch = Scratch::new();
    let path = scratch.file("desk.db");
    let _writer = desk(&path);
    let reading = query(&path, "SELECT * FROM ticket WHERE id >= ?1 ORDER BY id", &["112"]).await;
    assert!(reading.ok(), "{reading:?}");
    assert_eq!(reading.fields["rowCount"], 2);
    assert_eq!(
        reading.fields["rows"],
        json!([
            {"id": 112, "title": "one", "hours": 1.5, "file": "AP8=", "state": "open"},
            {"id": 113, "title": "two", "hours": null, "file": null, "state": "closed"},
        ])
    );
    assert!(reading.fields["rows"][0]["id"].is_i64());
    assert!(reading.fields["rows"][0]["hours"].is_f64());
}

#[tokio::test]
async fn a_reader_sees_committed_data_and_blocks_no_writer() {
    let scratch = Scratch::new();
    let path = scratch.file("desk.db");
    let writer = desk(&path);
    writer.busy_timeout(Duration::ZERO).unwrap();
    let prober = prober(&[&path]);
    let count = target(Request::Sqlite(request(&path, "SELECT count(*) AS n FROM ticket", &[])));
    writer.execute_batch("BEGIN IMMEDIATE; INSERT INTO ticket (id) VALUES (114)").unwrap();
    let during = prober.read(&count).await;
    assert_eq!(during.fields["rows"][0]["n"], 2, "{during:?}");
    writer.execute_batch("COMMIT").unwrap();
    assert_eq!(prober.read(&count).await.fields["rows"][0]["n"], 3);
    let writing = tokio::task::spawn_blocking(move || {
        for id in 200..400 {
            writer.execute("INSERT INTO ticket (id) VALUES (?1)", [id]).unwrap();
        }
        writer.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    });
    let mut last = 3;
    while !writing.is_finished() {
        let reading = prober.read(&count).await;
        let now = reading.fields["rows"][0]["n"].as_i64().unwrap();
        assert!(now >= last, "{now} after {last}");
        last = now;
    }
    writing.await.unwrap();
    assert_eq!(prober.read(&count).await.fields["rows"][0]["n"], 203);
}

#[tokio::test]
async fn a_closed_wal_database_is_read_too() {
    let scratch = Scratch::new();
    let path = scratch.file("desk.db");
    drop(desk(&path));
    assert!(!scratch.file("desk.db-shm").exists());
    assert_eq!(query(&path, "SELECT id FROM ticket", &[]).await.fields["rowCount"], 2);
}

#[tokio::test]
async fn only_offered_files_are_opened() {
    let scratch = Scratch::new();
    let (offered, other) = (scratch.file("desk.db"), scratch.file("other.db"));
    let _writers = (desk(&offered), desk(&other));
    let link = scratch.file("link.db");
    std::os::unix::fs::symlink(&other, &link).unwrap();
    let configuration = scratch.0.join("..").join(scratch.0.file_name().unwrap()).join("desk.db");
    let prober = prober(&[&offered]);
    for (path, expected) in [
        (&offered, None),
        (&configuration, None),
        (&other, Some(ErrorKind::Forbidden)),
        (&link, Some(ErrorKind::Forbidden)),
        (&PathBuf::from("file:/etc/passwd?mode=ro"), Some(ErrorKind::Forbidden)),
        (&scratch.file("none.db"), Some(ErrorKind::Forbidden)),
    ] {
        let reading = prober.read(&target(Request::Sqlite(request(path, "SELECT 1", &[])))).await;
        assert_eq!(kind(&reading), expected, "{} {reading:?}", path.display());
    }
}

#[tokio::test]
async fn files_that_are_not_databases_are_unreadable() {
    let scratch = Scratch::new();
    let garbage = scratch.file("garbage.db");
    std::fs::write(&garbage, "x".repeat(5000)).unwrap();
    for path in [&scratch.file("none.db"), &garbage, &scratch.0] {
        let reading = query(path, "SELECT * FROM ticket", &[]).await;
        assert_eq!(kind(&reading), Some(ErrorKind::Unreadable), "{reading:?}");
    }
}

#[tokio::test]
async fn queries_that_are_rejected() {
    let scratch = Scratch::new();
    let path = scratch.file("desk.db");
    let _writer = desk(&path);
    for (sql, parameters, words) in [
        ("SELECT * FROM absent", &[][..], "no such table: absent"),
        ("SELECT absent FROM ticket", &[], "no such column"),
        ("SELECT ?1", &[], "has 1 parameter, and 0 are given"),
        ("SELECT 1", &["x"], "has 0 parameters, and 1 are given"),
        ("SELECT id, id FROM ticket", &[], "two columns"),
        ("DELETE FROM ticket", &[], "DELETE"),
        ("SELECT 1; SELECT 2", &[], "more than one statement"),
        ("SELECT load_extension('x')", &[], "load_extension"),
        ("SELECT * FROM pragma_table_info('ticket')", &[], "only read"),
        ("PRAGMA journal_mode = DELETE", &[], "PRAGMA"),
    ] {
        let reading = query(&path, sql, parameters).await;
        assert_eq!(kind(&reading), Some(ErrorKind::Query), "{sql} {reading:?}");
        assert!(detail(&reading).contains(words), "{sql} {reading:?}");
    }
}

#[test]
fn the_authorizer_denies_what_the_statement_check_allows() {
    let scratch = Scratch::new();
    let path = scratch.file("desk.db");
    let _writer = desk(&path);
    let until = Instant::now() + Duration::from_secs(10);
    let connection = execute::open(&path.canonicalize().unwrap(), Way::WithIndex, until).unwrap();
    for sql in [
        "DELETE FROM ticket",
        "INSERT INTO ticket (id) VALUES (1)",
        "CREATE TEMP TABLE t (x)",
        "ATTACH ':memory:' AS other",
        "PRAGMA journal_mode = DELETE",
        "BEGIN",
        "SELECT load_extension('x')",
    ] {
        let error = connection.prepare(sql).err().unwrap_or_else(|| panic!("{sql} was prepared"));
        assert!(error.to_string().contains("not authorized"), "{sql}: {error:?}");
    }
}

#[tokio::test]
async fn results_are_bounded() {
    let scratch = Scratch::new();
    let path = scratch.file("desk.db");
    let _writer = desk(&path);
    let numbers =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < CAST(?1 AS INTEGER)) SELECT i FROM n";
    assert_eq!(query(&path, numbers, &["100"]).await.fields["rowCount"], 100);
    for (sql, parameters) in
        [(numbers, &["101"][..]), ("SELECT hex(zeroblob(600000)) AS x", &[]), ("SELECT zeroblob(100000000) AS x", &[])]
    {
        let reading = query(&path, sql, parameters).await;
        assert_eq!(kind(&reading), Some(ErrorKind::TooLarge), "{sql} {:?}", reading.error);
    }
}

#[tokio::test]
async fn endless_queries_and_locks_end_at_the_timeout() {
    let scratch = Scratch::new();
    let path = scratch.file("desk.db");
    let _writer = desk(&path);
    let locked = scratch.file("locked.db");
    let holder = Connection::open(&locked).unwrap();
    holder.execute_batch("CREATE TABLE t (x); BEGIN EXCLUSIVE; INSERT INTO t VALUES (1)").unwrap();
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
    let prober = prober(&[&path, &locked]);
    for (path, sql) in [(&path, endless), (&locked, "SELECT * FROM t")] {
        let mut target = target(Request::Sqlite(request(path, sql, &[])));
        target.timeout = Duration::from_millis(300);
        let reading = prober.read(&target).await;
        assert_eq!(kind(&reading), Some(ErrorKind::Timeout), "{reading:?}");
        assert!(reading.latency < Duration::from_secs(5), "{reading:?}");
    }
    // The threads were released: there are fewer of them than these readings.
    for _ in 0..6 {
        assert!(prober.read(&target(Request::Sqlite(request(&path, "SELECT 1", &[])))).await.ok());
    }
}
