//! Wake-ups, and what should have been woken.

use jiff::Timestamp;
use rusqlite::{Connection, Row, params};

use super::fault::{Fault, read_id};
use super::moment;
use crate::ports::Wake;

/// The most that one sweep finds; the next one finds the rest.
const SWEEP: i64 = 100;

pub(super) fn send(db: &Connection, wake: &Wake, at: i64) -> Result<(), Fault> {
    let (kind, id) = match wake {
        Wake::Request(id) => ("request", id.as_str()),
        Wake::Incident(id) => ("incident", id.as_str()),
    };
    let mut insert =
        db.prepare_cached("INSERT OR IGNORE INTO wakeups (due, kind, id) VALUES (?1, ?2, ?3)")?;
    insert.execute(params![at, kind, id])?;
    Ok(())
}

/// The most hints that are taken at once: a taker that dies loses no more than these, until the sweep.
const TAKEN_AT_ONCE: i64 = 256;

/// Those that were due first come first. A hint that cannot be read is none.
pub(super) fn take(db: &Connection, now: i64) -> Result<Vec<Wake>, Fault> {
    let mut delete = db.prepare_cached(
        "DELETE FROM wakeups WHERE (due, kind, id) IN
             (SELECT due, kind, id FROM wakeups WHERE due <= ?1 ORDER BY due LIMIT ?2)
         RETURNING due, kind, id",
    )?;
    let mut taken = delete.query_map([now, TAKEN_AT_ONCE], sort_key)?.collect::<Result<Vec<_>, _>>()?;
    taken.sort();
    let mut wakes = Vec::with_capacity(taken.len());
    let mut known = std::collections::HashSet::new();
    for (_, kind, id) in &taken {
        match read(kind, id) {
            Ok(wake) if known.insert((kind, id)) => wakes.push(wake),
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "a wake-up was dropped"),
        }
    }
    Ok(wakes)
}

pub(super) fn next(db: &Connection) -> Result<Option<Timestamp>, Fault> {
    let mut select = db.prepare_cached("SELECT min(due) FROM wakeups")?;
    let due: Option<i64> = select.query_row([], |row| row.get(0))?;
    Ok(due.map(moment::read))
}

/// What has something to do by now, the longest waiting first.
pub(super) fn due(db: &Connection, now: i64) -> Result<Vec<Wake>, Fault> {
    let mut select = db.prepare_cached(
        "SELECT due, 'request', id FROM requests WHERE due <= ?1
         UNION ALL SELECT due, 'incident', id FROM incidents WHERE due <= ?1
         ORDER BY 1 LIMIT ?2",
    )?;
    let found = select.query_map(params![now, SWEEP], sort_key)?.collect::<Result<Vec<_>, _>>()?;
    found.iter().map(|(_, kind, id)| read(kind, id)).collect()
}

fn sort_key(row: &Row<'_>) -> rusqlite::Result<(i64, String, String)> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
}

fn read(kind: &str, id: &str) -> Result<Wake, Fault> {
    Ok(match kind {
        "request" => Wake::Request(read_id("request", id)?),
        _ => Wake::Incident(read_id("incident", id)?),
    })
}
