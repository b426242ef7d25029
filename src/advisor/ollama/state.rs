//! Which models the server has.

use super::Ollama;
use super::http::{ANSWER_MAX, Deadline};
use crate::domain::model::{ModelFault, Unfit};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::time::Duration;

/// For each of the requests, which need no model.
const TIME: Duration = Duration::from_secs(10);
/// Most characters of a digest and of a version.
const LENGTH_MAX: usize = 128;

/// The models as the server lists them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelState {
    /// Of the model for advice and answers.
    pub digest: String,
    /// Of the model for embeddings; `None` where the server does not have it, or none is configured.
    pub embed_digest: Option<String>,
    /// Of the server.
    pub version: String,
}

#[derive(Deserialize)]
struct Version {
    version: String,
}

#[derive(Deserialize)]
struct Tags {
    #[serde(default)]
    models: Option<Vec<Tag>>,
}

#[derive(Deserialize)]
struct Tag {
    name: String,
    digest: String,
}

impl Tags {
    fn digest(&self, model: &str) -> Option<String> {
        let found = self.models.iter().flatten().find(|tag| is_same(&tag.name, model));
        found.map(|tag| tag.digest.clone())
    }
}

/// Error: this is no version or digest.
fn check(text: &str) -> Result<(), ModelFault> {
    if text.is_empty() || text.len() > LENGTH_MAX || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(ModelFault::Unfit(Unfit::Digest));
    }
    Ok(())
}

impl Ollama {
    /// Asks which models the server has. Error: [`ModelFault::Missing`] if it does not have the model for advice and answers.
    pub async fn state(&self) -> Result<ModelState, ModelFault> {
        let Version { version } = self.get("api/version").await?;
        let tags = self.tags().await?;
        let digest = |model: &str| tags.digest(model);
        let missing = || ModelFault::Missing { model: self.inner.model.clone() };
        let state = ModelState {
            digest: digest(&self.inner.model).ok_or_else(missing)?,
            embed_digest: self.inner.embed_model.as_deref().and_then(digest),
            version,
        };
        for text in [&state.version, &state.digest].into_iter().chain(&state.embed_digest) {
            check(text)?;
        }
        Ok(state)
    }

    /// The digest of any model; `None` if the server does not have it.
    pub async fn digest(&self, model: &str) -> Result<Option<String>, ModelFault> {
        let digest = self.tags().await?.digest(model);
        digest.as_deref().map_or(Ok(()), check)?;
        Ok(digest)
    }

    async fn tags(&self) -> Result<Tags, ModelFault> {
        self.get("api/tags").await
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ModelFault> {
        let time = TIME.min(self.inner.timeout);
        let body = async { self.inner.http.get(path, Deadline::after(time)).await?.whole(ANSWER_MAX).await };
        let body = body.await.map_err(|fault| match fault {
            // No model is at work in these requests.
            ModelFault::Timeout { seconds } => ModelFault::Silent { seconds },
            other => other,
        })?;
        let malformed =
            |error: serde_json::Error| ModelFault::Malformed { error: self.inner.http.shown(&error.to_string()) };
        serde_json::from_slice(&body).map_err(malformed)
    }
}

/// Whether two names are of the same model: a name without a tag has the tag `latest`.
fn is_same(one: &str, other: &str) -> bool {
    tagged(one).eq_ignore_ascii_case(&tagged(other))
}

fn tagged(name: &str) -> String {
    let last = name.rsplit('/').next().unwrap_or_default();
    if last.contains(':') { name.to_string() } else { format!("{name}:latest") }
}

#[cfg(test)]
mod tests {
    use super::is_same;

    #[test]
    fn a_name_without_a_tag_is_the_latest() {
        for (one, other, same) in [
            ("nomic-embed-text:latest", "nomic-embed-text", true),
            ("qwen2.5:7b-instruct", "qwen2.5:7b-instruct", true),
            ("Qwen2.5:7B-instruct", "qwen2.5:7b-instruct", true),
            ("qwen2.5:7b-instruct-q8_0", "qwen2.5:7b-instruct", false),
            ("qwen2.5:latest", "qwen2.5:7b-instruct", false),
            ("host:5000/library/m:latest", "host:5000/library/m", true),
        ] {
            assert_eq!(is_same(one, other), same, "{one} {other}");
        }
    }
}
