//! The SQLite file of the history.
//!
//! What is read is first written as batches, one row for all Scenarios, so that a write costs little. When an hour is over its batches
//! become one row for each Scenario, and are added to the day of each, all in one transaction: a crash before or after it neither
//! loses nor repeats a reading.

use crate::disposable::{DisposableFile, FileError, Kind};
use crate::domain::history::cells::{Day, pack, unpack};
use crate::domain::history::open::{OpenHours, merged};
use crate::domain::history::{DAYS, Hour, RAW_HOURS, Tally};
use rusqlite::{Connection, OptionalExtension as _, Transaction, params};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

static HISTORY: Kind = Kind {
    name: "history",
    application: 0x4147_4849,
    // Increase this when the tables change: the history then begins anew.
    version: 1,
    schema: "
    CREATE TABLE scenarios (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
    CREATE TABLE batches (id INTEGER PRIMARY KEY, hour INTEGER NOT NULL, readings BLOB NOT NULL) STRICT;
    CREATE TABLE hours (hour INTEGER NOT NULL, scenario INTEGER NOT NULL, readings BLOB NOT NULL,
        PRIMARY KEY (hour, scenario)) STRICT, WITHOUT ROWID;
    CREATE TABLE days (day INTEGER NOT NULL, scenario INTEGER NOT NULL, cells BLOB NOT NULL,
        PRIMARY KEY (day, scenario)) STRICT, WITHOUT ROWID;",
    busy: Duration::from_secs(2),
    cache_kib: 2048,
    // To check it whole would take long.
    is_sound: |_| Ok(true),
};

/// Why the history can't be used.
#[derive(Debug, thiserror::Error)]
#[error("history: {0}")]
pub struct StoreError(#[from] pub(super) FileError);

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> StoreError {
        StoreError(error.into())
    }
}

impl StoreError {
    /// Whether the file is damaged, or no database at all.
    pub fn is_damage(&self) -> bool {
        self.0.is_damage()
    }
}

/// The file, open.
pub struct Store(DisposableFile);

impl Store {
    /// Opens the history, or makes it. What is no usable history is renamed, and the history begins anew.
    pub fn open(path: &Path) -> Result<Store, StoreError> {
        Ok(Store(DisposableFile::open(&HISTORY, Some(path))?))
    }

    /// Renames its file and begins anew.
    pub fn begin_anew(&mut self) -> Result<(), StoreError> {
        Ok(self.0.begin_anew()?)
    }

    /// Another connection to the file, to read while this one writes.
    pub fn reader(&self) -> Result<Store, StoreError> {
        Ok(Store(self.0.reader()?))
    }

    /// The numbers of Scenarios.
    pub fn names(&self) -> Result<HashMap<Arc<str>, u32>, StoreError> {
        let mut statement = self.0.connection().prepare("SELECT name, id FROM scenarios")?;
        let rows = statement.query_map([], |row| Ok((Arc::from(row.get::<_, String>(0)?), row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The readings of batches, whose hours are not closed.
    pub fn open_hours(&self) -> Result<OpenHours, StoreError> {
        let mut open = OpenHours::default();
        let mut statement = self.0.connection().prepare("SELECT hour, readings FROM batches ORDER BY id")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let hour = Hour(row.get(0)?);
            for one in row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?.chunks_exact(8) {
                let (scenario, packed) = one.split_at(4);
                open.add(hour, number(scenario), number(packed));
            }
        }
        Ok(open)
    }

    /// Writes names that are new and readings, each with hour and Scenario, in one transaction.
    pub fn write(
        &mut self,
        names: &[(Arc<str>, u32)],
        readings: impl IntoIterator<Item = (Hour, u32, u32)>,
    ) -> Result<(), StoreError> {
        let mut batches: BTreeMap<Hour, Vec<u8>> = BTreeMap::new();
        for (hour, scenario, packed) in readings {
            let batch = batches.entry(hour).or_default();
            batch.extend(scenario.to_le_bytes());
            batch.extend(packed.to_le_bytes());
        }
        let transaction = self.0.connection_mut().transaction()?;
        {
            let mut name = transaction.prepare_cached("INSERT OR IGNORE INTO scenarios (name, id) VALUES (?, ?)")?;
            for (text, id) in names {
                name.execute(params![&**text, id])?;
            }
            let mut batch = transaction.prepare_cached("INSERT INTO batches (hour, readings) VALUES (?, ?)")?;
            for (hour, readings) in batches {
                batch.execute(params![hour.0, readings])?;
            }
        }
        Ok(transaction.commit()?)
    }

    /// Closes an hour: its batches become a row for each Scenario, and counts of its day.
    pub fn close(&mut self, hour: Hour, open: &OpenHours) -> Result<(), StoreError> {
        let transaction = self.0.connection_mut().transaction()?;
        let (day, of_day) = hour.of_day();
        // In the order of the keys, each page is written once.
        let scenarios: BTreeMap<u32, &[u32]> = open.of_hour(hour).collect();
        for (scenario, added) in scenarios {
            add_hour(&transaction, hour, scenario, added)?;
            let mut cells = day_of(&transaction, day, scenario)?;
            cells[of_day] = cells[of_day].plus(Tally::of(added));
            let mut put =
                transaction.prepare_cached("INSERT OR REPLACE INTO days (day, scenario, cells) VALUES (?, ?, ?)")?;
            put.execute(params![day, scenario, pack(&cells)])?;
        }
        transaction.execute("DELETE FROM batches WHERE hour = ?", [hour.0])?;
        Ok(transaction.commit()?)
    }

    /// Removes what is too old.
    pub fn prune(&mut self, now: Hour) -> Result<(), StoreError> {
        let transaction = self.0.connection_mut().transaction()?;
        transaction.execute("DELETE FROM hours WHERE hour < ?", [now.plus(-RAW_HOURS).0])?;
        // One more than is shown: a day of another time zone is part of two.
        transaction.execute("DELETE FROM days WHERE day < ?", [now.of_day().0 - DAYS])?;
        Ok(transaction.commit()?)
    }

    /// Removes the names of Scenarios of which nothing is left, in the file or open; gives these names.
    pub fn prune_names(&mut self, open: &BTreeSet<u32>) -> Result<Vec<Arc<str>>, StoreError> {
        let transaction = self.0.connection_mut().transaction()?;
        let unused: Vec<(u32, Arc<str>)> = {
            let mut statement = transaction.prepare(
                "SELECT id, name FROM scenarios WHERE id NOT IN (SELECT scenario FROM days UNION SELECT scenario FROM hours)",
            )?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, Arc::from(row.get::<_, String>(1)?))))?;
            rows.collect::<Result<_, _>>()?
        };
        let unused: Vec<_> = unused.into_iter().filter(|(id, _)| !open.contains(id)).collect();
        for (id, _) in &unused {
            transaction.execute("DELETE FROM scenarios WHERE id = ?", [id])?;
        }
        transaction.commit()?;
        Ok(unused.into_iter().map(|(_, name)| name).collect())
    }

    /// The readings of closed hours of a Scenario until there are enough, the last hour first.
    pub fn last_hours(&self, scenario: u32, now: Hour, most: usize) -> Result<Vec<(Hour, Vec<u32>)>, StoreError> {
        let mut found = Vec::new();
        let mut readings = 0;
        let file = self.reading()?;
        let mut statement = file.prepare_cached("SELECT readings FROM hours WHERE hour = ? AND scenario = ?")?;
        for ago in 0..=RAW_HOURS {
            let hour = now.plus(-ago);
            let stored: Option<Vec<u8>> =
                statement.query_row(params![hour.0, scenario], |row| row.get(0)).optional()?;
            if let Some(stored) = stored {
                let packed = numbers(&stored);
                readings += packed.len();
                found.push((hour, packed));
            }
            if readings >= most {
                break;
            }
        }
        Ok(found)
    }

    /// One transaction for several queries: each would lock the file by itself.
    fn reading(&self) -> Result<Transaction<'_>, StoreError> {
        Ok(self.0.connection().unchecked_transaction()?)
    }

    /// The hours of closed days of a Scenario that are not empty.
    pub fn hours(&self, scenario: u32, now: Hour) -> Result<Vec<(Hour, Tally)>, StoreError> {
        let today = now.of_day().0;
        let file = self.reading()?;
        let mut found = Vec::new();
        for day in today - DAYS..=today {
            let cells = day_of(&file, day, scenario)?;
            let hours = (0_i64..).zip(cells).filter(|(_, tally)| *tally != Tally::default());
            found.extend(hours.map(|(hour, tally)| (Hour(day * 24 + hour), tally)));
        }
        Ok(found)
    }
}

