//! ntfy and webhooks, against stand-ins of the documented protocols.

use super::short;
use crate::kit::certificates;
use crate::kit::ports::{any, lasting};
use crate::kit::wait::within;
use agentic_ops::api::Channel;
use agentic_ops::channels::{Channels, ChannelsConfig, Line, NtfyConfig, WebhookConfig};
use agentic_ops::domain::outgoing::{Delivery, Link, Outgoing, Push};
use agentic_ops::domain::texts::Language;
use agentic_ops::net::guard::{AddressGuard, AddressRules};
use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const TOPIC: &str = "ops-secret-topic";

/// A server that keeps what came and answers the same to everything.
#[derive(Clone, Default)]
struct Receiver {
    requests: Arc<Mutex<Vec<(String, HeaderMap, Value)>>>,
}

impl Receiver {
    async fn start(answer: impl Fn() -> Response + Clone + Send + Sync + 'static) -> (Receiver, SocketAddr) {
        let receiver = Receiver::default();
        let kept = receiver.clone();
        let app = Router::new().fallback(move |request: axum::extract::Request| {
            let (kept, answer) = (kept.clone(), answer.clone());
            async move {
                let (head, body) = request.into_parts();
                let bytes: Bytes = axum::body::to_bytes(body, 1 << 20).await.unwrap();
                let body = serde_json::from_slice(&bytes).unwrap_or_default();
                let path = format!("{} {}", head.method, head.uri);
                kept.requests.lock().unwrap().push((path, head.headers, body));
                answer()
            }
        });
        let listener = TcpListener::bind(any()).await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, app).await });
        (receiver, address)
    }

    fn taken(&self) -> Vec<(String, HeaderMap, Value)> {
        std::mem::take(&mut self.requests.lock().unwrap())
    }
}

fn push() -> Push {
    Push {
        title: "[crítico] VM 112".into(),
        body: "não está em execução".into(),
        priority: 5,
        tags: vec!["rotating_light".into()],
        click: Some("https://desk.example.com/desk/findings/f".into()),
        links: vec![Link { label: "Runbook".into(), url: "https://r.example.com".into() }],
    }
}

/// Both channels at one address.
fn channels_at(base: &str, more: ChannelsConfig) -> Channels {
    let ntfy = NtfyConfig { base_url: base.parse().unwrap(), topic: TOPIC.into(), token: Some("tk_geheim1".into()) };
    let url = format!("{base}/services/T0123456/geheim-path?key=geheim-query").parse().unwrap();
    let webhook = WebhookConfig { url, token: Some("geheim-token".into()) };
    let config = ChannelsConfig { ntfy: Some(ntfy), webhook: Some(webhook), language: Language::English, ..more };
    Channels::new(ChannelsConfig { timeouts: short(), ..config }).unwrap()
}

fn messages() -> [Outgoing; 2] {
    [Outgoing::Ntfy(push()), Outgoing::Webhook(json!({"version": "4"}))]
}

async fn sent(base: &str, message: &Outgoing) -> Delivery {
    within(channels_at(base, ChannelsConfig::default()).send("x", message)).await
}

fn assert_hides_credentials(delivery: &Delivery, lines: &[Line]) {
    let shown = format!("{delivery:?} {}", lines.iter().map(ToString::to_string).collect::<String>());
    for secret in [TOPIC, "geheim", "T0123456"] {
        assert!(!shown.contains(secret), "{secret}: {shown}");
    }
}

