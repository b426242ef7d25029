//! Who is asking: signed tokens, and the roles in them; or tokens of the cluster, where they are taken.

use super::Shared;
use super::keys::Keys;
use super::problem::Problem;
use super::review::Reviewer;
use crate::api::Role;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::Value;
use std::collections::BTreeSet;

/// As long as names in the resources may be.
const NAME_MAX: usize = 253;

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
    /// Who knows the tokens of the cluster; `None`: only this program's own are taken.
    pub reviewer: Option<Reviewer>,
}

/// What is found of a token by this program's own keys.
enum Own {
    Holds(Value),
    /// It is one of this program's, and does not hold.
    Refused(Problem),
    /// It is not, as far as can be told.
    Foreign(Problem),
}

/// Verifies tokens.
pub struct Authenticator {
    config: AuthConfig,
    keys: Option<Keys>,
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
        let keys = config.jwks_url.clone().map(Keys::new);
        Authenticator { config, keys }
    }

    /// Who bears the token of these headers: 401 where it does not hold, 403 where it carries no role.
    pub async fn caller(&self, headers: &HeaderMap) -> Result<Caller, Problem> {
        let missing = || Problem::unauthorized("a bearer token is needed: agentic-ops token makes one");
        let token = bearer(headers).ok_or_else(missing)?;
        match (self.own(token).await, &self.config.reviewer) {
            (Own::Holds(claims), _) => self.caller_of(&claims),
            (Own::Refused(problem), _) | (Own::Foreign(problem), None) => Err(problem),
            (Own::Foreign(problem), Some(reviewer)) => match reviewer.caller(token).await {
                Ok(caller) => {
                    with_a_role(caller, "agentic:ROLE as a group, or AGENTIC_AUTH_SERVICE_ACCOUNTS, gives one")
                }
                // It may be one of this program's, which nobody can tell while its keys can't be read.
                Err(refused) if refused.status == StatusCode::UNAUTHORIZED && problem.retry_after.is_some() => {
                    Err(problem)
                }
                Err(refused) => Err(refused),
            },
        }
    }

    async fn own(&self, token: &str) -> Own {
        let told = match decode_header(token) {
            Ok(told) => told,
            Err(_) => return Own::Foreign(Problem::unauthorized("the token is not a signed JWT")),
        };
        // The algorithm is this server's choice: a public key must never be taken for a shared one.
        let key = match (told.alg, &self.keys, &self.config.secret) {
            (Algorithm::HS256, None, Some(secret)) => DecodingKey::from_secret(secret),
            (Algorithm::RS256 | Algorithm::ES256, Some(keys), _) => {
                match keys.find(told.kid.as_deref(), told.alg).await {
                    Ok(key) => key,
                    Err(problem) => return Own::Foreign(problem),
                }
            }
            (other, ..) => {
                return Own::Foreign(Problem::unauthorized(format!("tokens signed by {other:?} are not taken here")));
            }
        };
        match decode::<Value>(token, &key, &self.validation(told.alg)) {
            Ok(token) => Own::Holds(token.claims),
            Err(error) => {
                let problem = Problem::unauthorized(format!("the token does not hold: {error}"));
                // These are told only once the signature was found right.
                match error.kind() {
                    ErrorKind::ExpiredSignature | ErrorKind::ImmatureSignature | ErrorKind::MissingRequiredClaim(_) => {
                        Own::Refused(problem)
                    }
                    _ => Own::Foreign(problem),
                }
            }
        }
    }

    fn validation(&self, algorithm: Algorithm) -> Validation {
        let mut validation = Validation::new(algorithm);
        validation.validate_nbf = true;
        validation.set_audience(&[&self.config.audience]);
        validation.set_required_spec_claims(&["exp", "aud", "sub"]);
        if let Some(issuer) = &self.config.issuer {
            validation.set_issuer(&[issuer]);
            // Without this a token that names no issuer would pass.
            validation.required_spec_claims.insert("iss".into());
        }
        validation
    }

    fn caller_of(&self, claims: &Value) -> Result<Caller, Problem> {
        let name = claims["sub"].as_str().unwrap_or_default();
        if name.is_empty() || name.chars().count() > NAME_MAX {
            return Err(Problem::unauthorized(format!(
                "the token's sub should be a name of 1 to {NAME_MAX} characters"
            )));
        }
        let words = claims[&self.config.roles_claim].as_array().map(Vec::as_slice).unwrap_or_default();
        let roles: BTreeSet<Role> = words.iter().filter_map(|w| w.as_str().and_then(Role::parse)).collect();
        let caller = Caller { name: name.to_string(), roles: roles.into_iter().collect() };
        with_a_role(caller, "the token carries none")
    }
}

/// 403 where a caller has no role at all.
fn with_a_role(caller: Caller, hint: &str) -> Result<Caller, Problem> {
    if caller.roles.is_empty() {
        let known = Role::ALL.map(|r| r.as_str()).join(", ");
        return Err(Problem::forbidden(format!("{} has no role: one of {known} is needed; {hint}", caller.name)));
    }
    Ok(caller)
}

/// The token of a header `Authorization: Bearer …`; the scheme's case does not matter (RFC 9110, 11.1).
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

impl FromRequestParts<Shared> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, facade: &Shared) -> Result<Caller, Problem> {
        facade.backend.auth.caller(&parts.headers).await
    }
}
