//! P7 for people on duty: the pages of the panel over the same caches, and what open panels cost.

use crate::facade::Reader;
use crate::ours::Ours;
use crate::{Bench, Line, number, step};
use agentic_ops::api::Role;
use agentic_ops::cli::token::issue;
use reqwest::header::{COOKIE, LOCATION, ORIGIN, SET_COOKIE};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

const PANELS: usize = 50;
/// A person can have 16 streams.
const PEOPLE: usize = 4;
/// A page reads its counts so often at most, however much changes; and the round so often.
const LISTS: Duration = Duration::from_secs(2);
const ROUND: Duration = Duration::from_secs(30);
/// So often something changes twice while panels are open.
const CHANGES: Duration = Duration::from_secs(5);
/// The part of a core below which the program rests.
const RESTS: f64 = 0.15;

impl Bench {
    /// `finding`: the name of one. `thread`: that of the longest Thread.
    pub async fn pages_of_the_panel(&self, program: &Ours, secret: &[u8], names: [&str; 3]) -> Vec<Line> {
        let [finding, thread, scenario] = names;
        let reader = sign_in(program, secret, "bench").await;
        let pages = [
            ("/desk", "/desk".to_string()),
            ("/desk/findings", "/desk/findings".to_string()),
            ("/desk/findings/{name}", format!("/desk/findings/{finding}")),
            ("/desk/threads/{name} of 1,000 Messages", format!("/desk/threads/{thread}")),
            ("/desk/board", "/desk/board".to_string()),
            ("/desk/scenarios/{name}", format!("/desk/scenarios/{scenario}")),
        ];
        let mut lines = Vec::new();
        for (what, path) in pages {
            let measured = reader.compare(program, &path, number("BENCH_REQUESTS", 1_000).min(300)).await;
            step(&format!("  {what}: {measured}"));
            lines.push(Line { goal: "P7", what, expected: "p99 ≤ 20 ms".into(), measured });
        }
        lines.push(self.open_panels(program, secret, &reader, finding).await);
        lines
    }

    async fn open_panels(&self, program: &Ours, secret: &[u8], reader: &Reader, finding: &str) -> Line {
        self.until_it_rests(program).await;
        let (none, without) = self.cost(program, reader, finding).await;
        let mut panels = JoinSet::new();
        for person in 0..PEOPLE {
            let reader = sign_in(program, secret, &format!("person-{person}")).await;
            for _ in (person..PANELS).step_by(PEOPLE) {
                panels.spawn(panel(reader.clone(), program.url_of("")));
            }
        }
        tokio::time::sleep(LISTS).await;
        let (some, with) = self.cost(program, reader, finding).await;
        assert_eq!(panels.len(), PANELS);
        assert!(panels.try_join_next().is_none(), "a panel ended");
        panels.abort_all();
        let measured = format!("{:.2} % of a core and {:.1} MiB ({none:.2} % without)", some - none, with - without);
        step(&format!("  {PANELS} open panels: {measured}"));
        Line {
            goal: "P7",
            what: "50 open panels, 24 changes a minute",
            expected: "≤ 2 % of a core, 20 MiB".into(),
            measured,
        }
    }

    /// What the failures of all Scenarios lead to is over.
    async fn until_it_rests(&self, program: &Ours) {
        loop {
            let before = program.process.cpu_seconds();
            tokio::time::sleep(CHANGES).await;
            if (program.process.cpu_seconds() - before) / CHANGES.as_secs_f64() < RESTS {
                return;
            }
        }
    }

    /// The part of a core, in per cent, and the resident memory, in MiB, while things change.
    async fn cost(&self, program: &Ours, reader: &Reader, finding: &str) -> (f64, f64) {
        let (before, began) = (program.process.cpu_seconds(), Instant::now());
        while began.elapsed() < self.window {
            reader.acknowledge(program, finding).await;
            tokio::time::sleep(CHANGES).await;
        }
        let used = program.process.cpu_seconds() - before;
        (used / began.elapsed().as_secs_f64() * 100.0, program.process.resident_mib())
    }
}

/// One open page: its stream of events, the counts that it reads when they change, and the round.
async fn panel(reader: Reader, base: String) {
    let url = |path: &str| format!("{base}{path}");
    let mut stream = reader.get(&url("/desk/events")).await;
    let (mut counted, mut round) = (Instant::now(), Instant::now());
    loop {
        let event = tokio::time::timeout(Duration::from_secs(1), stream.chunk()).await;
        if let Ok(chunk) = event {
            let chunk = chunk.expect("events").expect("a stream that goes on");
            if counted.elapsed() >= LISTS && chunk.windows(5).any(|part| part == b"inbox") {
                counted = Instant::now();
                reader.get(&url("/desk/pending")).await;
            }
        }
        if round.elapsed() >= ROUND {
            round = Instant::now();
            reader.get(&url("/desk/round")).await;
        }
    }
}

/// A browser of this person.
async fn sign_in(program: &Ours, secret: &[u8], name: &str) -> Reader {
    let day = Duration::from_secs(24 * 3600);
    let token = issue(secret, name, &[Role::SuperAdmin], jiff::Timestamp::now(), day).expect("a token");
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
    let origin = program.url_of("");
    let request = client.post(program.url_of("/desk/session")).header(ORIGIN, origin).body(format!("token={token}"));
    let answer = request.send().await.expect("an answer");
    assert!(answer.headers().contains_key(LOCATION), "{answer:?}");
    let cookie = answer.headers()[SET_COOKIE].to_str().expect("a cookie").split(';').next().unwrap_or_default();
    Reader { client: client.clone(), credential: (COOKIE, cookie.to_string()), bearer: token }
}
