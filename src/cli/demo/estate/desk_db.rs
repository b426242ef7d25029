//! The Desk's database: tickets and received webhooks, which change while the estate runs.
//!
//! Whole, it stays whole for as long as it runs: every open ticket is touched in turn, and what the wizard's outbox says was
//! sent is what was received.

use super::Broken;
use jiff::{SignedDuration, Timestamp, tz};
use rusqlite::types::Value;
use rusqlite::{Connection, params};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch as signal;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

const BEAT: Duration = Duration::from_secs(2);
/// A write that finds the file locked waits this long; the next beat tries again.
const BUSY: Duration = Duration::from_millis(250);
const EVENTS_MAX: i64 = 200;
/// The ids of the tickets that are kept moving: in queue `onboarding` and not closed.
const ONBOARDING: [i64; 4] = [1, 2, 3, 4];
/// The one of them that gets stuck, and for how long.
const STUCK: i64 = 2;
const STUCK_FOR: SignedDuration = SignedDuration::from_hours(30);
/// Tables that can be lost, each with the part that does it. Lost, it has another name.
const TABLES: [(&str, &str); 2] = [("tickets-table", "tickets"), ("webhooks-table", "webhook_events")];

const SCHEMA: &str = "
    CREATE TABLE tickets (id INTEGER PRIMARY KEY, subject TEXT NOT NULL, queue TEXT NOT NULL, status TEXT NOT NULL,
        created_at, updated_at);
    CREATE TABLE webhook_events (id INTEGER PRIMARY KEY, source TEXT NOT NULL, source_event_id TEXT NOT NULL, received_at);
    CREATE INDEX tickets_queue ON tickets (queue, status);
    CREATE INDEX webhook_events_source ON webhook_events (source, received_at);";

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

    fn set(&self, id: String, at: Timestamp) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = (id, at);
    }
}

