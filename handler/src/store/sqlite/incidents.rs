//! Incidents.

use domain::incident::{Entry, Incident, IncidentId};
use rusqlite::{Connection, OptionalExtension, params};

use super::fault::{Fault, read_document, read_id};
use super::{moment, trail};
use crate::ports::{Opened, Saved};
use crate::store::key;

/// An incident as its table has it.
pub(super) struct Row {
    id: String,
    gateway: String,
    open: bool,
    due: Option<i64>,
    opened_at: i64,
    doc: String,
    timeline: Vec<Entry>,
}

impl Row {
    pub(super) fn of(incident: &Incident) -> Result<Self, Fault> {
        Ok(Self {
            id: incident.id.to_string(),
            gateway: key::gateway(&incident.gateway),
            open: incident.is_open(),
            due: incident.next_due().map(moment::ceil),
            opened_at: moment::floor(incident.opened_at),
            doc: serde_json::to_string(incident).map_err(Fault::unwritable)?,
            timeline: incident.timeline.clone(),
        })
    }
}

/// Reads a document.
pub(super) fn read(id: &str, doc: &str) -> Result<Incident, Fault> {
    read_document("incident", id, doc)
}

/// The caller's transaction makes this one step: the look and the write.
pub(super) fn open(db: &Connection, row: &Row) -> Result<Opened, Fault> {
    if row.open
        && let Some(existing) = open_for(db, &row.gateway)?
    {
        return Ok(Opened::Joined(existing));
    }
    let mut insert = db.prepare_cached(
        "INSERT INTO incidents (id, gateway, open, version, due, opened_at, doc)
         VALUES (?1, ?2, ?3, 1, ?4, ?5, ?6)
         ON CONFLICT (id) DO NOTHING",
    )?;
    let kept = insert.execute(params![row.id, row.gateway, row.open, row.due, row.opened_at, row.doc])?;
    if kept != 1 {
        return Ok(Opened::IdTaken);
    }
    trail::add(db, &row.id, &row.timeline)?;
    Ok(Opened::New)
}

/// The document and its version.
pub(super) fn load(db: &Connection, id: &str) -> Result<Option<(String, i64)>, Fault> {
    let mut select = db.prepare_cached("SELECT doc, version FROM incidents WHERE id = ?1")?;
    Ok(select.query_row([id], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
}

pub(super) fn save(db: &Connection, row: &Row, version: i64) -> Result<Saved, Fault> {
    let mut update = db.prepare_cached(
        "UPDATE incidents SET open = ?3, due = ?4, doc = ?5, version = version + 1
         WHERE id = ?1 AND version = ?2",
    )?;
    let replaced = update.execute(params![row.id, version, row.open, row.due, row.doc])?;
    if replaced != 1 {
        return Ok(Saved::Conflict);
    }
    trail::add(db, &row.id, &row.timeline)?;
    Ok(Saved::Yes)
}

pub(super) fn open_for(db: &Connection, gateway: &str) -> Result<Option<IncidentId>, Fault> {
    let mut select = db.prepare_cached("SELECT id FROM incidents WHERE gateway = ?1 AND open = 1")?;
    let id: Option<String> = select.query_row([gateway], |row| row.get(0)).optional()?;
    id.map(|id| read_id("incident", &id)).transpose()
}

/// Ids and documents, the newest first.
pub(super) fn list_open(db: &Connection) -> Result<Vec<(String, String)>, Fault> {
    let mut select =
        db.prepare_cached("SELECT id, doc FROM incidents WHERE open = 1 ORDER BY opened_at DESC, id")?;
    let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
