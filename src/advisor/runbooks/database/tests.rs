use super::*;

struct File(PathBuf);

impl File {
    fn new() -> File {
        let directory = std::env::temp_dir().join(format!("index-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir_all(&directory).unwrap();
        File(directory.join("runbooks.sqlite"))
    }

    fn open(&self) -> Database {
        Database::open(Some(&self.0)).unwrap()
    }

    fn aside(&self) -> PathBuf {
        PathBuf::from(format!("{}.{ASIDE}", self.0.display()))
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(self.0.parent().unwrap());
    }
}

fn page(spec: &str, texts: &[&str]) -> (String, Vec<Excerpt>) {
    let piece = |text: &&str| Excerpt::new(spec.into(), vec!["Title".into(), "Under".into()], text.to_string());
    (spec.into(), texts.iter().map(piece).collect())
}

fn texts(database: &Database, spec: &str) -> Vec<String> {
    database.of_spec(spec).unwrap().into_iter().map(|piece| piece.excerpt.text).collect()
}

fn found(database: &Database, stems: &[&str]) -> usize {
    database.with_any(stems.iter().copied(), 10).unwrap().len()
}

#[test]
fn only_pieces_that_differ_are_written() {
    let words = Words::default();
    let mut database = Database::open(None).unwrap();
    let pages = [page("a", &["um", "dois", "dois"]), page("b", &["três"])];
    assert_eq!(database.replace(&pages, &[], &words).unwrap(), 4);
    assert_eq!(database.replace(&pages, &[], &words).unwrap(), 0);
    let ids =
        |database: &Database| database.of_spec("a").unwrap().into_iter().map(|piece| piece.id).collect::<Vec<_>>();
    let before = ids(&database);
    // One is new, and the others move.
    let pages = [page("a", &["zero", "um", "dois", "dois"]), page("b", &["três"])];
    assert_eq!(database.replace(&pages, &[], &words).unwrap(), 1);
    assert_eq!(texts(&database, "a"), ["zero", "um", "dois", "dois"]);
    let after = ids(&database);
    assert!(before.iter().all(|id| after.contains(id)), "{before:?} {after:?}");
    assert_eq!(database.replace(&pages[..1], &[], &words).unwrap(), 1);
    assert_eq!((texts(&database, "b").len(), database.count().unwrap()), (0, 4));
    assert_eq!((found(&database, &["zero"]), found(&database, &["tres"])), (1, 0));
}

#[test]
fn what_scenarios_say_is_written_where_it_changes() {
    let words = Words::default();
    let mut database = Database::open(None).unwrap();
    let pages = [page("a", &["um", "dois"]), page("b", &["três"])];
    database.replace(&pages, &[], &words).unwrap();
    let about = |text: &str| {
        [About { spec: "a".into(), text: text.into() }, About { spec: "nowhere".into(), text: "x".into() }]
    };
    assert_eq!(database.replace(&pages, &about("impressora"), &words).unwrap(), 4);
    assert_eq!(found(&database, &[&words.stem("impressora")]), 2);
    assert_eq!(database.replace(&pages, &about("impressora"), &words).unwrap(), 0);
    assert_eq!(database.replace(&pages, &[], &words).unwrap(), 4);
}

#[test]
fn words_of_the_query_language_are_words() {
    let words = Words::default();
    let mut database = Database::open(None).unwrap();
    database.replace(&[page("a", &["near and not or"]), page("b", &["cem"])], &[], &words).unwrap();
    for stem in ["near", "NEAR(", "\"", "*", "a\" OR \"b", "-", ":", "words : x", "^"] {
        let _ = database.with_any([stem].into_iter(), 10).unwrap();
    }
    assert_eq!(found(&database, &["near"]), 1);
    assert_eq!(found(&database, &[]), 0);
}

#[test]
fn a_file_is_used_again() {
    let file = File::new();
    let words = Words::default();
    let pages = [page("a", &["um"])];
    assert_eq!(file.open().replace(&pages, &[], &words).unwrap(), 1);
    assert_eq!(file.open().replace(&pages, &[], &words).unwrap(), 0);
    assert!(!file.aside().exists());
}

#[test]
fn a_file_that_is_no_index_is_put_aside_and_made_anew() {
    let file = File::new();
    let words = Words::default();
    let foreign = |path: &Path| {
        let other = Connection::open(path).unwrap();
        other.execute_batch("CREATE TABLE tickets (id); INSERT INTO tickets VALUES (7);").unwrap();
    };
    let old = |path: &Path| drop(Connection::open(path).unwrap().pragma_update(None, "user_version", VERSION - 1));
    let damaged = |path: &Path| {
        let mut bytes = std::fs::read(path).unwrap();
        let length = bytes.len();
        bytes[4096..].fill(0xa5);
        assert!(length > 8192);
        std::fs::write(path, bytes).unwrap();
    };
    let text = |path: &Path| std::fs::write(path, "no database").unwrap();
    let empty = |path: &Path| std::fs::write(path, "").unwrap();
    let breaks: [&dyn Fn(&Path); 5] = [&foreign, &old, &damaged, &text, &empty];
    for (at, break_it) in breaks.into_iter().enumerate() {
        if at > 0 {
            // All of it is in the file itself.
            Connection::open(&file.0).unwrap().pragma_update(None, "journal_mode", "DELETE").unwrap();
        }
        break_it(&file.0);
        let mut database = file.open();
        assert_eq!(database.count().unwrap(), 0, "{at}");
        assert_eq!(database.replace(&[page("a", &["um"])], &[], &words).unwrap(), 1, "{at}");
        assert!(file.aside().exists(), "{at}");
        if at == 0 {
            let kept: i64 =
                Connection::open(file.aside()).unwrap().query_row("SELECT id FROM tickets", [], |r| r.get(0)).unwrap();
            assert_eq!(kept, 7);
        }
    }
    let error = Database::open(Some(Path::new("/nowhere/at/all.sqlite"))).err().unwrap();
    assert!(!error.is_damage(), "{error}");
}
