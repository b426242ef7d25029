//! Where the panel gets the history from: the file of this process, or the replica that leads.

use super::token;
use crate::api::Role;
use crate::controllers::Operator;
use crate::desk::{HISTORY_PATH, HistoryRequest};
use crate::domain::history::record::{Record, Sent};
use crate::history::History;
use crate::net::client::{GuardedClient, Post};
use crate::net::guard::AddressGuard;
use crate::runtime::clock;
use crate::runtime::leadership::{Holder, Leadership, LeaseHolder, WriteFence};
use crate::views::{HistoryQuery, HistoryReader, NoHistory, OperatorStatus, Records};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use kube::Client;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// Nobody waits longer for another replica.
const TIMEOUT: Duration = Duration::from_secs(2);
/// Most bytes of its answer.
const BYTES_MAX: usize = 4 << 20;
/// The name in the token for it, and how long that is valid: clocks may differ.
const NAME: &str = "agentic-ops";
const TOKEN_TIME: Duration = Duration::from_secs(120);

/// The history as a process with an operator has it. `peers` are the other replicas, where there are any.
pub fn of_operator(operator: &Operator, peers: Option<Peers>) -> Arc<dyn HistoryReader> {
    let local = LocalHistory { history: operator.history.clone(), fence: operator.fence.clone() };
    Arc::new(OfReplica { local, peers: peers.map(Arc::new) })
}

/// The history as a process without an operator has it: it can say who does.
pub fn elsewhere(operator: Arc<dyn OperatorStatus>) -> Arc<dyn HistoryReader> {
    Arc::new(Elsewhere(operator))
}

/// The file of this process. It is complete while this replica leads, since only the leader reads targets.
struct LocalHistory {
    history: History,
    fence: WriteFence,
}

impl LocalHistory {
    fn read(&self, query: HistoryQuery) -> BoxFuture<'static, Records> {
        let history = self.history.clone();
        if let Leadership::Following { holder } = self.fence.leadership() {
            return async move { Err(NoHistory::Elsewhere { holder }) }.boxed();
        }
        if !history.is_on() {
            return async { Err(NoHistory::Off) }.boxed();
        }
        async move {
            let HistoryQuery { scenarios, most, now } = query;
            let read =
                move || scenarios.iter().map(|name| history.record_of(name, now, most)).collect::<Result<_, _>>();
            let read = tokio::task::spawn_blocking(read).await.map_err(|_| NoHistory::Failed)?;
            read.map_err(|error| {
                tracing::warn!(%error, "the history can't be read");
                NoHistory::Failed
            })
        }
        .boxed()
    }
}

struct OfReplica {
    local: LocalHistory,
    peers: Option<Arc<Peers>>,
}

impl HistoryReader for OfReplica {
    fn own(&self, query: HistoryQuery) -> BoxFuture<'static, Records> {
        self.local.read(query)
    }

    fn records(&self, query: HistoryQuery) -> BoxFuture<'static, Records> {
        let (own, peers) = (self.own(query.clone()), self.peers.clone());
        async move {
            match (own.await, peers) {
                (Err(NoHistory::Elsewhere { holder }), Some(peers)) => peers.ask(query, holder).await,
                (own, _) => own,
            }
        }
        .boxed()
    }
}

struct Elsewhere(Arc<dyn OperatorStatus>);

impl HistoryReader for Elsewhere {
    fn own(&self, _: HistoryQuery) -> BoxFuture<'static, Records> {
        let holder = self.0.leader_elsewhere();
        async move { Err(NoHistory::Elsewhere { holder: holder.await }) }.boxed()
    }
}

/// The other replicas, which have the same secret.
pub struct Peers {
    lease: LeaseHolder,
    client: GuardedClient,
    secret: Vec<u8>,
}

impl Peers {
    pub fn new(client: &Client, namespace: &str, guard: AddressGuard, secret: Vec<u8>) -> Peers {
        Peers { lease: LeaseHolder::new(client, namespace), client: GuardedClient::new(guard), secret }
    }

    /// What the replica that leads tells. It is one of the same release, at an address that it wrote into the Lease.
    async fn ask(&self, query: HistoryQuery, known: Option<String>) -> Records {
        self.ask_of(self.lease.holder().await, query, known).await
    }

