//! Who is asking: signed tokens, and the roles in them.

use super::Shared;
use super::problem::Problem;
use crate::api::Role;
use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::Value;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// Keys are asked for again when one is not known, but no more often than this.
const JWKS_PAUSE: Duration = Duration::from_secs(30);
const JWKS_TIMEOUT: Duration = Duration::from_secs(5);
const JWKS_MAX: usize = 256 << 10;

/// Whom to trust.
#[derive(Default)]
pub struct AuthConfig {
    /// Of HS256 tokens.
    pub secret: Option<Vec<u8>>,
    /// Where the keys of RS256 and ES256 tokens are.
    pub jwks_url: Option<String>,
    pub issuer: Option<String>,
    pub audience: String,
    pub roles_claim: String,
}

/// Verifies tokens.
pub struct Authenticator {
    config: AuthConfig,
    keys: Mutex<Option<(Instant, JwkSet)>>,
}

/// Who is asking, proven.
#[derive(Clone, Debug)]
pub struct Caller {
    pub name: String,
    pub roles: Vec<Role>,
}

impl Caller {
    /// 403 unless one of the roles may run scenarios.
    pub fn may_run(&self) -> Result<(), Problem> {
        if self.roles.iter().any(|r| r.may_run()) {
            return Ok(());
        }
        Err(Problem::forbidden("running scenarios takes one of super_admin, ops_lead, agentic_operator"))
    }
}

impl Authenticator {
    pub fn new(config: AuthConfig) -> Authenticator {
        Authenticator { config, keys: Mutex::default() }
    }

    /// Who bears the token of these headers.
    pub async fn caller(&self, headers: &axum::http::HeaderMap) -> Result<Caller, Problem> {
        let given = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let Some(token) = given.strip_prefix("Bearer ").map(str::trim).filter(|t| !t.is_empty()) else {
            return Err(Problem::unauthorized("a bearer token is needed: agentic-ops token makes one"));
        };
        let told = decode_header(token).map_err(|_| Problem::unauthorized("the token is not a signed JWT"))?;
        let key = match (told.alg, &self.config.secret) {
            (Algorithm::HS256, Some(secret)) if self.config.jwks_url.is_none() => DecodingKey::from_secret(secret),
            (Algorithm::RS256 | Algorithm::ES256, _) if self.config.jwks_url.is_some() => {
                self.public_key(told.kid.as_deref()).await?
            }
            (other, _) => return Err(Problem::unauthorized(format!("tokens signed by {other:?} are not taken here"))),
        };
        let mut validation = Validation::new(told.alg);
        validation.set_required_spec_claims(&["exp", "aud", "sub"]);
        validation.set_audience(&[&self.config.audience]);
        if let Some(issuer) = &self.config.issuer {
            validation.set_issuer(&[issuer]);
        }
        let claims = decode::<Value>(token, &key, &validation)
            .map_err(|e| Problem::unauthorized(format!("the token does not hold: {e}")))?
            .claims;
        let words = claims[&self.config.roles_claim].as_array().cloned().unwrap_or_default();
        let roles: Vec<Role> = words.iter().filter_map(|w| w.as_str().and_then(Role::parse)).collect();
        if roles.is_empty() {
            let known = Role::ALL.map(|r| r.as_str()).join(", ");
            return Err(Problem::forbidden(format!("the token carries no role: one of {known} is needed")));
        }
        let name = claims["sub"].as_str().unwrap_or_default().chars().take(253).collect();
        Ok(Caller { name, roles })
    }

    /// The key of this id, asked for anew where it is not known.
    async fn public_key(&self, id: Option<&str>) -> Result<DecodingKey, Problem> {
        let mut keys = self.keys.lock().await;
        let find = |set: &JwkSet| match id {
            Some(id) => set.find(id).cloned(),
            None => set.keys.first().cloned(),
        };
        let mut found = keys.as_ref().and_then(|(_, set)| find(set));
        let is_stale = keys.as_ref().is_none_or(|(at, _)| at.elapsed() > JWKS_PAUSE);
        if found.is_none() && is_stale {
            let set = self.fetch_keys().await;
            let failed = |detail| Problem::unavailable(format!("the keys that sign tokens can't be read: {detail}"));
            let set = set.map_err(failed)?;
            found = find(&set);
            *keys = Some((Instant::now(), set));
        }
        let key = found.ok_or_else(|| Problem::unauthorized("the key that signed the token is not known"))?;
        DecodingKey::from_jwk(&key).map_err(|e| Problem::unauthorized(e.to_string()))
    }

    async fn fetch_keys(&self) -> Result<JwkSet, String> {
        let url = self.config.jwks_url.clone().unwrap_or_default();
        let client = reqwest::Client::builder().timeout(JWKS_TIMEOUT).build().map_err(|e| e.to_string())?;
        let mut response = client.get(url).send().await.map_err(|e| e.to_string())?;
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|e| e.to_string())? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > JWKS_MAX {
                return Err(format!("more than {JWKS_MAX} bytes"));
            }
        }
        serde_json::from_slice(&bytes).map_err(|e| e.to_string())
    }
}

impl FromRequestParts<Shared> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, facade: &Shared) -> Result<Caller, Problem> {
        facade.backend.auth.caller(&parts.headers).await
    }
}
