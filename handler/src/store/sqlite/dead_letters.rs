//! Wake-ups that were given up.

use rusqlite::{Connection, params};

use super::fault::Fault;

/// How long a dead letter is kept: seven days, in microseconds.
const KEPT: i64 = 7 * 24 * 60 * 60 * 1_000_000;

pub(super) fn bury(db: &Connection, id: &str, at: i64, letter: &str) -> Result<(), Fault> {
    let mut insert = db.prepare_cached(
        "INSERT INTO dead_letters (id, at, letter) VALUES (?1, ?2, ?3)
         ON CONFLICT (id) DO UPDATE SET at = excluded.at, letter = excluded.letter",
    )?;
    insert.execute(params![id, at, letter])?;
    Ok(())
}

/// Ids and letters, the newest first. What is too old is dropped on the way.
pub(super) fn list(db: &Connection, now: i64) -> Result<Vec<(String, String)>, Fault> {
    let mut delete = db.prepare_cached("DELETE FROM dead_letters WHERE at < ?1")?;
    delete.execute([now.saturating_sub(KEPT)])?;
    let mut select = db.prepare_cached("SELECT id, letter FROM dead_letters ORDER BY at DESC, id")?;
    let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
