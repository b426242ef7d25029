//! The Desk's database, with tickets and received webhooks that change while the estate runs.
//!
//! Unless a part is broken, all open tickets are updated in turn, and every webhook in the wizard's outbox is received.

use super::broken::Broken;
use jiff::{SignedDuration, Timestamp, tz};
use rusqlite::types::Value;
use rusqlite::{Connection, params};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch as signal;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

const UPDATE_INTERVAL: Duration = Duration::from_secs(2);
/// Timeout of a write while the file is locked. The next update tries again.
const BUSY: Duration = Duration::from_millis(250);
const EVENTS_MAX: i64 = 200;
/// Ids of the tickets that are updated: open ones in queue `onboarding`.
const ONBOARDING: [i64; 4] = [1, 2, 3, 4];
/// The ticket that can be stuck, and for how long.
const STUCK: i64 = 2;
const STUCK_FOR: SignedDuration = SignedDuration::from_hours(30);
/// Tables that can be lost, and the part of each. A lost table is renamed.
const TABLES: [(&str, &str); 2] = [("tickets-table", "tickets"), ("webhooks-table", "webhook_events")];

const SCHEMA: &str = "
    CREATE TABLE tickets (id INTEGER PRIMARY KEY, subject TEXT NOT NULL, queue TEXT NOT NULL, status TEXT NOT NULL,
        created_at, updated_at);
    CREATE TABLE webhook_events (id INTEGER PRIMARY KEY, source TEXT NOT NULL, source_event_id TEXT NOT NULL, received_at);
    CREATE INDEX tickets_queue ON tickets (queue, status);
    CREATE INDEX webhook_events_source ON webhook_events (source, received_at);";

/// The last webhook that the wizard sent.
#[derive(Clone)]
pub struct Outbox {
    last: Arc<Mutex<(String, Timestamp)>>,
}

impl Outbox {
    /// Its id and time.
    pub fn last(&self) -> (String, Timestamp) {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, id: String, at: Timestamp) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = (id, at);
    }
}

/// A time in one of the four formats that the Desk's programs use: with `T`, with a space, with an offset, in Unix
/// seconds.
fn formatted(at: Timestamp, format: i64) -> Value {
    match format.rem_euclid(4) {
        0 => Value::Text(at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()),
        1 => Value::Text(at.strftime("%Y-%m-%d %H:%M:%S").to_string()),
        2 => {
            let local = at.to_zoned(tz::TimeZone::fixed(tz::offset(-3)));
            Value::Text(local.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string())
        }
        _ => Value::Integer(at.as_second()),
    }
}

/// The database and its writer.
pub struct Desk {
    connection: Connection,
    outbox: Outbox,
    /// Number of webhooks sent.
    sent: i64,
    /// Index in `ONBOARDING` of the ticket to update next.
    next: usize,
    stuck: bool,
    /// Whether each of `TABLES` is lost.
    lost: [bool; TABLES.len()],
}

impl Desk {
    /// Creates the file, with tickets whose times are in all formats.
    pub fn open(path: &Path, now: Timestamp) -> rusqlite::Result<Desk> {
        for ending in ["", "-wal", "-shm"] {
            // The file may not exist.
            let _ = std::fs::remove_file(format!("{}{ending}", path.display()));
        }
        let connection = Connection::open(path)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.busy_timeout(BUSY)?;
        connection.execute_batch(SCHEMA)?;
        let outbox = Outbox { last: Arc::new(Mutex::new((String::new(), now))) };
        let lost = [false; TABLES.len()];
        let mut desk = Desk { connection, outbox, sent: 0, next: 0, stuck: false, lost };
        desk.fill(now)?;
        desk.receive(now)?;
        Ok(desk)
    }

