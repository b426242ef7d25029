//! Requests to the server, within a time limit, and what their statuses mean.

use crate::domain::clip;
use crate::domain::model::ModelFault;
use crate::domain::printable::printable;
use crate::domain::redact::{REDACTED, Redactor};
use crate::net::client::{GuardedClient, Post, chain};
use bytes::Bytes;
use reqwest::Response;
use serde_json::Value;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};
use url::Url;

/// Most bytes of an answer that is one JSON object.
pub(super) const ANSWER_MAX: usize = 1 << 20;
/// Most bytes of an error that are read.
const ERROR_BYTES_MAX: usize = 4096;
/// Most characters of an error that are shown.
const ERROR_MAX: usize = 300;
/// For the connection, TLS included.
const CONNECT_TIME: Duration = Duration::from_secs(10);
/// The client's own limit, for the case that this program's does not end a call.
const RESERVE: Duration = Duration::from_secs(5);

/// When a call ends at the latest.
#[derive(Clone, Copy)]
pub(super) struct Deadline {
    time: Duration,
    at: Option<Instant>,
}

impl Deadline {
    /// From now on. A time beyond what can be represented is no limit.
    pub fn after(time: Duration) -> Deadline {
        Deadline { time, at: Instant::now().checked_add(time) }
    }

    async fn within<T>(self, work: impl Future<Output = T>) -> Result<T, ModelFault> {
        match self.at {
            Some(at) => timeout_at(at, work).await.map_err(|_| ModelFault::Timeout { seconds: self.time.as_secs() }),
            None => Ok(work.await),
        }
    }
}

/// A server.
pub(super) struct Http {
    client: GuardedClient,
    base: Url,
    /// User and password of the base.
    credentials: Vec<String>,
    redactor: Redactor,
}

impl Http {
    /// `None` if `base` has no host.
    pub fn new(client: GuardedClient, mut base: Url) -> Option<Http> {
        if !base.has_host() || base.cannot_be_a_base() {
            return None;
        }
        base.set_query(None);
        base.set_fragment(None);
        let credentials = [base.username(), base.password().unwrap_or_default()].map(String::from);
        let credentials: Vec<String> = credentials.into_iter().filter(|part| part.len() >= 3).collect();
        let redactor = Redactor::new(credentials.iter().map(String::as_str));
        Some(Http { client, base, credentials, redactor })
    }

    /// Host and port.
    pub fn server(&self) -> String {
        let port = self.base.port_or_known_default().unwrap_or_default();
        format!("{}:{port}", self.base.host_str().unwrap_or_default())
    }

    /// Makes a POST request. Returns the answer if its status is 2xx. `model` is the one that the request is for.
    pub async fn post(
        &self,
        path: &str,
        body: &Value,
        deadline: Deadline,
        model: &str,
    ) -> Result<Answer<'_>, ModelFault> {
        let url = self.url(path);
        let post = Post {
            url: &url,
            token: None,
            body: body.to_string(),
            connect_timeout: CONNECT_TIME.min(deadline.time),
            timeout: deadline.time.saturating_add(RESERVE),
        };
        let sent = deadline.within(Box::pin(self.client.open(post))).await?;
        let response = sent.map_err(|error| ModelFault::Away { error: self.shown(&error.text) })?;
        self.judged(response, deadline, Some(model)).await
    }

    /// Makes a GET request. Returns the answer if its status is 2xx.
    pub async fn get(&self, path: &str, deadline: Deadline) -> Result<Answer<'_>, ModelFault> {
        let url = self.url(path);
        let sent = deadline.within(Box::pin(self.client.look(&url, deadline.time.saturating_add(RESERVE)))).await?;
        let response = sent.map_err(|error| ModelFault::Away { error: self.shown(&error) })?;
        self.judged(response, deadline, None).await
    }

    /// A text of the server or of a library: one line, cut, without credentials.
    pub fn shown(&self, text: &str) -> String {
        let text = self.credentials.iter().fold(text.to_string(), |text, part| text.replace(part.as_str(), REDACTED));
        let text = self.redactor.redact(&text);
        let words: Vec<&str> = text.split_whitespace().collect();
        clip::chars(&printable(&words.join(" ")), ERROR_MAX)
    }

    /// A fault whose text is shown.
    pub fn shown_fault(&self, fault: ModelFault) -> ModelFault {
        match fault {
            ModelFault::Malformed { error } => ModelFault::Malformed { error: self.shown(&error) },
            ModelFault::Failed { error } => ModelFault::Failed { error: self.shown(&error) },
            other => other,
        }
    }

    fn url(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        let under = self.base.path().trim_end_matches('/');
        url.set_path(&format!("{under}/{path}"));
        url
    }

    async fn judged(
        &self,
        response: Response,
        deadline: Deadline,
        model: Option<&str>,
    ) -> Result<Answer<'_>, ModelFault> {
        let status = response.status().as_u16();
        let mut answer = Answer { http: self, response, deadline };
        match status {
            200..300 => return Ok(answer),
            300..400 => return Err(ModelFault::Redirect { status }),
            _ => {}
        }
        let error = error_text(&answer.beginning().await);
        match model {
            // A proxy, or another server, answers 404 without that.
            Some(model) if status == 404 && error.contains("model") && error.contains("not found") => {
                Err(ModelFault::Missing { model: model.to_string() })
            }
            _ => Err(ModelFault::Refused { status, error: self.shown(&error) }),
        }
    }
}

/// An answer whose body has not been read.
pub(super) struct Answer<'a> {
    http: &'a Http,
    response: Response,
    deadline: Deadline,
}

impl Answer<'_> {
    /// The next part of the body; `None` at its end.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, ModelFault> {
        let chunk = self.deadline.within(self.response.chunk()).await?;
        chunk.map_err(|error| ModelFault::Away { error: self.http.shown(&chain(&error)) })
    }

    /// The whole body, of at most `max` bytes.
    pub async fn whole(mut self, max: usize) -> Result<Vec<u8>, ModelFault> {
        let mut body = Vec::new();
        while let Some(chunk) = self.chunk().await? {
            if body.len() + chunk.len() > max {
                return Err(ModelFault::TooLong);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    /// The beginning of the body, as far as it came.
    async fn beginning(&mut self) -> Vec<u8> {
        let mut body = Vec::new();
        while body.len() < ERROR_BYTES_MAX
            && let Ok(Some(chunk)) = self.chunk().await
        {
            body.extend_from_slice(&chunk[..chunk.len().min(ERROR_BYTES_MAX - body.len())]);
        }
        body
    }
}

/// The error of a body: `error` of a JSON object, or the text itself.
fn error_text(body: &[u8]) -> String {
    let parsed: Option<Value> = serde_json::from_slice(body).ok();
    let error = parsed.as_ref().and_then(|value| value.get("error"));
    let text = error.and_then(|error| error.as_str().or_else(|| error.get("message")?.as_str()));
    text.map_or_else(|| String::from_utf8_lossy(body).into_owned(), String::from)
}
