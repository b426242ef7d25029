//! Reading leaves no trace beside the database and does not disturb its writer.

use super::{COUNT, ONE_ROW, Reader, detail, kind, number};
use crate::kit::wait::{until, within};
use agentic_ops::domain::reading::ErrorKind;
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::time::Duration;

/// What the files of a directory are: owner, mode, size, inode, and content.
type Files = BTreeMap<String, (u32, u32, u64, u64, Vec<u8>)>;

fn files(reader: &Reader) -> Files {
    let file = |name: String| {
        let path = reader.scratch.0.join("desk").join(&name);
        let (meta, content) = (path.metadata().unwrap(), std::fs::read(path).unwrap());
        (name, (meta.uid(), meta.mode(), meta.size(), meta.ino(), content))
    };
    reader.names().into_iter().map(file).collect()
}

fn copy(from: &Path, to: &Path) {
    std::fs::copy(from, to).unwrap_or_else(|error| panic!("{}: {error}", from.display()));
}

/// Copies what a writer that is killed now would leave: the database and these files beside it.
fn crash(reader: &Reader, crashed: &Reader, suffixes: &[&str]) {
    for suffix in [""].iter().chain(suffixes) {
        let of = |reader: &Reader| format!("{}{suffix}", reader.path().display());
        copy(Path::new(&of(reader)), Path::new(&of(crashed)));
    }
}

#[tokio::test]
async fn a_database_that_nobody_has_open_stays_alone_in_its_directory() {
    for mode in ["wal", "delete", "truncate"] {
        let reader = Reader::new(|_, _| {});
        reader.writer(mode).execute_batch(ONE_ROW).unwrap();
        let _ = std::fs::remove_file(format!("{}-journal", reader.path().display()));
        let before = files(&reader);
        assert_eq!(reader.names(), ["desk.db"], "{mode}");
        assert_eq!(number(&reader.count().await), 1, "{mode}");
        assert!(files(&reader) == before, "{mode}: {:?}", reader.names());
    }
}

#[tokio::test]
async fn in_wal_mode_committed_rows_are_read_while_the_writer_writes() {
    let reader = Reader::new(|_, _| {});
    let writer = reader.writer("wal");
    writer.execute_batch(ONE_ROW).unwrap();
    writer.execute_batch("BEGIN IMMEDIATE; INSERT INTO ticket (title) VALUES ('b')").unwrap();
    assert_eq!(number(&reader.count().await), 1);
    writer.execute_batch("COMMIT").unwrap();
    assert_eq!(number(&reader.count().await), 2);
    let writing = tokio::task::spawn_blocking(move || {
        for _ in 0..200 {
            writer.execute("INSERT INTO ticket (title) VALUES ('c')", []).unwrap();
        }
        writer
    });
    let mut last = 2;
    while !writing.is_finished() {
        let now = number(&reader.count().await);
        assert!(now >= last, "{now} after {last}");
        last = now;
    }
    let writer = writing.await.unwrap();
    assert_eq!(number(&reader.count().await), 202);
    let names = reader.names();
    writer.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    assert_eq!(number(&reader.count().await), 202, "with an empty -wal");
    assert_eq!(reader.names(), names);
    drop(writer);
    assert_eq!(reader.names(), ["desk.db"], "the writer removes its files");
}

