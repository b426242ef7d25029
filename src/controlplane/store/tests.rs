use super::file::FileOptions;
use super::*;
use rusqlite::Connection;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;

/// A data directory, removed when dropped.
pub(super) struct Directory(pub PathBuf);

impl Directory {
    pub fn new() -> Directory {
        let path = std::env::temp_dir().join(format!("agentic-ops-store-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir(&path).unwrap();
        Directory(path)
    }

    pub fn options(&self) -> FileOptions {
        FileOptions { path: self.database(), evidence: vec![self.0.join("token")], pages_max: None }
    }

    fn database(&self) -> PathBuf {
        self.0.join("controlplane.db")
    }

    pub fn open(&self) -> Result<(Store, JoinHandle<()>), OpenError> {
        Store::open(StoreOptions { file: self.options(), check: Box::new(|_, _| Ok(())), on_error: Box::new(|| ()) })
    }

    /// A store with these objects, closed again.
    async fn with_objects(names: &[&str]) -> Directory {
        let directory = Directory::new();
        let (store, writer) = directory.open().unwrap();
        for name in names {
            put(&store, name, 10).await.unwrap();
        }
        close(store, writer);
        directory
    }

    /// Another program puts the log into the file.
    fn checkpoint(&self) {
        let connection = Connection::open(self.database()).unwrap();
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    }

    fn sql(&self, sql: &str) {
        let changed = Connection::open(self.database()).unwrap().execute(sql, []).unwrap();
        assert!(changed > 0, "{sql}");
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub(super) fn close(store: Store, writer: JoinHandle<()>) {
    drop(store);
    writer.join().unwrap();
}

pub(super) fn key(name: &str) -> Key {
    Key { kind: "configmaps".into(), namespace: "a".into(), name: name.into() }
}

pub(super) async fn put(store: &Store, name: &str, size: usize) -> Result<Value, StoreError> {
    let value = json!({"metadata": {"name": name, "namespace": "a"}, "data": {"text": "x".repeat(size)}});
    let written = store.write(key(name), move |_| WriteAction::<()>::Put(Box::new(value.clone()))).await?;
    Ok(written.unwrap())
}

pub(super) async fn delete(store: &Store, name: &str) -> Result<(), StoreError> {
    store.write(key(name), |_| WriteAction::<()>::Delete(Box::default())).await.map(drop)
}

pub(super) fn names(store: &Store) -> Vec<String> {
    store.list("configmaps", None).items.into_iter().map(|(key, _)| key.name).collect()
}

#[tokio::test]
async fn a_full_disk_fails_writes_and_nothing_else_until_there_is_space() {
    let directory = Directory::new();
    let errors = Arc::new(AtomicUsize::new(0));
    let counted = errors.clone();
    let file = FileOptions { pages_max: Some(1_000), ..directory.options() };
    let on_error = Box::new(move || {
        counted.fetch_add(1, Ordering::Relaxed);
    });
    let (store, writer) = Store::open(StoreOptions { file, check: Box::new(|_, _| Ok(())), on_error }).unwrap();
    let mut stored = Vec::new();
    let error = loop {
        let name = format!("c{:03}", stored.len());
        match put(&store, &name, 60_000).await {
            Ok(_) => stored.push(name),
            Err(error) => break error,
        }
    };
    assert_eq!(error.to_string(), "cannot write to the store: database or disk is full");
    assert!(stored.len() > 10, "{}", stored.len());
    let full = store.status().state();
    assert_eq!((full.write_error.as_deref(), errors.load(Ordering::Relaxed)), (Some("database or disk is full"), 1));
    // What was answered is there, and nothing of what was not.
    assert_eq!(names(&store), stored);
    store.check().await.unwrap();
    assert!(store.status().is_failing(), "there is no space yet");
    for name in stored.drain(10..) {
        delete(&store, &name).await.unwrap();
    }
    store.check().await.unwrap();
    assert_eq!(store.status().state(), StoreState::default());
    put(&store, "after", 60_000).await.unwrap();
    stored.insert(0, "after".into());
    assert_eq!(names(&store), stored);
    close(store, writer);
    let (store, writer) = directory.open().unwrap();
    assert_eq!(names(&store), stored, "the file has what the memory had");
    close(store, writer);
}

/// Asserts that neither a write nor a check finds the store writable, and that the error says this.
async fn assert_refused(store: &Store, says: &str) {
    for _ in 0..3 {
        store.check().await.unwrap();
        let error = store.status().state().write_error.unwrap_or_default();
        assert!(error.contains(says), "{says} is not in {error:?}");
        let refused = put(store, "refused", 10).await.unwrap_err().to_string();
        assert!(refused.contains(says), "{refused}");
    }
}

#[tokio::test]
async fn nothing_is_written_while_the_file_is_not_at_its_path() {
    let directory = Directory::new();
    let (store, writer) = directory.open().unwrap();
    put(&store, "a", 10).await.unwrap();
    let (path, aside) = (directory.database(), directory.0.join("aside"));
    std::fs::rename(&path, &aside).unwrap();
    assert_refused(&store, "controlplane.db was deleted or moved away while it was open").await;
    std::fs::copy(&aside, &path).unwrap();
    assert_refused(&store, "controlplane.db was replaced by another file").await;
    assert_eq!(names(&store), ["a"]);
    std::fs::rename(&aside, &path).unwrap();
    store.check().await.unwrap();
    assert_eq!(store.status().state(), StoreState::default());
    put(&store, "b", 10).await.unwrap();
    // What was written to the log is in the database after the store is closed.
    std::fs::remove_file(directory.0.join("controlplane.db-wal")).unwrap();
    assert_refused(&store, "controlplane.db-wal was deleted or replaced").await;
    close(store, writer);
    let (store, writer) = directory.open().unwrap();
    assert_eq!(names(&store), ["a", "b"]);
    close(store, writer);
}

#[tokio::test]
async fn a_file_that_was_cut_off_is_not_written_again() {
    let directory = Directory::with_objects(&["a", "b"]).await;
    for size in [4096, 0] {
        let whole = std::fs::read(directory.database()).unwrap();
        let (store, writer) = directory.open().unwrap();
        let file = std::fs::File::options().write(true).open(directory.database()).unwrap();
        file.set_len(size).unwrap();
        let says = format!("controlplane.db was cut from {} to {size} bytes", whole.len());
        assert_refused(&store, &says).await;
        // Also when it has its length again.
        file.set_len(whole.len() as u64).unwrap();
        assert_refused(&store, &says).await;
        assert_eq!(names(&store), ["a", "b"]);
        close(store, writer);
        std::fs::write(directory.database(), whole).unwrap();
        let _ = std::fs::remove_file(directory.0.join("controlplane.db-wal"));
    }
}

#[tokio::test]
async fn a_file_that_is_overwritten_in_place_is_not_written_again() {
    let directory = Directory::with_objects(&["a", "b"]).await;
    let other = Directory::with_objects(&["a", "c"]).await;
    let other = std::fs::read(other.database()).unwrap();
    for content in [other.clone(), vec![0; other.len()], vec![b'x'; other.len()]] {
        let whole = std::fs::read(directory.database()).unwrap();
        assert_eq!(whole.len(), content.len());
        let (store, writer) = directory.open().unwrap();
        put(&store, "a", 10).await.unwrap();
        std::fs::write(directory.database(), &content).unwrap();
        assert_refused(&store, "controlplane.db was changed by another program while it was open (").await;
        // Also when it has its contents again, since they lack what was written.
        std::fs::write(directory.database(), &whole).unwrap();
        assert_refused(&store, "controlplane.db was changed by another program").await;
        std::fs::write(directory.database(), &content).unwrap();
        assert_eq!(names(&store), ["a", "b"]);
        close(store, writer);
        assert!(std::fs::read(directory.database()).unwrap() == content, "it is left as it is");
        if content == other {
            let (store, writer) = directory.open().unwrap();
            assert_eq!(names(&store), ["a", "c"], "what is there now, without the log of what was there");
            close(store, writer);
        }
        std::fs::write(directory.database(), whole).unwrap();
        std::fs::remove_file(directory.0.join("controlplane.db-wal.old")).unwrap();
    }
}

#[tokio::test]
async fn what_another_program_writes_by_sqlite_is_noticed() {
    let directory = Directory::with_objects(&["a", "b"]).await;
    let (store, writer) = directory.open().unwrap();
    put(&store, "c", 10).await.unwrap();
    directory.sql("DELETE FROM objects WHERE name = 'a'");
    assert_refused(&store, "by another program while it was open (1 of 3 objects are missing)").await;
    close(store, writer);
    let (store, writer) = directory.open().unwrap();
    assert_eq!(names(&store), ["b", "c"]);
    directory.sql("UPDATE objects SET json = replace(json, 'x', 'y') WHERE name = 'c'");
    assert_refused(&store, "(configmaps/a/c is another one)").await;
    close(store, writer);
    let (store, writer) = directory.open().unwrap();
    directory.sql("INSERT INTO objects VALUES ('configmaps', 'a', 'new', 1, '{}')");
    assert_refused(&store, "(configmaps/a/new was added)").await;
    close(store, writer);
}

#[tokio::test]
async fn a_file_that_is_only_touched_or_read_is_not_taken_for_a_changed_one() {
    let directory = Directory::with_objects(&["a", "b", "damaged"]).await;
    directory.sql("UPDATE objects SET json = 'null' WHERE name = 'damaged'");
    let (store, writer) = directory.open().unwrap();
    let whole = std::fs::read(directory.database()).unwrap();
    let large = 300_000;
    for round in 0..40 {
        put(&store, &format!("c{round:02}"), large).await.unwrap();
        let file = std::fs::File::options().append(true).open(directory.database()).unwrap();
        match round % 4 {
            0 => file.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap(),
            1 => directory.sql("UPDATE counter SET version = version"),
            2 => directory.checkpoint(),
            _ => _ = std::fs::read(directory.database()).unwrap(),
        }
        store.check().await.unwrap();
        assert_eq!(store.status().state().write_error, None, "in round {round}");
    }
    assert_eq!(names(&store).len(), 42);
    // Its own checkpoints have written to the file.
    assert!(std::fs::metadata(directory.database()).unwrap().len() > whole.len() as u64 + 30 * large as u64);
    close(store, writer);
}

#[tokio::test]
async fn a_store_that_was_emptied_is_not_taken_for_a_new_one() {
    let directory = Directory::with_objects(&["a"]).await;
    let token = directory.0.join("token");
    std::fs::write(&token, "x").unwrap();
    for (what, empty) in [
        ("empty", (|path| std::fs::write(path, "")) as fn(&Path) -> std::io::Result<()>),
        ("missing", |path| std::fs::remove_file(path)),
    ] {
        empty(&directory.database()).unwrap();
        let error = directory.open().map(drop).unwrap_err().to_string();
        let says = format!("controlplane.db is {what}, but {} shows that a store was in use", token.display());
        assert!(error.contains(&says), "{error}");
    }
    std::fs::remove_file(&token).unwrap();
    let (store, writer) = directory.open().unwrap();
    assert_eq!(names(&store), Vec::<String>::new());
    close(store, writer);
}

#[tokio::test]
async fn a_damaged_object_takes_away_only_itself() {
    for damage in [
        "UPDATE objects SET json = substr(json, 2) WHERE name = 'b'",
        "UPDATE objects SET json = 'null' WHERE name = 'b'",
        "UPDATE objects SET json = x'ff' || json WHERE name = 'b'",
        "UPDATE objects SET json = 7 WHERE name = 'b'",
        "UPDATE objects SET version = 'x' WHERE name = 'b'",
        "UPDATE objects SET version = version + 1 WHERE name = 'b'",
        "UPDATE objects SET json = replace(json, '\"name\":\"b\"', '\"name\":\"c\"') WHERE name = 'b'",
    ] {
        let directory = Directory::with_objects(&["a", "b", "c"]).await;
        directory.sql(damage);
        let (store, writer) = directory.open().unwrap();
        assert_eq!(names(&store), ["a", "c"], "{damage}");
        assert!(store.get(&key("b")).is_none() && store.damage(&key("b")).is_some());
        let named = store.status().state().damaged;
        assert!(named.len() == 1 && named[0].starts_with("configmaps/a/b: the "), "{named:?}");
        // It can be written anew, or deleted.
        match damage.contains("null") {
            true => drop(put(&store, "b", 10).await.unwrap()),
            false => delete(&store, "b").await.unwrap(),
        }
        assert_eq!(store.status().state(), StoreState::default());
        close(store, writer);
        let (store, writer) = directory.open().unwrap();
        assert_eq!(store.status().state(), StoreState::default());
        assert_eq!(store.get(&key("b")).is_some(), damage.contains("null"));
        close(store, writer);
    }
}

#[tokio::test]
async fn resource_versions_go_on_from_the_newest_object() {
    let directory = Directory::with_objects(&["a", "b"]).await;
    directory.sql("UPDATE counter SET version = 1");
    let (store, writer) = directory.open().unwrap();
    let newest = store.get(&key("b")).unwrap().version;
    assert_eq!(store.version(), newest);
    close(store, writer);
}

#[tokio::test]
async fn a_damaged_file_is_an_error_that_names_it_or_costs_single_objects() {
    let names: Vec<String> = (0..60).map(|i| format!("object-{i}")).collect();
    let directory = Directory::with_objects(&names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let whole = std::fs::read(directory.database()).unwrap();
    let mut refused = 0;
    for seed in 0..40_usize {
        let mut damaged = whole.clone();
        match seed {
            0 => damaged.truncate(whole.len() / 8192 * 4096),
            1 => damaged[..16].fill(b'x'),
            _ => (0..20).for_each(|i| {
                let at = (seed * 7_919 + i * 104_729) % whole.len();
                damaged[at] ^= 1 << (i % 8);
            }),
        }
        std::fs::write(directory.database(), &damaged).unwrap();
        match directory.open() {
            Ok((store, writer)) => {
                let (listed, named) =
                    (store.list("configmaps", None).items.len(), store.status().state().damaged.len());
                assert!(listed + named <= names.len(), "{listed} objects, {named} damaged");
                close(store, writer);
            }
            Err(error) => {
                refused += 1;
                let says = if seed < 2 { "controlplane.db is damaged (" } else { "controlplane.db" };
                assert!(error.to_string().contains(says), "{error}");
            }
        }
        for suffix in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(directory.0.join(format!("controlplane.db{suffix}")));
        }
    }
    assert!(refused >= 2, "{refused}");
}
