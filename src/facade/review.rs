//! Tokens of the cluster: any that the API server knows, asked for by TokenReview.

use super::auth::Caller;
use super::problem::Problem;
use crate::api::Role;
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

/// A token that held is trusted this long without asking again, or until it expires.
const HELD: Duration = Duration::from_secs(60);
/// One that did not hold is refused this long without asking again.
const REFUSED: Duration = Duration::from_secs(10);
/// Tokens remembered.
const KNOWN_MAX: usize = 1024;
/// Reviews at once: whoever knocks with made-up tokens must not keep the API server busy.
const REVIEWS_MAX: usize = 8;
/// A review takes no longer, the wait for its turn included.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Longer tokens are not asked about.
const TOKEN_MAX: usize = 16 << 10;
/// A group of the cluster with this before a role gives that role.
const GROUP_PREFIX: &str = "agentic:";
const SERVICE_ACCOUNT_PREFIX: &str = "system:serviceaccount:";

/// Roles of service accounts, by `namespace:name`: their tokens can carry no group of their own.
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
                return Err(wrong(format!("has {part:?}, which is no name in Kubernetes")));
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

/// Who a user of the cluster is here.
fn caller_of(user: &UserInfo, accounts: &ServiceAccounts) -> Caller {
    let name = user.username.clone().unwrap_or_default();
    let groups = user.groups.iter().flatten();
    let mut roles: BTreeSet<Role> = groups.filter_map(|group| Role::parse(group.strip_prefix(GROUP_PREFIX)?)).collect();
    if let Some(account) = name.strip_prefix(SERVICE_ACCOUNT_PREFIX) {
        roles.extend(accounts.get(account).into_iter().flatten());
    }
    Caller { name, roles: roles.into_iter().collect() }
}

/// Asks the API server about tokens.
pub struct Reviewer {
    api: Api<TokenReview>,
    audience: String,
    accounts: ServiceAccounts,
    known: Mutex<HashMap<[u8; 32], Known>>,
    turns: Semaphore,
}

/// What was learnt of a token.
struct Known {
    /// `None`: it does not hold.
    caller: Option<Caller>,
    until: Instant,
}

impl Reviewer {
    pub fn new(client: Client, audience: String, accounts: ServiceAccounts) -> Reviewer {
        let turns = Semaphore::new(REVIEWS_MAX);
        Reviewer { api: Api::all(client), audience, accounts, known: Mutex::default(), turns }
    }

    /// Who bears a token: 401 where it does not hold, 503 where that can't be learnt now. The caller may have no role.
    pub async fn caller(&self, token: &str) -> Result<Caller, Problem> {
        let refused = || Problem::unauthorized("the token is none of this program's, and the cluster does not know it");
        if token.len() > TOKEN_MAX {
            return Err(refused());
        }
        let key: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        let found = match self.remembered(&key) {
            Some(found) => found,
            None => match tokio::time::timeout(TIMEOUT, self.ask(token, key)).await {
                Ok(Ok(found)) => found,
                Ok(Err(error)) => return Err(unavailable(&error.to_string())),
                Err(_) => return Err(unavailable("no answer in time")),
            },
        };
        found.ok_or_else(refused)
    }

    fn remembered(&self, key: &[u8; 32]) -> Option<Option<Caller>> {
        let known = self.lock();
        let found = known.get(key).filter(|k| k.until > Instant::now())?;
        Some(found.caller.clone())
    }

    async fn ask(&self, token: &str, key: [u8; 32]) -> Result<Option<Caller>, kube::Error> {
        // The semaphore is never closed.
        let _turn = self.turns.acquire().await;
        // Whoever waited here may find what another one learnt.
        if let Some(found) = self.remembered(&key) {
            return Ok(found);
        }
        let mut user = self.review(token, Some(vec![self.audience.clone()])).await?;
        if user.is_none() {
            // Made for the API server itself, as those of kubectl's users are.
            user = self.review(token, None).await?;
        }
        let caller = user.map(|user| caller_of(&user, &self.accounts)).filter(|caller| !caller.name.is_empty());
        let keep = if caller.is_some() { HELD.min(time_left(token)) } else { REFUSED };
        self.remember(key, Known { caller: caller.clone(), until: Instant::now() + keep });
        Ok(caller)
    }

    async fn review(&self, token: &str, audiences: Option<Vec<String>>) -> Result<Option<UserInfo>, kube::Error> {
        let spec = TokenReviewSpec { token: token.to_string(), audiences };
        let review = TokenReview { spec, ..TokenReview::default() };
        let status = self.api.create(&PostParams::default(), &review).await?.status.unwrap_or_default();
        Ok(status.user.filter(|_| status.authenticated == Some(true)))
    }

    fn remember(&self, key: [u8; 32], learnt: Known) {
        let mut known = self.lock();
        if known.len() >= KNOWN_MAX {
            let now = Instant::now();
            known.retain(|_, k| k.until > now);
        }
        if known.len() >= KNOWN_MAX {
            // Those that end first are mostly tokens that did not hold.
            let first = known.iter().min_by_key(|(_, k)| k.until).map(|(key, _)| *key);
            first.and_then(|key| known.remove(&key));
        }
        known.insert(key, learnt);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<[u8; 32], Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn unavailable(why: &str) -> Problem {
    tracing::warn!(why, "a token can't be reviewed");
    Problem::unavailable("the cluster does not say now whether the token holds: try again")
}

/// How long a token that says so still holds; what it says was checked by whoever signed it.
fn time_left(token: &str) -> Duration {
    let claims = || {
        let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
        serde_json::from_slice::<Value>(&payload).ok()
    };
    let Some(expires) = claims().and_then(|c| c["exp"].as_u64()) else { return HELD };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Duration::from_secs(expires).saturating_sub(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_of_service_accounts_are_read_and_mistakes_say_what_would_be_right() {
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
            ("/bot=devops", "has \"\", which is no name"),
            ("ops/Bot=devops", "has \"Bot\", which is no name"),
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
            assert_eq!(caller_of(&user, &accounts).roles, expected, "{name}");
        }
    }

    #[test]
    fn a_token_is_remembered_no_longer_than_it_holds() {
        let soon = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() + 20;
        let token = |claims: &str| format!("x.{}.y", URL_SAFE_NO_PAD.encode(claims));
        let left = time_left(&token(&format!("{{\"exp\":{soon}}}")));
        assert!(left <= Duration::from_secs(20) && left > Duration::from_secs(15), "{left:?}");
        assert_eq!(time_left(&token("{\"exp\":1}")), Duration::ZERO);
        for opaque in ["abc", "a.b.c", &token("{}")] {
            assert_eq!(time_left(opaque), HELD);
        }
    }
}
