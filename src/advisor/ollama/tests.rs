//! The client against a stand-in that does what a real server hardly ever does. `tests/ollama/run` has the real one.

use super::*;
use crate::domain::model::ModelFault;
use crate::net::guard::{AddressGuard, AddressRules};
use crate::net::testing::closed_tcp;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use bytes::Bytes;
use futures::{StreamExt, stream};
use serde_json::{Value, json};
use std::convert::Infallible;
use std::sync::{Mutex, PoisonError};

const MINUTE: Duration = Duration::from_secs(60);

/// What a stand-in was asked: path, and body as JSON.
type Asked = Arc<Mutex<Vec<(String, Value)>>>;

/// A server on loopback. It ends with the test's runtime.
pub(in crate::advisor) struct StandIn {
    pub base: Url,
    asked: Asked,
}

impl StandIn {
    /// `answer` gets the path and the body of each request.
    pub async fn start(answer: impl Fn(&str, &Value) -> Response + Clone + Send + Sync + 'static) -> StandIn {
        let asked = Asked::default();
        let record = asked.clone();
        let handle = move |request: Request| {
            let (answer, record) = (answer.clone(), record.clone());
            async move {
                let path = request.uri().path().to_string();
                let authorization =
                    request.headers().get("authorization").map(|value| value.to_str().unwrap().to_string());
                let body = to_bytes(request.into_body(), 1 << 20).await.unwrap();
                let mut body: Value = serde_json::from_slice(&body).unwrap_or_default();
                if let Some(authorization) = authorization {
                    body["authorization"] = authorization.into();
                }
                let response = answer(&path, &body);
                record.lock().unwrap_or_else(PoisonError::into_inner).push((path, body));
                response
            }
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        tokio::spawn(async move { axum::serve(listener, Router::new().fallback(handle)).await.unwrap() });
        StandIn { base, asked }
    }

    pub fn client(&self) -> Ollama {
        self.client_with(|_| {})
    }

    pub fn client_with(&self, change: impl FnOnce(&mut OllamaConfig)) -> Ollama {
        let mut config = config(self.base.clone());
        change(&mut config);
        Ollama::new(config).unwrap()
    }

    /// What was asked, in order.
    pub fn asked(&self) -> Vec<(String, Value)> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn config(base: Url) -> OllamaConfig {
    OllamaConfig {
        base,
        model: "m:1b".into(),
        embed_model: Some("nomic-embed-text".into()),
        keep_alive: Duration::from_secs(300),
        timeout: Duration::from_secs(60),
        guard: AddressGuard::new(AddressRules::default()),
        extra_ca_pem: Vec::new(),
    }
}

pub(in crate::advisor) fn request() -> ChatRequest {
    ChatRequest { system: "s".into(), user: "u".into(), schema: json!({"type": "object"}) }
}

/// A body of lines.
pub(in crate::advisor) fn lines(lines: &[Value]) -> Response {
    lines.iter().map(|line| format!("{line}\n")).collect::<String>().into_response()
}

pub(in crate::advisor) fn answer(text: &str, reason: &str) -> Response {
    let end = json!({"message": {"content": ""}, "done": true, "done_reason": reason, "prompt_eval_count": 9, "eval_count": 2});
    lines(&[json!({"message": {"content": text}}), end])
}

/// A body whose connection stays open after `parts`.
pub(in crate::advisor) fn hanging(parts: &'static [&'static str]) -> Response {
    let parts = stream::iter(parts).map(|part| Ok::<_, Infallible>(Bytes::from_static(part.as_bytes())));
    Body::from_stream(parts.chain(stream::pending())).into_response()
}

/// A body of `part` again and again, without end.
fn endless(part: &str) -> Response {
    let many = Bytes::from(part.repeat(16 * 1024 / part.len()));
    Body::from_stream(stream::repeat_with(move || Ok::<_, Infallible>(many.clone()))).into_response()
}

fn error(status: u16, error: &str) -> Response {
    (StatusCode::from_u16(status).unwrap(), axum::Json(json!({"error": error}))).into_response()
}

async fn chat_of(answer: impl Fn() -> Response + Clone + Send + Sync + 'static) -> Result<ChatAnswer, ModelFault> {
    let server = StandIn::start(move |_, _| answer()).await;
    server.client().chat(&request(), &|_| {}).await
}

#[tokio::test]
async fn a_complete_answer_is_returned_and_its_progress_told() {
    let server = StandIn::start(|_, _| answer("{}", "stop")).await;
    let told = Mutex::new(Vec::new());
    let answer = server.client().chat(&request(), &|progress| told.lock().unwrap().push(progress)).await.unwrap();
    assert_eq!((answer.text.as_str(), answer.prompt_tokens, answer.answer_tokens), ("{}", 9, 2));
    assert_eq!(*told.lock().unwrap(), [Progress::Reading, Progress::Writing { tokens: 1 }]);
    let (path, body) = server.asked().remove(0);
    assert_eq!((path.as_str(), &body["format"]), ("/api/chat", &json!({"type": "object"})));
}

#[tokio::test]
async fn an_answer_that_does_not_end_by_itself_is_a_fault() {
    let cut = |reason: &str| Err(ModelFault::Cut { reason: reason.into() });
    assert_eq!(chat_of(|| answer("{}", "length")).await, cut("length"));
    assert_eq!(chat_of(|| answer("{}", "unload")).await, cut("unload"));
    assert_eq!(chat_of(|| lines(&[json!({"message": {"content": "{}"}, "done": true})])).await, cut("no done_reason"));
    // Ollama ends an answer like this where the model repeats a token again and again.
    assert_eq!(chat_of(|| lines(&[json!({"message": {"content": "{}"}, "done": false})])).await, cut("not done"));
    assert_eq!(chat_of(|| answer(" \n", "stop")).await, Err(ModelFault::Empty));
}

#[tokio::test]
async fn endless_answers_are_ended() {
    let endless_texts = || endless("{\"message\":{\"content\":\"again and again \"},\"done\":false}\n");
    for answer in [endless_texts, || endless("\n"), || endless("no end of line "), || endless("{}\n")] {
        assert_eq!(chat_of(answer).await, Err(ModelFault::TooLong));
    }
    // Also where one object is expected.
    let server = StandIn::start(|_, _| endless("[")).await;
    assert_eq!(server.client().load().await, Err(ModelFault::TooLong));
    assert_eq!(server.client().state().await, Err(ModelFault::TooLong));
    assert_eq!(server.client().embed(&["x".into()], Purpose::Query, MINUTE).await, Err(ModelFault::TooLong));
}

#[tokio::test]
async fn a_stream_that_stops_coming_ends_with_the_time_limit() {
    for answer in
        [|| hanging(&["{\"message\":{\"content\":\"x\"}}\n"]), || hanging(&["{\"message\":"]), || hanging(&[])]
    {
        let server = StandIn::start(move |_, _| answer()).await;
        let client = server.client_with(|config| config.timeout = Duration::from_millis(300));
        assert_eq!(client.chat(&request(), &|_| {}).await, Err(ModelFault::Timeout { seconds: 0 }));
        assert_eq!(client.load().await, Err(ModelFault::Timeout { seconds: 0 }));
        assert_eq!(client.probe().await, Err(ModelFault::Timeout { seconds: 0 }));
        // No model is at work there.
        assert!(matches!(client.state().await, Err(ModelFault::Silent { .. })));
    }
}

#[tokio::test]
async fn a_server_that_accepts_and_says_nothing_ends_with_the_time_limit() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let client = Ollama::new(OllamaConfig { timeout: Duration::from_millis(300), ..config(base) }).unwrap();
    assert_eq!(client.chat(&request(), &|_| {}).await, Err(ModelFault::Timeout { seconds: 0 }));
}

