mod plain;
mod tls;

use super::super::testing::{
    Authority, Reply, Server, Validity, detail, get, kind, prober, read, reply, self_signed, target,
};
use super::*;
use crate::domain::key_hosts::KeyBinding;
use crate::domain::target::{Address, Request, RequestHeader};
use crate::net::guard::AddressRules;
use crate::net::networks::parse_networks;
use crate::probes::{Prober, ProberOptions};
use base64::Engine;
use serde_json::json;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// 256 KiB of zeros, gzipped.
const BOMB: &str = concat!(
    "H4sIAAAAAAACA+3BMQEAAADCoPVP7W0HoAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA3gAi6g7iAAAEAA=="
);
/// `{"ok":true}`, gzipped.
const SMALL: &str = "H4sIAAAAAAACA6tWys9WsiopKk2tBQCQX9SnCwAAAA==";

fn http(request: HttpRequest) -> Request {
    Request::Http(request)
}

fn header(name: &str, value: &str, secret: bool) -> RequestHeader {
    RequestHeader { name: name.to_string(), value: value.to_string(), secret }
}

fn unzipped_from(base64: &str) -> Reply {
    let body = base64::engine::general_purpose::STANDARD.decode(base64).unwrap();
    reply("200 OK\r\ncontent-encoding: gzip\r\ncontent-type: application/json", &body)
}

#[tokio::test]
async fn an_answer_of_any_status_is_read() {
    let server =
        Server::start(|_| reply("503 Down\r\nX-Two: a\r\nX-Two: b\r\ncontent-type: text/plain", b"sorry")).await;
    let reading = read(http(get(&server.url("/path")))).await;
    assert!(reading.ok(), "{reading:?}");
    assert_eq!(reading.fields["status"], 503);
    assert_eq!(reading.fields["headers"]["x-two"], "a, b");
    assert_eq!(reading.fields["body"], "sorry");
    assert!(!reading.fields.contains_key("json") && !reading.fields.contains_key("certificate"));
    assert!(server.seen()[0].starts_with("GET /path HTTP/1.1\r\n"));
    assert!(server.seen()[0].contains("user-agent: agentic-ops/"));
}

#[tokio::test]
async fn method_headers_and_body_are_sent() {
    let server = Server::start(|_| reply("200 OK", b"")).await;
    let request = HttpRequest {
        method: api::Method::Post,
        headers: vec![header("X-Token", "s3cret\n", true), header("User-Agent", "mine", false)],
        body: Some("{}".to_string()),
        ..get(&server.url("/"))
    };
    assert!(read(http(request)).await.ok());
    let seen = server.seen().remove(0);
    assert!(seen.starts_with("POST / ") && seen.ends_with("\r\n\r\n{}"), "{seen}");
    assert!(seen.contains("x-token: s3cret\r\n") && seen.contains("user-agent: mine\r\n"), "{seen}");
}

