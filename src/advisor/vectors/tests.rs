//! Vectors with a stand-in for the model server.

use super::*;
use crate::advisor::ollama::tests::{StandIn, hanging};
use crate::advisor::runbooks::{LibraryConfig, TreeLimits};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicU16, Ordering};

/// The clock of a test: each has its own thread.
fn now() -> Timestamp {
    Timestamp::from_second(1_000_000 + NOW.with(|now| now.load(Ordering::Relaxed))).unwrap()
}

thread_local! {
    static NOW: AtomicI64 = const { AtomicI64::new(0) };
}

struct Specs(PathBuf);

impl Specs {
    /// A directory of so many pages, each of one piece; `current` is a link to it, as git-sync and ConfigMaps make them.
    fn new(pages: usize) -> Specs {
        let path = std::env::temp_dir().join(format!("vectors-{}", uuid::Uuid::new_v4()));
        let specs = Specs(path);
        specs.revision("first", pages);
        std::os::unix::fs::symlink("first", specs.root()).unwrap();
        specs
    }

    fn root(&self) -> PathBuf {
        self.0.join("current")
    }

    fn revision(&self, name: &str, pages: usize) {
        std::fs::create_dir_all(self.0.join(name)).unwrap();
        for page in 0..pages {
            write(&self.0.join(name), page, &format!("passo número {page}"));
        }
    }

    /// As git-sync does it.
    fn swap(&self, to: &str) {
        std::os::unix::fs::symlink(to, self.0.join("next")).unwrap();
        std::fs::rename(self.0.join("next"), self.root()).unwrap();
    }

    fn library(&self, file: Option<&str>) -> Library {
        let database = file.map(|name| self.0.join(name));
        let limits = TreeLimits { files: 100, bytes: 1 << 20 };
        let library = Library::open(LibraryConfig { root: self.root(), database, limits }).unwrap();
        library.refresh(&[]).unwrap();
        library
    }
}