#[tokio::test]
async fn what_is_no_answer_of_the_protocol_is_malformed() {
    for body in ["", "<html>hello</html>", "{\"message\":{}}\n", "{\"done\":true", "null", "{}{}"] {
        let fault = chat_of(move || body.into_response()).await;
        assert!(matches!(fault, Err(ModelFault::Malformed { .. } | ModelFault::Unfit(_))), "{body}: {fault:?}");
    }
    let failed = chat_of(|| lines(&[json!({"message": {"content": "x"}}), json!({"error": "runner\nended"})])).await;
    assert_eq!(failed, Err(ModelFault::Failed { error: "runner ended".into() }));
}

#[tokio::test]
async fn a_connection_that_is_lost_is_a_server_that_is_away() {
    let lost = || {
        let parts = stream::iter([Ok(Bytes::from_static(b"{\"message\":{\"content\":\"x\"}}\n")), Err("lost")]);
        Body::from_stream(parts).into_response()
    };
    let fault = chat_of(lost).await;
    assert!(matches!(fault, Err(ModelFault::Away { .. })), "{fault:?}");
    let nobody = closed_tcp();
    let client = Ollama::new(config(Url::parse(&format!("http://{nobody}")).unwrap())).unwrap();
    for fault in
        [client.state().await.unwrap_err(), client.load().await.unwrap_err(), client.probe().await.unwrap_err()]
    {
        assert!(matches!(fault, ModelFault::Away { .. }), "{fault:?}");
    }
}

