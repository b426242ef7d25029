//! Requests that are made once: those that change something at the server, so that it matters how far they came, and those to a
//! server nearby.

use super::{GuardedClient, chain, innermost};
use crate::net::AddressError;
use crate::net::resolver::GuardedResolver;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, Url};
use std::time::Duration;

/// Most bytes of an answer's body that are read.
const ANSWER_MAX: usize = 4096;

/// A request.
pub struct Post<'a> {
    /// Its user and password are sent unless there is a token.
    pub url: &'a Url,
    /// Bearer token.
    pub token: Option<&'a str>,
    /// JSON.
    pub body: String,
    /// For the connection, TLS included.
    pub connect_timeout: Duration,
    /// For everything.
    pub timeout: Duration,
}

/// An answer: of its body, the first 4 KiB at most, as far as they came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub body: String,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostError {
    /// Without the URL.
    pub text: String,
    /// Where that is the reason: there is no address to connect to.
    pub address: Option<AddressError>,
    /// There was a connection, so that the server may have got the request.
    pub may_have_arrived: bool,
}

impl GuardedClient {
    /// Makes a POST request. Redirects are not followed, and nothing is sent twice.
    pub async fn post(&self, post: Post<'_>) -> Result<Answer, PostError> {
        let response = self.open(post).await?;
        Ok(Answer { status: response.status().as_u16(), body: beginning(response).await })
    }

    /// As [`GuardedClient::post`], with an answer whose body the caller reads and bounds; the time limit is for that, too.
    pub async fn open(&self, post: Post<'_>) -> Result<Response, PostError> {
        let not_sent = |text: String| PostError { text, address: None, may_have_arrived: false };
        let refused = |error: AddressError| PostError { address: Some(error.clone()), ..not_sent(error.to_string()) };
        self.guard.check_url(post.url).map_err(refused)?;
        let client = self.client(post.connect_timeout, post.timeout).map_err(not_sent)?;
        let mut url = post.url.clone();
        let mut request = match post.token {
            Some(token) => {
                // Two ways of authentication would be refused.
                let _ = url.set_username("").and_then(|()| url.set_password(None));
                client.post(url).bearer_auth(token)
            }
            None => client.post(url),
        };
        request = request.header(CONTENT_TYPE, HeaderValue::from_static("application/json")).body(post.body);
        request.send().await.map_err(|error| {
            let may_have_arrived = !(error.is_connect() || error.is_builder());
            let address = innermost(&error).downcast_ref::<AddressError>().cloned();
            PostError { text: chain(&error), address, may_have_arrived }
        })
    }

    /// Makes a GET request to a server nearby, within `timeout` for everything: without a proxy, and redirects are not followed. The
    /// error is one sentence, without the URL.
    pub async fn ask(&self, url: &Url, timeout: Duration) -> Result<Answer, String> {
        let response = self.look(url, timeout).await?;
        Ok(Answer { status: response.status().as_u16(), body: beginning(response).await })
    }

    /// As [`GuardedClient::ask`], with an answer whose body the caller reads and bounds.
    pub async fn look(&self, url: &Url, timeout: Duration) -> Result<Response, String> {
        self.guard.check_url(url).map_err(|error| error.to_string())?;
        self.client(timeout, timeout)?.get(url.clone()).send().await.map_err(|error| chain(&error))
    }

    fn client(&self, connect_timeout: Duration, timeout: Duration) -> Result<Client, String> {
        let resolver = GuardedResolver { resolver: self.resolver.clone(), guard: self.guard.clone() };
        let mut builder = Client::builder()
            .connect_timeout(connect_timeout)
            .timeout(timeout)
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_proxy()
            .no_gzip()
            .http1_only()
            .pool_max_idle_per_host(0)
            .user_agent(concat!("agentic-ops/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(resolver);
        if let Some(tls) = self.tls.clone() {
            builder = builder.tls_backend_preconfigured(tls);
        }
        builder.build().map_err(|error| chain(&error))
    }
}

/// The beginning of a body. The status decides, so that it does not matter whether the rest comes.
async fn beginning(mut response: Response) -> String {
    let mut body = Vec::new();
    while body.len() < ANSWER_MAX
        && let Ok(Some(chunk)) = response.chunk().await
    {
        body.extend_from_slice(&chunk[..chunk.len().min(ANSWER_MAX - body.len())]);
    }
    String::from_utf8_lossy(&body).into_owned()
}