#[tokio::test]
async fn a_writer_that_comes_and_goes_is_not_disturbed() {
    for mode in ["wal", "delete", "truncate", "persist"] {
        let reader = Reader::new(|_, _| {});
        reader.writer(mode).execute_batch(ONE_ROW).unwrap();
        let path = reader.path();
        let writing = tokio::task::spawn_blocking(move || {
            for _ in 0..20 {
                let writer = Connection::open(&path).unwrap();
                writer.query_row(&format!("PRAGMA journal_mode = {mode}"), [], |_| Ok(())).unwrap();
                writer.busy_timeout(Duration::from_secs(5)).unwrap();
                writer.execute("INSERT INTO ticket (title) VALUES ('b')", []).unwrap();
                std::thread::sleep(Duration::from_millis(5));
            }
        });
        let mut last = 1;
        while !writing.is_finished() {
            let reading = reader.count().await;
            if reading.ok() {
                let now = number(&reading);
                assert!(now >= last, "{mode}: {now} after {last}");
                last = now;
            }
        }
        writing.await.unwrap();
        until(&format!("{mode}: everything is read"), async || {
            let reading = reader.count().await;
            reading.ok() && number(&reading) == 21
        })
        .await;
        // A writer that ends while it is read leaves its own -wal and -shm to the next one.
        drop(reader.writer(mode));
        let left = if mode == "truncate" || mode == "persist" { 2 } else { 1 };
        assert_eq!(reader.names().len(), left, "{mode}: {:?}", reader.names());
    }
}

#[tokio::test]
async fn what_a_killed_writer_left_is_read_or_unreadable_and_not_touched() {
    let (reader, both, wal_alone) = (Reader::new(|_, _| {}), Reader::new(|_, _| {}), Reader::new(|_, _| {}));
    let writer = reader.writer("wal");
    writer.execute_batch(ONE_ROW).unwrap();
    crash(&reader, &both, &["-wal", "-shm"]);
    crash(&reader, &wal_alone, &["-wal"]);
    let before = files(&both);
    assert_eq!(number(&both.count().await), 1, "the log is read without its writer");
    assert!(files(&both) == before, "{:?}", both.names());
    let before = files(&wal_alone);
    let reading = within(wal_alone.count()).await;
    assert_eq!(kind(&reading), Some(ErrorKind::Unreadable), "{reading:?}");
    assert!(detail(&reading).contains("-shm"), "{reading:?}");
    assert!(files(&wal_alone) == before, "{:?}", wal_alone.names());
    // Its writer recovers it.
    let again = wal_alone.writer("wal");
    assert_eq!(number(&wal_alone.count().await), 1);
    drop(again);
}

#[tokio::test]
async fn a_hot_journal_is_left_to_the_writer() {
    let (reader, crashed) = (Reader::new(|_, _| {}), Reader::new(|_, _| {}));
    let writer = reader.writer("delete");
    writer.execute_batch(ONE_ROW).unwrap();
    // Pages are written before the commit.
    writer.execute_batch("PRAGMA cache_size = 1; PRAGMA cache_spill = 1; BEGIN").unwrap();
    for _ in 0..200 {
        writer.execute("INSERT INTO ticket (title) VALUES (hex(randomblob(500)))", []).unwrap();
    }
    crash(&reader, &crashed, &["-journal"]);
    let before = files(&crashed);
    let reading = within(crashed.count()).await;
    assert_eq!(kind(&reading), Some(ErrorKind::Unreadable), "{reading:?}");
    assert!(files(&crashed) == before, "{:?}", crashed.names());
    assert_eq!(crashed.writer("delete").query_row(COUNT, [], |row| row.get::<_, i64>(0)).unwrap(), 1);
    assert_eq!(number(&crashed.count().await), 1);
}

#[tokio::test]
async fn in_rollback_mode_a_transaction_under_way_is_not_read_and_its_locks_are_waited_for_shortly() {
    let reader = Reader::new(|_, _| {});
    let writer = reader.writer("delete");
    writer.execute_batch(ONE_ROW).unwrap();
    writer.execute_batch("BEGIN IMMEDIATE; INSERT INTO ticket (title) VALUES ('b')").unwrap();
    assert!(reader.names().contains(&"desk.db-journal".to_string()));
    assert_eq!(number(&reader.count().await), 1);
    writer.execute_batch("COMMIT").unwrap();
    assert_eq!(number(&reader.count().await), 2);
    writer.execute_batch("BEGIN EXCLUSIVE; INSERT INTO ticket (title) VALUES ('c')").unwrap();
    // On a slow machine, the worker may be ended before it says so.
    until("a reading that says that the database is locked", async || {
        let reading = within(reader.read(COUNT, Duration::from_secs(3600))).await;
        assert_eq!(kind(&reading), Some(ErrorKind::Timeout), "{reading:?}");
        detail(&reading).contains("locked")
    })
    .await;
    writer.execute_batch("COMMIT").unwrap();
    assert_eq!(number(&reader.count().await), 3);
}

