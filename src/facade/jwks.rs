//! The keys that verify RS256 and ES256 tokens: a JSON Web Key Set (RFC 7517) that is fetched from an address and cached.

use super::problem::Problem;
use crate::net::client::{GuardedClient, chain};
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// Shortest time between two fetches, whether or not the last one succeeded.
const FETCH_INTERVAL_MIN: Duration = Duration::from_secs(30);
/// Keys older than this are fetched again, so that a withdrawn key is not accepted for long.
const REFRESH_AFTER: Duration = Duration::from_secs(10 * 60);
/// Keys older than this are not used, even if they can't be fetched again.
const MAX_AGE: Duration = Duration::from_secs(60 * 60);
/// Longest time of a fetch.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Longest key set, in bytes.
const BYTES_MAX: usize = 256 << 10;

/// The key set of one address.
pub struct Jwks {
    url: String,
    client: GuardedClient,
    cached: RwLock<Option<CachedKeys>>,
    /// Time of the last fetch. Locked during a fetch, so that there is one at a time.
    fetched_at: Mutex<Option<Instant>>,
}

#[derive(Clone)]
struct CachedKeys {
    keys: Arc<Vec<Jwk>>,
    at: Instant,
}

/// A key set. Keys of an unknown kind are skipped (RFC 7517, 5), so they are parsed one by one.
#[derive(Deserialize)]
struct KeySet {
    keys: Vec<Value>,
}

impl Jwks {
    /// Nothing is fetched before the first token.
    pub fn new(url: String, client: GuardedClient) -> Jwks {
        Jwks { url, client, cached: RwLock::default(), fetched_at: Mutex::default() }
    }

    /// The key of this id, or the first that fits the algorithm where a token names none. 401 where there is none, 503 where the
    /// keys can't be read.
    pub async fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Result<DecodingKey, Problem> {
        let key = match self.cached(id, algorithm, REFRESH_AFTER) {
            Some(key) => Some(key),
            None => {
                let failed = self.refresh(id, algorithm).await.err();
                let key = self.cached(id, algorithm, MAX_AGE);
                if let (None, Some(error)) = (&key, failed) {
                    tracing::warn!(url = self.url, error, "JSON Web Key Set can't be fetched");
                    return Err(Problem::unavailable("the keys that verify tokens can't be read now"));
                }
                key
            }
        };
        let key = key.ok_or_else(|| Problem::unauthorized("the token is signed with an unknown key"))?;
        DecodingKey::from_jwk(&key).map_err(|e| Problem::unauthorized(format!("the key of the token: {e}")))
    }

    /// A cached key that is not older than `max_age`.
    fn cached(&self, id: Option<&str>, algorithm: Algorithm, max_age: Duration) -> Option<Jwk> {
        let cached = self.cached.read().unwrap_or_else(PoisonError::into_inner).clone()?;
        let fits = |key: &&Jwk| fits(key, algorithm) && id.is_none_or(|id| key.common.key_id.as_deref() == Some(id));
        if cached.at.elapsed() > max_age { None } else { cached.keys.iter().find(fits).cloned() }
    }

    /// Fetches the keys, unless they were fetched a short time ago.
    async fn refresh(&self, id: Option<&str>, algorithm: Algorithm) -> Result<(), String> {
        let mut fetched_at = self.fetched_at.lock().await;
        // Another request may have fetched them while this one waited for the lock.
        if self.cached(id, algorithm, REFRESH_AFTER).is_some() {
            return Ok(());
        }
        if fetched_at.is_some_and(|at| at.elapsed() < FETCH_INTERVAL_MIN) {
            let cached = self.cached.read().unwrap_or_else(PoisonError::into_inner);
            let failed = || format!("the last fetch failed less than {FETCH_INTERVAL_MIN:?} ago");
            return cached.as_ref().map(drop).ok_or_else(failed);
        }
        *fetched_at = Some(Instant::now());
        let keys = Arc::new(fetch(&self.client, &self.url).await?);
        let cached = CachedKeys { keys, at: Instant::now() };
        *self.cached.write().unwrap_or_else(PoisonError::into_inner) = Some(cached);
        Ok(())
    }
}

/// Whether a key verifies an algorithm. Only RSA and elliptic-curve keys can: a shared secret in a public set proves nothing. A key
/// that is meant for anything else, such as encryption, does not (RFC 7517, 4.2 to 4.4).
fn fits(key: &Jwk, algorithm: Algorithm) -> bool {
    let (of_kind, named) = match key.algorithm {
        AlgorithmParameters::RSA(_) => (algorithm == Algorithm::RS256, KeyAlgorithm::RS256),
        AlgorithmParameters::EllipticCurve(_) => (algorithm == Algorithm::ES256, KeyAlgorithm::ES256),
        _ => return false,
    };
    let common = &key.common;
    of_kind
        && common.public_key_use.as_ref().is_none_or(|purpose| *purpose == PublicKeyUse::Signature)
        && common.key_operations.as_ref().is_none_or(|all| all.contains(&KeyOperations::Verify))
        && common.key_algorithm.is_none_or(|only| only == named)
}

async fn fetch(client: &GuardedClient, url: &str) -> Result<Vec<Jwk>, String> {
    let response = client.get(url, TIMEOUT).await.and_then(|r| r.error_for_status().map_err(|e| chain(&e)));
    let mut response = response?;
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|e| chain(&e))? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > BYTES_MAX {
            return Err(format!("more than {BYTES_MAX} bytes"));
        }
    }
    let set: KeySet = serde_json::from_slice(&bytes).map_err(|e| e.to_string())?;
    Ok(set.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok()).collect())
}