#[tokio::test]
async fn statuses_tell_what_is_wrong() {
    let missing = "model \"m:1b\" not found, try pulling it first";
    assert_eq!(chat_of(move || error(404, missing)).await, Err(ModelFault::Missing { model: "m:1b".into() }));
    let refused = |status, error: &str| Err(ModelFault::Refused { status, error: error.into() });
    assert_eq!(chat_of(|| error(404, "no such page")).await, refused(404, "no such page"));
    assert_eq!(chat_of(|| error(400, "the prompt is too long")).await, refused(400, "the prompt is too long"));
    assert_eq!(chat_of(|| error(500, "no\x1b[2J memory")).await, refused(500, "no\u{fffd}[2J memory"));
    let page = chat_of(|| (StatusCode::BAD_GATEWAY, "x".repeat(100_000)).into_response()).await;
    assert!(
        matches!(&page, Err(ModelFault::Refused { status: 502, error }) if error.chars().count() <= 300),
        "{page:?}"
    );
    // What a body without end says of an error is bounded, too.
    let endless = chat_of(|| (StatusCode::SERVICE_UNAVAILABLE, endless("busy ")).into_response()).await;
    assert!(matches!(endless, Err(ModelFault::Refused { status: 503, .. })), "{endless:?}");
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let server = StandIn::start(|path, _| match path {
        "/elsewhere" => answer("{}", "stop"),
        _ => Redirect::temporary("/elsewhere").into_response(),
    });
    let server = server.await;
    assert_eq!(server.client().chat(&request(), &|_| {}).await, Err(ModelFault::Redirect { status: 307 }));
    assert_eq!(server.client().state().await, Err(ModelFault::Redirect { status: 307 }));
    assert!(server.asked().iter().all(|(path, _)| path != "/elsewhere"));
}

#[tokio::test]
async fn addresses_that_may_not_be_connected_to_are_not() {
    let server = StandIn::start(|_, _| answer("{}", "stop")).await;
    let deny = AddressRules { deny: vec!["127.0.0.0/8".parse().unwrap()], ..AddressRules::default() };
    let client = server.client_with(|config| config.guard = AddressGuard::new(deny));
    for fault in [client.load().await.unwrap_err(), client.state().await.unwrap_err()] {
        assert!(matches!(&fault, ModelFault::Away { error } if error.contains("AGENTIC_DENY_NETWORKS")), "{fault:?}");
    }
    assert_eq!(server.asked(), []);
}