#[tokio::test]
async fn locks_that_a_writer_waits_for_are_given_up() {
    let reader = Reader::new(|_, _| {});
    let writer = reader.writer("persist");
    writer.execute_batch(ONE_ROW).unwrap();
    assert!(reader.names().contains(&"desk.db-journal".to_string()));
    let rows = "WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) SELECT count(*) AS n FROM r, ticket";
    let instr = "WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r WHERE x < 1000)
        SELECT sum(instr(printf('%.*c', 1900000, 'a'), printf('%.*c', 950000, 'a') || 'b')) AS n FROM r, ticket";
    for query in [rows, instr] {
        let reading = within(reader.read(query, Duration::from_secs(3600))).await;
        assert_eq!(kind(&reading), Some(ErrorKind::Timeout), "{reading:?}");
        assert!(detail(&reading).contains("under locks"), "{reading:?}");
    }
    until("the writer writes", async || writer.execute("INSERT INTO ticket (title) VALUES ('b')", []).is_ok()).await;
}

#[tokio::test]
async fn a_database_that_is_replaced_is_read_as_it_is_now() {
    let (reader, other) = (Reader::new(|_, _| {}), Reader::new(|_, _| {}));
    reader.writer("wal").execute_batch(ONE_ROW).unwrap();
    assert_eq!(number(&reader.count().await), 1);
    let writer = other.writer("wal");
    writer.execute_batch(ONE_ROW).unwrap();
    writer.execute_batch("INSERT INTO ticket (title) VALUES ('b')").unwrap();
    drop(writer);
    std::fs::rename(other.path(), reader.path()).unwrap();
    assert_eq!(number(&reader.count().await), 2);
    assert_eq!(reader.names(), ["desk.db"]);
}

#[tokio::test]
async fn no_name_leads_to_a_file_of_the_program_itself() {
    let reader = Reader::new(|options, scratch| {
        std::fs::create_dir(scratch.join("data")).unwrap();
        let store = scratch.join("data/controlplane.db");
        Connection::open(&store).unwrap().execute_batch(ONE_ROW).unwrap();
        options.own_files.push(store);
    });
    let (store, data) = (reader.scratch.0.join("data/controlplane.db"), reader.scratch.0.join("data"));
    // As the program has it open.
    let _open = std::fs::File::open(&store).unwrap();
    let forbidden = async |what: &str| {
        let reading = within(reader.count()).await;
        assert_eq!(kind(&reading), Some(ErrorKind::Forbidden), "{what}: {reading:?}");
        std::fs::remove_file(reader.path()).unwrap();
    };
    symlink(&store, reader.path()).unwrap();
    forbidden("a symbolic link").await;
    std::fs::hard_link(&store, reader.path()).unwrap();
    forbidden("a hard link").await;
    std::fs::rename(&store, reader.path()).unwrap();
    std::fs::write(&store, "another file").unwrap();
    forbidden("a file that was renamed").await;
    std::fs::rename(&data, reader.scratch.0.join("elsewhere")).unwrap();
    symlink(reader.scratch.0.join("elsewhere/controlplane.db"), reader.path()).unwrap();
    symlink(reader.scratch.0.join("elsewhere"), &data).unwrap();
    forbidden("a directory that was renamed").await;
    reader.writer("wal").execute_batch(ONE_ROW).unwrap();
    assert_eq!(number(&reader.count().await), 1);
}