/// Adds readings to a row of `hours`.
fn add_hour(transaction: &Transaction<'_>, hour: Hour, scenario: u32, added: &[u32]) -> Result<(), StoreError> {
    let mut get = transaction.prepare_cached("SELECT readings FROM hours WHERE hour = ? AND scenario = ?")?;
    let stored: Option<Vec<u8>> = get.query_row(params![hour.0, scenario], |row| row.get(0)).optional()?;
    let all = merged(&numbers(&stored.unwrap_or_default()), added);
    let bytes: Vec<u8> = all.into_iter().flat_map(u32::to_le_bytes).collect();
    let mut put =
        transaction.prepare_cached("INSERT OR REPLACE INTO hours (hour, scenario, readings) VALUES (?, ?, ?)")?;
    put.execute(params![hour.0, scenario, bytes])?;
    Ok(())
}

fn day_of(connection: &Connection, day: i64, scenario: u32) -> Result<Day, StoreError> {
    let mut get = connection.prepare_cached("SELECT cells FROM days WHERE day = ? AND scenario = ?")?;
    let cells: Option<Vec<u8>> = get.query_row(params![day, scenario], |row| row.get(0)).optional()?;
    Ok(unpack(&cells.unwrap_or_default()))
}

fn number(bytes: &[u8]) -> u32 {
    bytes.try_into().map(u32::from_le_bytes).unwrap_or_default()
}

fn numbers(bytes: &[u8]) -> Vec<u32> {
    bytes.chunks_exact(4).map(number).collect()
}