/// A time as the Desk's programs write it, one way or another: with `T`, with a space, with an offset, in Unix seconds.
fn written(at: Timestamp, way: i64) -> Value {
    match way.rem_euclid(4) {
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
    /// How many webhooks were sent.
    sent: i64,
    /// Which of `ONBOARDING` is touched next.
    turn: usize,
    stuck: bool,
    /// Whether each of `TABLES` is lost.
    lost: [bool; TABLES.len()],
}

impl Desk {
    /// Makes the file anew, with tickets whose times are written in every way that is met.
    pub fn open(path: &Path, now: Timestamp) -> rusqlite::Result<Desk> {
        for ending in ["", "-wal", "-shm"] {
            // What is not there need not go.
            let _ = std::fs::remove_file(format!("{}{ending}", path.display()));
        }
        let connection = Connection::open(path)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.busy_timeout(BUSY)?;
        connection.execute_batch(SCHEMA)?;
        let outbox = Outbox { last: Arc::new(Mutex::new((String::new(), now))) };
        let lost = [false; TABLES.len()];
        let mut desk = Desk { connection, outbox, sent: 0, turn: 0, stuck: false, lost };
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
            // Old ones that are nobody's concern: closed, or of another queue.
            ("Boas-vindas", "onboarding", "closed", 400),
            ("Fatura em dobro", "finance", "open", 90),
            ("Caixa postal cheia", "support", "open", 31),
        ];
        let insert = "INSERT INTO tickets (subject, queue, status, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?5)";
        for (way, (subject, queue, status, hours)) in (1..).zip(tickets) {
            let updated = now - SignedDuration::from_hours(hours);
            let created = updated - SignedDuration::from_hours(40);
            let row = params![subject, queue, status, written(created, way), written(updated, way)];
            self.connection.execute(insert, row)?;
        }
        Ok(())
    }

    /// What the wizard's outbox says.
    pub fn outbox(&self) -> Outbox {
        self.outbox.clone()
    }

    /// Writes every two seconds and at each change of what is broken, until `stop`.
    pub async fn live(mut self, broken: Broken, mut stop: signal::Receiver<bool>) {
        let mut beat = interval_at(Instant::now() + BEAT, BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut changes = broken.changes();
        loop {
            let written = tokio::select! {
                _ = stop.wait_for(|stop| *stop) => break,
                _ = changes.changed() => self.follow(&broken, Timestamp::now()),
                _ = beat.tick() => {
                    let now = Timestamp::now();
                    // What could not be followed at once is made up for here.
                    self.follow(&broken, now).and_then(|()| self.beat(now))
                }
            };
            if let Err(error) = written {
                tracing::warn!(%error, "the simulated Desk's database was not written");
            }
        }
    }

    /// A ticket moves, a webhook is sent and received.
    fn beat(&mut self, now: Timestamp) -> rusqlite::Result<()> {
        if !self.lost[0] {
            let id = ONBOARDING[self.turn % ONBOARDING.len()];
            self.turn += 1;
            if !(self.stuck && id == STUCK) {
                self.touch(id, now)?;
            }
        }
        // Without the table nothing is received, and the wizard keeps what it has to send.
        if self.lost[1] { Ok(()) } else { self.receive(now) }
    }

    fn touch(&self, id: i64, at: Timestamp) -> rusqlite::Result<()> {
        self.connection.execute("UPDATE tickets SET updated_at = ?1 WHERE id = ?2", params![written(at, id), id])?;
        Ok(())
    }

    /// One webhook of the wizard sent and received, and now and then one of another source.
    fn receive(&mut self, now: Timestamp) -> rusqlite::Result<()> {
        let sent = self.sent + 1;
        let id = format!("evt-{sent:06}");
        let insert = "INSERT INTO webhook_events (source, source_event_id, received_at) VALUES (?1, ?2, ?3)";
        let all = self.connection.transaction()?;
        all.execute(insert, params!["vm112", id, written(now, sent)])?;
        if sent % 5 == 0 {
            let later = now + SignedDuration::from_secs(1);
            all.execute(insert, params!["openpanel", format!("op-{sent}"), written(later, 0)])?;
        }
        let old = "DELETE FROM webhook_events WHERE id <= (SELECT max(id) FROM webhook_events) - ?1";
        all.execute(old, [EVENTS_MAX])?;
        all.commit()?;
        self.sent = sent;
        self.outbox.set(id, now);
        Ok(())
    }

    /// Makes the file as broken as it should be, or whole.
    fn follow(&mut self, broken: &Broken, now: Timestamp) -> rusqlite::Result<()> {
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
    fn what_is_whole_stays_whole_for_days() {
        let start: Timestamp = "2026-11-23T23:00:00Z".parse().unwrap();
        let (mut desk, dir) = desk("days", start);
        for beat in 1..=1000_i64 {
            let now = start + SignedDuration::from_mins(6 * beat);
            desk.beat(now).unwrap();
            assert!(now.as_second() - number(&desk, OLDEST) < 86_400, "beat {beat}");
        }
        assert_eq!(number(&desk, "SELECT count(*) FROM webhook_events"), EVENTS_MAX);
        assert_eq!(number(&desk, "SELECT count(*) FROM tickets"), 7);
        let _ = std::fs::remove_dir_all(dir);
    }

    #[test]
    fn times_are_written_in_four_ways() {
        let (mut desk, dir) = desk("ways", Timestamp::now());
        for _ in 0..8 {
            desk.beat(Timestamp::now()).unwrap();
        }
        for (table, column) in [("tickets", "updated_at"), ("webhook_events", "received_at")] {
            for way in ["LIKE '%T%Z'", "LIKE '____-__-__ %'", "LIKE '%T%-03:00'", "NOT GLOB '*[^0-9]*'"] {
                assert!(
                    number(&desk, &format!("SELECT count(*) FROM {table} WHERE {column} {way}")) > 0,
                    "{table} {way}"
                );
            }
        }
        let _ = std::fs::remove_dir_all(dir);
    }

    #[test]
    fn a_stuck_ticket_stays_stuck_until_it_is_healed() {
        let now = Timestamp::now();
        let (mut desk, dir) = desk("stuck", now);
        let broken = Broken::nothing();
        broken.set("onboarding", true).unwrap();
        desk.follow(&broken, now).unwrap();
        for _ in 0..8 {
            desk.beat(now).unwrap();
        }
        assert_eq!(now.as_second() - number(&desk, OLDEST), STUCK_FOR.as_secs());
        broken.heal_all();
        desk.follow(&broken, now).unwrap();
        assert!(now.as_second() - number(&desk, OLDEST) < 1);
        let _ = std::fs::remove_dir_all(dir);
    }

    #[test]
    fn a_lost_table_comes_back_with_its_rows_and_nothing_was_sent_meanwhile() {
        let now = Timestamp::now();
        let (mut desk, dir) = desk("lost", now);
        let broken = Broken::nothing();
        broken.set("tickets-table", true).unwrap();
        broken.set("webhooks-table", true).unwrap();
        desk.follow(&broken, now).unwrap();
        let sent = desk.outbox().last();
        desk.beat(now).unwrap();
        assert!(desk.connection.prepare("SELECT 1 FROM tickets").is_err());
        assert_eq!(desk.outbox().last(), sent);
        broken.heal_all();
        desk.follow(&broken, now).unwrap();
        desk.beat(now).unwrap();
        assert_eq!(number(&desk, "SELECT count(*) FROM tickets"), 7);
        assert_ne!(desk.outbox().last(), sent);
        let _ = std::fs::remove_dir_all(dir);
    }
}
