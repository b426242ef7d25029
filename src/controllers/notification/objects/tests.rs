//! Writes of one Finding, over an API server that counts them.

use super::*;
use crate::domain::fingerprint::{finding_name, finding_spec};
use crate::runtime::listing::ListProgress;
use http::{Method, Request, Response};
use kube::client::Body;
use serde_json::Value;
use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};

const NAMESPACE: &str = "ops";

/// An API server with one Finding, whose version grows with each write.
#[derive(Clone, Default)]
struct ApiServer {
    writes: Arc<AtomicUsize>,
    under_way: Arc<AtomicUsize>,
    most_under_way: Arc<AtomicUsize>,
}

impl ApiServer {
    fn finding(&self) -> Value {
        let mut finding = Finding::new(&finding_name("shop", "vm", ""), finding_spec("shop", "vm", ""));
        finding.metadata.namespace = Some(NAMESPACE.into());
        finding.metadata.resource_version = Some((self.writes.load(Ordering::Relaxed) + 1).to_string());
        finding.status = Some(FindingStatus { phase: Some(crate::api::Phase::Open), ..FindingStatus::default() });
        serde_json::to_value(finding).unwrap()
    }

    async fn answer(self, request: Request<Body>) -> Result<Response<Body>, Infallible> {
        let is_watch = request.uri().query().is_some_and(|query| query.contains("watch=true"));
        let answer = match *request.method() {
            Method::PATCH => self.write().await,
            _ if is_watch => std::future::pending().await,
            _ => {
                json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "FindingList", "metadata": {"resourceVersion": "1"},
                "items": [self.finding()]})
            }
        };
        Ok(Response::new(Body::from(answer.to_string().into_bytes())))
    }

    /// A write that takes a while.
    async fn write(&self) -> Value {
        let under_way = self.under_way.fetch_add(1, Ordering::Relaxed) + 1;
        self.most_under_way.fetch_max(under_way, Ordering::Relaxed);
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        self.under_way.fetch_sub(1, Ordering::Relaxed);
        self.writes.fetch_add(1, Ordering::Relaxed);
        self.finding()
    }
}

#[tokio::test]
async fn a_finding_is_written_by_one_task_at_a_time() {
    let server = ApiServer::default();
    let service = server.clone();
    let service = tower::service_fn(move |request| service.clone().answer(request));
    let client = Client::new(service, NAMESPACE);
    let progress = ListProgress::expecting(["Finding"]);
    let (cache, watching) = Cache::start(&client, NAMESPACE, |finding, _| finding, &progress);
    progress.until_listed(&["Finding"]).await;
    let findings = Findings::of(&client, NAMESPACE, cache, WriteFence::always());
    let name = finding_name("shop", "vm", "");
    let change = || findings.change(&name, |status| Some(NoticeParts::of(status)));
    let written = futures::future::join_all((0..4).map(|_| change())).await;
    assert!(written.iter().all(|finding| matches!(finding, Ok(Some(_)))), "{written:?}");
    assert_eq!(server.most_under_way.load(Ordering::Relaxed), 1);
    assert_eq!(server.writes.load(Ordering::Relaxed), 4);
    // Each was decided on the Finding that the one before had written.
    let newest = findings.get(&name).and_then(|finding| finding.resource_version());
    assert_eq!(newest.as_deref(), Some("5"));
    watching.abort();
}
