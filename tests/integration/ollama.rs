//! The client of the model server with a real Ollama, which `tests/ollama/run` starts. Elsewhere these tests are skipped.

use crate::kit::ollama::{Ollama as Server, SMOLLM2, TINY, TINY_EMBED};
use crate::kit::process::command;
use crate::kit::scratch::Scratch;
use crate::kit::wait::succeeds;
use agentic_ops::advisor::ollama::{ChatRequest, ModelState, Ollama, OllamaConfig, Progress, Purpose};
use agentic_ops::advisor::runbooks::{Library, LibraryConfig, Query, TreeLimits};
use agentic_ops::advisor::runner::{NotDone, Runner};
use agentic_ops::advisor::vectors::{Step, Vectors};
use agentic_ops::domain::advice::Breaker;
use agentic_ops::domain::model::ModelFault;
use agentic_ops::net::guard::AddressGuard;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use tokio::sync::Notify;

const MINUTE: Duration = Duration::from_secs(60);

fn client(server: &Server, model: &str) -> Ollama {
    client_within(server, model, Duration::from_secs(120))
}

fn client_within(server: &Server, model: &str, timeout: Duration) -> Ollama {
    let config = OllamaConfig {
        base: server.url().parse().unwrap(),
        model: model.into(),
        embed_model: Some(TINY_EMBED.into()),
        keep_alive: Duration::from_secs(300),
        timeout,
        guard: AddressGuard::default(),
        extra_ca_pem: Vec::new(),
    };
    Ollama::new(config).unwrap()
}

/// A question that is answered by yes or no.
fn short() -> ChatRequest {
    let schema = json!({"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"]});
    ChatRequest { system: "Answer in JSON.".into(), user: "Is the disk full?".into(), schema }
}

