//! The panel over HTTP, over caches filled by hand and a stand-in for the Kubernetes API.

mod board;
mod inbox;
mod lists;
mod silences;
mod window;

use super::backend::{Backend, Gate, NotVerified, Options, SignedIn};
use super::live::Live;
use super::panel::Panel;
use super::session::OneTime;
use crate::api::{AnswerPhase, Role};
use crate::commands::{Caller, CommandRate, Context, Interface, ProcessId, RecoveryState, RequestId};
use crate::controllers::channel_states::ChannelState;
use crate::controllers::scenario::WatchStates;
use crate::domain::advice::questions::Step;
use crate::domain::texts::Language;
use crate::telemetry::Metrics;
use crate::views::testing::{ApiServer, client};
use crate::views::{
    HistoryQuery, HistoryReader, ModelState, ModelUse, NoHistory, OperatorState, OperatorStatus, Records, RunTimes,
};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tower::ServiceExt as _;

const HOST: &str = "desk.test";
const ORIGIN: &str = "http://desk.test";

/// Accepts `NAME ROLE` as a token of ten minutes.
struct Names;

impl Gate for Names {
    fn verify<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result<SignedIn, NotVerified>> {
        async move {
            let (name, role) = token.split_once(' ').ok_or(NotVerified::Invalid)?;
            let roles = vec![Role::parse(role).ok_or(NotVerified::NoRole)?];
            let expires = Timestamp::now() + jiff::SignedDuration::from_mins(10);
            Ok(SignedIn { name: name.into(), roles, expires: Some(expires) })
        }
        .boxed()
    }

    fn admit(&self, _name: &str) -> Result<(), Duration> {
        Ok(())
    }
}

/// An operator whose model is as a test says.
#[derive(Default)]
struct Operator {
    model: Mutex<Option<ModelState>>,
    advice: Mutex<Option<Step>>,
    channels: Mutex<Option<Vec<ChannelState>>>,
}

impl Operator {
    /// The model can't be asked since then.
    fn away(&self, since: &str) {
        let detail = Some("não há conexão".to_string());
        let (usable, since) = (ModelUse::Failing, since.parse().ok());
        let model = ModelState { name: Some("m".into()), usable, detail, since, is_refused: false };
        *self.model.lock().unwrap() = Some(model);
    }

    fn advises(&self, phase: AnswerPhase, position: Option<u32>) {
        *self.advice.lock().unwrap() = Some(Step { phase, position });
    }
}

impl OperatorStatus for Operator {
    fn state(&self) -> OperatorState {
        let (model, channels) = (self.model.lock().unwrap().clone(), self.channels.lock().unwrap().clone());
        OperatorState { model, channels, ..OperatorState::default() }
    }

    fn advice_step(&self, _finding: &str) -> Option<Step> {
        *self.advice.lock().unwrap()
    }

    fn watch_states(&self) -> Arc<WatchStates> {
        Arc::new(WatchStates::default())
    }

    fn run_times(&self, _scenario: &str) -> RunTimes {
        RunTimes::default()
    }
}

struct NoPast;

impl HistoryReader for NoPast {
    fn own(&self, _: HistoryQuery) -> BoxFuture<'static, Records> {
        async { Err(NoHistory::Off) }.boxed()
    }
}

struct Desk {
    server: Arc<ApiServer>,
    app: Router,
    once: OneTime,
    operator: Arc<Operator>,
}

struct Answered {
    status: u16,
    headers: HeaderMap,
    text: String,
}

impl Desk {
    fn new() -> Desk {
        Self::over(ApiServer::new(), Arc::new(NoPast))
    }

    fn with_history(history: Arc<dyn HistoryReader>) -> Desk {
        Self::over(ApiServer::new(), history)
    }

    /// With the runbooks of a directory.
    fn with_runbooks(directory: &str) -> Desk {
        Self::with(ApiServer::new(), Arc::new(NoPast), Some(directory.into()))
    }

    fn over(server: Arc<ApiServer>, history: Arc<dyn HistoryReader>) -> Desk {
        Self::with(server, history, None)
    }

