//! http: a request and its redirects; the fields of the answer.

mod body;
mod coding;
mod download;
mod exchange;
mod plain;
mod redirect;
mod shown;
#[cfg(test)]
mod tests;

use super::clients::Clients;
use super::failure::{FailedReading, ReadResult, failure};
use super::memory::Share;
use crate::api;
use crate::domain::detail::{Cause, ConfigurationCause, HttpCause};
use crate::domain::reading::{ErrorKind, ReadError};
use crate::domain::target::HttpRequest;
use crate::net::guard::AddressGuard;
use body::{Declared, Json, body_fields};
use bytes::Bytes;
use download::download;
use exchange::{Answer, send};
use redirect::Hop;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, StatusCode};
use serde_json::{Map, Value};
use shown::shown;
use std::collections::HashSet;
use url::Url;

/// An answer with more bytes of headers is too large.
const MAX_HEADER_BYTES: usize = 65536;
/// Larger bodies are looked at on a thread for blocking work.
const LARGE_BODY: usize = 256 * 1024;

/// Fields: `status`, `headers` (names in lower case, values of one name joined by `, `), `body` (text), `json` where the body is JSON
/// or `jsonError` where it is not and should be, `certificate` of an https server. `share` holds the memory for the body. JSON that
/// takes much memory is not parsed yet: `share` says how much it takes.
pub(super) async fn read(
    clients: &Clients,
    guard: &AddressGuard,
    request: &HttpRequest,
    share: &mut Share,
) -> ReadResult {
    let client = clients.get(&request.tls)?;
    let mut hop = first_hop(request)?;
    let mut visited = HashSet::new();
    let mut response = send(clients, &client, guard, &hop).await?;
    while request.max_redirects > 0
        && let Some(next) = redirect::follow(response.status(), response.headers(), &hop)?
    {
        visited.insert((hop.method, hop.url));
        if visited.contains(&(next.method.clone(), next.url.clone())) {
            return Err(failure(ErrorKind::Redirects, shown(&next.url), HttpCause::RedirectLoop).into());
        }
        if visited.len() > request.max_redirects as usize {
            let cause = HttpCause::TooManyRedirects { max: request.max_redirects };
            return Err(failure(ErrorKind::Redirects, shown(&next.url), cause).into());
        }
        if let Some(binding) = request.bindings.iter().find(|binding| !binding.allows(&next.url)) {
            let cause = ConfigurationCause::host_not_allowed(binding, &next.url);
            return Err(failure(ErrorKind::Forbidden, shown(&next.url), cause).into());
        }
        hop = next;
        drop(response);
        response = send(clients, &client, guard, &hop).await?;
    }
    answer(request, &hop, response, share).await
}

fn first_hop(request: &HttpRequest) -> Result<Hop, ReadError> {
    let mut headers = HeaderMap::with_capacity(request.headers.len());
    for header in &request.headers {
        // Secrets read from files often end in a line break.
        let value = if header.secret { header.value.trim_end_matches(['\r', '\n']) } else { &header.value };
        let name = HeaderName::try_from(&header.name);
        let (Ok(name), Ok(mut value)) = (name, HeaderValue::try_from(value)) else {
            let cause = HttpCause::InvalidHeader { name: header.name.clone() };
            return Err(failure(ErrorKind::Unreadable, shown(&request.url), cause));
        };
        value.set_sensitive(header.secret);
        headers.append(name, value);
    }
    Ok(Hop {
        url: request.url.clone(),
        method: method(request.method),
        headers,
        body: request.body.clone().map(Bytes::from),
    })
}

async fn answer(request: &HttpRequest, hop: &Hop, mut response: Answer, share: &mut Share) -> ReadResult {
    let status = response.status();
    let headers = header_fields(&hop.url, response.headers())?;
    let certificate = response.certificate();
    let empty = hop.method == Method::HEAD || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    let declared = Declared::new(response.headers(), empty);
    let body = download(request.max_body_bytes, hop, &mut response, share).await?;
    share.resize(body.len().saturating_add(declared.decoding(&body)))?;
    let (body, json) = if body.len() > LARGE_BODY {
        tokio::task::spawn_blocking(move || body_fields(body, declared))
            .await
            .map_err(|_| failure(ErrorKind::Unreadable, shown(&hop.url), Cause::Internal))?
    } else {
        body_fields(body, declared)
    };
    let mut fields = Map::new();
    fields.insert("status".into(), status.as_u16().into());
    fields.insert("headers".into(), headers.into());
    fields.insert("body".into(), body.into());
    match json {
        Json::None => {}
        Json::Field((name, value)) => drop(fields.insert(name.into(), value)),
        Json::Unparsed(bytes) => share.unparsed = bytes,
    }
    fields.extend(certificate.map(|certificate| ("certificate".to_string(), certificate)));
    if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) && hop.has_credential() {
        let cause = HttpCause::CredentialRejected { status: status.as_u16() };
        return Err(FailedReading { error: failure(ErrorKind::Credential, shown(&hop.url), cause), fields });
    }
    Ok(fields)
}

fn header_fields(url: &Url, headers: &HeaderMap) -> Result<Map<String, Value>, ReadError> {
    let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if bytes > MAX_HEADER_BYTES {
        let cause = HttpCause::HeadersTooLarge { bytes, max: MAX_HEADER_BYTES };
        return Err(failure(ErrorKind::TooLarge, shown(url), cause));
    }
    let mut fields = Map::new();
    let mut previous = None;
    // Values of one name follow each other.
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        match fields.get_mut(name.as_str()).filter(|_| previous == Some(name)) {
            Some(Value::String(values)) => values.extend([", ", &value]),
            _ => drop(fields.insert(name.as_str().to_string(), value.into())),
        }
        previous = Some(name);
    }
    Ok(fields)
}

fn method(method: api::Method) -> Method {
    match method {
        api::Method::Get => Method::GET,
        api::Method::Head => Method::HEAD,
        api::Method::Post => Method::POST,
        api::Method::Put => Method::PUT,
        api::Method::Options => Method::OPTIONS,
    }
}
