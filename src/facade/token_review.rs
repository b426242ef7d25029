//! Tokens of the cluster, verified by the API server with a TokenReview.

use super::problem::Problem;
use crate::api::Role;
use crate::commands::{Caller, Interface};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use k8s_openapi::api::authentication::v1::{TokenReview, TokenReviewSpec, UserInfo};
use kube::api::PostParams;
use kube::{Api, Client};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::Semaphore;
use tokio::time::Instant;

/// A valid token is reviewed again after this time, or when it expires if that is sooner.
const VALID_TTL: Duration = Duration::from_secs(60);
/// A token that is not valid is reviewed again after this time.
const INVALID_TTL: Duration = Duration::from_secs(10);
/// Reviews cached at most.
const CACHE_MAX: usize = 1024;
/// Reviews in progress at most, so that requests with invented tokens do not overload the API server.
const CONCURRENCY_MAX: usize = 8;
/// Longest time of a review, including the wait for others to finish.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Longest token that is reviewed, in bytes.
const TOKEN_MAX: usize = 16 << 10;
/// A group of the cluster that is this prefix and a role gives that role.
const GROUP_PREFIX: &str = "agentic:";
const SERVICE_ACCOUNT_PREFIX: &str = "system:serviceaccount:";

/// Roles of service accounts by `namespace:name`, since their tokens can carry no such group.
pub type ServiceAccounts = BTreeMap<String, BTreeSet<Role>>;

/// Reads `namespace/name=role+role,…`; an error says what would be right.
pub fn parse_service_accounts(text: &str) -> Result<ServiceAccounts, String> {
    let mut accounts = ServiceAccounts::new();
    for item in text.split(',').map(str::trim).filter(|item| !item.is_empty()) {
        let wrong = |why: String| format!("should be namespace/name=role+role, separated by commas: {item:?} {why}");
        let (account, roles) = item.split_once('=').ok_or_else(|| wrong("has no =".into()))?;
        let (namespace, name) = account.split_once('/').ok_or_else(|| wrong("has no / before the =".into()))?;
        for part in [namespace, name] {
            let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
            if part.is_empty() || !part.chars().all(fits) {
                return Err(wrong(format!("has {part:?}, which is not a name in Kubernetes")));
            }
        }
        let given = accounts.entry(format!("{namespace}:{name}")).or_default();
        for role in roles.split('+').map(str::trim) {
            let known = || wrong(format!("has {role:?}; roles are {}", Role::ALL.map(Role::as_str).join(", ")));
            given.insert(Role::parse(role).ok_or_else(known)?);
        }
    }
    Ok(accounts)
}

/// The caller that a user of the cluster is.
fn caller_from_user(user: &UserInfo, accounts: &ServiceAccounts) -> Caller {
    let name = user.username.clone().unwrap_or_default();
    let groups = user.groups.iter().flatten();
    let mut roles: BTreeSet<Role> = groups.filter_map(|group| Role::parse(group.strip_prefix(GROUP_PREFIX)?)).collect();
    if let Some(account) = name.strip_prefix(SERVICE_ACCOUNT_PREFIX) {
        roles.extend(accounts.get(account).into_iter().flatten());
    }
    Caller { name, roles: roles.into_iter().collect(), interface: Interface::Rest }
}

/// Reviews tokens, and caches the results.
pub struct TokenReviewer {
    api: Api<TokenReview>,
    audience: String,
    accounts: ServiceAccounts,
    cache: Mutex<HashMap<[u8; 32], CachedReview>>,
    permits: Semaphore,
}

/// Result of a review.
struct CachedReview {
    /// `None`: the token is not valid.
    caller: Option<Caller>,
    until: Instant,
}

impl TokenReviewer {
    pub fn new(client: Client, audience: String, accounts: ServiceAccounts) -> TokenReviewer {
        let permits = Semaphore::new(CONCURRENCY_MAX);
        TokenReviewer { api: Api::all(client), audience, accounts, cache: Mutex::default(), permits }
    }

    /// The caller that a token names: 401 where it is not valid, 503 where it can't be reviewed now. The caller may have no role.
    pub async fn caller(&self, token: &str) -> Result<Caller, Problem> {
        let refused = || Problem::unauthorized("the token is valid neither for this program nor for the cluster");
        if token.len() > TOKEN_MAX {
            return Err(refused());
        }
        let key: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        let caller = match self.cached(&key) {
            Some(caller) => caller,
            None => match tokio::time::timeout(TIMEOUT, self.review_once(token, key)).await {
                Ok(Ok(caller)) => caller,
                Ok(Err(error)) => return Err(unavailable(&error.to_string())),
                Err(_) => return Err(unavailable("timed out")),
            },
        };
        caller.ok_or_else(refused)
    }

    fn cached(&self, key: &[u8; 32]) -> Option<Option<Caller>> {
        let cache = self.lock();
        let review = cache.get(key).filter(|review| review.until > Instant::now())?;
        Some(review.caller.clone())
    }