    fn with(server: Arc<ApiServer>, history: Arc<dyn HistoryReader>, runbooks: Option<PathBuf>) -> Desk {
        let context = Context {
            client: client(server.clone()),
            resources: server.resources.clone(),
            caller: Caller { name: String::new(), roles: Vec::new(), interface: Interface::Desk },
            request: RequestId::unique(),
            process: ProcessId::new(None),
            rate: Arc::new(CommandRate::new(100)),
            joined: Arc::default(),
            metrics: Arc::new(Metrics::default()),
            secrets: Default::default(),
        };
        let (operator, gate) = (Arc::new(Operator::default()), Arc::new(Names));
        let recovery = RecoveryState::complete();
        let backend =
            Backend { context, operator: operator.clone(), recovery, gate, history, tools: Default::default() };
        let options = Options {
            url: ORIGIN.into(),
            namespace: "ops".into(),
            language: Language::Portuguese,
            zone: TimeZone::UTC,
            runbooks,
            origins: Vec::new(),
            frame_ancestors: Vec::new(),
            secret: Some(b"a secret of the tests".to_vec()),
            instance: String::new(),
        };
        let once = OneTime::default();
        let panel = Panel::new(backend, options, once.clone(), (Arc::default(), Live::by_hand()));
        Desk { server, app: super::over(panel), once, operator }
    }

    async fn send(&self, method: &str, path: &str, (cookie, origin): (&str, &str), body: &str) -> Answered {
        let request = Request::builder().method(method).uri(path).header("host", HOST);
        let request = [("cookie", cookie), ("origin", origin)].into_iter().fold(request, |request, (name, value)| {
            if value.is_empty() { request } else { request.header(name, value) }
        });
        let response = self.app.clone().oneshot(request.body(Body::from(body.to_string())).unwrap()).await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = to_bytes(response.into_body(), 1 << 20).await.unwrap().to_vec();
        Answered { status, headers, text: String::from_utf8(text).unwrap() }
    }

    async fn get(&self, path: &str, cookie: &str) -> Answered {
        self.send("GET", path, (cookie, ""), "").await
    }

    async fn post(&self, path: &str, cookie: &str, body: &str) -> Answered {
        self.send("POST", path, (cookie, ORIGIN), body).await
    }

    /// As htmx sends it.
    async fn post_as_script(&self, path: &str, cookie: &str, body: &str) -> Answered {
        let request = Request::post(path).header("host", HOST).header("origin", ORIGIN).header("cookie", cookie);
        let request = request.header("hx-request", "true").body(Body::from(body.to_string())).unwrap();
        let response = self.app.clone().oneshot(request).await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = to_bytes(response.into_body(), 1 << 20).await.unwrap().to_vec();
        Answered { status, headers, text: String::from_utf8(text).unwrap() }
    }

    /// Follows the events until it is dropped.
    async fn open_stream(&self, cookie: &str) -> Body {
        let request = Request::get("/desk/events").header("host", HOST).header("cookie", cookie);
        let response = self.app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status().as_u16(), 200);
        response.into_body()
    }

    /// Signs a person in; the cookie.
    async fn sign_in(&self, token: &str) -> String {
        let answer = self.post("/desk/session", "", &format!("token={}", token.replace(' ', "+"))).await;
        assert_eq!(answer.status, 303, "{}", answer.text);
        answer.cookie()
    }

    /// The token of the forms on a page.
    async fn csrf(&self, cookie: &str) -> String {
        let page = self.get("/desk", cookie).await.text;
        page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_string()
    }

    /// A Finding with its Thread and a pending Message for some roles.
    fn add(&self, name: &str, severity: &str, recipients: &[&str]) {
        let status = json!({"phase": "Open", "severity": severity, "agent": "pulso", "title": "Cluster Proxmox",
            "message": format!("{name} não está em execução"), "occurrences": 1, "openedAt": "2026-01-02T03:04:05Z",
            "thread": format!("{name}-t")});
        self.server.add_finding(name, status);
        let spec = json!({"subject": "S", "agent": "pulso", "finding": name});
        self.server.put("threads", object("Thread", &format!("{name}-t"), spec, json!({})));
        let spec = json!({"thread": format!("{name}-t"), "author": {"kind": "agent", "name": "pulso"}, "needsAck": true,
            "body": "<script>alert(1)</script> parou", "recipients": recipients, "severity": severity, "finding": name});
        self.server.put("messages", object("Message", &format!("{name}-m"), spec, json!({"phase": "Pending"})));
    }
}