    fn fill(&self, now: Timestamp) -> rusqlite::Result<()> {
        let tickets = [
            ("Migrar site", "onboarding", "open", 1),
            ("Criar contas de e-mail", "onboarding", "pending", 2),
            ("Apontar DNS", "onboarding", "open", 3),
            ("Instalar certificado", "onboarding", "open", 4),
            // Old tickets that are irrelevant: closed, or in another queue.
            ("Boas-vindas", "onboarding", "closed", 400),
            ("Fatura em dobro", "finance", "open", 90),
            ("Caixa postal cheia", "support", "open", 31),
        ];
        let insert = "INSERT INTO tickets (subject, queue, status, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?5)";
        for (format, (subject, queue, status, hours)) in (1..).zip(tickets) {
            let updated = now - SignedDuration::from_hours(hours);
            let created = updated - SignedDuration::from_hours(40);
            let row = params![subject, queue, status, formatted(created, format), formatted(updated, format)];
            self.connection.execute(insert, row)?;
        }
        Ok(())
    }

    /// The wizard's outbox.
    pub fn outbox(&self) -> Outbox {
        self.outbox.clone()
    }

    /// Updates the database every two seconds, and when a part is broken or repaired, until `stop`.
    pub async fn run(mut self, broken: Broken, mut stop: signal::Receiver<bool>) {
        let mut updates = interval_at(Instant::now() + UPDATE_INTERVAL, UPDATE_INTERVAL);
        updates.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut changes = broken.changes();
        loop {
            let written = tokio::select! {
                _ = stop.wait_for(|stop| *stop) => break,
                _ = changes.changed() => self.apply_broken(&broken, Timestamp::now()),
                _ = updates.tick() => {
                    let now = Timestamp::now();
                    // Retries a change that failed before.
                    self.apply_broken(&broken, now).and_then(|()| self.update(now))
                }
            };
            if let Err(error) = written {
                tracing::warn!(%error, "cannot update the simulated Desk's database");
            }
        }
    }

    /// Updates a ticket, and sends and receives a webhook.
    fn update(&mut self, now: Timestamp) -> rusqlite::Result<()> {
        if !self.lost[0] {
            let id = ONBOARDING[self.next % ONBOARDING.len()];
            self.next += 1;
            if !(self.stuck && id == STUCK) {
                self.touch(id, now)?;
            }
        }
        // Without the table no webhook is received, and the wizard sends none.
        if self.lost[1] { Ok(()) } else { self.receive(now) }
    }

    fn touch(&self, id: i64, at: Timestamp) -> rusqlite::Result<()> {
        self.connection.execute("UPDATE tickets SET updated_at = ?1 WHERE id = ?2", params![formatted(at, id), id])?;
        Ok(())
    }

    /// Sends and receives one webhook of the wizard, and every fifth time one of another source.
    fn receive(&mut self, now: Timestamp) -> rusqlite::Result<()> {
        let sent = self.sent + 1;
        let id = format!("evt-{sent:06}");
        let insert = "INSERT INTO webhook_events (source, source_event_id, received_at) VALUES (?1, ?2, ?3)";
        let all = self.connection.transaction()?;
        all.execute(insert, params!["vm112", id, formatted(now, sent)])?;
        if sent % 5 == 0 {
            let later = now + SignedDuration::from_secs(1);
            all.execute(insert, params!["openpanel", format!("op-{sent}"), formatted(later, 0)])?;
        }
        let old = "DELETE FROM webhook_events WHERE id <= (SELECT max(id) FROM webhook_events) - ?1";
        all.execute(old, [EVENTS_MAX])?;
        all.commit()?;
        self.sent = sent;
        self.outbox.set(id, now);
        Ok(())
    }

