//! Something to watch: an HTTP server that is well or is not, and knows how often it was asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use tokio::task::JoinHandle;

pub struct Target {
    pub url: String,
    is_well: Arc<AtomicBool>,
    asked: Arc<AtomicUsize>,
    serving: JoinHandle<()>,
}

impl Target {
    pub async fn start() -> Target {
        let (is_well, asked) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicUsize::new(0)));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let (well, count) = (is_well.clone(), asked.clone());
        let app = axum::Router::new().fallback(move || {
            count.fetch_add(1, SeqCst);
            let status = if well.load(SeqCst) { 200 } else { 500 };
            async move { axum::http::StatusCode::from_u16(status).unwrap() }
        });
        let serving = tokio::spawn(async move {
            let _ = axum::serve(listener, app).await;
        });
        Target { url, is_well, asked, serving }
    }

    /// Breaks or heals it, and tells when, in Unix seconds.
    pub fn set(&self, is_well: bool) -> i64 {
        self.is_well.store(is_well, SeqCst);
        jiff::Timestamp::now().as_second()
    }

    pub fn asked(&self) -> usize {
        self.asked.load(SeqCst)
    }

    /// Waits until it was asked `times` more: whoever watches has seen how it is.
    pub async fn seen(&self, times: usize) {
        let before = self.asked();
        crate::kit::wait::eventually("the target to be read", || async {
            (self.asked() >= before + times).then_some(())
        })
        .await;
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
