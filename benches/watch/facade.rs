//! P7: lists and pages of the facade, with as many open Findings as there are Scenarios, 1,000 Threads, and one of 1,000 Messages.

use crate::ours::{self, Ours};
use crate::{Bench, Line, number, step};
use agentic_ops::api::{Author, AuthorKind, Message, MessageSpec, Role, Severity, Thread, ThreadSpec};
use agentic_ops::cli::token::{issue, load_or_make_secret};
use futures::StreamExt as _;
use kube::api::PostParams;
use kube::{Api, Resource};
use reqwest::header::{AUTHORIZATION, HeaderName};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Debug;
use std::path::Path;
use std::time::{Duration, Instant};

const THREADS: usize = 1_000;
/// Messages of each Thread, of which one awaits an acknowledgement.
const MESSAGES_OF_THREAD: usize = 4;
/// Messages of the longest Thread.
const MESSAGES_OF_LONGEST: usize = 1_000;
const LONGEST: &str = "bench-longest";
/// The answer of a bare route, in the same server.
const BARE: &str = "/livez";
/// Requests before those that are measured.
const WARM_UP: usize = 20;

const ROUTES: [(&str, &str); 6] = [
    ("/findings?limit=50", "/api/v1/agents/findings?limit=50"),
    ("/findings?sort=severity", "/api/v1/agents/findings?limit=50&sort=severity"),
    ("/inbox", "/api/v1/agents/inbox"),
    ("/inbox?sort=severity", "/api/v1/agents/inbox?sort=severity"),
    ("/threads", "/api/v1/agents/threads"),
    ("/threads/{id}/messages of 1,000", "/api/v1/agents/threads/bench-longest/messages"),
];

impl Bench {
    pub async fn lists_of_the_facade(&self) -> Vec<Line> {
        step("the facade");
        let data = self.scratch.dir("facade");
        ours::fill(&data, &self.target, self.many, "1h").await;
        let settings = [("OPS_INTERNAL_TOKEN", ours::TICK_TOKEN), ("AGENTIC_REQUESTS_PER_MINUTE", "1000000")];
        let settings = settings.map(|(name, value)| (name.to_string(), value.to_string()));
        let program = self.start_with(&data, settings.to_vec());
        program.until("agentic_ops_runs_total", self.many as f64).await;
        self.target.set_broken(true).await;
        program.run_all().await;
        program.run_all().await;
        program.until("agentic_ops_open_findings", self.many as f64).await;
        step("  Threads and Messages");
        add_conversations(&data).await;
        let secret = load_or_make_secret(&data).expect("a secret");
        let day = Duration::from_secs(24 * 3600);
        let token = issue(&secret, "bench", &[Role::OpsLead], jiff::Timestamp::now(), day).expect("a token");
        let credential = (AUTHORIZATION, format!("Bearer {token}"));
        let reader = Reader { client: reqwest::Client::new(), credential, bearer: token };
        reader.until_all_are_there(&program).await;
        let mut lines = Vec::new();
        for (what, path) in ROUTES {
            let measured = reader.compare(&program, path, number("BENCH_REQUESTS", 1_000)).await;
            step(&format!("  {what}: {measured}"));
            lines.push(Line { goal: "P7", what, expected: "p99 ≤ 20 ms".into(), measured });
        }
        let first = reader.read(&program, "/api/v1/agents/findings?limit=1").await.1;
        let first: serde_json::Value = serde_json::from_str(&first).expect("a page of Findings");
        let of_first = |field: &str| first["items"][0][field].as_str().expect("a name").to_string();
        let names = [&of_first("id"), LONGEST, &of_first("scenario_id")];
        lines.extend(self.pages_of_the_panel(&program, &secret, names).await);
        self.target.set_broken(false).await;
        program.process.stop();
        lines
    }
}

/// Creates the Threads and their Messages in the program that runs.
async fn add_conversations(data: &Path) {
    let thread = |name: &str| {
        let spec = ThreadSpec {
            subject: format!("Serviço {name}"),
            agent: "maestro".into(),
            finding: None,
            conversation: Some(name.to_string()),
            participants: Vec::new(),
            closed: false,
        };
        Thread::new(name, spec)
    };
    let names: Vec<String> = (0..THREADS - 1).map(|n| format!("bench-{n:04}")).chain([LONGEST.to_string()]).collect();
    create(ours::api(data).await, names.iter().map(|name| thread(name))).await;
    let of_thread = |name: &String| if name == LONGEST { MESSAGES_OF_LONGEST } else { MESSAGES_OF_THREAD };
    let messages = names.iter().flat_map(|name| (0..of_thread(name)).map(move |n| message(name, n)));
    create(ours::api(data).await, messages).await;
}

