use super::*;

const KIND: Kind = Kind {
    name: "list of numbers",
    application: 0x4147_5454,
    version: 3,
    schema: "CREATE TABLE numbers (number INTEGER NOT NULL) STRICT;",
    busy: Duration::from_secs(1),
    cache_kib: 256,
    is_sound: |connection| {
        let state: String = connection.pragma_query_value(None, "quick_check", |row| row.get(0))?;
        Ok(state == "ok")
    },
};
static NUMBERS: Kind = KIND;
static NEXT: Kind = Kind { version: KIND.version + 1, ..KIND };

struct Directory(PathBuf);

impl Directory {
    fn new() -> Directory {
        let path = std::env::temp_dir().join(format!("disposable-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir_all(&path).unwrap();
        Directory(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("numbers.db")
    }

    fn aside(&self) -> PathBuf {
        self.0.join("numbers.db.unusable")
    }

    fn open(&self) -> DisposableFile {
        DisposableFile::open(&NUMBERS, Some(&self.file())).unwrap()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn add(file: &DisposableFile, numbers: std::ops::Range<i64>) {
    for number in numbers {
        file.connection().execute("INSERT INTO numbers VALUES (?)", [number]).unwrap();
    }
}

fn count(file: &DisposableFile) -> i64 {
    file.connection().query_row("SELECT count(*) FROM numbers", [], |row| row.get(0)).unwrap()
}

#[test]
fn a_file_is_used_again() {
    let directory = Directory::new();
    add(&directory.open(), 0..3);
    let file = directory.open();
    assert_eq!((count(&file), file.is_in_memory()), (3, false));
    let reader = file.reader().unwrap();
    add(&file, 3..5);
    assert_eq!(count(&reader), 5);
    assert!(reader.connection().execute("DELETE FROM numbers", []).is_err(), "a reader writes nothing");
    assert!(!directory.aside().exists());
    let memory = DisposableFile::open(&NUMBERS, None).unwrap();
    assert!(memory.is_in_memory());
    add(&memory, 0..2);
    assert_eq!(count(&memory), 2);
}

#[test]
fn what_can_not_be_used_is_put_aside_and_a_new_file_is_made() {
    let foreign = |path: &Path| {
        let other = Connection::open(path).unwrap();
        other.execute_batch("CREATE TABLE tickets (id); INSERT INTO tickets VALUES (7);").unwrap();
    };
    let other_version = |path: &Path| add(&DisposableFile::open(&NEXT, Some(path)).unwrap(), 0..3);
    let damaged = |path: &Path| {
        let file = DisposableFile::open(&NUMBERS, Some(path)).unwrap();
        add(&file, 0..2000);
        file.connection().pragma_update(None, "journal_mode", "DELETE").unwrap();
        drop(file);
        let mut bytes = std::fs::read(path).unwrap();
        assert!(bytes.len() > 8192);
        bytes[4096..].fill(0xa5);
        std::fs::write(path, bytes).unwrap();
    };
    let text = |path: &Path| std::fs::write(path, "no database").unwrap();
    let empty = |path: &Path| std::fs::write(path, "").unwrap();
    let breaks: [&dyn Fn(&Path); 5] = [&foreign, &other_version, &damaged, &text, &empty];
    for (at, break_it) in breaks.into_iter().enumerate() {
        let directory = Directory::new();
        break_it(&directory.file());
        let before = std::fs::read(directory.file()).unwrap();
        let file = directory.open();
        assert_eq!(count(&file), 0, "{at}");
        add(&file, 0..1);
        let aside = std::fs::read(directory.aside()).unwrap();
        // One of the right kind is opened as such before it is read.
        assert!(aside == before || at == 2 && aside.len() == before.len(), "{at}: something of it is lost");
        drop(file);
        assert_eq!(count(&directory.open()), 1, "{at}");
    }
}

#[test]
fn a_file_that_is_made_anew_keeps_what_is_written_to_it() {
    let directory = Directory::new();
    let mut file = directory.open();
    add(&file, 0..3);
    file.begin_anew().unwrap();
    add(&file, 0..2);
    assert_eq!(count(&directory.open()), 2);
    assert_eq!(count(&DisposableFile::open(&NUMBERS, Some(&directory.aside())).unwrap()), 3);
}

#[test]
fn an_error_that_passes_leaves_the_file_as_it_is() {
    let error = DisposableFile::open(&NUMBERS, Some(Path::new("/nowhere/at/all.db"))).err().unwrap();
    assert!(!error.is_damage(), "{error}");
    let directory = Directory::new();
    let file = directory.open();
    add(&file, 0..1);
    file.connection().execute_batch("BEGIN IMMEDIATE").unwrap();
    let other = directory.open();
    let busy = FileError::from(other.connection().execute("DELETE FROM numbers", []).unwrap_err());
    assert!(!busy.is_damage(), "{busy}");
    let missing = FileError::from(other.connection().execute("DELETE FROM others", []).unwrap_err());
    assert!(missing.is_damage(), "{missing}");
    assert!(!directory.aside().exists());
}

#[test]
fn all_files_of_a_database_are_named() {
    let names: Vec<_> = names("a.db").collect();
    assert_eq!(names[..4], ["a.db", "a.db-wal", "a.db-shm", "a.db-journal"]);
    assert!(names.contains(&"a.db.unusable".to_string()) && names.contains(&"a.db.unusable-wal".to_string()));
}
