//! The Desk's database: tickets and received webhooks, which change while the estate runs.

use super::Broken;
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, params};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch as signal;

const BEAT: Duration = Duration::from_secs(2);
/// How soon a broken ticket shows.
const LOOK: Duration = Duration::from_millis(100);
const EVENTS_MAX: i64 = 200;

/// The newest webhook that the wizard has sent.
#[derive(Clone)]
pub struct Outbox {
    last: Arc<Mutex<(String, Timestamp)>>,
}

impl Outbox {
    /// Its id and when it was sent.
    pub fn last(&self) -> (String, Timestamp) {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The database and its writer.
pub struct Desk {
    connection: Connection,
    outbox: Outbox,
    number: i64,
    stuck: bool,
}

impl Desk {
    /// Makes the file anew, with tickets whose times are written in every way that is met.
    pub fn open(path: &Path) -> rusqlite::Result<Desk> {
        for ending in ["", "-wal", "-shm"] {
            // What is not there need not go.
            let _ = std::fs::remove_file(format!("{}{ending}", path.display()));
        }
        let connection = Connection::open(path)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.busy_timeout(Duration::from_secs(2))?;
        connection.execute_batch(
            "CREATE TABLE tickets (id INTEGER PRIMARY KEY, subject TEXT, queue TEXT, status TEXT, created_at, updated_at);
             CREATE TABLE webhook_events (id INTEGER PRIMARY KEY, source TEXT, source_event_id TEXT, received_at);",
        )?;
        let now = Timestamp::now();
        let ago = |hours: i64| now - SignedDuration::from_hours(hours);
        let spaced = ago(2).strftime("%Y-%m-%d %H:%M:%S").to_string();
        let offset = ago(3).to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(-3)));
        let offset = offset.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
        let ticket = "INSERT INTO tickets (subject, queue, status, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?5)";
        let created = ago(40).to_string();
        connection.execute(ticket, params!["Migrar site", "onboarding", "open", created, ago(1).to_string()])?;
        connection.execute(ticket, params!["Criar contas de e-mail", "onboarding", "pending", created, spaced])?;
        connection.execute(ticket, params!["Apontar DNS", "onboarding", "open", created, offset])?;
        connection
            .execute(ticket, params!["Instalar certificado", "onboarding", "open", created, ago(4).as_second()])?;
        connection.execute(ticket, params!["Bem-vindo", "onboarding", "closed", created, ago(400).to_string()])?;
        connection.execute(ticket, params!["Fatura em dobro", "finance", "open", created, ago(90).to_string()])?;
        let outbox = Outbox { last: Arc::new(Mutex::new((String::new(), now))) };
        let mut desk = Desk { connection, outbox, number: 0, stuck: false };
        desk.receive(now)?;
        Ok(desk)
    }

    /// What the wizard's outbox says.
    pub fn outbox(&self) -> Outbox {
        self.outbox.clone()
    }

    /// Writes now and then, until `stop`.
    pub async fn live(mut self, broken: Broken, mut stop: signal::Receiver<bool>) {
        let mut beat = tokio::time::interval(BEAT);
        let mut look = tokio::time::interval(LOOK);
        loop {
            tokio::select! {
                _ = beat.tick() => {
                    if let Err(error) = self.beat() {
                        tracing::warn!(%error, "the simulated Desk's database was not written");
                    }
                }
                _ = look.tick() => {
                    if let Err(error) = self.set_stuck(broken.has("onboarding")) {
                        tracing::warn!(%error, "the simulated Desk's database was not written");
                    }
                }
                () = async { let _ = stop.wait_for(|stop| *stop).await; } => break,
            }
        }
    }

    fn beat(&mut self) -> rusqlite::Result<()> {
        let now = Timestamp::now();
        self.connection.execute("UPDATE tickets SET updated_at = ?1 WHERE id = 1", [now.to_string()])?;
        self.receive(now)
    }

    /// One webhook sent and received.
    fn receive(&mut self, now: Timestamp) -> rusqlite::Result<()> {
        self.number += 1;
        let id = format!("evt-{:06}", self.number);
        // Whole seconds as a number, or text: both are met.
        let insert = "INSERT INTO webhook_events (source, source_event_id, received_at) VALUES ('vm112', ?1, ?2)";
        match self.number % 2 {
            0 => self.connection.execute(insert, params![id, now.to_string()])?,
            _ => self.connection.execute(insert, params![id, now.strftime("%Y-%m-%d %H:%M:%S%.3f").to_string()])?,
        };
        let old = "DELETE FROM webhook_events WHERE id <= (SELECT max(id) FROM webhook_events) - ?1";
        self.connection.execute(old, [EVENTS_MAX])?;
        *self.outbox.last.lock().unwrap_or_else(PoisonError::into_inner) = (id, now);
        Ok(())
    }

    fn set_stuck(&mut self, stuck: bool) -> rusqlite::Result<()> {
        if stuck != self.stuck {
            let at = if stuck { Timestamp::now() - SignedDuration::from_hours(30) } else { Timestamp::now() };
            self.connection.execute("UPDATE tickets SET updated_at = ?1 WHERE id = 2", [at.to_string()])?;
            self.stuck = stuck;
        }
        Ok(())
    }
}
