use super::*;
use std::path::Path;

struct Directory(PathBuf);

impl Directory {
    fn new() -> Directory {
        let path = std::env::temp_dir().join(format!("library-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir_all(path.join("specs/rede")).unwrap();
        Directory(path)
    }

    fn write(&self, path: &str, text: &str) {
        std::fs::write(self.0.join("specs").join(path), text).unwrap();
    }

    fn library(&self, database: Option<&Path>) -> Library {
        let limits = TreeLimits { files: 100, bytes: 1 << 20 };
        Library::open(LibraryConfig { root: self.0.join("specs"), database: database.map(Into::into), limits }).unwrap()
    }

    /// A small library.
    fn filled() -> Directory {
        let directory = Directory::new();
        directory.write(
            "impressora.md",
            "# Impressora\n\n## Sintomas\n\n- Ocorrência `paper`: falta papel na bandeja.\n\n## Como reparar\n\n1. Reponha o papel.\n\
             2. Reinicie o serviço de impressão.\n",
        );
        directory.write(
            "rede/roteador.md",
            "# Roteador\n\n## Sintomas\n\n- A conexão cai.\n\n## Como reparar\n\n1. Reinicie o roteador pela console.\n",
        );
        directory
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn found(library: &Library, text: &str, runbook: Option<&str>) -> Vec<String> {
    let found = library.find(&Query { text, runbook, limit: 3, vector: None }).unwrap();
    let name = |found: &Found| format!("{}#{}", found.excerpt.spec, found.excerpt.section().unwrap_or_default());
    found.iter().map(name).collect()
}

#[test]
fn a_question_finds_the_section_that_answers_it() {
    let directory = Directory::filled();
    let library = directory.library(None);
    assert_eq!((&*library.revision(), found(&library, "papel", None).len()), ("", 0));
    let refreshed = library.refresh(&[]).unwrap();
    assert_eq!((refreshed.sections, refreshed.changed, refreshed.problems), (4, 4, Vec::new()));
    assert_eq!(*refreshed.revision, *library.revision());
    assert_eq!(refreshed.revision.len(), 16);
    // As typed, misspelt, without accents, and in English.
    for text in ["falta papel na bandeja", "falta papel na impresora", "PAPEL!!"] {
        assert_eq!(found(&library, text, None).first().map(String::as_str), Some("impressora#Sintomas"), "{text}");
    }
    assert_eq!(
        found(&library, "restart the router", None).first().map(String::as_str),
        Some("rede/roteador#Como reparar")
    );
    for text in ["", "como é que eu faço isso", "elevador preso no quinto andar", "\0\u{202e}\"'*()", "🙂"] {
        assert_eq!(found(&library, text, None), [""; 0], "{text}");
    }
}

#[test]
fn the_own_runbook_is_preferred() {
    let directory = Directory::filled();
    let library = directory.library(None);
    library.refresh(&[]).unwrap();
    let text = "como reinicio";
    assert!(found(&library, text, Some("impressora"))[0].starts_with("impressora"));
    assert!(found(&library, text, Some("rede/roteador"))[0].starts_with("rede/roteador"));
    assert_eq!(found(&library, "elevador", Some("rede/roteador")), [""; 0]);
    assert!(found(&library, "papel", Some("nowhere"))[0].starts_with("impressora"));
}

#[test]
fn why_tells_each_word_that_matched() {
    let directory = Directory::filled();
    let library = directory.library(None);
    library.refresh(&[]).unwrap();
    let query = Query { text: "rebootar o roteadorr da console azul", runbook: None, limit: 1, vector: None };
    let why = library.find(&query).unwrap().remove(0).why;
    let matched: Vec<_> = why.matched.iter().map(|m| (m.word.as_str(), m.by.as_str())).collect();
    assert_eq!(matched, [("rebootar", "lexicon"), ("roteadorr", "trigrams"), ("console", "stem")]);
    assert_eq!(why.missing, ["azul"]);
    assert!(why.piece_share > 0.3 && why.piece_share < 1.0 && why.runbook_share >= why.piece_share && !why.own);
}

#[test]
fn a_refresh_indexes_what_changed() {
    let directory = Directory::filled();
    let file = directory.0.join("index.sqlite");
    let library = directory.library(Some(&file));
    let first = library.refresh(&[]).unwrap();
    assert_eq!(library.refresh(&[]).unwrap(), Refreshed { changed: 0, ..first.clone() });
    directory.write(
        "rede/roteador.md",
        "# Roteador\n\n## Sintomas\n\n- A conexão cai.\n\n## Como reparar\n\n1. Troque o cabo.\n",
    );
    let second = library.refresh(&[]).unwrap();
    assert_eq!((second.sections, second.changed), (4, 2));
    assert_ne!(second.revision, first.revision);
    assert_eq!(found(&library, "trocar cabo do roteador", None)[0], "rede/roteador#Como reparar");
    let texts: Vec<_> = library.sections("rede/roteador").unwrap().into_iter().map(|piece| piece.text).collect();
    assert_eq!(texts, ["- A conexão cai.", "1. Troque o cabo."]);
    // What Scenarios say is found, and changes no revision.
    let about = [About { spec: "rede/roteador".into(), text: "Enlace de fibra".into() }];
    let third = library.refresh(&about).unwrap();
    assert_eq!((third.revision, third.changed), (second.revision.clone(), 4));
    assert!(found(&library, "fibra", None)[0].starts_with("rede/roteador"));
    // Another process goes on with the same file.
    drop(library);
    assert_eq!(directory.library(Some(&file)).refresh(&about).unwrap().changed, 0);
    std::fs::remove_dir_all(directory.0.join("specs/rede")).unwrap();
    let library = directory.library(Some(&file));
    assert_eq!(library.refresh(&about).unwrap().sections, 2);
    assert_eq!(library.sections("rede/roteador").unwrap(), []);
    // An unreadable tree leaves the index as it is.
    std::fs::rename(directory.0.join("specs"), directory.0.join("gone")).unwrap();
    assert!(matches!(library.refresh(&[]), Err(LibraryError::Root { .. })));
    assert_eq!(found(&library, "papel", None).len(), 2);
}

#[test]
fn a_question_of_any_length_is_answered() {
    let directory = Directory::filled();
    // A page with each word that stands for another.
    let words = super::super::lexicon::words().collect::<Vec<_>>().join(" ");
    directory.write("words.md", &words);
    let library = directory.library(None);
    library.refresh(&[]).unwrap();
    for text in [words.clone(), "palavra ".repeat(100_000), "é".repeat(5000), format!("papel {}", "zz1 ".repeat(5000))]
    {
        let found = library.find(&Query { text: &text, runbook: Some("words"), limit: 100, vector: None });
        assert!(found.is_ok(), "{found:?}");
    }
    assert!(!found(&library, &words, None).is_empty());
}

#[test]
fn an_index_that_is_damaged_while_it_is_open_is_made_anew() {
    let directory = Directory::filled();
    let file = directory.0.join("index.sqlite");
    let library = directory.library(Some(&file));
    library.refresh(&[]).unwrap();
    let other = rusqlite::Connection::open(&file).unwrap();
    other.execute_batch("DROP TABLE pieces").unwrap();
    drop(other);
    let query = Query { text: "papel", runbook: None, limit: 3, vector: None };
    assert!(library.find(&query).is_err());
    // Nothing changed in the files.
    assert_eq!(library.refresh(&[]).unwrap().changed, 4);
    assert_eq!(found(&library, "papel", None).len(), 2);
    assert!(directory.0.join("index.sqlite.unusable").exists());
}

#[test]
fn a_deleted_index_is_made_again() {
    let directory = Directory::filled();
    let file = directory.0.join("index.sqlite");
    let library = directory.library(Some(&file));
    library.refresh(&[]).unwrap();
    std::fs::remove_file(&file).unwrap();
    assert_eq!(found(&library, "papel", None).len(), 2, "what is open goes on");
    drop(library);
    for end in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{end}", file.display()));
    }
    assert_eq!(directory.library(Some(&file)).refresh(&[]).unwrap().changed, 4);
}

#[test]
fn vectors_join_what_words_find() {
    let directory = Directory::filled();
    let library = directory.library(None);
    library.refresh(&[]).unwrap();
    let model = VectorModel { name: "m".into(), digest: "1".into() };
    let vectors: Vec<(String, Vec<f32>)> = ["impressora", "rede/roteador"]
        .iter()
        .flat_map(|spec| library.sections(spec).unwrap())
        .map(|piece| (piece.hash.clone(), if piece.text.contains("console") { vec![0.0, 1.0] } else { vec![1.0, 0.0] }))
        .collect();
    library.store_vectors(&model, &vectors).unwrap();
    let vector = QueryVector { model, numbers: vec![0.0, 1.0] };
    let query = Query { text: "falta papel na bandeja", runbook: None, limit: 3, vector: Some(&vector) };
    let words = library.find(&Query { vector: None, ..query }).unwrap();
    assert!(words.iter().all(|found| found.excerpt.spec == "impressora" && found.why.near.is_none()), "{words:?}");
    let both = library.find(&query).unwrap();
    let why: Vec<_> = both.iter().map(|found| (found.excerpt.text.contains("console"), found.why.place)).collect();
    assert_eq!(both[0].excerpt.text, words[0].excerpt.text, "{why:?}");
    assert!(why.contains(&(true, None)), "the nearest is added: {why:?}");
    let other = QueryVector { model: VectorModel { name: "m".into(), digest: "2".into() }, ..vector.clone() };
    assert_eq!(library.find(&Query { vector: Some(&other), ..query }).unwrap(), words, "of another model");
    // Some vector is always the nearest.
    assert_eq!(library.find(&Query { text: "elevador preso no quinto andar", ..query }).unwrap(), []);
}

#[test]
fn other_pieces_of_the_own_runbook_follow() {
    let directory = Directory::filled();
    let library = directory.library(None);
    library.refresh(&[]).unwrap();
    let specs = |text: &str, runbook, limit| -> Vec<String> {
        let query = Query { text, runbook, limit, vector: None };
        library.find_and_fill(&query).unwrap().into_iter().map(|piece| piece.spec).collect()
    };
    assert_eq!(specs("elevador", Some("impressora"), 6), ["impressora", "impressora"]);
    assert_eq!(specs("elevador", Some("impressora"), 1), ["impressora"]);
    assert_eq!(specs("elevador", None, 6), [""; 0]);
    assert_eq!(specs("falta papel na bandeja", Some("impressora"), 6), ["impressora", "impressora"]);
}
