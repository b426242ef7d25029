//! The keys that sign RS256 and ES256 tokens: read from a JWKS address, kept, and asked for again sparingly.

use super::problem::Problem;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// Keys are asked for again no more often than this, whatever tokens come and whether the last time went well or not.
const PAUSE: Duration = Duration::from_secs(30);
/// Keys older than this are asked for again, so that one which was withdrawn is not trusted for long.
const FRESH: Duration = Duration::from_secs(10 * 60);
/// Keys older than this are trusted no more, though their server does not answer.
const TRUSTED: Duration = Duration::from_secs(60 * 60);
const TIMEOUT: Duration = Duration::from_secs(5);
const BYTES_MAX: usize = 256 << 10;

/// The keys of one address.
pub struct Keys {
    url: String,
    known: RwLock<Option<Known>>,
    /// When they were last asked for. Held while asking, so that only one asks at a time.
    asked: Mutex<Option<Instant>>,
}

#[derive(Clone)]
struct Known {
    set: Arc<JwkSet>,
    at: Instant,
}

impl Keys {
    /// Nothing is read until the first token comes.
    pub fn new(url: String) -> Keys {
        Keys { url, known: RwLock::default(), asked: Mutex::default() }
    }

    /// The key of this id (or the first that fits the algorithm where a token names none). 401 where there is none, 503
    /// where the keys can't be read.
    pub async fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Result<DecodingKey, Problem> {
        let held = self.held(id, algorithm, FRESH);
        let found = match held {
            Some(key) => Some(key),
            None => {
                let failed = self.refresh(id, algorithm).await.err();
                let found = self.held(id, algorithm, TRUSTED);
                if let (None, Some(detail)) = (&found, failed) {
                    tracing::warn!(url = self.url, detail, "the keys that sign tokens can't be read");
                    return Err(Problem::unavailable("the keys that sign tokens can't be read now"));
                }
                found
            }
        };
        let key = found.ok_or_else(|| Problem::unauthorized("the key that signed the token is not known"))?;
        DecodingKey::from_jwk(&key).map_err(|e| Problem::unauthorized(format!("the key of the token: {e}")))
    }

    /// A key that is kept and not older than `age`.
    fn held(&self, id: Option<&str>, algorithm: Algorithm, age: Duration) -> Option<Jwk> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner).clone()?;
        let fits = |key: &&Jwk| is_of(key, algorithm) && id.is_none_or(|id| key.common.key_id.as_deref() == Some(id));
        if known.at.elapsed() > age { None } else { known.set.keys.iter().find(fits).cloned() }
    }

    /// Asks for the keys, unless they have just been asked for.
    async fn refresh(&self, id: Option<&str>, algorithm: Algorithm) -> Result<(), String> {
        let mut asked = self.asked.lock().await;
        // Whoever waited here may find what another one brought.
        if self.held(id, algorithm, FRESH).is_some() {
            return Ok(());
        }
        if asked.is_some_and(|at| at.elapsed() < PAUSE) {
            let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
            return known.as_ref().map(drop).ok_or_else(|| "asked for a moment ago".to_string());
        }
        *asked = Some(Instant::now());
        let set = Arc::new(fetch(&self.url).await?);
        let known = Known { set, at: Instant::now() };
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Some(known);
        Ok(())
    }
}

/// Only RSA and elliptic keys: a shared key in a set that everybody reads proves nothing.
fn is_of(key: &Jwk, algorithm: Algorithm) -> bool {
    match key.algorithm {
        AlgorithmParameters::RSA(_) => algorithm == Algorithm::RS256,
        AlgorithmParameters::EllipticCurve(_) => algorithm == Algorithm::ES256,
        _ => false,
    }
}

async fn fetch(url: &str) -> Result<JwkSet, String> {
    let client = reqwest::Client::builder().timeout(TIMEOUT).build().map_err(|e| e.to_string())?;
    let response = client.get(url).send().await.and_then(reqwest::Response::error_for_status);
    let mut response = response.map_err(|e| e.to_string())?;
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|e| e.to_string())? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > BYTES_MAX {
            return Err(format!("more than {BYTES_MAX} bytes"));
        }
    }
    serde_json::from_slice(&bytes).map_err(|e| e.to_string())
}
