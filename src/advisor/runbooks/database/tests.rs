use super::*;
use std::path::PathBuf;

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
        PathBuf::from(format!("{}.unusable", self.0.display()))
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
    let old = |path: &Path| {
        drop(Connection::open(path).unwrap().pragma_update(None, "user_version", INDEX.version - 1));
    };
    let damaged = |path: &Path| {
        let mut bytes = std::fs::read(path).unwrap();
        let length = bytes.len();
        bytes[4096..].fill(0xa5);
        assert!(length > 8192);
        std::fs::write(path, bytes).unwrap();
    };
    let breaks: [&dyn Fn(&Path); 3] = [&foreign, &old, &damaged];
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
}

fn model(digest: &str) -> VectorModel {
    VectorModel { name: "nomic-embed-text".into(), digest: digest.into() }
}

/// The hashes of the pieces that are due, at most ten.
fn due(database: &mut Database, model: &VectorModel) -> Vec<String> {
    match database.unembedded(model, 10).unwrap() {
        Due::Texts(texts) => texts.into_iter().map(|(hash, _)| hash).collect(),
        Due::Nothing => Vec::new(),
        Due::Full => panic!("full"),
    }
}

fn embed(database: &mut Database, model: &VectorModel, vectors: &[[f32; 2]]) {
    let hashes = due(database, model);
    let vectors: Vec<_> = hashes.into_iter().zip(vectors).map(|(hash, vector)| (hash, vector.to_vec())).collect();
    database.store_vectors(model, &vectors).unwrap();
}

#[test]
fn only_pieces_without_a_vector_are_due() {
    let (file, words, one) = (File::new(), Words::default(), model("1"));
    let mut database = file.open();
    database.replace(&[page("a", &["um", "dois", "dois"])], &[], &words).unwrap();
    let Due::Texts(texts) = database.unembedded(&one, 1).unwrap() else { panic!("nothing is due") };
    assert_eq!(texts[0].1, "Title › Under\num");
    assert_eq!(due(&mut database, &one).len(), 2, "equal pieces are embedded once");
    embed(&mut database, &one, &[[3.0, 0.0], [0.0, 2.0]]);
    assert_eq!((due(&mut database, &one).len(), database.serving().unwrap()), (0, None));
    assert!(database.settle_vectors(&one).unwrap() && !database.settle_vectors(&one).unwrap());
    // One piece changes, and another process goes on with the file.
    drop(database);
    let mut database = file.open();
    database.replace(&[page("a", &["um", "três"])], &[], &words).unwrap();
    assert_eq!(due(&mut database, &one), [page("a", &["três"]).1[0].hash.clone()]);
    assert_eq!(database.serving().unwrap(), Some(one.clone()), "the others serve meanwhile");
    assert_eq!(database.nearest(&one, &[0.0, 1.0], 9).unwrap().len(), 1, "nothing is found of pieces that are gone");
    // Of what Scenarios say, vectors know nothing.
    embed(&mut database, &one, &[[1.0, 1.0]]);
    let about = [About { spec: "a".into(), text: "impressora".into() }];
    assert_eq!(database.replace(&[page("a", &["um", "três"])], &about, &words).unwrap(), 4);
    assert_eq!(due(&mut database, &one), [""; 0]);
}

#[test]
fn the_vectors_of_another_model_are_made_while_those_of_the_one_before_serve() {
    let (words, one, two) = (Words::default(), model("1"), model("2"));
    let mut database = Database::open(None).unwrap();
    database.replace(&[page("a", &["um", "dois"])], &[], &words).unwrap();
    embed(&mut database, &one, &[[3.0, 0.0], [0.0, 2.0]]);
    database.settle_vectors(&one).unwrap();
    assert_eq!(due(&mut database, &two).len(), 2);
    embed(&mut database, &two, &[[1.0, 0.0]]);
    assert_eq!(database.serving().unwrap(), Some(one.clone()));
    assert_eq!(database.nearest(&one, &[1.0, 0.0], 9).unwrap().len(), 2);
    // A third one takes the place of the one that is not complete.
    assert_eq!(due(&mut database, &model("3")).len(), 2);
    assert_eq!(due(&mut database, &two).len(), 2);
    embed(&mut database, &two, &[[1.0, 0.0], [1.0, 1.0]]);
    assert!(database.settle_vectors(&two).unwrap());
    assert_eq!(database.serving().unwrap(), Some(two));
    assert_eq!(database.nearest(&one, &[1.0, 0.0], 9).unwrap(), []);
    let kept: i64 = database.0.connection().query_row("SELECT count(*) FROM vectors", [], |row| row.get(0)).unwrap();
    assert_eq!(kept, 2, "those of the model before are removed");
}

#[test]
fn the_nearest_vectors_are_told_by_their_direction() {
    let (words, one) = (Words::default(), model("1"));
    let mut database = Database::open(None).unwrap();
    let texts = ["um", "dois", "três", "nada", "outra"];
    database.replace(&[page("a", &texts)], &[], &words).unwrap();
    let hashes: Vec<String> = page("a", &texts).1.into_iter().map(|piece| piece.hash).collect();
    let vectors = [vec![100.0, 0.0], vec![0.1, 0.1], vec![0.0, -5.0], vec![0.0, 0.0], vec![1.0, 0.0, 0.0]];
    let vectors: Vec<_> = hashes.iter().cloned().zip(vectors).collect();
    database.store_vectors(&one, &vectors).unwrap();
    let near = |vector: &[f32], limit| {
        let nearest = database.nearest(&one, vector, limit).unwrap();
        let place = |hash: &String| hashes.iter().position(|other| other == hash).unwrap();
        nearest.iter().map(|(hash, near)| (place(hash), format!("{near:.2}"))).collect::<Vec<_>>()
    };
    let shown = |place, near: &str| (place, near.to_string());
    assert_eq!(near(&[7.0, 0.0], 9), [shown(0, "1.00"), shown(1, "0.71"), shown(2, "0.00")]);
    assert_eq!(near(&[0.0, -0.5], 1), [shown(2, "1.00")]);
    for vector in [&[][..], &[0.0, 0.0], &[1.0]] {
        assert_eq!(near(vector, 9), [], "{vector:?}");
    }
}
