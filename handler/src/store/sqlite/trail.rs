//! The audit trail: what stood in a timeline, for good.

use domain::incident::Entry;
use rusqlite::{Connection, params};

use super::fault::{Fault, read_document};

/// Adds what the timeline has and the trail has not, in the transaction that writes the document. An entry is
/// known by its place: what was recorded stays, whatever becomes of the timeline.
pub(super) fn add(db: &Connection, incident: &str, timeline: &[Entry]) -> Result<(), Fault> {
    let recorded = count(db, incident)?;
    let mut insert = db.prepare_cached("INSERT INTO trail (incident, n, entry) VALUES (?1, ?2, ?3)")?;
    for (n, entry) in timeline.iter().enumerate().skip(recorded) {
        let n = i64::try_from(n).unwrap_or(i64::MAX);
        let entry = serde_json::to_string(entry).map_err(Fault::unwritable)?;
        insert.execute(params![incident, n, entry])?;
    }
    Ok(())
}

fn count(db: &Connection, incident: &str) -> Result<usize, Fault> {
    let mut select = db.prepare_cached("SELECT count(*) FROM trail WHERE incident = ?1")?;
    let count: i64 = select.query_row([incident], |row| row.get(0))?;
    Ok(usize::try_from(count).unwrap_or(0))
}

/// All of it, in order.
pub(super) fn read(db: &Connection, incident: &str) -> Result<Vec<Entry>, Fault> {
    let mut select = db.prepare_cached("SELECT entry FROM trail WHERE incident = ?1 ORDER BY n")?;
    let entries = select.query_map([incident], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
    entries.iter().map(|entry| read_document("audit trail of", incident, entry)).collect()
}
