//! The digest controller: mails the daily digest of Maestro.
//!
//! While this replica leads:
//!
//! 1. list the Actions that record digests;
//! 2. decide what is next ([`Plan::next`]);
//! 3. create the Action of a date that is due and plan its recipients, or claim a recipient, send, and record what came of it;
//! 4. wait for the next start or attempt.

mod actions;
mod standing;

use super::context::Context;
use crate::api::DigestNotice;
use crate::domain::notice::digest::{Identity, Look, digest, look};
use crate::domain::notice::digest_content::Digest;
use crate::domain::notice::digest_delivery::{Claimed, Plan, RECIPIENTS_MAX, Step};
use crate::domain::outgoing::{Delivery, Mail};
use crate::domain::recurrence::Schedule;
use crate::runtime::caches::Caches;
use crate::runtime::clock::now;
use crate::runtime::leadership::WriteFence;
use crate::runtime::retry::{self, Retry};
use crate::runtime::write::WriteError;
use actions::{Actions, Stored};
use futures::future::BoxFuture;
use jiff::Timestamp;
use jiff::civil::Date;
use standing::Standings;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;

/// The clocks, and the write fence, are checked this often.
const CHECK: Duration = Duration::from_secs(1);
/// Where Scenarios may have to be judged first, it is looked this often whether there is something to tell.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// An attempt takes no longer: the claim holds until then, and for writing the result.
const ATTEMPT_MAX: Duration = Duration::from_secs(90);
/// Tries to record the result of an attempt; then the claim ends, and the same message is sent again.
const RECORD_TRIES: u32 = 8;

/// Words a digest.
pub type Word = Arc<dyn Fn(&Digest) -> Mail + Send + Sync>;
/// Sends a mail to a recipient.
pub type Deliver = Arc<dyn Fn(String, Mail) -> BoxFuture<'static, Delivery> + Send + Sync>;

/// What the digest is made and sent with.
#[derive(Clone)]
pub struct DigestConfig {
    /// When it is due.
    pub schedule: Schedule,
    /// Addresses of mail. Without one there is no digest.
    pub recipients: Vec<String>,
    /// Domain of Message-IDs: that of the sender.
    pub domain: String,
    pub word: Word,
    pub deliver: Deliver,
}

/// Starts the controller; it ends when the context is stopped. Without a configuration mail is off.
pub fn start(context: &Context, config: Option<DigestConfig>) -> JoinHandle<()> {
    let stopped = context.stopped();
    let config = config.filter(|config| !config.recipients.is_empty());
    let controller = config.map(|config| Controller::new(context, config));
    tokio::spawn(async move {
        let Some(controller) = controller else {
            return tracing::debug!("no daily digest: mail is off, or has no recipient");
        };
        tokio::select! {
            () = controller.run() => {}
            _ = stopped => {}
        }
    })
}

struct Controller {
    caches: Caches,
    fence: WriteFence,
    actions: Actions,
    plan: Plan,
    /// The start at which there was nothing to tell.
    empty: Option<Timestamp>,
    /// Since when this replica leads.
    led_since: Option<Timestamp>,
    time_zone: Arc<str>,
    word: Word,
    deliver: Deliver,
}

impl Controller {
    fn new(context: &Context, config: DigestConfig) -> Controller {
        let DigestConfig { schedule, recipients, domain, word, deliver } = config;
        if recipients.len() > RECIPIENTS_MAX {
            tracing::warn!(
                recipients = recipients.len(),
                "the daily digest is mailed to the first {RECIPIENTS_MAX} only"
            );
        }
        let me = uuid::Uuid::new_v4().to_string();
        Controller {
            caches: context.caches.clone(),
            fence: context.fence.clone(),
            actions: Actions::new(context),
            plan: Plan { schedule, recipients, domain, me },
            empty: None,
            led_since: None,
            time_zone: context.time_zone.clone(),
            word,
            deliver,
        }
    }

    async fn run(mut self) {
        self.caches.progress.until_listed(&["Finding", "Scenario", "Silence"]).await;
        let mut failures = 0;
        loop {
            while !self.fence.is_open() {
                self.led_since = None;
                tokio::time::sleep(CHECK).await;
            }
            self.led_since.get_or_insert_with(now);
            match self.step().await {
                Ok(None) => failures = 0,
                Ok(Some(until)) => {
                    failures = 0;
                    self.wait(until).await;
                }
                Err(error) => {
                    let pause = match retry::WRITES.decide(&error, failures) {
                        Retry::WaitForLeadership => CHECK,
                        Retry::After(pause) => pause,
                        // Another object is written next time, or a person changes what is refused.
                        Retry::Stop => retry::WRITES.longest,
                    };
                    if pause > CHECK {
                        tracing::warn!(%error, "daily digest: waiting to try again");
                    }
                    failures += 1;
                    tokio::time::sleep(pause).await;
                }
            }
        }
    }

