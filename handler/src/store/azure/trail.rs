//! The audit trail: `audit/<id>.jsonl`, an append blob of one line and one block an entry.
//!
//! The number of blocks is the number of entries, and an append says where it thinks the blob ends, so every
//! entry is there exactly once and in order, whoever crashes or races. What a crash leaves out is added by
//! the next save, or when the trail is read.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use azure_core::Bytes;
use domain::incident::{Entry, IncidentId};

use super::blobs::{Append, Blobs};
use super::fault::{Fault, read, write};

/// How many incidents' ends are remembered.
const KNOWN: usize = 1_024;
/// How often to look again when others append meanwhile.
const ROUNDS: usize = 64;

/// Where a trail ends.
#[derive(Debug, Clone, Copy, Default)]
struct End {
    entries: usize,
    length: u64,
}

/// Where trails ended when this process last saw them: usually they still do.
#[derive(Default)]
pub(super) struct Trails {
    ends: Mutex<HashMap<IncidentId, End>>,
}

fn name(id: &IncidentId) -> String {
    format!("audit/{id}.jsonl")
}

impl Trails {
    /// Adds what the timeline has and the trail has not. An entry is known by its place.
    pub(super) async fn record(
        &self,
        blobs: &Blobs,
        id: &IncidentId,
        timeline: &[Entry],
    ) -> Result<(), Fault> {
        let name = name(id);
        let mut end = match self.known(id) {
            Some(end) => end,
            None => find(blobs, &name).await?,
        };
        let mut rounds = 0;
        while let Some(entry) = timeline.get(end.entries) {
            let line = line(entry)?;
            let length = u64::try_from(line.len()).unwrap_or_default();
            match blobs.append(&name, line, end.length).await? {
                Append::Done => end = End { entries: end.entries + 1, length: end.length + length },
                Append::Missing | Append::Moved => end = find(blobs, &name).await?,
            }
            rounds += 1;
            if rounds > ROUNDS + timeline.len() {
                return Err(Fault::Contended);
            }
        }
        self.remember(id, end);
        Ok(())
    }

    fn known(&self, id: &IncidentId) -> Option<End> {
        self.ends.lock().unwrap_or_else(PoisonError::into_inner).get(id).copied()
    }

    fn remember(&self, id: &IncidentId, end: End) {
        let mut ends = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        if ends.len() >= KNOWN {
            ends.clear();
        }
        ends.insert(id.clone(), end);
    }
}

/// Where a trail ends. One that is not there yet is begun.
async fn find(blobs: &Blobs, name: &str) -> Result<End, Fault> {
    if let Some(log) = blobs.glance(name).await? {
        return Ok(End { entries: log.blocks, length: log.length });
    }
    blobs.create_log(name).await?;
    Ok(End::default())
}

/// JSON has no line break in it.
fn line(entry: &Entry) -> Result<Bytes, Fault> {
    let mut line = write(entry)?;
    line.push(b'\n');
    Ok(line.into())
}

/// What was recorded, in order.
pub(super) async fn recorded(blobs: &Blobs, id: &IncidentId) -> Result<Vec<Entry>, Fault> {
    let Some(found) = blobs.get(&name(id)).await? else { return Ok(Vec::new()) };
    let lines = found.body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| read("audit trail of", id.as_str(), line)).collect()
}
