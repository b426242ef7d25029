//! Test targets on 127.0.0.1.

use super::{Prober, ProberOptions};
use crate::api;
use crate::domain::reading::{ErrorKind, Reading};
use crate::domain::target::{HttpRequest, Request, Target, Verification};
use crate::domain::texts::{self, Language};
use rcgen::{BasicConstraints, CertificateParams, CustomExtension, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::pki_types::PrivateKeyDer;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

pub const TIMEOUT: Duration = Duration::from_secs(10);

pub fn prober() -> Prober {
    Prober::new(ProberOptions::default()).unwrap()
}

pub fn target(request: Request) -> Target {
    Target { scenario: "test".into(), name: "it".into(), timeout: TIMEOUT, request }
}

/// A GET request with at most five redirects and 64 KiB.
pub fn get(url: &str) -> HttpRequest {
    HttpRequest {
        bindings: Vec::new(),
        url: Arc::new(url.parse().unwrap()),
        method: api::Method::Get,
        headers: Vec::new(),
        body: None,
        max_redirects: 5,
        max_body_bytes: 65536,
        tls: Verification::default(),
    }
}

pub async fn read(request: Request) -> Reading {
    let (prober, target) = (prober(), target(request));
    let mut reading = prober.read(&target).await;
    reading.parse(&mut prober.parsed_memory());
    reading.into_parts().0
}

pub fn kind(reading: &Reading) -> Option<ErrorKind> {
    reading.error.as_ref().map(|e| e.kind)
}

/// The detail of the error in English; empty where there is no error.
pub fn detail(reading: &Reading) -> String {
    reading.error.as_ref().map(|e| texts::detail(Language::English, &e.detail)).unwrap_or_default()
}

/// The response of a test server.
pub enum Reply {
    /// Writes this and closes the connection.
    Bytes(Vec<u8>),
    /// Writes this and closes the connection without the notice of TLS that it does.
    Cut(Vec<u8>),
    /// Writes this and keeps the connection open.
    Stall(Vec<u8>),
    /// Writes this, then zeros without end.
    Endless(Vec<u8>),
}

pub fn reply(head: &str, body: &[u8]) -> Reply {
    let head = format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\n\r\n", body.len());
    Reply::Bytes([head.as_bytes(), body].concat())
}

/// An HTTP/1.1 server with one request per connection; it ends with the test's runtime.
pub struct Server {
    pub address: SocketAddr,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub async fn start(answer: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Server {
        Server::listen(None, answer).await
    }

    pub async fn start_tls(config: ServerConfig, answer: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Server {
        Server::listen(Some(TlsAcceptor::from(Arc::new(config))), answer).await
    }

    async fn listen(tls: Option<TlsAcceptor>, answer: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (record, answer) = (seen.clone(), Arc::new(answer));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (record, answer, tls) = (record.clone(), answer.clone(), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                serve(stream, &record, &*answer).await;
                            }
                        }
                        None => serve(stream, &record, &*answer).await,
                    }
                });
            }
        });
        Server { address, seen }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The received requests, heads and bodies.
    pub fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    record: &Mutex<Vec<String>>,
    answer: &(dyn Fn(&str) -> Reply + Send + Sync),
) {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    while !is_complete(&request) {
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(n) => request.extend_from_slice(&buffer[..n]),
        }
    }
    let request = String::from_utf8_lossy(&request).into_owned();
    record.lock().unwrap().push(request.clone());
    match answer(&request) {
        Reply::Bytes(bytes) => {
            let _ = stream.write_all(&bytes).await;
            let _ = stream.shutdown().await;
        }
        Reply::Cut(bytes) => {
            let _ = stream.write_all(&bytes).await;
            let _ = stream.flush().await;
        }
        Reply::Stall(bytes) => {
            let _ = stream.write_all(&bytes).await;
            let _ = stream.flush().await;
            // Until the client closes the connection.
            while matches!(stream.read(&mut buffer).await, Ok(n) if n > 0) {}
        }
        Reply::Endless(bytes) => {
            let _ = stream.write_all(&bytes).await;
            while stream.write_all(&[b'0'; 4096]).await.is_ok() {}
        }
    }
}

fn is_complete(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head.lines().find_map(|l| l.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    body.len() >= length.unwrap_or(0)
}

/// A certificate authority for tests.
pub struct Authority {
    pub pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// When a certificate is valid.
pub enum Validity {
    Now,
    Until2020,
    From2090,
}

impl Authority {
    pub fn new() -> Authority {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, "test authority");
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Authority { pem, issuer: Issuer::new(params, key) }
    }

    /// As [`Authority::server`], with a certificate that the TLS library rejects: a CA's, with an unknown critical extension.
    pub fn odd_server(&self, names: &[&str]) -> ServerConfig {
        let mut params = params(names);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.not_after = rcgen::date_time_ymd(9999, 12, 31);
        let mut unknown = CustomExtension::from_oid_content(&[1, 2, 3, 4, 5], vec![5, 0]);
        unknown.set_criticality(true);
        params.custom_extensions.push(unknown);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        server_config(certificate.der().clone(), &key)
    }

    /// The configuration of a server with a certificate of this authority for `names`.
    pub fn server(&self, names: &[&str], validity: Validity) -> ServerConfig {
        let mut params = params(names);
        match validity {
            Validity::Now => {}
            Validity::Until2020 => {
                params.not_before = rcgen::date_time_ymd(2019, 1, 1);
                params.not_after = rcgen::date_time_ymd(2020, 1, 1);
            }
            Validity::From2090 => {
                params.not_before = rcgen::date_time_ymd(2090, 1, 1);
                params.not_after = rcgen::date_time_ymd(2091, 1, 1);
            }
        }
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        server_config(certificate.der().clone(), &key)
    }
}

/// The configuration of a server with a self-signed CA certificate, as appliances generate them, and that certificate in PEM form.
pub fn self_signed(names: &[&str]) -> (ServerConfig, String) {
    let mut params = params(names);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    (server_config(certificate.der().clone(), &key), certificate.pem())
}

fn params(names: &[&str]) -> CertificateParams {
    let mut params = CertificateParams::new(names.iter().map(|n| n.to_string()).collect::<Vec<_>>()).unwrap();
    params.distinguished_name.push(rcgen::DnType::CommonName, "test server");
    params
}

fn server_config(certificate: rustls::pki_types::CertificateDer<'static>, key: &KeyPair) -> ServerConfig {
    let key = any_supported_type(&PrivateKeyDer::try_from(key.serialize_der()).unwrap()).unwrap();
    // Not checked: certificates that the library does not read are served, too.
    let certified = CertifiedKey::new(vec![certificate], key);
    ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(certified)))
}
