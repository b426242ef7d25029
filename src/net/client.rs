//! An HTTP client for everything but probes. It connects to allowed addresses only, also after redirects.

mod post;

pub use post::{Answer, Post, PostError};

use super::guard::AddressGuard;
use super::resolver::{GuardedResolver, SystemResolver};
use reqwest::redirect::{Attempt, Policy};
use reqwest::{Client, Response, Url};
use rustls::ClientConfig;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

/// Most redirects that are followed.
const REDIRECTS_MAX: usize = 10;

/// Makes requests to allowed addresses. Each request has a client of its own, so no connection is reused.
pub struct GuardedClient {
    guard: AddressGuard,
    resolver: Arc<SystemResolver>,
    /// Of `post`.
    tls: Option<ClientConfig>,
}

impl GuardedClient {
    pub fn new(guard: AddressGuard) -> GuardedClient {
        GuardedClient { guard, resolver: Arc::default(), tls: None }
    }

    /// A client whose [`GuardedClient::post`] verifies certificates by `tls`.
    pub fn with_tls(guard: AddressGuard, resolver: Arc<SystemResolver>, tls: ClientConfig) -> GuardedClient {
        GuardedClient { guard, resolver, tls: Some(tls) }
    }

    /// Requests `url`, within `timeout` for the whole answer. The error is one sentence for logs.
    pub async fn get(&self, url: &str, timeout: Duration) -> Result<Response, String> {
        let url = Url::parse(url).map_err(|e| e.to_string())?;
        self.guard.check_url(&url).map_err(|e| e.to_string())?;
        let guard = self.guard.clone();
        let followed = move |attempt: Attempt<'_>| match guard.check_url(attempt.url()) {
            Err(error) => attempt.error(error),
            Ok(()) if attempt.previous().len() > REDIRECTS_MAX => attempt.error("too many redirects"),
            Ok(()) => attempt.follow(),
        };
        let resolver = GuardedResolver { resolver: self.resolver.clone(), guard: self.guard.clone() };
        let builder = Client::builder().timeout(timeout).redirect(Policy::custom(followed)).dns_resolver(resolver);
        let client = builder.build().map_err(|e| chain(&e))?;
        client.get(url).send().await.map_err(|e| chain(&e))
    }
}

/// An error with its sources, without the URL, which may hold a credential.
pub fn chain(error: &reqwest::Error) -> String {
    let innermost = innermost(error);
    if innermost.is::<reqwest::Error>() && error.status().is_some() {
        return format!("status {}", error.status().unwrap_or_default());
    }
    innermost.to_string()
}

/// The cause of all others.
fn innermost(error: &reqwest::Error) -> &(dyn Error + 'static) {
    let mut innermost: &(dyn Error + 'static) = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost
}
