//! Clients that never finish what they began: each is ended, and others are answered meanwhile.

use super::server::{CONFIGMAPS, Server, configmap};
use crate::kit::scratch::Scratch;
use crate::kit::wait::{until, within};
use agentic_ops::controlplane::{Limits, Reached, Running};
use agentic_ops::listener;
use bytes::Bytes;
use futures::{Stream, StreamExt as _, TryStreamExt as _};
use http::StatusCode;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{WatchEvent, WatchParams};
use kube::{Api, ResourceExt as _};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use std::io::ErrorKind;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// The limits that clients reached.
type Seen = Arc<Mutex<Vec<Reached>>>;

async fn server(limits: Limits) -> (Server, Seen) {
    let seen = Seen::default();
    let report = seen.clone();
    let server = Server::with_limits(
        Scratch::new("connections"),
        limits,
        Arc::new(move |reached, _| {
            report.lock().unwrap().push(reached);
        }),
    );
    (server.await, seen)
}

/// Short times; a test with a busy machine still authenticates in the first of them.
fn limits() -> Limits {
    let listener = listener::Limits {
        connections: 24,
        unauthenticated: 8,
        header_timeout: Duration::from_secs(5),
        transfer_timeout: Duration::from_secs(2),
        ..listener::Limits::default()
    };
    Limits { listener, ..Limits::default() }
}

