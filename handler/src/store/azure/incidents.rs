//! Incidents: `incidents/<id>.json`, the document, with what lists and looks have to know in the metadata.
//! Both are written in one step, so they never disagree.

use domain::incident::{Incident, IncidentId};
use futures::{StreamExt as _, TryStreamExt as _, stream};

use super::blobs::{Blobs, Glance, If, Listed, Meta, Put};
use super::fault::{Fault, read, write};
use super::gateways;
use crate::ports::{Saved, Version, Wake};
use crate::store::moment;

pub(super) const FOLDER: &str = "incidents/";
const DUE: &str = "due";
const OPEN: &str = "open";
const OPENED: &str = "opened";
const GATEWAY: &str = "gateway";

/// How many documents are read at once.
const AT_ONCE: usize = 16;

pub(super) fn name(id: &IncidentId) -> String {
    format!("{FOLDER}{id}.json")
}

fn meta(incident: &Incident) -> Meta {
    let meta = Meta::default()
        .with(OPEN, u8::from(incident.is_open()))
        .with(OPENED, moment::floor(incident.opened_at))
        .with(GATEWAY, gateways::hash(&incident.gateway));
    match incident.next_due() {
        Some(due) => meta.with(DUE, moment::ceil(due)),
        None => meta,
    }
}

/// Keeps a new document, unless there is one with this id.
pub(super) async fn create(blobs: &Blobs, incident: &Incident) -> Result<Put, Fault> {
    blobs.put(&name(&incident.id), write(incident)?, meta(incident), If::New).await
}

pub(super) async fn load(blobs: &Blobs, id: &IncidentId) -> Result<Option<(Incident, Version)>, Fault> {
    let Some(found) = blobs.get(&name(id)).await? else { return Ok(None) };
    Ok(Some((read("incident", id.as_str(), &found.body)?, Version(found.etag))))
}

pub(super) async fn save(blobs: &Blobs, incident: &Incident, version: &Version) -> Result<Saved, Fault> {
    // What is no ETag was given by another store, and `*` would match anything.
    if !(version.0.len() > 1 && version.0.starts_with('"') && version.0.ends_with('"')) {
        return Ok(Saved::Conflict);
    }
    let condition = If::Same(&version.0);
    Ok(match blobs.put(&name(&incident.id), write(incident)?, meta(incident), condition).await? {
        Put::Done(_) => Saved::Yes,
        Put::Refused => Saved::Conflict,
    })
}

/// Whether the document is an open incident of this gateway.
pub(super) fn is_open_for(document: &Glance, gateway: &str) -> bool {
    document.meta.number(OPEN) == Some(1) && document.meta.word(GATEWAY) == Some(gateway)
}

/// Whether this very incident is what the document began as.
pub(super) fn began_as(document: &Glance, incident: &Incident) -> bool {
    document.meta.number(OPENED) == Some(moment::floor(incident.opened_at))
}

/// The newest first.
pub(super) async fn list_open(blobs: &Blobs) -> Result<Vec<Incident>, Fault> {
    let listed = blobs.list(FOLDER).await?;
    let ids: Vec<_> = listed.iter().filter(|one| one.meta.number(OPEN) == Some(1)).filter_map(id).collect();
    let loads = stream::iter(ids).map(|id| async move { load(blobs, &id).await });
    let loaded: Vec<_> = loads.buffer_unordered(AT_ONCE).try_collect().await?;
    let mut open: Vec<Incident> = loaded.into_iter().flatten().map(|(incident, _)| incident).collect();
    // Some may have been closed since the list was made.
    open.retain(Incident::is_open);
    open.sort_by(|one, other| other.opened_at.cmp(&one.opened_at).then_with(|| one.id.cmp(&other.id)));
    Ok(open)
}

fn id(listed: &Listed) -> Option<IncidentId> {
    let id = listed.name.strip_prefix(FOLDER)?.strip_suffix(".json")?;
    IncidentId::parse(id).ok()
}

/// When an incident in the list is due, if it has anything to do.
pub(super) fn due(listed: &Listed) -> Option<(i64, Wake)> {
    Some((listed.meta.number(DUE)?, Wake::Incident(id(listed)?)))
}