#[tokio::test]
async fn ntfy_gets_json_with_the_topic_at_its_base_address() {
    let echo = || axum::Json(json!({"id": "abc", "topic": TOPIC, "token": "tk_geheim1"})).into_response();
    let (server, address) = Receiver::start(echo).await;
    let channels = channels_at(&format!("http://{address}"), ChannelsConfig::default());
    assert!(channels.is_on(Channel::Ntfy) && channels.is_on(Channel::Webhook) && !channels.is_on(Channel::Mail));
    let (delivery, lines) = channels.send_traced("ntfy", &Outgoing::Ntfy(push())).await;
    assert!(matches!(&delivery, Delivery::Accepted(answer) if answer.contains("HTTP 200")), "{delivery:?}");
    assert_hides_credentials(&delivery, &lines);
    let requests = server.taken();
    let [(path, headers, body)] = &requests[..] else { panic!("{requests:?}") };
    assert_eq!((path.as_str(), &headers["authorization"]), ("POST /", &"Bearer tk_geheim1".parse().unwrap()));
    let expected = json!({
        "topic": TOPIC,
        "title": push().title,
        "message": push().body,
        "priority": 5,
        "tags": ["rotating_light"],
        "click": "https://desk.example.com/desk/findings/f",
        "actions": [{"action": "view", "label": "Runbook", "url": "https://r.example.com"}],
    });
    assert_eq!(body, &expected);
}

#[tokio::test]
async fn a_webhook_gets_its_body_with_the_token() {
    let echo = || "ok geheim-path geheim-query geheim-token".into_response();
    let (server, address) = Receiver::start(echo).await;
    let channels = channels_at(&format!("http://{address}"), ChannelsConfig::default());
    let (delivery, lines) = channels.send_traced("webhook", &messages()[1]).await;
    assert!(matches!(&delivery, Delivery::Accepted(_)), "{delivery:?}");
    assert_hides_credentials(&delivery, &lines);
    let requests = server.taken();
    let [(path, headers, body)] = &requests[..] else { panic!("{requests:?}") };
    assert_eq!(path, "POST /services/T0123456/geheim-path?key=geheim-query");
    assert_eq!(headers["authorization"], "Bearer geheim-token");
    assert_eq!(headers["content-type"], "application/json");
    assert_eq!(body, &json!({"version": "4"}));
}

#[tokio::test]
async fn user_and_password_of_an_address_are_sent_unless_there_is_a_token() {
    let (server, address) = Receiver::start(|| StatusCode::OK.into_response()).await;
    for (token, expected) in [(None, "Basic dTpnZWhlaW0="), (Some("t-1".to_string()), "Bearer t-1")] {
        let webhook = Some(WebhookConfig { url: format!("http://u:geheim@{address}/").parse().unwrap(), token });
        let channels = Channels::new(ChannelsConfig { webhook, ..ChannelsConfig::default() }).unwrap();
        let delivery = channels.send("webhook", &messages()[1]).await;
        assert!(matches!(&delivery, Delivery::Accepted(_)), "{delivery:?}");
        let requests = server.taken();
        let values: Vec<_> = requests[0].1.get_all("authorization").iter().collect();
        assert_eq!(values, [expected]);
    }
}

#[tokio::test]
async fn the_status_tells_what_came_of_it() {
    for (status, expected) in [(400, "Refused"), (403, "Refused"), (429, "NotNow"), (408, "NotNow"), (503, "NotNow")] {
        let answer = move || (StatusCode::from_u16(status).unwrap(), format!("why {TOPIC}")).into_response();
        let (_server, address) = Receiver::start(answer).await;
        for message in messages() {
            let delivery = sent(&format!("http://{address}"), &message).await;
            let shown = format!("{delivery:?}");
            assert!(shown.starts_with(expected) && shown.contains(&status.to_string()), "{status}: {shown}");
            assert!(shown.contains("why"), "{shown}");
        }
    }
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let (other, target) = Receiver::start(|| StatusCode::OK.into_response()).await;
    let (_server, address) =
        Receiver::start(move || Redirect::temporary(&format!("http://{target}/")).into_response()).await;
    for message in messages() {
        let delivery = sent(&format!("http://{address}"), &message).await;
        assert!(matches!(&delivery, Delivery::NotNow(reason) if reason.contains("307")), "{delivery:?}");
    }
    assert!(other.taken().is_empty());
}

