//! Authentication: bearer tokens that are signed for this program, and tokens of the cluster where they are accepted.

use super::FacadeState;
use super::jwks::Jwks;
use super::problem::Problem;
use super::token_review::{TokenReviewer, expiry};
use crate::api::Role;
use crate::commands::{CALLER_NAME_MAX, Caller, Interface};
use crate::domain::printable::printable;
use crate::net::client::GuardedClient;
use crate::net::guard::AddressGuard;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use jiff::Timestamp;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::Value;
use std::collections::BTreeSet;

/// Which tokens are accepted.
#[derive(Default)]
pub struct AuthConfig {
    /// Key of HS256 tokens.
    pub secret: Option<Vec<u8>>,
    /// Address of the keys of RS256 and ES256 tokens. With it HS256 tokens are refused.
    pub jwks_url: Option<String>,
    pub issuer: Option<String>,
    pub audience: String,
    pub roles_claim: String,
    /// Which addresses the keys may be fetched from.
    pub guard: AddressGuard,
    /// Reviews tokens of the cluster; `None`: they are refused.
    pub reviewer: Option<TokenReviewer>,
}

/// Result of verifying a token with this program's own keys.
enum Verification {
    Valid(Value),
    /// Its signature is right, but it is expired or incomplete.
    Invalid(Problem),
    /// Its signature can't be verified, so it may be a token of the cluster.
    Unverified(Problem),
}

/// Verifies tokens.
pub struct Authenticator {
    config: AuthConfig,
    jwks: Option<Jwks>,
}

impl Authenticator {
    pub fn new(config: AuthConfig) -> Authenticator {
        let client = || GuardedClient::new(config.guard.clone());
        let jwks = config.jwks_url.clone().map(|url| Jwks::new(url, client()));
        Authenticator { config, jwks }
    }

    /// The caller that the token in these headers names: 401 where the token is not valid, 403 where it carries no role, 503 where
    /// it can't be verified now.
    pub async fn caller(&self, headers: &HeaderMap) -> Result<Caller, Problem> {
        let missing = || Problem::unauthorized("a bearer token is needed: agentic-ops token makes one");
        self.caller_of(bearer(headers).ok_or_else(missing)?).await
    }

    /// As [`Authenticator::caller`], of a token.
    pub async fn caller_of(&self, token: &str) -> Result<Caller, Problem> {
        match (self.verify(token).await, &self.config.reviewer) {
            (Verification::Valid(claims), _) => self.caller_from_claims(&claims),
            (Verification::Invalid(problem), _) | (Verification::Unverified(problem), None) => Err(problem),
            (Verification::Unverified(problem), Some(reviewer)) => match reviewer.caller(token).await {
                Ok(caller) => require_role(caller, "the group agentic:ROLE or AGENTIC_AUTH_SERVICE_ACCOUNTS gives one"),
                // It may be signed by a key of this program that can't be read now.
                Err(refused) if refused.status == StatusCode::UNAUTHORIZED && problem.retry_after.is_some() => {
                    Err(problem)
                }
                Err(refused) => Err(refused),
            },
        }
    }

    /// When the token in these headers expires, where it says so. It has to be verified already.
    pub fn expiry(&self, headers: &HeaderMap) -> Option<Timestamp> {
        self.expiry_of(bearer(headers)?)
    }

    /// As [`Authenticator::expiry`], of a token.
    pub fn expiry_of(&self, token: &str) -> Option<Timestamp> {
        Timestamp::from_second(expiry(token)?).ok()
    }

    async fn verify(&self, token: &str) -> Verification {
        let header = match decode_header(token) {
            Ok(header) => header,
            Err(_) => return Verification::Unverified(Problem::unauthorized("the token is not a signed JWT")),
        };
        // RFC 7515, 4.1.11: a token whose header marks an extension as critical is invalid where that is not understood, as none is.
        if let Some(extensions) = &header.crit {
            let detail = format!("the token requires extensions that are not known here: {}", extensions.join(", "));
            return Verification::Unverified(Problem::unauthorized(printable(&detail)));
        }
        // The configuration chooses the algorithm: a public key must never be used as a shared secret.
        let key = match (header.alg, &self.jwks, &self.config.secret) {
            (Algorithm::HS256, None, Some(secret)) => DecodingKey::from_secret(secret),
            (Algorithm::RS256 | Algorithm::ES256, Some(jwks), _) => {
                match jwks.find(header.kid.as_deref(), header.alg).await {
                    Ok(key) => key,
                    Err(problem) => return Verification::Unverified(problem),
                }
            }
            (other, ..) => {
                let detail = format!("tokens signed with {other:?} are not accepted here");
                return Verification::Unverified(Problem::unauthorized(detail));
            }
        };
        match decode::<Value>(token, &key, &self.validation(header.alg)) {
            Ok(token) => Verification::Valid(token.claims),
            Err(error) => {
                let problem = Problem::unauthorized(format!("the token is not valid: {error}"));
                // These errors occur only after the signature was verified.
                match error.kind() {
                    ErrorKind::ExpiredSignature | ErrorKind::ImmatureSignature | ErrorKind::MissingRequiredClaim(_) => {
                        Verification::Invalid(problem)
                    }
                    _ => Verification::Unverified(problem),
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
            // Without this a token without an issuer would be accepted.
            validation.required_spec_claims.insert("iss".into());
        }
        validation
    }

    fn caller_from_claims(&self, claims: &Value) -> Result<Caller, Problem> {
        let name = claims["sub"].as_str().unwrap_or_default();
        if !Caller::is_name(name) {
            return Err(Problem::unauthorized(format!(
                "the token's sub should be a name of 1 to {CALLER_NAME_MAX} characters, none of them a control character"
            )));
        }
        let words = claims[&self.config.roles_claim].as_array().map(Vec::as_slice).unwrap_or_default();
        let roles: BTreeSet<Role> = words.iter().filter_map(|w| w.as_str().and_then(Role::parse)).collect();
        let caller = Caller { name: name.to_string(), roles: roles.into_iter().collect(), interface: Interface::Rest };
        require_role(caller, "the token carries none")
    }
}

/// 403 where a caller has no role.
fn require_role(caller: Caller, hint: &str) -> Result<Caller, Problem> {
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

impl FromRequestParts<FacadeState> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, facade: &FacadeState) -> Result<Caller, Problem> {
        facade.caller(&parts.headers, &parts.extensions).await
    }
}
