use super::*;

async fn over_tls(
    config: rustls::ServerConfig,
    host: &str,
    tls: crate::domain::target::Verification,
) -> crate::domain::reading::Reading {
    let server = Server::start_tls(config, |_| reply("200 OK", b"safe")).await;
    let url = format!("https://{host}:{}/", server.address.port());
    read(http(HttpRequest { tls, ..get(&url) })).await
}

fn trusting(pem: &str) -> crate::domain::target::Verification {
    crate::domain::target::Verification { ca_pem: Some(pem.to_string()), skip: false }
}

#[tokio::test]
async fn certificates_are_verified_and_returned() {
    let ca = Authority::new();
    let good = over_tls(ca.server(&["127.0.0.1", "example.test"], Validity::Now), "127.0.0.1", trusting(&ca.pem)).await;
    assert!(good.ok(), "{good:?}");
    assert_eq!(good.fields["certificate"]["names"], json!(["127.0.0.1", "example.test"]));
    assert!(good.fields["certificate"]["issuer"].as_str().unwrap().contains("test authority"));
    let not_after = good.fields["certificate"]["notAfter"].as_str().unwrap();
    assert!(not_after.parse::<jiff::Timestamp>().is_ok() && not_after.ends_with('Z'), "{not_after}");
    for (names, validity, words) in [
        (&["127.0.0.1"], Validity::Until2020, "expired at 2020-01-01T00:00:00Z"),
        (&["127.0.0.1"], Validity::From2090, "not valid before 2090-01-01T00:00:00Z"),
        (&["other.test"], Validity::Now, "is not for 127.0.0.1"),
    ] {
        let reading = over_tls(ca.server(names, validity), "127.0.0.1", trusting(&ca.pem)).await;
        assert_eq!(kind(&reading), Some(ErrorKind::Tls), "{reading:?}");
        assert!(detail(&reading).contains(words), "{reading:?}");
    }
    let unknown = over_tls(ca.server(&["127.0.0.1"], Validity::Now), "127.0.0.1", Default::default()).await;
    assert_eq!(kind(&unknown), Some(ErrorKind::Tls));
    assert!(detail(&unknown).contains("unknown issuer"), "{unknown:?}");
}

#[tokio::test]
async fn a_self_signed_certificate_is_accepted_if_configured_or_if_verification_is_skipped() {
    let (config, pem) = self_signed(&["127.0.0.1"]);
    assert!(over_tls(config.clone(), "127.0.0.1", trusting(&pem)).await.ok());
    let skip = crate::domain::target::Verification { ca_pem: None, skip: true };
    assert!(over_tls(config.clone(), "127.0.0.1", skip).await.ok());
    assert_eq!(kind(&over_tls(config.clone(), "127.0.0.1", Default::default()).await), Some(ErrorKind::Tls));
    assert_eq!(kind(&over_tls(config.clone(), "localhost", trusting(&pem)).await), Some(ErrorKind::Tls));
    assert_eq!(kind(&over_tls(config, "127.0.0.1", trusting("no PEM")).await), Some(ErrorKind::Unreadable));
}

#[tokio::test]
async fn a_certificate_that_the_library_rejects_is_accepted_if_its_issuer_is_given_or_if_verification_is_skipped() {
    let (ca, other) = (Authority::new(), Authority::new());
    let skip = crate::domain::target::Verification { ca_pem: None, skip: true };
    for tls in [trusting(&ca.pem), skip] {
        let reading = over_tls(ca.odd_server(&["127.0.0.1"]), "127.0.0.1", tls).await;
        assert!(reading.ok(), "{reading:?}");
        assert_eq!(reading.fields["certificate"]["notAfter"], "9999-12-31T00:00:00Z");
    }
    // Of the same name, with another key.
    let forged = over_tls(other.odd_server(&["127.0.0.1"]), "127.0.0.1", trusting(&ca.pem)).await;
    assert_eq!(kind(&forged), Some(ErrorKind::Tls), "{forged:?}");
    let wrong = over_tls(ca.odd_server(&["other.test"]), "127.0.0.1", trusting(&ca.pem)).await;
    assert!(detail(&wrong).contains("is not for 127.0.0.1, but for other.test"), "{wrong:?}");
    let nameless = over_tls(ca.server(&[], Validity::Now), "127.0.0.1", trusting(&ca.pem)).await;
    assert!(detail(&nameless).contains("has no alternative names"), "{nameless:?}");
}

#[tokio::test]
async fn an_end_without_the_notice_of_tls_is_read_where_nothing_is_missing() {
    let (config, pem) = self_signed(&["127.0.0.1"]);
    for (answer, expected) in [
        ("HTTP/1.0 200 OK\r\n\r\nhello", None),
        ("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nhello", None),
        ("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello", None),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", None),
        ("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello", Some(ErrorKind::Reset)),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n", Some(ErrorKind::Reset)),
        ("HTTP/1.1 200 OK\r\ncontent-length: 99\r\ncontent-encoding: gzip\r\n\r\n", Some(ErrorKind::Reset)),
        ("HTTP/1.1 200 OK\r\nserver: x", Some(ErrorKind::Reset)),
    ] {
        let server = Server::start_tls(config.clone(), move |_| Reply::Cut(answer.as_bytes().to_vec())).await;
        let url = format!("https://{}/", server.address);
        let reading = read(http(HttpRequest { tls: trusting(&pem), ..get(&url) })).await;
        assert_eq!(kind(&reading), expected, "{answer} {reading:?}");
        assert!(expected.is_some() || reading.fields["body"] == "hello", "{answer} {reading:?}");
    }
}

#[tokio::test]
async fn a_host_header_chooses_the_site_also_of_a_server_that_speaks_http2() {
    let (mut config, pem) = self_signed(&["127.0.0.1"]);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let server = Server::start_tls(config, |_| reply("200 OK", b"shop")).await;
    let url = format!("https://{}/", server.address);
    let headers = vec![header("Host", "shop.test", false)];
    let reading = read(http(HttpRequest { headers, tls: trusting(&pem), ..get(&url) })).await;
    assert_eq!(reading.fields["body"], "shop", "{reading:?}");
    assert!(server.seen()[0].contains("\r\nhost: shop.test\r\n"), "{:?}", server.seen());
}

#[tokio::test]
async fn a_mismatch_of_http_and_https_is_an_error() {
    let plain = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", plain.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = plain.accept().await.unwrap();
        stream.write_all(b"SSH-2.0-OpenSSH_9.9\r\n").await.unwrap();
        let _ = stream.read(&mut [0; 64]).await;
    });
    let reading = read(http(get(&url))).await;
    assert_eq!(kind(&reading), Some(ErrorKind::Tls), "{reading:?}");
    let ca = Authority::new();
    let tls = Server::start_tls(ca.server(&["127.0.0.1"], Validity::Now), |_| reply("200 OK", b"")).await;
    let reading = read(http(get(&tls.url("/")))).await;
    assert!(matches!(kind(&reading), Some(ErrorKind::Protocol | ErrorKind::Reset)), "{reading:?}");
}