    /// Waits while this replica leads.
    async fn wait(&self, until: Timestamp) {
        while self.fence.is_open() && now() < until {
            tokio::time::sleep(CHECK).await;
        }
    }

    /// Does what is next, or returns until when there is nothing to do.
    async fn step(&mut self) -> Result<Option<Timestamp>, WriteError> {
        let stored = self.actions.list(self.plan.recent(now())).await?;
        let records: Vec<_> = stored.iter().map(|stored| stored.record.clone()).collect();
        let of = |date: Date| stored.iter().find(|stored| stored.record.date == date).ok_or(WriteError::Gone);
        match self.plan.next(&records, self.empty, now()) {
            Step::Wait(until) => return Ok(Some(until)),
            Step::Create(date, start) => return self.create(date, start).await,
            Step::Write(date, notices) => drop(self.actions.write(of(date)?, notices).await?),
            Step::Claim(date, notices, claim) => {
                let written = self.actions.write(of(date)?, notices).await?;
                self.attempt(written, &claim.written()).await?;
            }
        }
        Ok(None)
    }

    /// Creates the Action of a date, where there is something to tell; else returns until when to wait for that.
    async fn create(&mut self, date: Date, start: Timestamp) -> Result<Option<Timestamp>, WriteError> {
        let (at, is_empty) = (now(), self.digest(date, String::new()).is_none());
        match look(is_empty, &self.caches.scenarios.objects(), self.led_since.unwrap_or(at), at) {
            Look::Tell => self.actions.create(date).await?,
            Look::TooEarly(until) => return Ok(Some(until.min(at.saturating_add(LOOK_AGAIN).unwrap_or(until)))),
            Look::Nothing => {
                tracing::debug!(%date, "no daily digest: there is nothing to tell");
                self.empty = Some(start);
            }
        }
        Ok(None)
    }

    /// Sends the claimed mail, and records what came of it.
    async fn attempt(&self, stored: Stored, claimed: &Claimed) -> Result<(), WriteError> {
        let date = stored.record.date;
        let delivery = match self.digest(date, claimed.message_id().to_string()) {
            // The claim may be over where the process was stopped for a while.
            _ if now() >= claimed.until() => return Ok(()),
            Some(digest) => Some(self.delivered(claimed, (self.word)(&digest)).await),
            None => None,
        };
        let recipient = claimed.recipient();
        match &delivery {
            Some(Delivery::Accepted(_)) => tracing::info!(%date, recipient, "daily digest sent"),
            Some(failed) => tracing::warn!(%date, recipient, result = ?failed, "daily digest not sent"),
            None => tracing::debug!(%date, recipient, "daily digest not sent: there is nothing to tell any more"),
        }
        self.record(stored, claimed, delivery.as_ref()).await
    }

    async fn delivered(&self, claimed: &Claimed, mail: Mail) -> Delivery {
        let sending = (self.deliver)(claimed.recipient().to_string(), mail);
        let timeout = || Delivery::Uncertain(format!("the attempt took longer than {} s", ATTEMPT_MAX.as_secs()));
        tokio::time::timeout(ATTEMPT_MAX, sending).await.unwrap_or_else(|_| timeout())
    }

    async fn record(
        &self,
        mut stored: Stored,
        claimed: &Claimed,
        delivery: Option<&Delivery>,
    ) -> Result<(), WriteError> {
        let mut failures = 0;
        loop {
            let notices: Vec<DigestNotice> = claimed.recorded(&stored.record.notices, delivery, now());
            let error = match self.actions.write(&stored, notices).await {
                Ok(_) => return Ok(()),
                Err(error) if failures >= RECORD_TRIES => return Err(error),
                Err(error) => error,
            };
            match retry::WRITES.decide(&error, failures) {
                Retry::Stop | Retry::WaitForLeadership => return Err(error),
                Retry::After(pause) => tokio::time::sleep(pause).await,
            }
            failures += 1;
            if matches!(error, WriteError::Conflict) {
                stored = self.actions.read(stored.record.date).await?;
            }
        }
    }

    /// The digest of a date as things are now.
    fn digest(&self, date: Date, id: String) -> Option<Digest> {
        let (findings, scenarios) = (self.caches.findings.objects(), self.caches.scenarios.objects());
        let at = now();
        let standings = Standings::at(&self.caches.silences, &self.time_zone, at);
        digest(Identity { date, id }, &findings, &scenarios, |finding| standings.of(finding), at)
    }
}