impl Drop for Specs {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn write(directory: &Path, page: usize, text: &str) {
    std::fs::write(directory.join(format!("p{page:02}.md")), format!("# Página {page}\n\n{text}\n")).unwrap();
}

/// A server that embeds, unless a text has the word `refused`, or `status` is another one.
async fn server(status: &Arc<AtomicU16>, digest: &'static str) -> StandIn {
    let status = status.clone();
    StandIn::start(move |path: &str, body: &Value| match status.load(Ordering::Relaxed) {
        200 => respond(path, body, digest),
        other => StatusCode::from_u16(other).unwrap().into_response(),
    })
    .await
}

fn respond(path: &str, body: &Value, digest: &str) -> Response {
    let models = json!({"models": [{"name": "nomic-embed-text:latest", "digest": digest}]});
    let texts: Vec<&str> = body["input"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    match path {
        "/api/tags" => axum::Json(models).into_response(),
        _ if texts.iter().any(|text| text.contains("refused")) => StatusCode::BAD_REQUEST.into_response(),
        _ => {
            let vectors: Vec<_> = texts.iter().map(|text| json!([text.len(), 1])).collect();
            axum::Json(json!({"embeddings": vectors})).into_response()
        }
    }
}

/// Steps until nothing is due.
async fn settle(vectors: &Vectors) {
    for _ in 0..100 {
        match vectors.step().await.unwrap() {
            Step::Stored(_) => {}
            Step::Settled => return,
            other => panic!("{other:?}"),
        }
    }
    panic!("no end");
}

/// The number of texts of each request for vectors since the last time, and of all other requests.
fn asked(server: &StandIn, seen: &mut usize) -> (Vec<usize>, usize) {
    let all = server.asked();
    let (embeds, others): (Vec<_>, Vec<_>) = all[*seen..].iter().partition(|(path, _)| path == "/api/embed");
    *seen = all.len();
    (embeds.iter().map(|(_, body)| body["input"].as_array().unwrap().len()).collect(), others.len())
}

#[tokio::test]
async fn pieces_are_embedded_in_batches_and_only_what_changed_again() {
    let (specs, status, mut seen) = (Specs::new(20), Arc::new(AtomicU16::new(200)), 0);
    let server = server(&status, "1").await;
    let library = specs.library(Some("index.db"));
    let vectors = Vectors::new(server.client(), library.clone(), now);
    assert_eq!(vectors.step().await.unwrap(), Step::Missing, "nothing is known of the server");
    vectors.seen(Some("1"));
    assert_eq!(vectors.step().await.unwrap(), Step::Stored(16));
    assert_eq!(library.serving_vectors().unwrap(), None);
    settle(&vectors).await;
    assert_eq!(asked(&server, &mut seen), (vec![16, 4], 0));
    assert_eq!(library.serving_vectors().unwrap().unwrap().digest, "1");
    // A file is edited.
    write(&specs.root(), 7, "outro passo");
    library.refresh(&[]).unwrap();
    settle(&vectors).await;
    assert_eq!(asked(&server, &mut seen), (vec![1], 0));
    assert!(server.asked().last().unwrap().1["input"][0].as_str().unwrap().starts_with("search_document: "));
    // The whole tree is swapped for one with the same files but for two.
    specs.revision("second", 21);
    write(&specs.0.join("second"), 7, "outro passo");
    write(&specs.0.join("second"), 8, "mais um");
    specs.swap("second");
    assert_eq!(library.refresh(&[]).unwrap().changed, 3);
    settle(&vectors).await;
    assert_eq!(asked(&server, &mut seen), (vec![2], 0));
    // Nothing changed: nothing is asked, also by another process with the same file.
    library.refresh(&[]).unwrap();
    settle(&vectors).await;
    drop((vectors, library));
    let vectors = Vectors::new(server.client(), specs.library(Some("index.db")), now);
    vectors.seen(Some("1"));
    settle(&vectors).await;
    assert_eq!(asked(&server, &mut seen), (vec![], 0));
}

#[tokio::test]
async fn another_model_is_made_while_the_one_before_serves() {
    let (specs, status) = (Specs::new(20), Arc::new(AtomicU16::new(200)));
    let server = server(&status, "1").await;
    let library = specs.library(None);
    let vectors = Vectors::new(server.client(), library.clone(), now);
    vectors.seen(Some("1"));
    settle(&vectors).await;
    assert_eq!(vectors.of_question("passo").await.unwrap().model.digest, "1");
    let asked = server.asked();
    assert_eq!(asked.last().unwrap().1["input"], json!(["search_query: passo"]));
    // The site changes the setting.
    let other = server.client_with(|config| config.embed_model = Some("bge-m3".into()));
    let others = Vectors::new(other, library.clone(), now);
    others.seen(Some("2"));
    assert_eq!(others.step().await.unwrap(), Step::Stored(16));
    assert_eq!(others.of_question("passo").await.unwrap().model.name, "nomic-embed-text");
    settle(&others).await;
    assert_eq!(library.serving_vectors().unwrap().unwrap().name, "bge-m3");
    // The server does not have it under this digest: words alone are compared.
    assert_eq!(others.of_question("passo").await, None);
}

#[tokio::test]
async fn a_text_that_can_not_be_embedded_is_left_out() {
    let (specs, status, mut seen) = (Specs::new(5), Arc::new(AtomicU16::new(200)), 0);
    write(&specs.root(), 2, "refused");
    let server = server(&status, "1").await;
    let library = specs.library(None);
    let vectors = Vectors::new(server.client(), library.clone(), now);
    vectors.seen(Some("1"));
    settle(&vectors).await;
    let model = library.serving_vectors().unwrap().unwrap();
    assert_eq!(library.unembedded(&model, 9).unwrap(), Due::Nothing);
    let (sizes, _) = asked(&server, &mut seen);
    assert!(sizes.len() < 24, "{sizes:?}");
    settle(&vectors).await;
    assert_eq!(asked(&server, &mut seen).0, [0; 0]);
    // A model that embeds no text at all is another matter.
    let (specs, refuses) = (Specs::new(1), Arc::new(AtomicU16::new(400)));
    let server = self::server(&refuses, "1").await;
    let library = specs.library(None);
    let vectors = Vectors::new(server.client(), library.clone(), now);
    vectors.seen(Some("1"));
    let step = vectors.step().await.unwrap();
    assert!(matches!(step, Step::Failed { fault: Some(ModelFault::Refused { status: 400, .. }), .. }), "{step:?}");
    assert_eq!(library.serving_vectors().unwrap(), None);
}

#[tokio::test]
async fn a_server_that_fails_is_asked_less_and_less_often() {
    let (specs, status, mut seen) = (Specs::new(3), Arc::new(AtomicU16::new(503)), 0);
    let server = server(&status, "1").await;
    let vectors = Vectors::new(server.client(), specs.library(None), now);
    vectors.seen(Some("1"));
    let mut waits = Vec::new();
    for _ in 0..3 {
        let Step::Failed { until, fault: Some(_) } = vectors.step().await.unwrap() else { panic!("no failure") };
        assert_eq!(vectors.step().await.unwrap(), Step::Failed { until, fault: None });
        waits.push(until.duration_since(now()).as_secs());
        NOW.with(|now| now.fetch_add(*waits.last().unwrap(), Ordering::Relaxed));
    }
    assert_eq!(waits, [5, 10, 20]);
    assert_eq!(asked(&server, &mut seen).0, [3, 3, 3]);
    status.store(200, Ordering::Relaxed);
    settle(&vectors).await;
    assert!(vectors.of_question("passo").await.is_some());
    status.store(503, Ordering::Relaxed);
    assert_eq!(vectors.of_question("passo").await, None);
    let query = Query { text: "passo número", runbook: None, limit: 2, vector: None };
    assert!(!vectors.find_and_fill(&query).await.unwrap().is_empty(), "words alone are compared");
}

#[tokio::test]
async fn a_batch_that_takes_too_long_is_made_smaller() {
    let (specs, mut seen) = (Specs::new(10), 0);
    let slow = |path: &str, body: &Value| match body["input"].as_array().map_or(0, Vec::len) {
        length if length > 4 => hanging(&[]),
        _ => respond(path, body, "1"),
    };
    let server = StandIn::start(slow).await;
    let client = server.client_with(|config| config.timeout = Duration::from_millis(300));
    let vectors = Vectors::new(client, specs.library(None), now);
    vectors.seen(Some("1"));
    for _ in 0..2 {
        let Step::Failed { until, fault } = vectors.step().await.unwrap() else { panic!("no failure") };
        assert!(matches!(fault, Some(ModelFault::Timeout { .. })), "{fault:?}");
        NOW.with(|now| now.fetch_add(until.duration_since(self::now()).as_secs(), Ordering::Relaxed));
    }
    settle(&vectors).await;
    assert_eq!(asked(&server, &mut seen).0, [10, 5, 2, 2, 2, 2, 2]);
}

#[tokio::test]
async fn without_the_model_nothing_is_asked() {
    let (specs, status) = (Specs::new(3), Arc::new(AtomicU16::new(200)));
    let server = server(&status, "1").await;
    let library = specs.library(None);
    let vectors = Vectors::new(server.client(), library.clone(), now);
    for _ in 0..2 {
        vectors.seen(None);
        assert_eq!(vectors.step().await.unwrap(), Step::Missing);
        assert_eq!(vectors.of_question("passo").await, None);
    }
    assert_eq!(server.asked(), []);
}
