//! Small documents that many may change.

use rusqlite::{Connection, OptionalExtension, params};

use super::fault::Fault;
use crate::ports::Saved;

pub(super) fn read(db: &Connection, name: &str) -> Result<Option<(String, i64)>, Fault> {
    let mut select = db.prepare_cached("SELECT note, version FROM notes WHERE name = ?1")?;
    Ok(select.query_row([name], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
}

pub(super) fn keep(db: &Connection, name: &str, note: &str, version: Option<i64>) -> Result<Saved, Fault> {
    let changed = match version {
        None => {
            let mut insert = db.prepare_cached(
                "INSERT INTO notes (name, version, note) VALUES (?1, 1, ?2) ON CONFLICT (name) DO NOTHING",
            )?;
            insert.execute(params![name, note])?
        }
        Some(version) => {
            let mut update = db.prepare_cached(
                "UPDATE notes SET note = ?2, version = version + 1 WHERE name = ?1 AND version = ?3",
            )?;
            update.execute(params![name, note, version])?
        }
    };
    Ok(if changed == 1 { Saved::Yes } else { Saved::Conflict })
}
