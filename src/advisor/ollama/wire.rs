//! Requests in the format of Ollama, and the answers that are one object.

use super::ChatRequest;
use crate::domain::model::{ANSWER_TOKENS, ModelFault, Unfit};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

/// Context in tokens, which has room for a whole prompt and answer. A server loads the model anew for another one.
const CONTEXT_TOKENS: u64 = 8192;
/// Any fixed number: the same prompt has the same answer.
const SEED: u64 = 16;
/// A request without messages and with no time to be kept unloads the model: it is kept at least until the call that follows.
const LOAD_KEPT: Duration = Duration::from_secs(60);

/// Loads the model.
pub(super) fn load(model: &str, keep_alive: Duration) -> Value {
    request(model, keep_alive.max(LOAD_KEPT), ANSWER_TOKENS, json!([]), false)
}

/// A question whose answer follows a schema.
pub(super) fn chat(model: &str, keep_alive: Duration, chat: &ChatRequest) -> Value {
    limited(model, keep_alive, chat, ANSWER_TOKENS)
}

/// As [`chat`], with an answer of at most `tokens`.
pub(super) fn limited(model: &str, keep_alive: Duration, chat: &ChatRequest, tokens: u64) -> Value {
    let messages = json!([{"role": "system", "content": chat.system}, {"role": "user", "content": chat.user}]);
    let mut body = request(model, keep_alive, tokens, messages, true);
    body["format"] = chat.schema.clone();
    body
}

/// A call of one token.
pub(super) fn probe(model: &str, keep_alive: Duration) -> Value {
    request(model, keep_alive, 1, json!([{"role": "user", "content": "ok"}]), false)
}

/// Vectors of `texts`. Longer ones than the model's context are truncated by the server.
pub(super) fn embed(model: &str, keep_alive: Duration, texts: &[String]) -> Value {
    json!({"model": model, "keep_alive": seconds(keep_alive), "input": texts})
}

fn request(model: &str, keep_alive: Duration, tokens: u64, messages: Value, stream: bool) -> Value {
    let options = json!({"num_ctx": CONTEXT_TOKENS, "num_predict": tokens, "temperature": 0, "seed": SEED});
    json!({
        "model": model,
        "messages": messages,
        "stream": stream,
        "keep_alive": seconds(keep_alive),
        "options": options,
        // Nothing of a prompt is left out silently. Servers before 0.12 ignore both.
        "truncate": false,
        "shift": false,
    })
}

fn seconds(time: Duration) -> String {
    format!("{}s", time.as_secs())
}

/// An answer that is not streamed.
#[derive(Deserialize)]
struct Whole {
    #[serde(default)]
    done: bool,
    #[serde(default)]
    error: Option<String>,
}

/// Whether the model is loaded.
pub(super) fn loaded(body: &[u8]) -> Result<(), ModelFault> {
    done(body)
}

/// Whether the model wrote its token.
pub(super) fn probed(body: &[u8]) -> Result<(), ModelFault> {
    done(body)
}

fn done(body: &[u8]) -> Result<(), ModelFault> {
    let malformed = |error: serde_json::Error| ModelFault::Malformed { error: error.to_string() };
    let whole: Whole = serde_json::from_slice(body).map_err(malformed)?;
    match whole {
        Whole { error: Some(error), .. } => Err(ModelFault::Failed { error }),
        Whole { done: true, .. } => Ok(()),
        Whole { .. } => Err(ModelFault::Unfit(Unfit::NotDone)),
    }
}

/// The vectors of an answer.
#[derive(Deserialize)]
pub(super) struct Embedded {
    pub embeddings: Vec<Vec<f32>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn every_chat_call_has_the_same_options() {
        let chat = ChatRequest { system: "s".into(), user: "u".into(), schema: json!({"type": "object"}) };
        let body = super::chat("m", MINUTE * 5, &chat);
        let expected = json!({
            "model": "m",
            "messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}],
            "stream": true,
            "format": {"type": "object"},
            "keep_alive": "300s",
            "options": {"num_ctx": 8192, "num_predict": 600, "temperature": 0, "seed": 16},
            "truncate": false,
            "shift": false,
        });
        assert_eq!(body, expected);
        // Another context would load the model anew.
        for other in [load("m", MINUTE), probe("m", MINUTE)] {
            assert_eq!(other["options"]["num_ctx"], expected["options"]["num_ctx"]);
        }
        assert_eq!(
            (&probe("m", MINUTE)["options"]["num_predict"], &load("m", MINUTE)["messages"]),
            (&json!(1), &json!([]))
        );
    }

    #[test]
    fn loading_never_unloads() {
        assert_eq!(load("m", Duration::ZERO)["keep_alive"], json!("60s"));
        assert_eq!(load("m", MINUTE * 5)["keep_alive"], json!("300s"));
    }

    #[test]
    fn an_answer_that_is_not_done_is_a_fault() {
        assert_eq!(done(br#"{"done":true,"done_reason":"load","more":1}"#), Ok(()));
        assert_eq!(done(br#"{"error":"no memory"}"#), Err(ModelFault::Failed { error: "no memory".into() }));
        for wrong in [&b"{}"[..], b"", b"<html>", br#"{"done":false}"#, br#"{"done":"yes"}"#, b"[]"] {
            assert!(matches!(done(wrong), Err(ModelFault::Malformed { .. } | ModelFault::Unfit(_))), "{wrong:?}");
        }
    }
}
