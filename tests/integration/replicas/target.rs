//! A target: an HTTP server that is healthy or broken, and counts requests.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use tokio::task::JoinHandle;

pub struct Target {
    pub url: String,
    is_healthy: Arc<AtomicBool>,
    requests: Arc<AtomicUsize>,
    serving: JoinHandle<()>,
}

impl Target {
    pub async fn start() -> Target {
        let (is_healthy, requests) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicUsize::new(0)));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let (healthy, count) = (is_healthy.clone(), requests.clone());
        let app = axum::Router::new().fallback(move || {
            count.fetch_add(1, SeqCst);
            let status = if healthy.load(SeqCst) { 200 } else { 500 };
            async move { axum::http::StatusCode::from_u16(status).unwrap() }
        });
        let serving = tokio::spawn(async move {
            let _ = axum::serve(listener, app).await;
        });
        Target { url, is_healthy, requests, serving }
    }

    /// Breaks or heals the target, and returns the time in Unix seconds.
    pub fn set(&self, is_healthy: bool) -> i64 {
        self.is_healthy.store(is_healthy, SeqCst);
        jiff::Timestamp::now().as_second()
    }

    pub fn requests(&self) -> usize {
        self.requests.load(SeqCst)
    }

    /// Waits for this number of further requests, so that its state has been read.
    pub async fn seen(&self, times: usize) {
        let before = self.requests();
        crate::kit::wait::eventually("the target to be read", || async {
            (self.requests() >= before + times).then_some(())
        })
        .await;
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
