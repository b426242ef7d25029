//! One request and its answer: plain HTTP on a connection of its own, all else by the HTTP library.

use super::super::certificate;
use super::super::clients::{Client, Clients};
use super::super::errors;
use super::super::failure::failure;
use super::plain::{self, PlainAnswer};
use super::redirect::Hop;
use super::shown::shown;
use crate::domain::detail::HttpCause;
use crate::domain::reading::{ErrorKind, ReadError};
use crate::net::guard::AddressGuard;
use bytes::Bytes;
use reqwest::header::{HOST, HeaderMap};
use reqwest::tls::TlsInfo;
use reqwest::{Response, StatusCode, Version};
use serde_json::Value;
use std::error::Error;
use url::Url;

/// Why a body can't be read to its end: an error of hyper or of reqwest.
pub(super) type BodyError = Box<dyn Error + Send + Sync>;

/// An answer whose body is still to be read.
pub(super) enum Answer {
    Plain(Box<PlainAnswer>),
    Library(Box<Response>),
}

impl Answer {
    pub fn status(&self) -> StatusCode {
        match self {
            Answer::Plain(answer) => answer.response.status(),
            Answer::Library(response) => response.status(),
        }
    }

    pub fn version(&self) -> Version {
        match self {
            Answer::Plain(answer) => answer.response.version(),
            Answer::Library(response) => response.version(),
        }
    }

    pub fn headers(&self) -> &HeaderMap {
        match self {
            Answer::Plain(answer) => answer.response.headers(),
            Answer::Library(response) => response.headers(),
        }
    }

    /// What is shown of the server's certificate.
    pub fn certificate(&self) -> Option<Value> {
        let Answer::Library(response) = self else { return None };
        let known = response.extensions().get::<TlsInfo>();
        known.and_then(TlsInfo::peer_certificate).and_then(certificate::describe)
    }

    /// The length of the body in bytes, where it is announced.
    pub fn content_length(&self) -> Option<u64> {
        match self {
            Answer::Plain(answer) => answer.content_length(),
            Answer::Library(response) => response.content_length(),
        }
    }

    /// The next bytes of the body; `None` at its end.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, BodyError> {
        match self {
            Answer::Plain(answer) => Ok(answer.chunk().await?),
            Answer::Library(response) => Ok(response.chunk().await?),
        }
    }
}

/// Sends a request. Errors: its address may not be connected to, there is no connection, or no answer.
pub(super) async fn send(
    clients: &Clients,
    client: &Client,
    guard: &AddressGuard,
    hop: &Hop,
) -> Result<Answer, ReadError> {
    guard.check_url(&hop.url)?;
    match hop.url.scheme() {
        "http" => plain::send(clients, guard, hop).await.map(|answer| Answer::Plain(Box::new(answer))),
        "https" => Box::pin(by_library(client, hop)).await.map(|response| Answer::Library(Box::new(response))),
        _ => Err(failure(ErrorKind::Protocol, shown(&hop.url), HttpCause::UnsupportedScheme)),
    }
}

async fn by_library(client: &Client, hop: &Hop) -> Result<Response, ReadError> {
    // HTTP/2 has the host of the URL in the place of the header.
    let client = if hop.headers.contains_key(HOST) { &client.http1 } else { &client.http };
    let mut request = client.request(hop.method.clone(), Url::clone(&hop.url)).headers(hop.headers.clone());
    if let Some(body) = &hop.body {
        request = request.body(body.clone());
    }
    request.send().await.map_err(|error| errors::of_chain(&shown(&hop.url), &error))
}
