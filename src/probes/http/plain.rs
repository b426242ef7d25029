//! Plain HTTP/1.1: a request on a connection of its own, which the task of the reading drives. A task for the connection would cost a
//! probe several switches between threads.

use super::super::clients::{ACCEPTED_CODINGS, Clients, MAX_HEADERS};
use super::super::errors;
use super::super::failure::failure;
use super::redirect::Hop;
use super::shown::shown;
use crate::domain::detail::Cause;
use crate::domain::reading::{ErrorKind, ReadError};
use crate::net::connect::{self, ConnectError};
use crate::net::guard::AddressGuard;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::Request;
use http_body::Body as _;
use hyper::Error;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use percent_encoding::percent_decode_str;
use reqwest::Body;
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, HOST, HeaderMap, HeaderValue, USER_AGENT};
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use tokio::net::TcpStream;
use url::{Host, Position, Url};

/// Headers of an answer for which there is room at first.
const USUAL_HEADERS: usize = 100;

/// An answer, and the connection that brings its body.
pub(super) struct PlainAnswer {
    pub response: http::Response<Incoming>,
    connection: Driven,
}

/// A connection, which is polled together with the future that awaits its answer or its body.
struct Driven {
    /// `None` once it has ended: its end reaches those who wait when it is dropped, at the latest.
    connection: Option<http1::Connection<TokioIo<TcpStream>, Body>>,
}

impl Driven {
    /// Polls the connection. hyper reports what ends it by the answer or the body; the error is returned for the case that it does not.
    fn drive(&mut self, cx: &mut Context<'_>) -> Option<Error> {
        let Poll::Ready(end) = Pin::new(self.connection.as_mut()?).poll(cx) else { return None };
        self.connection = None;
        end.err()
    }

    /// Polls `wait`, which awaits the answer or the body of this connection, and the connection.
    fn poll<T>(
        &mut self,
        cx: &mut Context<'_>,
        mut wait: impl FnMut(&mut Context<'_>) -> Poll<Result<T, Error>>,
    ) -> Poll<Result<T, Error>> {
        if let Poll::Ready(result) = wait(cx) {
            return Poll::Ready(result);
        }
        let end = self.drive(cx);
        match (wait(cx), end) {
            (Poll::Ready(result), _) => Poll::Ready(result),
            (Poll::Pending, Some(error)) => Poll::Ready(Err(error)),
            (Poll::Pending, None) => Poll::Pending,
        }
    }
}

impl PlainAnswer {
    pub fn content_length(&self) -> Option<u64> {
        self.response.body().size_hint().exact()
    }

    /// The next bytes of the body; `None` at its end.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        let PlainAnswer { response, connection } = self;
        poll_fn(|cx| connection.poll(cx, |cx| poll_data(response.body_mut(), cx))).await
    }
}

/// The next data of a body; its trailers are not shown.
fn poll_data(body: &mut Incoming, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Error>> {
    loop {
        return match Pin::new(&mut *body).poll_frame(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(None) => Poll::Ready(Ok(None)),
            Poll::Ready(Some(Err(error))) => Poll::Ready(Err(error)),
            Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                Ok(data) => Poll::Ready(Ok(Some(data))),
                Err(_) => continue,
            },
        };
    }
}

/// Sends a request of plain HTTP. Errors: no connection, or no answer.
pub(super) async fn send(clients: &Clients, guard: &AddressGuard, hop: &Hop) -> Result<PlainAnswer, ReadError> {
    let failed = |error: &Error| errors::of_chain(&shown(&hop.url), error);
    // Room for thousands of headers costs a fifth of the instructions of a probe, and hardly any server sends them: it is made where the first answer shows
    // that it is needed, from then on, and where a request must not be sent twice.
    let endpoint = &hop.url[Position::BeforeHost..Position::AfterPort];
    if hop.method.is_safe() && !clients.has_many_headers(endpoint) {
        let stream = connect(clients, guard, hop).await?;
        match exchange(stream, request(clients, hop)?, USUAL_HEADERS).await {
            Err(error) if error.is_parse_too_large() => clients.note_many_headers(endpoint),
            answer => return answer.map_err(|error| failed(&error)),
        }
    }
    Box::pin(async {
        let stream = connect(clients, guard, hop).await?;
        exchange(stream, request(clients, hop)?, MAX_HEADERS).await.map_err(|error| failed(&error))
    })
    .await
}