impl Answered {
    fn cookie(&self) -> String {
        let set = self.headers["set-cookie"].to_str().unwrap();
        assert!(set.contains("HttpOnly; SameSite=Lax") && set.contains("Path=/desk"), "{set}");
        set.split(';').next().unwrap().to_string()
    }

    fn location(&self) -> &str {
        self.headers["location"].to_str().unwrap()
    }
}

fn object(kind: &str, name: &str, spec: Value, status: Value) -> Value {
    json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": kind, "spec": spec, "status": status,
        "metadata": {"name": name, "namespace": "agentic-ops", "uid": format!("u-{name}"), "resourceVersion": "1",
            "creationTimestamp": "2026-01-02T03:04:06Z"}})
}

#[tokio::test]
async fn a_token_is_handed_over_once_and_leads_to_a_page_of_the_panel() {
    let desk = Desk::new();
    for (to, expected) in [("/desk/threads/a", "/desk/threads/a"), ("https://evil.example", "/desk"), ("", "/desk")] {
        let answer = desk.post("/desk/session", "", &format!("token=ana+devops&return={to}")).await;
        assert_eq!((answer.status, answer.location()), (303, expected));
        assert!(desk.get("/desk", &answer.cookie()).await.text.contains("id=\"caixa\""));
    }
    for (token, status) in [("nonsense", 401), ("ana+nobody", 403)] {
        let answer = desk.post("/desk/session", "", &format!("token={token}")).await;
        assert_eq!((answer.status, answer.headers.get("set-cookie")), (status, None), "{}", answer.text);
    }
    let elsewhere = desk.send("POST", "/desk/session", ("", "https://evil.example"), "token=ana+devops").await;
    assert_eq!(elsewhere.status, 403);
}

#[tokio::test]
async fn the_one_time_link_signs_in_with_its_button_alone_and_once() {
    let desk = Desk::new();
    let path = format!("/desk/session/once/{}", desk.once.make(Instant::now()));
    for _ in 0..2 {
        let page = desk.get(&path, "").await;
        assert!(
            page.status == 200 && page.headers.get("set-cookie").is_none() && page.text.contains("method=\"post\"")
        );
    }
    assert_eq!(desk.send("POST", &path, ("", "https://evil.example"), "").await.status, 403);
    let answer = desk.post(&path, "", "").await;
    assert_eq!((answer.status, answer.location()), (303, "/desk"));
    assert!(desk.get("/desk", &answer.cookie()).await.text.contains("local"));
    assert_eq!((desk.post(&path, "", "").await.status, desk.get(&path, "").await.status), (410, 410));
}

#[tokio::test]
async fn a_reader_who_is_not_signed_in_sees_no_data() {
    let desk = Desk::new();
    desk.add("f-1", "critical", &[]);
    for path in ["/desk", "/desk/findings/f-1", "/desk/threads/f-1-t", "/desk/findings", "/desk/threads"] {
        let page = desk.get(path, "desk-00000000=forged").await;
        assert!(page.status == 200 && !page.text.contains("em execução") && !page.text.contains("parou"), "{path}");
        assert!(page.text.contains("/desk/session?return="), "{path}");
    }
    // A page that is open is not filled with the one for guests.
    for path in ["/desk", "/desk/findings/f-1", "/desk/threads/f-1-t"] {
        let request = Request::get(path).header("host", HOST).header("hx-request", "true");
        let response = desk.app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status().as_u16(), 401, "{path}");
    }
    let stream = desk.get("/desk/events", "").await;
    assert_eq!((stream.status, stream.location()), (303, "/desk/session?return=%2Fdesk%2Fevents"));
    assert_eq!(desk.get("/desk/nothing/here", "").await.status, 404);
}

