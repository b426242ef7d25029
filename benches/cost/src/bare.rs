//! What the program is compared with: hyper, which connects, sends a request, reads the answer and does nothing else.

use hyper_util::rt::TokioIo;
use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

/// Reads each address once per second, one after the other, until killed.
pub async fn run_evenly(urls: &[String]) {
    run(urls, Duration::from_secs(1).div_f64(urls.len() as f64), 1).await;
}

/// Reads the addresses in turn, so many at once after each pause, until killed.
pub async fn run(urls: &[String], pause: Duration, at_once: usize) {
    let mut ticks = tokio::time::interval(pause);
    let mut urls = urls.iter().cycle();
    loop {
        ticks.tick().await;
        for url in urls.by_ref().take(at_once) {
            let url: http::Uri = url.parse().expect("an address");
            tokio::spawn(async move { read(&url).await.expect("an answer") });
        }
    }
}

/// One request on a connection of its own.
async fn read(url: &http::Uri) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    use http_body::Body as _;
    let authority = url.authority().expect("an address").as_str();
    let stream = tokio::net::TcpStream::connect(authority).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let request = http::Request::get(url.path()).header("host", authority).body(String::new())?;
    let read = async {
        let mut answer = sender.send_request(request).await?;
        assert!(answer.status().is_success());
        while let Some(frame) = poll_fn(|cx| Pin::new(answer.body_mut()).poll_frame(cx)).await {
            frame?;
        }
        Ok::<_, hyper::Error>(())
    };
    // The connection may end before its answer was taken.
    let (done, _) = tokio::join!(read, connection);
    Ok(done?)
}