fn message(thread: &str, n: usize) -> Message {
    let spec = MessageSpec {
        thread: thread.to_string(),
        author: Author { kind: AuthorKind::Agent, name: "maestro".into() },
        body: "O serviço não responde. ".repeat(20),
        in_reply_to: None,
        recipients: vec!["agentic_operator".into()],
        needs_ack: n == 0,
        at: None,
        tier: None,
        citations: Vec::new(),
        grounded: None,
        reason: None,
        severity: Some(Severity::ALL[n % Severity::ALL.len()]),
        finding: None,
        scenario: None,
        action: None,
        acknowledgement: None,
    };
    Message::new(&format!("{thread}-m{n:04}"), spec)
}

async fn create<K>(api: Api<K>, objects: impl Iterator<Item = K>)
where
    K: Resource + Clone + Debug + Serialize + DeserializeOwned,
{
    let (api, params) = (&api, &PostParams::default());
    let create = |object: K| async move { api.create(params, &object).await.expect("created") };
    futures::stream::iter(objects).map(create).buffer_unordered(64).for_each(|_| async {}).await;
}

/// A client of the facade, or of the panel.
#[derive(Clone)]
pub struct Reader {
    pub client: reqwest::Client,
    /// The header that says who reads.
    pub credential: (HeaderName, String),
    /// A token for the facade.
    pub bearer: String,
}

impl Reader {
    /// The answer to a GET.
    pub async fn get(&self, url: &str) -> reqwest::Response {
        let (name, value) = &self.credential;
        let answer = self.client.get(url).header(name, value).send().await.expect("an answer");
        assert!(answer.status().is_success(), "{url}: {answer:?}");
        answer
    }

    /// Acknowledges a Finding, or takes that back.
    pub async fn acknowledge(&self, program: &Ours, finding: &str) {
        let url = program.url_of(&format!("/api/v1/agents/findings/{finding}/ack"));
        let made = self.client.post(&url).bearer_auth(&self.bearer).send().await.expect("an answer");
        assert!(made.status().is_success(), "{made:?}");
        tokio::time::sleep(Duration::from_millis(200)).await;
        let undone = self.client.delete(&url).bearer_auth(&self.bearer).send().await.expect("an answer");
        assert!(undone.status().is_success(), "{undone:?}");
    }

    async fn read(&self, program: &Ours, path: &str) -> (Duration, String) {
        let (url, began) = (program.url_of(path), Instant::now());
        let answer = self.get(&url).await;
        let text = answer.text().await.expect("a body");
        (began.elapsed(), text)
    }

    /// Waits until the caches have what was created last.
    async fn until_all_are_there(&self, program: &Ours) {
        let path = format!("/api/v1/agents/threads/{LONGEST}/messages?limit=500");
        loop {
            let first = self.read(program, &path).await.1;
            let first: serde_json::Value = serde_json::from_str(&first).expect("a page of Messages");
            if let Some(next) = first["next"].as_str() {
                let second = self.read(program, &format!("{path}&cursor={next}")).await.1;
                if second.matches(r#""thread_id""#).count() == MESSAGES_OF_LONGEST - 500 {
                    return;
                }
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Reads a path and the bare route in turn, and tells how long both took.
    pub async fn compare(&self, program: &Ours, path: &str, requests: usize) -> String {
        let (mut bare, mut ours) = (Vec::new(), Vec::new());
        for request in 0..requests + WARM_UP {
            let (one, other) = (self.read(program, BARE).await.0, self.read(program, path).await.0);
            if request >= WARM_UP {
                bare.push(one);
                ours.push(other);
            }
        }
        let (bare, ours) = (Percentiles::of(bare), Percentiles::of(ours));
        format!(
            "p50 {:.2} ms, p99 {:.2} ms ({:.1} and {:.1} times a bare route: {:.2} and {:.2} ms)",
            ours.median,
            ours.p99,
            ours.median / bare.median,
            ours.p99 / bare.p99,
            bare.median,
            bare.p99
        )
    }
}

/// In milliseconds.
struct Percentiles {
    median: f64,
    p99: f64,
}

impl Percentiles {
    fn of(mut times: Vec<Duration>) -> Percentiles {
        times.sort_unstable();
        let at = |percent: usize| times[(times.len() * percent / 100).min(times.len() - 1)].as_secs_f64() * 1e3;
        Percentiles { median: at(50), p99: at(99) }
    }
}