    /// Breaks and repairs the database as requested.
    fn apply_broken(&mut self, broken: &Broken, now: Timestamp) -> rusqlite::Result<()> {
        for (index, (part, table)) in TABLES.iter().enumerate() {
            let lost = broken.has(part);
            if lost != self.lost[index] {
                let (from, to) = if lost { ("", "_lost") } else { ("_lost", "") };
                self.connection.execute_batch(&format!("ALTER TABLE {table}{from} RENAME TO {table}{to}"))?;
                self.lost[index] = lost;
            }
        }
        let stuck = broken.has("onboarding");
        if stuck != self.stuck && !self.lost[0] {
            self.touch(STUCK, if stuck { now - STUCK_FOR } else { now })?;
            self.stuck = stuck;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn desk(name: &str, now: Timestamp) -> (Desk, std::path::PathBuf) {
        let dir = std::env::temp_dir().join(format!("agentic-ops-desk-{name}-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir_all(&dir).unwrap();
        (Desk::open(&dir.join("desk.db"), now).unwrap(), dir)
    }

    fn number(desk: &Desk, query: &str) -> i64 {
        desk.connection.query_row(query, [], |row| row.get(0)).unwrap()
    }

    const OLDEST: &str = "SELECT min(coalesce(CASE typeof(updated_at) WHEN 'integer' THEN updated_at
        ELSE unixepoch(updated_at) END, 0)) FROM tickets WHERE queue = 'onboarding' AND status <> 'closed'";

    #[test]
    fn an_unbroken_database_passes_for_days() {
        let start: Timestamp = "2026-11-23T23:00:00Z".parse().unwrap();
        let (mut desk, dir) = desk("days", start);
        for step in 1..=1000_i64 {
            let now = start + SignedDuration::from_mins(6 * step);
            desk.update(now).unwrap();
            assert!(now.as_second() - number(&desk, OLDEST) < 86_400, "step {step}");
        }
        assert_eq!(number(&desk, "SELECT count(*) FROM webhook_events"), EVENTS_MAX);
        assert_eq!(number(&desk, "SELECT count(*) FROM tickets"), 7);
        let _ = std::fs::remove_dir_all(dir);
    }

    #[test]
    fn times_are_written_in_four_formats() {
        let (mut desk, dir) = desk("ways", Timestamp::now());
        for _ in 0..8 {
            desk.update(Timestamp::now()).unwrap();
        }
        for (table, column) in [("tickets", "updated_at"), ("webhook_events", "received_at")] {
            for format in ["LIKE '%T%Z'", "LIKE '____-__-__ %'", "LIKE '%T%-03:00'", "NOT GLOB '*[^0-9]*'"] {
                assert!(
                    number(&desk, &format!("SELECT count(*) FROM {table} WHERE {column} {format}")) > 0,
                    "{table} {format}"
                );
            }
        }
        let _ = std::fs::remove_dir_all(dir);
    }

    #[test]
    fn a_stuck_ticket_stays_stuck_until_it_is_repaired() {
        let now = Timestamp::now();
        let (mut desk, dir) = desk("stuck", now);
        let broken = Broken::nothing();
        broken.set("onboarding", true).unwrap();
        desk.apply_broken(&broken, now).unwrap();
        for _ in 0..8 {
            desk.update(now).unwrap();
        }
        assert_eq!(now.as_second() - number(&desk, OLDEST), STUCK_FOR.as_secs());
        broken.heal_all();
        desk.apply_broken(&broken, now).unwrap();
        assert!(now.as_second() - number(&desk, OLDEST) < 1);
        let _ = std::fs::remove_dir_all(dir);
    }

    #[test]
    fn a_lost_table_is_restored_with_its_rows_and_nothing_is_sent_while_it_is_lost() {
        let now = Timestamp::now();
        let (mut desk, dir) = desk("lost", now);
        let broken = Broken::nothing();
        broken.set("tickets-table", true).unwrap();
        broken.set("webhooks-table", true).unwrap();
        desk.apply_broken(&broken, now).unwrap();
        let sent = desk.outbox().last();
        desk.update(now).unwrap();
        assert!(desk.connection.prepare("SELECT 1 FROM tickets").is_err());
        assert_eq!(desk.outbox().last(), sent);
        broken.heal_all();
        desk.apply_broken(&broken, now).unwrap();
        desk.update(now).unwrap();
        assert_eq!(number(&desk, "SELECT count(*) FROM tickets"), 7);
        assert_ne!(desk.outbox().last(), sent);
        let _ = std::fs::remove_dir_all(dir);
    }
}