async fn exchange(stream: TcpStream, request: Request<Body>, headers_max: usize) -> Result<PlainAnswer, Error> {
    let mut builder = http1::Builder::new();
    builder
        .max_headers(headers_max)
        .allow_obsolete_multiline_headers_in_responses(true)
        .allow_spaces_after_header_name_in_responses(true)
        .ignore_invalid_headers_in_responses(true);
    let (mut sender, connection) = builder.handshake(TokioIo::new(stream)).await?;
    let mut connection = Driven { connection: Some(connection) };
    let mut answer = pin!(sender.send_request(request));
    let response = poll_fn(|cx| connection.poll(cx, |cx| answer.as_mut().poll(cx))).await?;
    Ok(PlainAnswer { response, connection })
}

/// Connects to the host of a URL.
async fn connect(clients: &Clients, guard: &AddressGuard, hop: &Hop) -> Result<TcpStream, ReadError> {
    let port = hop.url.port_or_known_default().unwrap_or(80);
    let connected = match hop.url.host() {
        Some(Host::Ipv4(ip)) => TcpStream::connect((ip, port)).await.map_err(ConnectError::from),
        Some(Host::Ipv6(ip)) => TcpStream::connect((ip, port)).await.map_err(ConnectError::from),
        Some(Host::Domain(name)) => Box::pin(connect::connect(clients.resolver(), guard, name, port)).await,
        None => return Err(not_a_uri(hop)),
    };
    let stream = connected.map_err(|error| errors::of_connect(&shown(&hop.url), &error))?;
    if hop.body.is_some() {
        // The last part of a long body does not wait for the confirmation of the part before it.
        stream.set_nodelay(true).map_err(|error| errors::of_io(&shown(&hop.url), &error))?;
    }
    Ok(stream)
}

/// The request of a hop, with the headers that it does not have itself.
fn request(clients: &Clients, hop: &Hop) -> Result<Request<Body>, ReadError> {
    let mut headers = HeaderMap::with_capacity(hop.headers.len() + 5);
    headers.insert(HOST, host(&hop.url).ok_or_else(|| not_a_uri(hop))?);
    let own = [
        (ACCEPT, Some(HeaderValue::from_static("*/*"))),
        (ACCEPT_ENCODING, Some(ACCEPTED_CODINGS)),
        (USER_AGENT, Some(clients.user_agent().clone())),
        (AUTHORIZATION, authorization(&hop.url)),
    ];
    headers.extend(own.into_iter().filter_map(|(name, value)| Some((name, value?))));
    for name in hop.headers.keys() {
        headers.remove(name);
    }
    headers.extend(hop.headers.iter().map(|(name, value)| (name.clone(), value.clone())));
    let body = hop.body.clone().map_or_else(Body::default, Body::from);
    let mut request = Request::new(body);
    *request.method_mut() = hop.method.clone();
    *request.uri_mut() = hop.url[Position::BeforePath..Position::AfterQuery].parse().map_err(|_| not_a_uri(hop))?;
    *request.headers_mut() = headers;
    Ok(request)
}

/// The host of a URL, with its port where that is not the usual one.
fn host(url: &Url) -> Option<HeaderValue> {
    HeaderValue::from_str(&url[Position::BeforeHost..Position::AfterPort]).ok()
}

/// What a URL has as name and password.
fn authorization(url: &Url) -> Option<HeaderValue> {
    let decoded = |text| percent_decode_str(text).decode_utf8_lossy();
    let name = decoded(url.username());
    if name.is_empty() && url.password().is_none() {
        return None;
    }
    let encoded = STANDARD.encode(format!("{name}:{}", decoded(url.password().unwrap_or_default())));
    let mut value = HeaderValue::try_from(format!("Basic {encoded}")).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn not_a_uri(hop: &Hop) -> ReadError {
    failure(ErrorKind::Protocol, shown(&hop.url), Cause::Foreign("not a URL that HTTP can ask for".into()))
}
