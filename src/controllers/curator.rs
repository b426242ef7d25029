//! The controller of Curador: tells Maestro, once a week at most, what the runbooks lack and which sections led to wrong advice.
//!
//! At intervals:
//!
//! 1. compare the Scenarios with the runbooks, and set the metric of uncovered checks;
//! 2. while this replica leads, look whether the Message of this week exists, whose name follows from the week;
//! 3. count the votes, and where something is missing, make the Thread of the week and its Message.
//!
//! A week in which nothing is missing has no Message.

use super::context::Context;
use super::making::{Made, Maker, said_by};
use crate::api::{FindingRunbook, MessageSpec, Role, ThreadSpec, Tier};
use crate::domain::advice::votes::{Cast, by_section};
use crate::domain::advice::weekly::{self, VOTES_AGE};
use crate::domain::agents::{self, CURADOR, MAESTRO};
use crate::domain::runbooks::{Coverage, ScenarioRunbook, coverage};
use crate::domain::texts::curator as texts;
use crate::domain::thread::authorship::is_own;
use crate::domain::thread::names::names;
use crate::runtime::clock::now;
use crate::runtime::write::WriteError;
use jiff::Timestamp;
use kube::ResourceExt as _;
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

/// It is looked this often.
const INTERVAL: Duration = Duration::from_secs(60);
/// A replica leads this long before it tells anything: what is being installed or edited is not missing.
const LED_MIN: Duration = Duration::from_secs(600);

/// Starts the controller; it ends when the context is stopped.
pub fn start(context: &Context) -> JoinHandle<()> {
    let curator = Curator { maker: Maker::new(context), context: context.clone() };
    let stopped = context.stopped();
    tokio::spawn(async move {
        tokio::select! {
            () = curator.run() => {}
            _ = stopped => {}
        }
    })
}

struct Curator {
    context: Context,
    maker: Maker,
}

impl Curator {
    async fn run(self) {
        self.context.caches.progress.until_listed(&["Scenario", "Agent", "Message", "Action"]).await;
        let mut led_since = None;
        let mut looks = tokio::time::interval(INTERVAL);
        looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            looks.tick().await;
            let Some(coverage) = self.coverage().await else { continue };
            self.context.metrics.set_uncovered_checks(coverage.uncovered());
            if !self.context.fence.is_open() {
                led_since = None;
                continue;
            }
            if led_since.get_or_insert_with(Instant::now).elapsed() < LED_MIN {
                continue;
            }
            if let Err(error) = self.tell(&coverage, now()).await {
                tracing::warn!(%error, "the weekly message on the runbooks is not stored yet");
            }
        }
    }

    /// Tells what is missing at `at`, unless it was told this week, or nothing is.
    async fn tell(&self, coverage: &Coverage, at: Timestamp) -> Result<(), WriteError> {
        let thread = weekly::thread_name(at, &self.context.notices.style.zone);
        if self.is_told(&weekly::message_name(&thread)) {
            return Ok(());
        }
        let Some(body) = self.body(coverage, at) else { return Ok(()) };
        let language = self.context.language;
        let spec = ThreadSpec {
            subject: texts::subject(language, thread.trim_start_matches("coverage-")),
            agent: CURADOR.into(),
            finding: None,
            conversation: Some(thread.clone()),
            participants: vec![CURADOR.into(), MAESTRO.into()],
            closed: false,
        };
        let name = match self.maker.thread(&thread, &spec).await? {
            Made::New(made) => made.name_any(),
            Made::Before(name) => name,
            Made::NoName => return Ok(()),
        };
        self.maker.message(&weekly::message_name(&thread), &self.message(name, body)).await.map(drop)
    }

    fn is_told(&self, message: &str) -> bool {
        names(message).any(|name| self.context.caches.messages.get(&name).is_some_and(|message| is_own(&message)))
    }

    async fn coverage(&self) -> Option<Coverage> {
        let caches = &self.context.caches;
        let scenarios: Vec<ScenarioRunbook> =
            caches.scenarios.objects().iter().map(|of| ScenarioRunbook::of(&of.name, &of.spec)).collect();
        let notices = self.context.notices.clone();
        let page =
            move |spec: &str| (notices.page)(&FindingRunbook { spec: spec.to_string(), section: None, url: None });
        tokio::task::spawn_blocking(move || coverage(&scenarios, page)).await.ok()
    }

    /// The text; `None` where nothing is missing.
    fn body(&self, coverage: &Coverage, at: Timestamp) -> Option<String> {
        let actions = self.context.caches.actions.objects();
        let since = at.checked_sub(VOTES_AGE).unwrap_or(Timestamp::MIN);
        let casts = actions.iter().filter_map(|action| Cast::of(action)).filter(|cast| cast.at >= since);
        weekly::body(coverage, &by_section(casts), self.context.language)
    }

    fn message(&self, thread: String, body: String) -> MessageSpec {
        let caches = &self.context.caches;
        let is_available = |name: &str| caches.agents.get(name).is_some_and(|agent| !agent.spec.suspend);
        let maestro = caches.agents.get(MAESTRO);
        let roles = maestro.iter().flat_map(|maestro| &maestro.spec.inbox_roles);
        let acting = agents::acting(CURADOR, is_available).to_string();
        MessageSpec {
            recipients: roles.map(|role| Role::as_str(*role).to_string()).collect(),
            needs_ack: true,
            ..said_by(acting, thread, body, Tier::T0)
        }
    }
}