    async fn ask_of(&self, holder: Option<Holder>, query: HistoryQuery, known: Option<String>) -> Records {
        let name = holder.as_ref().map(|holder| holder.identity.clone()).or(known);
        let address = holder.and_then(|holder| holder.address);
        let told = match address.as_deref().map(str::parse::<SocketAddr>) {
            Some(Ok(address)) => tokio::time::timeout(TIMEOUT, self.fetch(address, query)).await,
            _ => return Err(NoHistory::Elsewhere { holder: name }),
        };
        told.unwrap_or_else(|_| Err("no answer in time".into())).map_err(|error| {
            tracing::warn!(error, leader = name, "the history can't be read from the replica that leads");
            NoHistory::Elsewhere { holder: name }
        })
    }

    async fn fetch(&self, address: SocketAddr, query: HistoryQuery) -> Result<Vec<Record>, String> {
        let HistoryQuery { scenarios, most, .. } = query;
        let token = token::issue(&self.secret, NAME, &[Role::Technician], clock::now(), TOKEN_TIME);
        let token = token.map_err(|error| error.to_string())?;
        let url = Url::parse(&format!("http://{address}{HISTORY_PATH}")).map_err(|error| error.to_string())?;
        let count = scenarios.len();
        let body = serde_json::to_string(&HistoryRequest { scenarios, most }).map_err(|error| error.to_string())?;
        let post = Post { url: &url, token: Some(&token), body, connect_timeout: TIMEOUT, timeout: TIMEOUT };
        let mut response = self.client.open(post).await.map_err(|error| error.text)?;
        if !response.status().is_success() {
            return Err(format!("status {}", response.status()));
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| error.without_url().to_string())? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > BYTES_MAX {
                return Err(format!("more than {BYTES_MAX} bytes"));
            }
        }
        let sent: Vec<Sent> = serde_json::from_slice(&bytes).map_err(|error| error.to_string())?;
        match sent.len() == count {
            true => Ok(sent.into_iter().map(|sent| Record::received(sent, most)).collect()),
            false => Err(format!("{} records of {count} Scenarios", sent.len())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::extract::State;
    use axum::http::{HeaderMap, StatusCode};
    use axum::routing::post;
    use jiff::Timestamp;

    const SECRET: &[u8] = b"a secret of the tests";

    /// Answers as another replica does, where it is asked with a token.
    async fn answer(State(text): State<String>, headers: HeaderMap) -> (StatusCode, String) {
        let token = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
        match token.split('.').count() {
            3 => (StatusCode::OK, text),
            _ => (StatusCode::UNAUTHORIZED, String::new()),
        }
    }

    async fn replica(text: &str) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let app = Router::new().route(HISTORY_PATH, post(answer)).with_state(text.to_string());
        tokio::spawn(async move { axum::serve(listener, app).await });
        address
    }

    async fn told(address: Option<String>) -> Records {
        let config = kube::Config::new("http://127.0.0.1:9".parse().unwrap());
        let client = Client::try_from(config).unwrap();
        let peers = Peers::new(&client, "ops", AddressGuard::default(), SECRET.to_vec());
        let holder = Holder { identity: "pod-a".into(), address };
        let query = HistoryQuery { scenarios: vec!["a".into(), "b".into()], most: 48, now: Timestamp::now() };
        peers.ask_of(Some(holder), query, None).await
    }

    #[tokio::test]
    async fn the_replica_that_leads_tells_or_is_named() {
        let records =
            told(Some(replica(r#"[{"last": {"0": [7]}, "days": {}}, {"last": {}, "days": {}}]"#).await)).await;
        assert_eq!(records.unwrap().iter().map(|record| record.last.len()).collect::<Vec<_>>(), [1, 0]);
        let named = Err(NoHistory::Elsewhere { holder: Some("pod-a".into()) });
        let closed = crate::net::testing::closed_tcp().to_string();
        for address in
            [None, Some("evil.example:80".into()), Some(closed), Some(replica("[]").await), Some(replica("no").await)]
        {
            assert_eq!(told(address.clone()).await, named, "{address:?}");
        }
        let long = format!("[{}]", " ".repeat(BYTES_MAX));
        assert_eq!(told(Some(replica(&long).await)).await, named);
    }
}
