//! How channels are reached.

use domain::request::Channel;
use rusqlite::{Connection, OptionalExtension, params};

use super::fault::Fault;
use crate::store::key;

/// A channel as its table names it.
pub(super) struct Key {
    platform: String,
    channel: String,
}

impl Key {
    pub(super) fn of(channel: &Channel) -> Result<Self, Fault> {
        Ok(Self {
            platform: key::platform(channel.platform).map_err(Fault::unwritable)?,
            channel: channel.id.clone(),
        })
    }
}

pub(super) fn keep(db: &Connection, key: &Key, reference: &str) -> Result<(), Fault> {
    let mut insert = db.prepare_cached(
        "INSERT INTO conversations (platform, channel, reference) VALUES (?1, ?2, ?3)
         ON CONFLICT (platform, channel) DO UPDATE SET reference = excluded.reference",
    )?;
    insert.execute(params![key.platform, key.channel, reference])?;
    Ok(())
}

pub(super) fn read(db: &Connection, key: &Key) -> Result<Option<String>, Fault> {
    let mut select =
        db.prepare_cached("SELECT reference FROM conversations WHERE platform = ?1 AND channel = ?2")?;
    Ok(select.query_row(params![key.platform, key.channel], |row| row.get(0)).optional()?)
}
