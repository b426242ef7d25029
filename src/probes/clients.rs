//! The HTTP clients and TLS configurations, one for each way of verifying certificates.

use super::failure::failure;
use super::options::{ProberError, ProberOptions};
use crate::domain::detail::{Cause, TlsCause};
use crate::domain::probe_fields::CertificatesError;
use crate::domain::reading::{ErrorKind, ReadError};
use crate::domain::target::Verification;
use crate::net::guard::AddressGuard;
use crate::net::resolver::{GuardedResolver, SystemResolver};
use crate::net::trust::{self, Trust, TrustError};
use reqwest::header::{ACCEPT_ENCODING, HeaderMap, HeaderValue};
use reqwest::redirect::Policy;
use rustls::ClientConfig;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

/// Most clients that are kept besides the default; the least recently used is dropped first.
const MAX_KEPT: usize = 32;
/// Content codings that are decoded.
pub(super) const ACCEPTED_CODINGS: HeaderValue = HeaderValue::from_static("gzip");
/// Hosts and ports that are remembered for their many headers; beyond these all are forgotten.
const MANY_HEADERS_KEPT: usize = 1024;
/// Most headers of an HTTP/1 response, as in curl.
pub(super) const MAX_HEADERS: usize = 5000;
/// Largest header list of an HTTP/2 response, in bytes.
const MAX_HEADER_LIST: u32 = 65536;

/// Whether a text has CA certificates in PEM form that can all be used.
pub fn check_certificates(pem: &str) -> Result<(), CertificatesError> {
    trust::check(pem.as_bytes()).map_err(|error| match error {
        TrustError::NoCertificate => CertificatesError::None,
        TrustError::NotPem(message) | TrustError::Config(message) => CertificatesError::NotPem(message),
        TrustError::NotACertificate(number) => CertificatesError::NotACertificate(number),
    })
}

/// The HTTP clients and TLS configuration of one verification. Clones are cheap.
#[derive(Clone)]
pub(super) struct Client {
    pub http: reqwest::Client,
    /// As `http`, without HTTP/2.
    pub http1: reqwest::Client,
    pub tls: Arc<ClientConfig>,
}

/// The clients, by verification.
pub(super) struct Clients {
    trust: Trust,
    guard: AddressGuard,
    resolver: Arc<SystemResolver>,
    user_agent: HeaderValue,
    default: Client,
    /// Most recently used last.
    kept: Mutex<Vec<(Verification, Client)>>,
    /// Hosts and ports whose answers have more headers than is usual.
    with_many_headers: Mutex<HashSet<String>>,
}

impl Clients {
    pub fn new(
        options: &ProberOptions,
        guard: &AddressGuard,
        resolver: Arc<SystemResolver>,
    ) -> Result<Clients, ProberError> {
        let trust = Trust::new(&options.extra_ca_pem).map_err(|e| ProberError::Certificates(e.to_string()))?;
        let user_agent = HeaderValue::try_from(&options.user_agent);
        let user_agent = user_agent.map_err(|error| ProberError::Client(error.to_string()))?;
        let default = build(&trust, &Verification::default(), guard, &resolver, &user_agent).map_err(|e| match e {
            BuildError::Trust(error) => ProberError::Certificates(error.to_string()),
            BuildError::Client(message) => ProberError::Client(message),
        })?;
        Ok(Clients {
            trust,
            guard: guard.clone(),
            resolver,
            user_agent,
            default,
            kept: Mutex::default(),
            with_many_headers: Mutex::default(),
        })
    }

    /// Whether the answers of a host and port had more headers than is usual.
    pub fn has_many_headers(&self, endpoint: &str) -> bool {
        self.with_many_headers.lock().unwrap_or_else(PoisonError::into_inner).contains(endpoint)
    }

    /// An answer of this host and port had more headers than is usual.
    pub fn note_many_headers(&self, endpoint: &str) {
        let mut known = self.with_many_headers.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MANY_HEADERS_KEPT {
            known.clear();
        }
        known.insert(endpoint.to_string());
    }

    pub fn resolver(&self) -> &SystemResolver {
        &self.resolver
    }

    pub fn user_agent(&self) -> &HeaderValue {
        &self.user_agent
    }

    /// The client for `verification`. Errors: its CA certificates are not valid.
    pub fn get(&self, verification: &Verification) -> Result<Client, ReadError> {
        if !verification.skip && verification.ca_pem.is_none() {
            return Ok(self.default.clone());
        }
        if let Some(client) = self.find(verification) {
            return Ok(client);
        }
        let client = build(&self.trust, verification, &self.guard, &self.resolver, &self.user_agent)
            .map_err(|error| failure(ErrorKind::Unreadable, "", error.into_cause()))?;
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MAX_KEPT {
            kept.remove(0);
        }
        kept.push((verification.clone(), client.clone()));
        Ok(client)
    }

    fn find(&self, verification: &Verification) -> Option<Client> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let at = kept.iter().position(|(known, _)| known == verification)?;
        kept[at..].rotate_left(1);
        kept.last().map(|(_, client)| client.clone())
    }
}

/// Why a client cannot be built.
enum BuildError {
    Trust(TrustError),
    /// The HTTP library's message.
    Client(String),
}

impl BuildError {
    fn into_cause(self) -> Cause {
        match self {
            BuildError::Trust(TrustError::NoCertificate) => TlsCause::NoCaCertificate.into(),
            BuildError::Trust(TrustError::NotPem(message) | TrustError::Config(message)) => {
                TlsCause::InvalidCa(message).into()
            }
            BuildError::Trust(error @ TrustError::NotACertificate(_)) => TlsCause::InvalidCa(error.to_string()).into(),
            BuildError::Client(message) => Cause::Foreign(message),
        }
    }
}

fn build(
    trust: &Trust,
    verification: &Verification,
    guard: &AddressGuard,
    resolver: &Arc<SystemResolver>,
    user_agent: &HeaderValue,
) -> Result<Client, BuildError> {
    let tls = trust.client_config(verification.ca_pem.as_deref(), verification.skip).map_err(BuildError::Trust)?;
    let http = http_client(&tls, &[b"h2", b"http/1.1"], guard, resolver, user_agent)?;
    let http1 = http_client(&tls, &[b"http/1.1"], guard, resolver, user_agent)?;
    Ok(Client { http, http1, tls: Arc::new(tls) })
}

/// `protocols`: as ALPN names them, the best first.
fn http_client(
    tls: &ClientConfig,
    protocols: &[&[u8]],
    guard: &AddressGuard,
    resolver: &Arc<SystemResolver>,
    user_agent: &HeaderValue,
) -> Result<reqwest::Client, BuildError> {
    let mut tls = tls.clone();
    tls.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .tls_info(true)
        .redirect(Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .no_proxy()
        // Bodies are decompressed where their length is checked.
        .no_gzip()
        .default_headers(HeaderMap::from_iter([(ACCEPT_ENCODING, ACCEPTED_CODINGS)]))
        .pool_max_idle_per_host(0)
        .http1_max_headers(MAX_HEADERS)
        .http1_allow_obsolete_multiline_headers_in_responses(true)
        .http1_allow_spaces_after_header_name_in_responses(true)
        .http1_ignore_invalid_headers_in_responses(true)
        .http2_max_header_list_size(MAX_HEADER_LIST)
        .user_agent(user_agent.clone())
        .dns_resolver(GuardedResolver { resolver: resolver.clone(), guard: guard.clone() })
        .build()
        .map_err(|e| BuildError::Client(e.to_string()))
}