#[tokio::test]
async fn credentials_of_the_url_are_sent_and_never_shown() {
    let server = StandIn::start(|_, body| error(403, &format!("not for {} or geheim99", body["authorization"]))).await;
    let mut base = server.base.clone();
    base.set_username("ops-user").unwrap();
    base.set_password(Some("geheim99")).unwrap();
    base.set_path("/under/");
    let client = server.client_with(|config| config.base = base);
    let fault = client.chat(&request(), &|_| {}).await.unwrap_err();
    let shown = format!("{fault:?} {}", client.server());
    // The header's value is base64 of `ops-user:geheim99`.
    for secret in ["geheim99", "ops-user", "b3BzLXVzZXI6Z2VoZWltOTk"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
    let (path, body) = server.asked().remove(0);
    assert_eq!(path, "/under/api/chat");
    assert!(body["authorization"].as_str().unwrap().starts_with("Basic "));
}

fn state_of(path: &str, models: &Value) -> Response {
    match path {
        "/api/version" => axum::Json(json!({"version": "0.6.8"})).into_response(),
        "/api/tags" => axum::Json(json!({"models": models})).into_response(),
        _ => error(404, "no such page"),
    }
}

#[tokio::test]
async fn the_state_names_the_digests_of_both_models() {
    let both = json!([{"name": "m:1b", "digest": "abc"}, {"name": "nomic-embed-text:latest", "digest": "def"}]);
    let server = StandIn::start(move |path, _| state_of(path, &both)).await;
    let expected = ModelState { digest: "abc".into(), embed_digest: Some("def".into()), version: "0.6.8".into() };
    assert_eq!(server.client().state().await, Ok(expected));
    let missing = Err(ModelFault::Missing { model: "other".into() });
    assert_eq!(server.client_with(|config| config.model = "other".into()).state().await, missing);
    let without = server.client_with(|config| config.embed_model = Some("other".into())).state().await.unwrap();
    assert_eq!(without.embed_digest, None);
    for models in [json!(null), json!([])] {
        let server = StandIn::start(move |path, _| state_of(path, &models)).await;
        assert_eq!(server.client().state().await, Err(ModelFault::Missing { model: "m:1b".into() }));
    }
    for wrong in
        [json!([{"name": "m:1b", "digest": "a b"}]), json!([{"name": "m:1b", "digest": "x".repeat(999)}]), json!(5)]
    {
        let server = StandIn::start(move |path, _| state_of(path, &wrong)).await;
        assert!(matches!(server.client().state().await, Err(ModelFault::Malformed { .. } | ModelFault::Unfit(_))));
    }
}

/// A vector for each text, whose first number is the length of the text.
fn vectors(body: &Value) -> Response {
    let texts = body["input"].as_array().unwrap();
    let vectors: Vec<Value> = texts.iter().map(|text| json!([text.as_str().unwrap().len(), 1])).collect();
    axum::Json(json!({"embeddings": vectors})).into_response()
}

fn texts(count: usize) -> Vec<String> {
    (0..count).map(|number| "x".repeat(number + 1)).collect()
}

fn sizes(server: &StandIn) -> Vec<usize> {
    server.asked().iter().map(|(_, body)| body["input"].as_array().unwrap().len()).collect()
}

#[tokio::test]
async fn texts_are_embedded_in_batches_and_in_order() {
    let server = StandIn::start(|_, body| vectors(body)).await;
    let found = server.client().embed(&texts(35), Purpose::Document, MINUTE).await.unwrap();
    let prefix = "search_document: ".len() as f32;
    let lengths: Vec<f32> = found.iter().map(|vector| vector[0] - prefix).collect();
    assert_eq!(lengths, (1..=35u8).map(f32::from).collect::<Vec<_>>());
    assert_eq!(sizes(&server), [16, 16, 3]);
    server.client().embed(&["y".into()], Purpose::Query, MINUTE).await.unwrap();
    assert_eq!(server.asked().last().unwrap().1["input"], json!(["search_query: y"]));
    let other = server.client_with(|config| config.embed_model = Some("bge-m3".into()));
    other.embed(&["y".into()], Purpose::Query, MINUTE).await.unwrap();
    assert_eq!(server.asked().last().unwrap().1["input"], json!(["y"]));
    assert_eq!(other.embed(&[], Purpose::Query, MINUTE).await, Ok(Vec::new()));
}

#[tokio::test]
async fn a_batch_that_is_refused_is_halved() {
    let small = |limit: usize| {
        move |_: &str, body: &Value| match body["input"].as_array().unwrap().len() {
            length if length > limit => error(400, "too many tokens"),
            _ => vectors(body),
        }
    };
    let server = StandIn::start(small(5)).await;
    assert_eq!(server.client().embed(&texts(20), Purpose::Document, MINUTE).await.unwrap().len(), 20);
    assert_eq!(sizes(&server), [16, 8, 4, 4, 4, 4, 4]);
    let server = StandIn::start(small(0)).await;
    let refused = Err(ModelFault::Refused { status: 400, error: "too many tokens".into() });
    assert_eq!(server.client().embed(&texts(20), Purpose::Document, MINUTE).await, refused);
    assert_eq!(sizes(&server), [16, 8, 4, 2, 1]);
}

#[tokio::test]
async fn vectors_that_can_not_be_used_are_malformed() {
    for embeddings in [
        json!([]),
        json!([[]]),
        json!([[1.0], [1.0]]),
        json!([["x"]]),
        json!([[1e39]]),
        json!([vec![0; 9000]]),
        json!(null),
    ] {
        let shown = embeddings.to_string();
        let server = StandIn::start(move |_, _| axum::Json(json!({"embeddings": embeddings})).into_response()).await;
        let fault = server.client().embed(&["x".into()], Purpose::Query, MINUTE).await;
        assert!(
            matches!(fault, Err(ModelFault::Malformed { .. } | ModelFault::Unfit(_))),
            "{}",
            &shown[..shown.len().min(40)]
        );
    }
    let server = StandIn::start(|_, _| axum::Json(json!({"embeddings": [[1], [1, 2]]})).into_response()).await;
    assert!(matches!(
        server.client().embed(&texts(2), Purpose::Query, MINUTE).await,
        Err(ModelFault::Malformed { .. } | ModelFault::Unfit(_))
    ));
    let without = server.client_with(|config| config.embed_model = None);
    assert!(matches!(without.embed(&texts(1), Purpose::Query, MINUTE).await, Err(ModelFault::Missing { .. })));
}

#[tokio::test]
async fn a_probe_is_one_token_and_whatever_ends_it() {
    let done =
        || axum::Json(json!({"message": {"content": "a"}, "done": true, "done_reason": "length"})).into_response();
    let server = StandIn::start(move |_, _| done()).await;
    assert_eq!(server.client().probe().await, Ok(()));
    assert_eq!(server.asked()[0].1["options"]["num_predict"], json!(1));
}