#[tokio::test]
async fn a_body_is_json_or_says_why_not_if_it_is_declared_as_json_or_begins_like_it() {
    for (head, body, json, error) in [
        ("200 OK", r#"{"n":112}"#, Some(json!({"n": 112})), None),
        ("200 OK", "\u{feff} [1]", Some(json!([1])), None),
        ("200 OK", "12", None, None),
        ("200 OK", "{no", None, Some("key must be a string at line 1 column 2")),
        ("200 OK\r\ncontent-type: application/problem+json; charset=utf-8", "12", Some(json!(12)), None),
        ("200 OK\r\ncontent-type: application/json", "<html>", None, Some("expected value at line 1 column 1")),
        ("204 No Content\r\ncontent-type: application/json", "", None, None),
    ] {
        let server = Server::start(move |_| reply(head, body.as_bytes())).await;
        let reading = read(http(get(&server.url("/")))).await;
        assert!(reading.ok(), "{head} {body}");
        assert_eq!(reading.fields.get("json"), json.as_ref(), "{head} {body}");
        assert_eq!(reading.fields.get("jsonError").and_then(Value::as_str), error, "{head} {body}");
        assert_eq!(reading.fields["body"], body.trim_start_matches('\u{feff}'));
    }
}

#[tokio::test]
async fn a_body_that_is_not_utf8_is_read_with_replacement_characters() {
    let server = Server::start(|_| reply("200 OK", b"caf\xe9")).await;
    assert_eq!(read(http(get(&server.url("/")))).await.fields["body"], "caf\u{fffd}");
}

#[tokio::test]
async fn bodies_are_bounded_whether_declared_streamed_or_compressed() {
    let announced = Server::start(|_| Reply::Stall(b"HTTP/1.1 200 OK\r\ncontent-length: 65537\r\n\r\n".to_vec())).await;
    let endless = Server::start(|_| Reply::Endless(b"HTTP/1.1 200 OK\r\n\r\n".to_vec())).await;
    let bomb = Server::start(|_| unzipped_from(BOMB)).await;
    for server in [announced, endless, bomb] {
        let reading = read(http(get(&server.url("/")))).await;
        assert_eq!(kind(&reading), Some(ErrorKind::TooLarge), "{reading:?}");
    }
    let small = Server::start(|_| unzipped_from(SMALL)).await;
    assert_eq!(read(http(get(&small.url("/")))).await.fields["json"], json!({"ok": true}));
    let exact = Server::start(|_| reply("200 OK", &vec![b'x'; 65536])).await;
    assert!(read(http(get(&exact.url("/")))).await.ok());
}

#[tokio::test]
async fn many_headers_are_too_large() {
    let server = Server::start(|_| {
        let lines: String = (0..20).map(|n| format!("x-{n}: {}\r\n", "y".repeat(4000))).collect();
        Reply::Bytes(format!("HTTP/1.1 200 OK\r\n{lines}\r\n").into_bytes())
    })
    .await;
    assert_eq!(kind(&read(http(get(&server.url("/")))).await), Some(ErrorKind::TooLarge));
}

#[tokio::test]
async fn incomplete_and_invalid_answers_have_their_kinds() {
    let garbage = Server::start(|_| Reply::Bytes(b"SSH-2.0-OpenSSH_9.9\r\n".to_vec())).await;
    let silent = Server::start(|_| Reply::Bytes(Vec::new())).await;
    let cut = Server::start(|_| Reply::Bytes(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc".to_vec())).await;
    let bad_gzip = Server::start(|_| reply("200 OK\r\ncontent-encoding: gzip", b"not gzip at all")).await;
    for (server, expected) in [
        (garbage, ErrorKind::Protocol),
        (silent, ErrorKind::Reset),
        (cut, ErrorKind::Reset),
        (bad_gzip, ErrorKind::Protocol),
    ] {
        let reading = read(http(get(&server.url("/")))).await;
        assert_eq!(kind(&reading), Some(expected), "{reading:?}");
    }
}

#[tokio::test]
async fn a_closed_port_is_refused() {
    // Nothing listens on the port for discarding. One that the kernel has just chosen may be given to another test.
    let reading = read(http(get("http://user:pass@127.0.0.1:9/x?token=abc"))).await;
    assert_eq!(kind(&reading), Some(ErrorKind::Refused));
    assert!(detail(&reading).contains("http://127.0.0.1:9"), "{reading:?}");
    assert!(!detail(&reading).contains("pass") && !detail(&reading).contains("abc"), "{reading:?}");
}

#[tokio::test]
async fn a_slow_body_ends_at_the_timeout() {
    let server = Server::start(|_| Reply::Stall(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc".to_vec())).await;
    let mut target = target(http(get(&server.url("/"))));
    target.timeout = Duration::from_millis(200);
    let started = Instant::now();
    let reading = prober().read(&target).await;
    assert_eq!(kind(&reading), Some(ErrorKind::Timeout));
    assert!(reading.latency >= target.timeout && started.elapsed() < Duration::from_secs(5), "{reading:?}");
}

#[tokio::test]
async fn redirects_are_followed_within_bounds() {
    let server = Server::start(|request| match request.split(' ').nth(1).unwrap_or_default() {
        "/end" => reply("200 OK", b"end"),
        "/loop" => reply("302 Found\r\nlocation: /loop", b""),
        "/ftp" => reply("302 Found\r\nlocation: ftp://127.0.0.1/", b""),
        path => {
            let n: u32 = path.trim_start_matches('/').parse().unwrap();
            let next = if n == 1 { "/end".to_string() } else { format!("/{}", n - 1) };
            reply(&format!("302 Found\r\nlocation: {next}"), b"")
        }
    })
    .await;
    assert_eq!(read(http(get(&server.url("/5")))).await.fields["body"], "end");
    for (path, words) in [("/6", "more than 5"), ("/loop", "loop"), ("/ftp", "neither http nor https")] {
        let reading = read(http(get(&server.url(path)))).await;
        assert_eq!(kind(&reading), Some(ErrorKind::Redirects), "{path}");
        assert!(detail(&reading).contains(words), "{reading:?}");
    }
    let itself = HttpRequest { max_redirects: 0, ..get(&server.url("/5")) };
    let reading = read(http(itself)).await;
    assert_eq!((&reading.fields["status"], &reading.fields["headers"]["location"]), (&json!(302), &json!("/4")));
}

#[tokio::test]
async fn secrets_are_not_sent_to_another_origin() {
    let other = Server::start(|_| reply("200 OK", b"other")).await;
    let away = other.url("/away");
    let server = Server::start(move |request| match request.split(' ').nth(1) {
        Some("/here") => reply("200 OK", b"here"),
        Some("/stay") => reply("302 Found\r\nlocation: /here", b""),
        _ => reply(&format!("302 Found\r\nlocation: {away}"), b""),
    })
    .await;
    let headers = vec![header("X-Api-Key", "s3cret", true), header("X-Plain", "p", false)];
    let url = server.url("/away").replace("http://", "http://user:pass@");
    assert_eq!(read(http(HttpRequest { headers: headers.clone(), ..get(&url) })).await.fields["body"], "other");
    let first = server.seen().remove(0);
    assert!(first.contains("s3cret") && first.contains("authorization: Basic"), "{first}");
    let second = other.seen().remove(0);
    assert!(!second.contains("s3cret") && !second.contains("authorization"), "{second}");
    assert!(second.contains("x-plain: p") && !second.contains("referer"), "{second}");
    let url = url.replace("/away", "/stay");
    assert_eq!(read(http(HttpRequest { headers, ..get(&url) })).await.fields["body"], "here");
    let last = server.seen().pop().unwrap();
    assert!(last.contains("s3cret") && last.contains("authorization: Basic"), "{last}");
}

#[tokio::test]
async fn a_bound_key_is_not_redirected_to_another_host() {
    let other = Server::start(|_| reply("200 OK", b"other")).await;
    let away = other.url("/");
    let server = Server::start(move |_| reply(&format!("302 Found\r\nlocation: {away}"), b"")).await;
    let port = |server: &Server| Url::parse(&server.url("/")).unwrap().port().unwrap();
    let request = |hosts: Vec<String>| {
        let binding = KeyBinding { secret: "agentic-ops".into(), key: "API_KEY".into(), hosts };
        let headers = vec![header("X-Api-Key", "s3cret", true)];
        http(HttpRequest { headers, bindings: vec![binding], ..get(&server.url("/")) })
    };
    let own = format!("127.0.0.1:{}", port(&server));
    let reading = read(request(vec![own.clone()])).await;
    assert_eq!(kind(&reading), Some(ErrorKind::Forbidden), "{reading:?}");
    let named = detail(&reading);
    assert!(
        named.contains("API_KEY") && named.contains(&port(&other).to_string()) && !named.contains("s3cret"),
        "{named}"
    );
    assert!(other.seen().is_empty());
    // To a host that is named, too, the request goes without the key, as to every other origin.
    let reading = read(request(vec![own, format!("127.0.0.1:{}", port(&other))])).await;
    assert_eq!(reading.fields["body"], "other");
    assert!(!other.seen().remove(0).contains("s3cret"));
}

#[tokio::test]
async fn denied_addresses_are_neither_connected_to_nor_redirected_to() {
    let other = Server::start(|_| reply("200 OK", b"other")).await;
    let away = other.url("/").replace("127.0.0.1", "127.0.0.2");
    let server = Server::start(move |_| reply(&format!("302 Found\r\nlocation: {away}"), b"")).await;
    let denying = |networks: &str| {
        let addresses = AddressRules { deny: parse_networks(networks).unwrap(), ..AddressRules::default() };
        Prober::new(ProberOptions { addresses, ..ProberOptions::default() }).unwrap()
    };
    for (networks, url, seen) in [
        ("127.0.0.2/32", server.url("/"), 1),
        ("127.0.0.0/8,::1", server.url("/"), 1),
        ("127.0.0.0/8,::1", server.url("/").replace("127.0.0.1", "localhost"), 1),
    ] {
        let reading = denying(networks).read(&target(http(get(&url)))).await;
        assert_eq!(kind(&reading), Some(ErrorKind::Forbidden), "{networks} {url} {reading:?}");
        assert!(detail(&reading).contains("AGENTIC_DENY_NETWORKS"), "{reading:?}");
        assert_eq!((server.seen().len(), other.seen().len()), (seen, 0), "{networks} {url}");
    }
    let port = Url::parse(&server.url("/")).unwrap().port().unwrap();
    let tcp = Request::Tcp(Address { host: "127.0.0.1".into(), port });
    assert_eq!(kind(&denying("127.0.0.1").read(&target(tcp)).await.into_parts().0), Some(ErrorKind::Forbidden));
}

#[tokio::test]
async fn a_post_is_redirected_as_a_get_as_in_browsers() {
    let server = Server::start(|request| match request.split(' ').nth(1) {
        Some("/302") => reply("302 Found\r\nlocation: /end", b""),
        Some("/303") => reply("303 See Other\r\nlocation: /end", b""),
        Some("/307") => reply("307 Temporary Redirect\r\nlocation: /end", b""),
        _ => reply("200 OK", b""),
    })
    .await;
    for (path, expected) in [("/302", "GET /end"), ("/303", "GET /end"), ("/307", "POST /end")] {
        let request =
            HttpRequest { method: api::Method::Post, body: Some("form".to_string()), ..get(&server.url(path)) };
        assert!(read(http(request)).await.ok());
        let last = server.seen().pop().unwrap();
        assert!(last.starts_with(expected), "{last}");
        assert_eq!(last.ends_with("form"), expected.starts_with("POST"), "{last}");
    }
}

#[tokio::test]
async fn a_redirect_to_a_metadata_address_is_forbidden() {
    let server = Server::start(|_| reply("302 Found\r\nlocation: http://169.254.169.254/latest", b"")).await;
    let reading = read(http(get(&server.url("/")))).await;
    assert_eq!(kind(&reading), Some(ErrorKind::Forbidden), "{reading:?}");
}

#[tokio::test]
async fn a_rejected_credential_has_its_own_kind_and_keeps_the_fields() {
    let server = Server::start(|_| reply("401 Unauthorized", br#"{"why":"token"}"#)).await;
    let plain = read(http(get(&server.url("/")))).await;
    assert!(plain.ok());
    let headers = vec![header("Authorization", "Bearer s3cret", true)];
    let reading = read(http(HttpRequest { headers, ..get(&server.url("/")) })).await;
    assert_eq!(kind(&reading), Some(ErrorKind::Credential));
    assert_eq!(reading.fields["status"], 401);
    assert_eq!(reading.fields["json"]["why"], "token");
    assert!(!format!("{reading:?}").contains("s3cret"));
}

#[tokio::test]
async fn a_401_from_where_no_credential_was_sent_is_the_answer_of_the_target() {
    let other = Server::start(|_| reply("401 Unauthorized", b"who?")).await;
    let away = other.url("/");
    let server = Server::start(move |request| match request.split(' ').nth(1) {
        Some("/own") => reply("401 Unauthorized", b"no"),
        Some("/stay") => reply("302 Found\r\nlocation: /own", b""),
        _ => reply(&format!("302 Found\r\nlocation: {away}"), b""),
    })
    .await;
    let headers = vec![header("X-Api-Key", "s3cret", true)];
    for (path, expected) in [("/own", Some(ErrorKind::Credential)), ("/stay", Some(ErrorKind::Credential)), ("/", None)]
    {
        let reading = read(http(HttpRequest { headers: headers.clone(), ..get(&server.url(path)) })).await;
        assert_eq!((kind(&reading), &reading.fields["status"]), (expected, &json!(401)), "{path}");
        let url = server.url(path).replace("http://", "http://token@");
        assert_eq!(kind(&read(http(get(&url))).await), expected, "{path}");
    }
}

#[tokio::test]
async fn a_secret_that_cannot_be_sent_is_not_shown() {
    let headers = vec![header("Authorization", "s3cret\nx", true)];
    let reading = read(http(HttpRequest { headers, ..get("http://127.0.0.1:1/") })).await;
    assert_eq!(kind(&reading), Some(ErrorKind::Unreadable));
    assert!(!detail(&reading).contains("s3cret"));
}

#[tokio::test]
async fn head_has_no_body() {
    let server = Server::start(|_| Reply::Bytes(b"HTTP/1.1 200 OK\r\ncontent-length: 999999\r\n\r\n".to_vec())).await;
    let reading = read(http(HttpRequest { method: api::Method::Head, ..get(&server.url("/")) })).await;
    assert!(reading.ok(), "{reading:?}");
    assert_eq!(reading.fields["body"], "");
}

#[tokio::test]
async fn connections_are_not_reused() {
    let server = Server::start(|_| reply("200 OK", b"")).await;
    let prober = prober();
    for _ in 0..3 {
        assert!(prober.read(&target(http(get(&server.url("/"))))).await.ok());
    }
    assert_eq!(server.seen().len(), 3);
}

#[tokio::test]
async fn headers_that_curl_reads_are_read() {
    let many: String = (0..3000).map(|n| format!("x-{n}: y\r\n")).collect();
    for (lines, name, expected) in [
        ("X-Space : a\r\n", "x-space", "a"),
        ("X-Long: a\r\n b\r\n", "x-long", "a b"),
        ("not a header\r\nX-Next: a\r\n", "x-next", "a"),
        ("X-Latin: caf\u{e9}\r\n", "x-latin", "caf\u{e9}"),
        (many.as_str(), "x-2999", "y"),
    ] {
        let answer = format!("HTTP/1.1 200 OK\r\n{lines}content-length: 2\r\n\r\nok");
        let server = Server::start(move |_| Reply::Bytes(answer.clone().into_bytes())).await;
        let reading = read(http(get(&server.url("/")))).await;
        assert_eq!(reading.fields.get("body"), Some(&json!("ok")), "{name} {reading:?}");
        assert_eq!(reading.fields["headers"][name], expected);
    }
}

#[tokio::test]
async fn content_codings_are_decoded_in_any_spelling() {
    let body = base64::engine::general_purpose::STANDARD.decode(SMALL).unwrap();
    for coding in ["gzip", "GZIP", "x-gzip", "identity, gzip"] {
        let (body, head) = (body.clone(), format!("200 OK\r\ncontent-encoding: {coding}"));
        let server = Server::start(move |_| reply(&head, &body)).await;
        let reading = read(http(get(&server.url("/")))).await;
        assert_eq!(reading.fields.get("json"), Some(&json!({"ok": true})), "{coding} {reading:?}");
        assert!(server.seen()[0].contains("accept-encoding: gzip\r\n"));
    }
}

#[tokio::test]
async fn names_in_the_hosts_file_are_resolved() {
    let server = Server::start(|_| reply("200 OK", b"local")).await;
    let reading = read(http(get(&format!("http://localhost:{}/", server.address.port())))).await;
    assert!(reading.ok(), "{reading:?}");
}