/// Runs `agentic-ops check` of a Scenario over the database as another user, who may write to its directory.
fn check_as_another_user(scratch: &Path, database: &Path) -> String {
    let scenario = scratch.join("scenario.yaml");
    let probe = format!("{{name: db, sqlite: {{path: \"${{DESK_DB_PATH}}\", query: \"{COUNT}\"}}}}");
    let head = "apiVersion: agentic.ligbox.io/v1alpha1\nkind: Scenario\nmetadata: {name: desk}\n";
    let spec = format!("spec: {{title: t, agent: pulso, severity: low, probes: [{probe}]}}\n");
    std::fs::write(&scenario, format!("{head}{spec}")).unwrap();
    std::fs::write(scratch.join("settings.env"), format!("DESK_DB_PATH={}\n", database.display())).unwrap();
    let program = scratch.join("agentic-ops");
    copy(Path::new(env!("CARGO_BIN_EXE_agentic-ops")), &program);
    let output = std::process::Command::new("setpriv")
        .args(["--reuid=5002", "--regid=5002", "--groups=5100"])
        .arg(program)
        .args(["check", "--env-file", "settings.env", "scenario.yaml"])
        .current_dir(scratch)
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn another_user_reads_and_leaves_nothing_to_the_writer() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("not tested: only root can be two users");
        return;
    }
    let reader = Reader::new(|_, _| {});
    reader.writer("wal").execute_batch(ONE_ROW).unwrap();
    let (path, directory) = (reader.path(), reader.scratch.0.join("desk"));
    for name in [&path, &directory] {
        std::os::unix::fs::chown(name, Some(5001), Some(5100)).unwrap();
        std::fs::set_permissions(name, PermissionsExt::from_mode(if name == &path { 0o664 } else { 0o2775 })).unwrap();
    }
    let before = files(&reader);
    let report = check_as_another_user(&reader.scratch.0, &path);
    assert!(report.contains("pass"), "{report}");
    assert!(files(&reader) == before, "{:?}", reader.names());
    let writer = reader.writer("wal");
    writer.execute_batch("INSERT INTO ticket (title) VALUES ('b')").unwrap();
    let names = reader.names();
    let report = check_as_another_user(&reader.scratch.0, &path);
    assert!(report.contains("pass"), "{report}");
    assert_eq!(reader.names(), names);
    drop(writer);
    assert!(files(&reader).values().all(|(owner, ..)| *owner == 5001), "{:?}", reader.names());
}

#[tokio::test]
async fn what_is_no_file_is_refused_at_once() {
    let reader = Reader::new(|_, _| {});
    let path = reader.path();
    let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
    assert!(made.success());
    let refused = async |what: &str| {
        let reading = within(reader.read(COUNT, Duration::from_secs(3600))).await;
        assert_eq!(kind(&reading), Some(ErrorKind::Unreadable), "{what}: {reading:?}");
    };
    refused("a pipe").await;
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    refused("a directory").await;
    std::fs::remove_dir(&path).unwrap();
    symlink("/dev/zero", &path).unwrap();
    refused("a device").await;
    std::fs::remove_file(&path).unwrap();
    reader.writer("wal").execute_batch(ONE_ROW).unwrap();
    let log = format!("{}-wal", path.display());
    assert!(std::process::Command::new("mkfifo").arg(log).status().unwrap().success());
    refused("a pipe beside the database").await;
}

#[tokio::test]
async fn a_quoted_name_that_is_no_column_is_an_error() {
    let reader = Reader::new(|_, _| {});
    reader.writer("wal").execute_batch(ONE_ROW).unwrap();
    for query in ["SELECT \"titel\" FROM ticket", "SELECT count(*) AS n FROM ticket WHERE \"titel\" = 'a'"] {
        let reading = reader.read(query, Duration::from_secs(20)).await;
        assert_eq!(kind(&reading), Some(ErrorKind::Query), "{reading:?}");
        assert!(detail(&reading).contains("titel"), "{reading:?}");
    }
    let reading = reader.read("SELECT count(*) AS n FROM ticket WHERE \"title\" = 'a'", Duration::from_secs(20)).await;
    assert_eq!(number(&reading), 1);
}