#[tokio::test]
async fn every_form_needs_a_session_its_token_and_the_origin_of_the_panel() {
    let desk = Desk::new();
    desk.add("f-1", "critical", &[]);
    let ana = desk.sign_in("ana super_admin").await;
    let rui = desk.sign_in("rui super_admin").await;
    let (own, other) = (desk.csrf(&ana).await, desk.csrf(&rui).await);
    for path in [
        "/desk/acknowledge",
        "/desk/acknowledge/undo",
        "/desk/preferences",
        "/desk/session/out",
        "/desk/silences",
        "/desk/silences/maintenance",
        "/desk/silences/s-1/end",
        "/desk/chat",
        "/desk/model",
        "/desk/findings/f-1/acknowledge",
        "/desk/findings/f-1/take-back",
        "/desk/findings/f-1/run",
        "/desk/findings/f-1/silence",
        "/desk/findings/f-1/advice",
        "/desk/findings/f-1/vote",
        "/desk/findings/f-1/owner",
        "/desk/findings/f-1/release",
        "/desk/findings/f-1/resolution",
        "/desk/present/f-1/replying",
        "/desk/threads/f-1-t/reply",
    ] {
        let form = |csrf: &str| format!("csrf={csrf}&message=f-1-m&body=x&vote=useful&duration=1h&reason=x");
        assert_eq!(desk.post(path, "", &form(&own)).await.location(), "/desk/session", "{path}");
        for (origin, csrf) in
            [("", own.as_str()), ("null", &own), ("https://evil.example", &own), (ORIGIN, ""), (ORIGIN, &other)]
        {
            let answer = desk.send("POST", path, (&ana, origin), &form(csrf)).await;
            assert_eq!(answer.status, 403, "{path} {origin} {csrf}");
        }
    }
    assert!(desk.server.actions().is_empty(), "{:?}", desk.server.actions());
}

#[tokio::test]
async fn a_window_shows_the_words_of_others_as_text() {
    let desk = Desk::new();
    desk.add("f-1", "critical", &[]);
    let ana = desk.sign_in("ana devops").await;
    for path in ["/desk/findings/f-1", "/desk/threads/f-1-t"] {
        let page = desk.get(path, &ana).await;
        assert_eq!(page.status, 200);
        assert!(page.text.contains("&lt;script&gt;alert(1)") && !page.text.contains("<script>"), "{}", page.text);
        assert!(!page.text.contains("Verificar agora"), "without a role that may run");
        assert!(!page.text.contains(" style=") && !page.text.contains(" onclick="));
    }
    assert_eq!(desk.get("/desk/findings/none", &ana).await.status, 404);
    let english = format!("{ana}; desk-language=en");
    assert!(desk.get("/desk/findings/f-1", &english).await.text.contains("Facts of the Finding"));
}

#[tokio::test]
async fn signing_out_ends_the_sessions_of_this_name_and_of_no_other() {
    let desk = Desk::new();
    let (first, second, rui) =
        (desk.sign_in("ana devops").await, desk.sign_in("ana devops").await, desk.sign_in("rui devops").await);
    let body = format!("csrf={}", desk.csrf(&first).await);
    let answer = desk.post("/desk/session/out", &first, &body).await;
    assert_eq!((answer.status, answer.location()), (303, "/desk/session?out"), "{}", answer.text);
    for cookie in [&first, &second] {
        assert!(!desk.get("/desk", cookie).await.text.contains("id=\"caixa\""));
    }
    assert!(desk.get("/desk", &rui).await.text.contains("id=\"caixa\""));
    assert_eq!(desk.server.actions()[0]["spec"]["verb"], "sign-out");
}

#[tokio::test]
async fn pages_and_files_are_compressed_and_streams_are_not() {
    let desk = Desk::new();
    desk.add("f-1", "critical", &[]);
    let ana = desk.sign_in("ana super_admin").await;
    for (path, expected) in [("/desk", Some("gzip")), ("/desk/actions.csv", Some("gzip")), ("/desk/events", None)] {
        for accepted in ["gzip", "identity"] {
            let request = Request::get(path).header("host", HOST).header("cookie", &ana);
            let request = request.header("accept-encoding", accepted).body(Body::empty()).unwrap();
            let response = desk.app.clone().oneshot(request).await.unwrap();
            let encoding = response.headers().get("content-encoding").map(|value| value.to_str().unwrap());
            assert_eq!(encoding, expected.filter(|_| accepted == "gzip"), "{path} {accepted}");
            if path != "/desk/events" {
                assert!(!to_bytes(response.into_body(), 1 << 20).await.unwrap().is_empty(), "{path}");
            }
        }
    }
}