    async fn review_once(&self, token: &str, key: [u8; 32]) -> Result<Option<Caller>, kube::Error> {
        // The semaphore is never closed.
        let _permit = self.permits.acquire().await;
        // Another request may have reviewed the token while this one waited.
        if let Some(caller) = self.cached(&key) {
            return Ok(caller);
        }
        let mut user = self.review(token, Some(vec![self.audience.clone()])).await?;
        if user.is_none() {
            // Tokens of kubectl's users are issued for the audience of the API server itself.
            user = self.review(token, None).await?;
        }
        let caller =
            user.map(|user| caller_from_user(&user, &self.accounts)).filter(|caller| Caller::is_name(&caller.name));
        let ttl = if caller.is_some() { VALID_TTL.min(time_to_expiry(token)) } else { INVALID_TTL };
        self.cache(key, CachedReview { caller: caller.clone(), until: Instant::now() + ttl });
        Ok(caller)
    }

    async fn review(&self, token: &str, audiences: Option<Vec<String>>) -> Result<Option<UserInfo>, kube::Error> {
        let spec = TokenReviewSpec { token: token.to_string(), audiences };
        let review = TokenReview { spec, ..TokenReview::default() };
        let status = self.api.create(&PostParams::default(), &review).await?.status.unwrap_or_default();
        Ok(status.user.filter(|_| status.authenticated == Some(true)))
    }

    fn cache(&self, key: [u8; 32], review: CachedReview) {
        let mut cache = self.lock();
        if cache.len() >= CACHE_MAX {
            let now = Instant::now();
            cache.retain(|_, review| review.until > now);
        }
        if cache.len() >= CACHE_MAX {
            // The first to expire are mostly those of invalid tokens.
            let first = cache.iter().min_by_key(|(_, review)| review.until).map(|(key, _)| *key);
            first.and_then(|key| cache.remove(&key));
        }
        cache.insert(key, review);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<[u8; 32], CachedReview>> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn unavailable(error: &str) -> Problem {
    tracing::warn!(error, "TokenReview failed");
    Problem::unavailable("the cluster can't verify the token now: try again")
}

/// When a token expires by its claims, in seconds since 1970: whole ones, or with a fraction (RFC 7519, NumericDate). The token is not
/// verified.
pub(super) fn expiry(token: &str) -> Option<i64> {
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    let expires = &serde_json::from_slice::<Value>(&payload).ok()?["exp"];
    // A float is cut to the range of the integer.
    expires.as_i64().or_else(|| expires.as_f64().map(|seconds| seconds.floor() as i64))
}

/// Time until the expiry that a token names. The API server has verified the token, so its claims are trusted.
fn time_to_expiry(token: &str) -> Duration {
    let Some(expires) = expiry(token).and_then(|at| at.try_into().ok()) else { return VALID_TTL };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Duration::from_secs(expires).saturating_sub(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_of_service_accounts_are_read_and_errors_say_what_would_be_right() {
        let accounts =
            parse_service_accounts("ops/bot=devops+seo, ops/bot=ops_lead,flux-system/gitops=technician,").unwrap();
        assert_eq!(accounts["ops:bot"], BTreeSet::from([Role::Devops, Role::Seo, Role::OpsLead]));
        assert_eq!(accounts["flux-system:gitops"], BTreeSet::from([Role::Technician]));
        assert!(parse_service_accounts("").unwrap().is_empty());
        for (text, says) in [
            ("ops/bot", "\"ops/bot\" has no ="),
            ("bot=devops", "\"bot=devops\" has no / before the ="),
            ("ops/bot=root", "has \"root\"; roles are super_admin, ops_lead"),
            ("ops/bot=", "has \"\"; roles are"),
            ("/bot=devops", "has \"\", which is not a name"),
            ("ops/Bot=devops", "has \"Bot\", which is not a name"),
            ("a/b=seo,ops:bot=seo", "\"ops:bot=seo\" has no /"),
        ] {
            let error = parse_service_accounts(text).unwrap_err();
            assert!(error.contains(says) && error.starts_with("should be namespace/name=role+role"), "{text}: {error}");
        }
    }

    #[test]
    fn groups_and_service_accounts_give_roles_and_nothing_else_does() {
        let accounts = parse_service_accounts("ops/bot=devops").unwrap();
        let bot = "system:serviceaccount:ops:bot";
        for (name, groups, expected) in [
            ("ana", vec!["agentic:ops_lead", "agentic:seo", "system:authenticated"], vec![Role::OpsLead, Role::Seo]),
            ("ana", vec!["ops_lead", "agentic:root", "Agentic:seo", "agentic:"], vec![]),
            (bot, vec!["system:serviceaccounts"], vec![Role::Devops]),
            (bot, vec!["agentic:technician"], vec![Role::Devops, Role::Technician]),
            ("ops:bot", vec![], vec![]),
            ("system:serviceaccount:other:bot", vec![], vec![]),
        ] {
            let groups = Some(groups.into_iter().map(String::from).collect());
            let user = UserInfo { username: Some(name.into()), groups, ..UserInfo::default() };
            assert_eq!(caller_from_user(&user, &accounts).roles, expected, "{name}");
        }
    }

    #[test]
    fn a_review_is_cached_no_longer_than_the_token_is_valid() {
        let soon = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() + 20;
        let token = |claims: &str| format!("x.{}.y", URL_SAFE_NO_PAD.encode(claims));
        let left = time_to_expiry(&token(&format!("{{\"exp\":{soon}}}")));
        assert!(left <= Duration::from_secs(20) && left > Duration::from_secs(15), "{left:?}");
        assert_eq!(time_to_expiry(&token("{\"exp\":1}")), Duration::ZERO);
        for opaque in ["abc", "a.b.c", &token("{}")] {
            assert_eq!(time_to_expiry(opaque), VALID_TTL);
        }
    }
}
