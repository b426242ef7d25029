//! The panel: what its handlers share.

use super::backend::{Backend, Options};
use super::guard::Guard;
use super::guest::Guest;
use super::held::Held;
use super::live::Live;
use super::options::ScenarioOptions;
use super::presence::Presence;
use super::round::LastRound;
use super::seats::Seats;
use super::session::{Ended, OneTime, Sessions};
use crate::advisor::runbooks::read_runbook;
use crate::commands::{self, Caller, Command, CommandError, CommandRate, Earlier, Objects, RequestId};
use crate::domain::refusal::Refusal;
use crate::views::Resources;
use jiff::tz::TimeZone;
use std::path::PathBuf;
use std::sync::Arc;

/// State of the handlers.
pub struct Panel {
    pub backend: Backend,
    pub guest: Guest,
    pub guard: Arc<Guard>,
    pub sessions: Sessions,
    pub ended: Arc<Ended>,
    pub live: Live,
    pub once: OneTime,
    pub round: LastRound,
    /// The Scenarios to choose from.
    pub scenarios: ScenarioOptions,
    /// Who has which window open.
    pub presence: Presence,
    /// Seats for streams of events.
    pub streams: Seats,
    /// Acknowledgements that can still be taken back.
    pub held: Held,
    /// The directory of the runbooks.
    runbooks: Option<PathBuf>,
    /// Time zone of a reader whose browser told none.
    pub zone: TimeZone,
}

pub type PanelState = Arc<Panel>;

impl Panel {
    pub fn new(backend: Backend, options: Options, once: OneTime, (ended, live): (Arc<Ended>, Live)) -> Panel {
        let guard = Arc::new(Guard::new(&options));
        let secret = options.secret.unwrap_or_else(|| {
            let random = [uuid::Uuid::new_v4(), uuid::Uuid::new_v4(), uuid::Uuid::new_v4()];
            random.into_iter().flat_map(uuid::Uuid::into_bytes).collect()
        });
        Panel {
            backend,
            guest: Guest { url: options.url, namespace: options.namespace, language: options.language },
            guard,
            sessions: Sessions::new(&secret, &options.instance),
            ended,
            live,
            once,
            round: LastRound::default(),
            scenarios: ScenarioOptions::default(),
            streams: Seats::default(),
            held: Held::default(),
            presence: Presence::default(),
            runbooks: options.runbooks,
            zone: options.zone,
        }
    }

    pub fn resources(&self) -> &Resources {
        &self.backend.context.resources
    }

    /// The text of a runbook; `None` where there is none here.
    pub fn runbook(&self, spec: &str) -> Option<String> {
        read_runbook(self.runbooks.as_deref()?, spec).ok()
    }

    /// Carries a command out for a caller, and to completion even if the browser disconnects.
    pub async fn run<C: Command>(
        &self,
        caller: &Caller,
        command: impl FnOnce(&Resources) -> Result<C, CommandError>,
    ) -> Result<C::Output, CommandError> {
        self.backend.recovery.require()?;
        let context =
            commands::Context { caller: caller.clone(), request: RequestId::unique(), ..self.backend.context.clone() };
        let command = command(&context.resources)?;
        let work = async move { command.execute(&context, None, &|_| None).await };
        tokio::spawn(work).await.unwrap_or_else(|_| Err(CommandError::unavailable("the command failed: see the log")))
    }

    /// As [`Panel::run`] on several objects, which is one command of the caller; `field` names them. Objects with a conflict, and those that
    /// no longer exist, are skipped; any other error is returned at once.
    pub async fn run_all<C: Command>(
        &self,
        caller: &Caller,
        field: &str,
        commands: Vec<C>,
    ) -> Result<(), CommandError> {
        self.backend.recovery.require()?;
        let request = RequestId::unique();
        let of_caller = commands::Context { caller: caller.clone(), request, ..self.backend.context.clone() };
        of_caller.admit(Objects::bulk(field, commands.len())?)?;
        // It was counted, and each of the objects gets an Action of its own.
        let rate = Arc::new(CommandRate::new(commands.len()));
        let work = async move {
            for command in commands {
                let (request, rate) = (RequestId::unique(), rate.clone());
                let context = commands::Context { request, rate, ..of_caller.clone() };
                match command.execute(&context, None, &|_| None).await {
                    Ok(_) | Err(CommandError::Conflict(_) | CommandError::NotFound(_)) => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(())
        };
        tokio::spawn(work).await.unwrap_or_else(|_| Err(CommandError::unavailable("the command failed: see the log")))
    }

    /// As [`Panel::run`], once for each `key` of a form: sent again, it is not done again, and there is no output.
    pub async fn run_once<C: Command>(
        &self,
        caller: &Caller,
        (key, content): (&str, &[&[u8]]),
        command: impl FnOnce(&Resources) -> Result<C, CommandError>,
    ) -> Result<Option<C::Output>, CommandError> {
        self.backend.recovery.require()?;
        let request = RequestId::keyed(&caller.name, &format!("desk {key}"), content);
        let context = commands::Context { caller: caller.clone(), request, ..self.backend.context.clone() };
        let command = command(&context.resources)?;
        let work = async move {
            match commands::look_up(&context).await {
                Ok(Earlier::None) => command.execute(&context, None, &|_| None).await.map(Some),
                Ok(Earlier::Unanswered(intent)) => command.execute(&context, Some(*intent), &|_| None).await.map(Some),
                Ok(Earlier::Answered(_)) | Err(CommandError::Conflict(Refusal::RequestInProgress)) => Ok(None),
                Err(error) => Err(error),
            }
        };
        tokio::spawn(work).await.unwrap_or_else(|_| Err(CommandError::unavailable("the command failed: see the log")))
    }
}