async fn tls(running: &Running, alpn: &[u8]) -> TlsStream<TcpStream> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(running.ca_pem.as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![alpn.to_vec()];
    // The kernel keeps little for a client that does not read.
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(16 << 10).unwrap();
    let stream = socket.connect(running.address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    within(TlsConnector::from(Arc::new(config)).connect(name, stream)).await.unwrap()
}

/// Waits until the server closes the connection, and returns what it sent before.
async fn closed(stream: &mut TlsStream<TcpStream>) -> String {
    let mut sent = Vec::new();
    match within(stream.read_to_end(&mut sent)).await {
        Ok(_) => {}
        Err(error) => assert!(
            matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe),
            "{error}"
        ),
    }
    String::from_utf8_lossy(&sent).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_do_not_finish_a_request_are_closed() {
    let (server, seen) = server(limits()).await;
    let running = server.running();
    let mut no_handshake = TcpStream::connect(running.address).await.unwrap();
    let mut silent = tls(running, b"http/1.1").await;
    let mut half = tls(running, b"http/1.1").await;
    half.write_all(b"GET /version HTTP/1.1\r\nHost: x\r\nX-A: ").await.unwrap();
    let mut preface = tls(running, b"h2").await;
    preface.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00").await.unwrap();
    let mut part_of_preface = tls(running, b"h2").await;
    part_of_preface.write_all(b"PRI * HT").await.unwrap();
    for stream in [&mut silent, &mut half, &mut preface, &mut part_of_preface] {
        closed(stream).await;
    }
    let mut nothing = Vec::new();
    let _ = within(no_handshake.read_to_end(&mut nothing)).await;
    let timeouts = seen.lock().unwrap().iter().filter(|reached| **reached == timeout()).count();
    assert_eq!(timeouts, 5, "each is reported: {seen:?}");
    assert_eq!(server.get(CONFIGMAPS).await.code, StatusCode::OK);
}

fn timeout() -> Reached {
    Reached::Listener(listener::Reached::HeaderTimeout)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_without_an_end_is_refused_while_it_arrives() {
    let (server, seen) = server(Limits::default()).await;
    let mut endless = tls(server.running(), b"http/1.1").await;
    endless.write_all(b"GET /version HTTP/1.1\r\nHost: x\r\nX-A: ").await.unwrap();
    endless.write_all(&vec![b'a'; 400_000]).await.unwrap();
    let answer = closed(&mut endless).await;
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    let reached = Reached::Listener(listener::Reached::HeaderBytes);
    until("the report", async || seen.lock().unwrap().contains(&reached)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unauthenticated_clients_keep_nobody_out() {
    let (server, seen) = server(limits()).await;
    let running = server.running();
    let mut held = Vec::new();
    let mut watch = server.watch(&format!("{CONFIGMAPS}?watch=1&timeoutSeconds=600")).await;
    for round in 0..4 {
        for _ in 0..8 {
            held.push(tls(running, b"http/1.1").await);
        }
        let name = format!("object-{round}");
        server.kubectl(&["create", "configmap", &name]).await;
        assert_eq!(watch.next_name().await, ("ADDED".into(), name));
    }
    assert!(seen.lock().unwrap().contains(&Reached::Listener(listener::Reached::UnauthenticatedConnections)));
}

/// A POST of a ConfigMap over this version of HTTP, with a body that arrives in these parts; the response's status and text.
async fn upload(
    server: &Server,
    version: http::Version,
    parts: impl Stream<Item = Bytes> + Send + 'static,
) -> (StatusCode, String) {
    let running = server.running();
    let root = reqwest::Certificate::from_pem(running.ca_pem.as_bytes()).unwrap();
    let client = reqwest::Client::builder().tls_certs_only([root]);
    let client = if version == http::Version::HTTP_2 { client } else { client.http1_only() };
    let body = reqwest::Body::wrap_stream(parts.map(Ok::<_, std::io::Error>));
    let url = format!("https://localhost:{}{CONFIGMAPS}", running.address.port());
    let request = client.build().unwrap().post(url).bearer_auth(&running.token).body(body);
    let response = within(request.send()).await.unwrap();
    assert_eq!(response.version(), version);
    (response.status(), within(response.text()).await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_does_not_come_is_given_up() {
    for version in [http::Version::HTTP_11, http::Version::HTTP_2] {
        let (server, seen) = server(limits()).await;
        let nothing_more = futures::stream::iter([Bytes::from("{")]).chain(futures::stream::pending());
        let pace = tokio::time::interval(Duration::from_millis(50));
        let too_little = futures::stream::unfold(pace, |mut pace| async move {
            pace.tick().await;
            Some((Bytes::from(" "), pace))
        });
        for parts in [nothing_more.boxed(), too_little.boxed()] {
            let (status, answer) = upload(&server, version, parts).await;
            assert_eq!(status, StatusCode::REQUEST_TIMEOUT, "{version:?}: {answer}");
            assert!(answer.contains("did not arrive within 2s"), "{answer}");
        }
        assert!(seen.lock().unwrap().contains(&Reached::Listener(listener::Reached::TransferTimeout)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_a_slow_client_is_taken() {
    for version in [http::Version::HTTP_11, http::Version::HTTP_2] {
        let (server, _) = server(limits()).await;
        let object = configmap("slow", &"x".repeat(200_000)).to_string();
        let parts: Vec<_> = object.as_bytes().chunks(16 << 10).map(Bytes::copy_from_slice).collect();
        // In all longer than the time for a part.
        let pace = tokio::time::interval(limits().listener.transfer_timeout / 8);
        let paced = futures::stream::unfold((pace, parts.into_iter()), |(mut pace, mut parts)| async move {
            pace.tick().await;
            Some((parts.next()?, (pace, parts)))
        });
        let (status, answer) = upload(&server, version, paced).await;
        assert_eq!(status, StatusCode::CREATED, "{version:?}: {answer}");
    }
}

/// Many large changes, more than the kernel buffers for a connection.
async fn write_much(server: &Server) {
    let large = "x".repeat(100_000);
    server.post(CONFIGMAPS, &configmap("large", "")).await;
    for round in 0..40 {
        let patch = serde_json::json!({"data": {"key": format!("{round}{large}")}});
        assert_eq!(server.merge(&format!("{CONFIGMAPS}/large"), &patch).await.code, StatusCode::OK);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_whose_client_does_not_read_is_ended() {
    for alpn in [&b"http/1.1"[..], b"h2"] {
        // Only the backlog ends it.
        let mut limits = limits();
        limits.listener.transfer_timeout = Duration::from_secs(600);
        let (server, seen) = server(limits).await;
        let _stream = unread_watch(&server, alpn).await;
        write_much(&server).await;
        until("the end of the watch", async || seen.lock().unwrap().contains(&Reached::WatchBacklog)).await;
        assert_eq!(server.get(CONFIGMAPS).await.code, StatusCode::OK);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_response_that_is_not_taken_is_given_up() {
    for alpn in [&b"http/1.1"[..], b"h2"] {
        // Only the time-out ends it.
        let (server, seen) = server(Limits { watch_backlog: u64::MAX, ..limits() }).await;
        let _stream = unread_watch(&server, alpn).await;
        write_much(&server).await;
        let reached = Reached::Listener(listener::Reached::TransferTimeout);
        until("the end of the connection", async || seen.lock().unwrap().contains(&reached)).await;
    }
}

/// A watch of ConfigMaps whose first event is awaited, and that reads nothing more.
async fn unread_watch(server: &Server, alpn: &[u8]) -> TlsStream<TcpStream> {
    server.post(CONFIGMAPS, &configmap("first", "")).await;
    let mut stream = tls(server.running(), alpn).await;
    let token = &server.running().token;
    let path = format!("{CONFIGMAPS}?watch=1");
    if alpn == b"http/1.1" {
        let head = format!("GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
    } else {
        stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00").await.unwrap();
        stream.write_all(&headers_frame(&path, token)).await.unwrap();
    }
    let mut begin = [0; 1];
    within(stream.read_exact(&mut begin)).await.unwrap();
    stream
}

/// A frame HEADERS of HTTP/2 for a GET of this path: literal fields without Huffman coding (RFC 7541, 6.2.2).
fn headers_frame(path: &str, token: &str) -> Vec<u8> {
    let mut block = Vec::new();
    let bearer = format!("Bearer {token}");
    let fields =
        [(":method", "GET"), (":scheme", "https"), (":authority", "x"), (":path", path), ("authorization", &bearer)];
    for (name, value) in fields {
        block.extend([0, name.len() as u8]);
        block.extend(name.bytes());
        block.push(value.len() as u8);
        block.extend(value.bytes());
    }
    let length = (block.len() as u32).to_be_bytes();
    // END_STREAM and END_HEADERS, on stream 1.
    let mut frame = vec![length[1], length[2], length[3], 1, 0x5, 0, 0, 0, 1];
    frame.extend(block);
    frame
}

#[tokio::test(flavor = "multi_thread")]
async fn large_bodies_are_bounded_together() {
    let (server, seen) = server(Limits { bodies: 4 << 20, ..Limits::default() }).await;
    let running = server.running();
    let mut held = Vec::new();
    for _ in 0..3 {
        let mut stream = tls(running, b"http/1.1").await;
        let head = format!(
            "POST {CONFIGMAPS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Length: 3000000\r\n\r\n",
            running.token
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let _ = stream.write_all(&vec![b' '; 2_000_000]).await;
        held.push(stream);
    }
    until("a refusal", async || seen.lock().unwrap().contains(&Reached::Bodies)).await;
    assert_eq!(server.post(CONFIGMAPS, &configmap("small", "x")).await.code, StatusCode::CREATED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_can_never_be_sent_is_refused_for_good_and_its_pages_are_served() {
    let (server, seen) = server(Limits { responses: 4 << 20, ..Limits::default() }).await;
    for number in 0..5 {
        let created = server.post(CONFIGMAPS, &configmap(&format!("large-{number}"), &"x".repeat(900_000))).await;
        assert_eq!(created.code, StatusCode::CREATED);
    }
    let all = server.get(CONFIGMAPS).await;
    assert_eq!(all.code, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(seen.lock().unwrap().contains(&Reached::Responses));
    assert_eq!(server.get(&format!("{CONFIGMAPS}?limit=2")).await.code, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_stops_with_hung_clients() {
    let (server, _) = server(Limits::default()).await;
    let mut half = tls(server.running(), b"http/1.1").await;
    half.write_all(b"GET /version HTTP/1.1\r\nX-A: ").await.unwrap();
    let _silent = TcpStream::connect(server.running().address).await.unwrap();
    let _watch = unread_watch(&server, b"h2").await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_in_the_process_needs_no_connection() {
    let (server, _) = server(limits()).await;
    let client = agentic_ops::cli::client::in_process(server.running(), &server.namespace);
    let mut held = Vec::new();
    for _ in 0..12 {
        held.push(TcpStream::connect(server.running().address).await.unwrap());
    }
    let config_maps: Api<ConfigMap> = Api::default_namespaced(client);
    let mut events = std::pin::pin!(config_maps.watch(&WatchParams::default(), "0").await.unwrap());
    for name in ["first", "second"] {
        let object: ConfigMap = serde_json::from_value(configmap(name, "x")).unwrap();
        let created = within(config_maps.create(&Default::default(), &object)).await.unwrap();
        assert_eq!(created.metadata.managed_fields.unwrap()[0].manager.as_deref(), Some("agentic-ops"));
        let event = within(events.try_next()).await.unwrap();
        assert!(matches!(&event, Some(WatchEvent::Added(map)) if map.name_any() == name), "{event:?}");
    }
    server.stop().await;
    assert!(within(events.try_next()).await.unwrap().is_none(), "the watch ended");
    assert!(within(config_maps.list(&Default::default())).await.is_err(), "the server was stopped");
}