#[tokio::test]
async fn a_server_that_is_away_or_forbidden_got_nothing() {
    let address = lasting();
    for message in messages() {
        let delivery = sent(&format!("http://{address}"), &message).await;
        let Delivery::NotNow(reason) = &delivery else { panic!("{delivery:?}") };
        assert!(reason.contains("refused") && reason.contains(&address.to_string()), "{reason}");
        assert_hides_credentials(&delivery, &[]);
    }
    let (server, address) = Receiver::start(|| StatusCode::OK.into_response()).await;
    let guard = AddressGuard::new(AddressRules { deny: vec!["127.0.0.0/8".parse().unwrap()], ..Default::default() });
    for host in ["127.0.0.1", "localhost"] {
        let base = format!("http://{host}:{}", address.port());
        let channels = channels_at(&base, ChannelsConfig { guard: guard.clone(), ..ChannelsConfig::default() });
        let delivery = channels.send("x", &messages()[1]).await;
        let is_denied = |reason: &str| reason.contains("AGENTIC_DENY_NETWORKS");
        assert!(matches!(&delivery, Delivery::NotNow(reason) if is_denied(reason)), "{delivery:?}");
    }
    assert!(server.taken().is_empty());
}

/// Answers each connection with `bytes` once a request came, and then closes it, or keeps it open.
async fn raw(bytes: &'static [u8], keeps_open: bool) -> SocketAddr {
    let listener = TcpListener::bind(any()).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut space = [0; 65536];
                let _ = stream.read(&mut space).await;
                let _ = stream.write_all(bytes).await;
                if keeps_open {
                    std::future::pending::<()>().await;
                }
            });
        }
    });
    address
}

#[tokio::test]
async fn a_request_without_an_answer_is_uncertain() {
    for (bytes, keeps_open) in [(&b""[..], false), (b"", true), (b"HTTP/1.1 20", false), (b"what?\r\n\r\n", false)] {
        let address = raw(bytes, keeps_open).await;
        for message in messages() {
            let delivery = sent(&format!("http://{address}"), &message).await;
            assert!(matches!(&delivery, Delivery::Uncertain(_)), "{bytes:?} {keeps_open}: {delivery:?}");
            assert_hides_credentials(&delivery, &[]);
        }
    }
}

#[tokio::test]
async fn the_status_counts_even_if_the_body_never_ends() {
    for bytes in [&b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"[..], b"HTTP/1.1 200 OK\r\n\r\n"] {
        let address = raw(bytes, true).await;
        let delivery = sent(&format!("http://{address}"), &messages()[1]).await;
        assert!(matches!(&delivery, Delivery::Accepted(_)), "{delivery:?}");
    }
}

#[tokio::test]
async fn certificates_are_verified_with_the_given_ca() {
    let made = certificates::of(&["127.0.0.1"]);
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![pem(&made.certificate)], key(&made.key))
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind(any()).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut space = [0; 65536];
            let _ = stream.read(&mut space).await;
            let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await;
            let _ = stream.shutdown().await;
        }
    });
    let base = format!("https://{address}");
    let untrusted = sent(&base, &messages()[1]).await;
    assert!(matches!(&untrusted, Delivery::NotNow(reason) if reason.contains("certificate")), "{untrusted:?}");
    let trusting = ChannelsConfig { extra_ca_pem: vec![made.ca.into_bytes()], ..ChannelsConfig::default() };
    let delivery = channels_at(&base, trusting).send("x", &messages()[1]).await;
    assert!(matches!(&delivery, Delivery::Accepted(answer) if answer.contains("204")), "{delivery:?}");
}

fn pem(text: &str) -> rustls::pki_types::CertificateDer<'static> {
    use rustls::pki_types::pem::PemObject as _;
    rustls::pki_types::CertificateDer::from_pem_slice(text.as_bytes()).unwrap()
}

fn key(text: &str) -> rustls::pki_types::PrivateKeyDer<'static> {
    use rustls::pki_types::pem::PemObject as _;
    rustls::pki_types::PrivateKeyDer::from_pem_slice(text.as_bytes()).unwrap()
}
