//! Requests.

use rusqlite::{Connection, OptionalExtension, params};

use super::fault::Fault;
use crate::ports::Reception;

/// How long the id of a finished request stays known: a day, in microseconds.
const REMEMBERED: i64 = 24 * 60 * 60 * 1_000_000;

pub(super) fn accept(db: &Connection, id: &str, at: i64, body: &str) -> Result<Reception, Fault> {
    let mut insert = db.prepare_cached(
        "INSERT INTO requests (id, at, due, body) VALUES (?1, ?2, ?2, ?3) ON CONFLICT (id) DO NOTHING",
    )?;
    let kept = insert.execute(params![id, at, body])?;
    Ok(if kept == 1 { Reception::New } else { Reception::Repeated })
}

/// The request as JSON, if it is not finished.
pub(super) fn body(db: &Connection, id: &str) -> Result<Option<String>, Fault> {
    let mut select = db.prepare_cached("SELECT body FROM requests WHERE id = ?1 AND finished_at IS NULL")?;
    Ok(select.query_row([id], |row| row.get(0)).optional()?)
}

/// The body goes, for it may hold an address that is somebody's only; the id stays.
pub(super) fn finish(db: &Connection, id: &str, now: i64) -> Result<(), Fault> {
    let mut update = db.prepare_cached(
        "UPDATE requests SET finished_at = max(at, ?2), due = NULL, body = NULL
         WHERE id = ?1 AND finished_at IS NULL",
    )?;
    update.execute(params![id, now])?;
    Ok(())
}

/// The number of failures; none if the request was finished meanwhile.
pub(super) fn postpone(db: &Connection, id: &str, again: i64) -> Result<u32, Fault> {
    let mut update = db.prepare_cached(
        "UPDATE requests SET attempts = attempts + 1, due = ?2
         WHERE id = ?1 AND finished_at IS NULL RETURNING attempts",
    )?;
    Ok(update.query_row(params![id, again], |row| row.get(0)).optional()?.unwrap_or(0))
}

/// Drops the ids that need not be known any longer.
pub(super) fn forget(db: &Connection, now: i64) -> Result<(), Fault> {
    let mut delete = db.prepare_cached("DELETE FROM requests WHERE finished_at < ?1")?;
    delete.execute([now.saturating_sub(REMEMBERED)])?;
    Ok(())
}
