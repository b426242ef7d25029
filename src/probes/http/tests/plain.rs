//! Plain HTTP, on connections that the reading drives itself.

use super::*;

/// An answer, after which the connection ends.
fn answered(text: &'static str) -> impl Fn(&str) -> Reply + Send + Sync + 'static {
    move |_| Reply::Bytes(text.as_bytes().to_vec())
}

#[tokio::test]
async fn unusual_answers_are_read() {
    for (answer, status, body) in [
        ("HTTP/1.1 101 Switching Protocols\r\nupgrade: a\r\nconnection: upgrade\r\n\r\n", 101, ""),
        ("HTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", 200, "ok"),
        ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 No\r\ncontent-length: 2\r\n\r\nno", 404, "no"),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nx-trailer: a\r\n\r\n", 200, "ok"),
        ("HTTP/1.1 200 OK\r\n\r\nuntil the end", 200, "until the end"),
        ("HTTP/1.0 200 OK\r\n\r\nold", 200, "old"),
        ("HTTP/1.1 204 No Content\r\n\r\n", 204, ""),
    ] {
        let server = Server::start(answered(answer)).await;
        let reading = read(http(get(&server.url("/")))).await;
        assert!(reading.ok(), "{answer}: {reading:?}");
        assert_eq!((&reading.fields["status"], &reading.fields["body"]), (&json!(status), &json!(body)), "{answer}");
    }
}

#[tokio::test]
async fn a_body_that_comes_in_pieces_on_a_connection_that_stays_open_is_read_to_its_end() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let pieces = ["HTTP/1.1 200 OK\r\ncontent-le", "ngth: 9\r\n\r\n", "one ", "two ", "3"];
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        let mut request = [0; 1024];
        assert!(stream.read(&mut request).await.unwrap() > 0);
        for piece in pieces {
            stream.write_all(piece.as_bytes()).await.unwrap();
            // The reading has a turn after each of them.
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
        }
        // Until the reading closes the connection.
        stream.read(&mut request).await.unwrap_or(0)
    });
    let reading = read(http(get(&url))).await;
    assert_eq!(reading.fields.get("body"), Some(&json!("one two 3")), "{reading:?}");
    assert_eq!(server.await.unwrap(), 0);
}

#[tokio::test]
async fn a_request_that_changes_something_is_sent_once_however_many_headers_answer_it() {
    let many: String = (0..3000).map(|n| format!("x-{n}: y\r\n")).collect();
    let answer = format!("HTTP/1.1 200 OK\r\n{many}content-length: 2\r\n\r\nok");
    for (method, sent) in [(api::Method::Post, 1), (api::Method::Put, 1), (api::Method::Get, 2)] {
        let answer = answer.clone();
        let server = Server::start(move |_| Reply::Bytes(answer.clone().into_bytes())).await;
        let (prober, target) = (prober(), target(http(HttpRequest { method, ..get(&server.url("/")) })));
        for sent in [sent, sent + 1] {
            let reading = prober.read(&target).await;
            assert_eq!(reading.fields["headers"]["x-2999"], "y");
            assert_eq!(server.seen().len(), sent, "{method:?}: what the target needs is remembered");
        }
    }
}

#[tokio::test]
async fn the_request_names_host_and_credentials_and_asks_for_path_and_query() {
    let server = Server::start(|_| reply("200 OK", b"")).await;
    let port = server.address.port();
    let url = format!("http://ana:se%20cret@127.0.0.1:{port}/a%20b?c=d&e#f");
    read(http(get(&url))).await;
    let seen = &server.seen()[0];
    assert!(seen.starts_with("GET /a%20b?c=d&e HTTP/1.1\r\n"), "{seen}");
    for header in
        [format!("host: 127.0.0.1:{port}"), "authorization: Basic YW5hOnNlIGNyZXQ=".into(), "accept: */*".into()]
    {
        assert!(seen.to_lowercase().contains(&format!("\r\n{}\r\n", header.to_lowercase())), "{header}: {seen}");
    }
    let own = HttpRequest {
        headers: vec![header("Host", "other.example", false), header("Authorization", "Bearer x", true)],
        ..get(&url)
    };
    read(http(own)).await;
    let seen = server.seen()[1].to_lowercase();
    assert!(seen.contains("\r\nhost: other.example\r\n") && seen.contains("\r\nauthorization: bearer x\r\n"), "{seen}");
    assert_eq!((seen.matches("\r\nhost:").count(), seen.matches("\r\nauthorization:").count()), (1, 1), "{seen}");
}