/// A prompt whose evaluation takes some seconds, and an answer without an end.
fn long() -> ChatRequest {
    let schema = json!({"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]});
    let user = "Check the disk first, and then the service; write down what you did, line by line. ".repeat(12);
    ChatRequest { system: "Write a long text.".into(), user, schema }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_was_not_pulled_is_missing() {
    let Some(server) = Server::start().await else { return };
    let client = client(&server, "qwen2.5:7b-instruct");
    let missing = ModelFault::Missing { model: "qwen2.5:7b-instruct".into() };
    assert_eq!(client.state().await, Err(missing.clone()));
    assert_eq!(client.load().await, Err(missing.clone()));
    assert_eq!(client.probe().await, Err(missing.clone()));
    assert_eq!(client.chat(&short(), &|_| {}).await, Err(missing));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_state_has_the_digests_that_the_server_lists() {
    let Some(server) = Server::start().await else { return };
    let ModelState { digest, embed_digest, version } = client(&server, TINY).state().await.unwrap();
    assert!(digest.len() == 64 && embed_digest == Some(digest), "the same model has two names");
    assert!(!version.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loaded_model_answers_by_its_schema_and_in_parts() {
    let Some(server) = Server::start().await else { return };
    for model in [TINY, SMOLLM2] {
        let client = client(&server, model);
        client.load().await.unwrap();
        assert_eq!(loaded(&server).await, [model]);
        let told = Mutex::new(Vec::new());
        let answer = client.chat(&short(), &|progress| told.lock().unwrap().push(progress)).await.unwrap();
        let value: Value = serde_json::from_str(&answer.text).unwrap();
        assert!(value["ok"].is_boolean(), "{model}: {}", answer.text);
        assert!(answer.prompt_tokens > 0 && answer.answer_tokens > 0 && answer.took > Duration::ZERO, "{answer:?}");
        let told = told.into_inner().unwrap();
        assert_eq!(told[0], Progress::Reading);
        assert!(
            matches!(told[..], [_, Progress::Writing { tokens: 1 }, Progress::Writing { tokens: 2 }, ..]),
            "{told:?}"
        );
        let again = client.chat(&short(), &|_| {}).await.unwrap();
        assert_eq!(again.text, answer.text, "the same prompt has the same answer");
        assert_eq!(loaded(&server).await, [model], "no call loads it with another context");
        let unload = json!({"model": model, "messages": [], "keep_alive": 0});
        reqwest::Client::new()
            .post(format!("{}/api/chat", server.url()))
            .body(unload.to_string())
            .send()
            .await
            .unwrap();
        succeeds("unloading", async || if loaded(&server).await.is_empty() { Ok(()) } else { Err("loaded") }).await;
    }
}

async fn loaded(server: &Server) -> Vec<String> {
    let answer = reqwest::get(format!("{}/api/ps", server.url())).await.unwrap().text().await.unwrap();
    let answer: Value = serde_json::from_str(&answer).unwrap();
    answer["models"].as_array().unwrap().iter().map(|model| model["name"].as_str().unwrap().to_string()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_does_not_end_by_itself_is_discarded() {
    let Some(server) = Server::start().await else { return };
    let client = client(&server, TINY);
    let numbers = json!({"type": "array", "items": {"type": "integer"}, "minItems": 600});
    let endless = ChatRequest { schema: numbers, ..short() };
    assert_eq!(client.chat(&endless, &|_| {}).await, Err(ModelFault::Cut { reason: "length".into() }));
    // The server ends a text in which the model repeats a token, and does not tell that it is done.
    assert_eq!(client.chat(&long(), &|_| {}).await, Err(ModelFault::Cut { reason: "not done".into() }));
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_are_embedded_in_batches() {
    let Some(server) = Server::start().await else { return };
    let client = client(&server, TINY);
    let texts: Vec<String> = (0..35).map(|number| format!("section {number} of the runbook")).collect();
    let vectors = client.embed(&texts, Purpose::Document, MINUTE).await.unwrap();
    assert!(vectors.len() == 35 && vectors.iter().all(|vector| vector.len() == 64));
    let one = client.embed(&texts[20..21], Purpose::Document, MINUTE).await.unwrap();
    let near = |one: &[f32], other: &[f32]| one.iter().zip(other).map(|(a, b)| a * b).sum::<f32>();
    assert!(near(&one[0], &vectors[20]) > 0.999, "vectors are in the order of the texts");
    let query = client.embed(&texts[20..21], Purpose::Query, MINUTE).await.unwrap();
    assert_ne!(query[0], one[0], "a query has another prefix");
}

/// What the clock of the tests is ahead of the real one, in seconds.
static AHEAD: AtomicI64 = AtomicI64::new(0);

fn now() -> Timestamp {
    Timestamp::now() + jiff::SignedDuration::from_secs(AHEAD.load(Ordering::Relaxed))
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_time_limit_one_token_tells_when_the_model_is_free() {
    let Some(server) = Server::start().await else { return };
    client(&server, SMOLLM2).load().await.unwrap();
    // Evaluating the prompt takes longer.
    let mut runner = Runner::new(client_within(&server, SMOLLM2, Duration::from_secs(1)), now);
    runner.ready().await.unwrap();
    let fault = runner.ask(&long(), &|_| {}).await.unwrap_err();
    assert_eq!(fault, NotDone::Fault(ModelFault::Timeout { seconds: 1 }));
    assert!(matches!(runner.ready().await, Err(NotDone::Until(_))));
    succeeds("the model to be free", async || {
        AHEAD.fetch_add(3600, Ordering::Relaxed);
        runner.ready().await.map_err(|not_done| format!("{not_done:?}"))
    })
    .await;
    assert_eq!(*runner.breaker(), Breaker::default());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_restarted_in_the_middle_is_used_again() {
    let Some(mut server) = Server::start().await else { return };
    let mut runner = Runner::new(client(&server, SMOLLM2), now);
    runner.ready().await.unwrap();
    let (writes, request) = (Notify::new(), long());
    let told = |progress| {
        if matches!(progress, Progress::Writing { .. }) {
            writes.notify_one();
        }
    };
    let killed = async {
        writes.notified().await;
        server.kill();
    };
    let (answer, ()) = tokio::join!(runner.ask(&request, &told), killed);
    assert!(matches!(answer, Err(NotDone::Fault(ModelFault::Away { .. }))), "{answer:?}");
    server.restart().await;
    AHEAD.fetch_add(3600, Ordering::Relaxed);
    runner.ready().await.unwrap();
    runner.ask(&short(), &|_| {}).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_self_test_prints_the_speed_of_the_model() {
    let Some(server) = Server::start().await else { return };
    let url = server.url();
    let run = |model: &str, output: &str, timeout: &str| {
        let mut command = command(["advise", "--self-test", "--output", output, "--model", model]);
        command.env("OLLAMA_BASE_URL", &url).env("AGENTIC_LLM_TIMEOUT", timeout).env("AGENTIC_LANGUAGE", "en");
        let done = command.output().unwrap();
        (done.status.code(), String::from_utf8(done.stdout).unwrap())
    };
    let (code, printed) = run(TINY, "json", "10m");
    let found: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!((code, &found["verdict"]), (Some(0), &json!("holds")), "{printed}");
    for figure in ["loadSeconds", "promptTokensPerSecond", "answerTokensPerSecond", "longestSeconds"] {
        assert!(found[figure].as_f64().unwrap() > 0.0, "{figure}: {printed}");
    }
    let (code, printed) = run(TINY, "table", "10m");
    assert!(code == Some(0) && printed.contains("AGENTIC_LLM_TIMEOUT=10m is sufficient."), "{printed}");
    let (code, printed) = run("none", "table", "10m");
    assert!(code == Some(2) && printed.trim_end().ends_with("ollama pull none"), "{printed}");
}

/// Pages of one piece each, with a library of them.
fn library(directory: &Scratch, pages: &[&str]) -> Library {
    let specs = directory.0.join("specs");
    std::fs::create_dir_all(&specs).unwrap();
    for (number, page) in pages.iter().enumerate() {
        std::fs::write(specs.join(format!("page-{number:02}.md")), format!("# Página {number}\n\n{page}\n")).unwrap();
    }
    let limits = TreeLimits { files: 100, bytes: 1 << 20 };
    let database = Some(directory.0.join("runbooks.db"));
    let library = Library::open(LibraryConfig { root: specs, database, limits }).unwrap();
    library.refresh(&[]).unwrap();
    library
}

/// The number of pieces of each step until nothing is due.
async fn steps(vectors: &Vectors) -> Vec<usize> {
    let mut sizes = Vec::new();
    loop {
        match vectors.step().await.unwrap() {
            Step::Stored(size) => sizes.push(size),
            Step::Settled => return sizes,
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn runbooks_are_embedded_in_batches_and_found_by_words_and_vectors() {
    let Some(server) = Server::start().await else { return };
    let client = client(&server, TINY);
    let digest = client.state().await.unwrap().embed_digest;
    let directory = Scratch::new("vectors");
    let mut pages: Vec<String> = (0..20).map(|number| format!("Reinicie o serviço número {number}.")).collect();
    let library_of = |pages: &[String]| {
        let pages: Vec<&str> = pages.iter().map(String::as_str).collect();
        library(&directory, &pages)
    };
    let vectors = Vectors::new(client.clone(), library_of(&pages), now);
    vectors.seen(digest.as_deref());
    assert_eq!(steps(&vectors).await, [16, 4]);
    // Another process, after an edit.
    pages[3] = "Troque o cabo da impressora.".into();
    let library = library_of(&pages);
    let vectors = Vectors::new(client.clone(), library.clone(), now);
    vectors.seen(digest.as_deref());
    assert_eq!(steps(&vectors).await, [1]);
    assert_eq!(steps(&vectors).await, [0; 0]);
    let text = "trocar cabo da impressora";
    let vector = vectors.of_question(text).await.unwrap();
    let found = library.find(&Query { text, runbook: None, limit: 30, vector: Some(&vector) }).unwrap();
    let first = &found[0];
    assert_eq!((first.excerpt.spec.as_str(), first.why.place), ("page-03", Some(1)), "{:?}", first.why);
    assert!(found.iter().any(|found| found.why.place.is_none() && found.why.near.is_some()), "vectors add others");
    let places: Vec<u32> = found.iter().filter_map(|found| Some(found.why.near?.place)).collect();
    assert_eq!(places.len(), 20, "{places:?}");
    let likeness = found.iter().filter_map(|found| found.why.near).map(|near| near.likeness);
    assert!(likeness.into_iter().all(|likeness| (-1.001..=1.001).contains(&likeness)));
    assert!(!vectors.find_and_fill(&Query { text, runbook: None, limit: 6, vector: None }).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_can_measure_what_vectors_add() {
    let Some(server) = Server::start().await else { return };
    let url = server.url();
    let directory = Scratch::new("evaluate");
    drop(library(&directory, &["Troque o papel da impressora.", "Reinicie o roteador."]));
    let questions = "page-00\tpt\tcomo troco o papel da impressora\n-\tpt\televador parado\n";
    let questions = directory.file("questions.tsv", questions);
    let specs = directory.0.join("specs").display().to_string();
    let run = |arguments: &[&str], model: &str| {
        let mut command = command(arguments.iter().copied().chain(["--specs", &specs, "--output", "json"]));
        command.env("OLLAMA_BASE_URL", &url).env("AGENTIC_LLM_MODEL", TINY).env("AGENTIC_EMBED_MODEL", model);
        let done = command.output().unwrap();
        (done.status.code(), String::from_utf8(done.stdout).unwrap(), String::from_utf8(done.stderr).unwrap())
    };
    let (code, printed, _) = run(&["specs", "evaluate", &questions, "--vectors"], TINY_EMBED);
    let found: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!((code, &found["words"]["runbook_first"]), (Some(0), &json!(1.0)), "{printed}");
    assert_eq!(found["words_and_vectors"]["declined"], json!(1.0), "{printed}");
    let (code, printed, _) = run(&["specs", "search", "--vectors", "troco papel da impressora"], TINY_EMBED);
    let found: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!((code, &found["vectors"], &found["found"][0]["why"]["words_place"]), (Some(0), &json!(true), &json!(1)));
    assert!(found["found"][0]["why"]["vectors_place"].is_u64(), "{printed}");
    let (code, _, error) = run(&["specs", "search", "--vectors", "papel"], "not-pulled");
    assert!(code == Some(2) && error.contains("ollama pull not-pulled"), "{code:?} {error}");
}
