//! One open incident a gateway, with no transaction over two blobs.
//!
//! Beside the documents there is an index: `gateways/<hash of the gateway's id>` names the incident that the
//! gateway has open, and holds the whole document as it was opened. Every step is one conditional write, and
//! whoever finds another one's work half done finishes it or clears it away, so nobody ever waits:
//!
//! To open an incident:
//!
//! 1. Create the index, if there is none. It is there: look whom it names (below). Somebody holds it: joined.
//! 2. Create the document, if there is none with this id. There is one: if it is open and of this gateway,
//!    somebody read the index and finished this for us, and all is well. If not, the id was taken, and the
//!    index goes again.
//!
//! To close one: save the document as closed, then delete the index, if it still names this incident.
//!
//! To find whom an index names, look at that document:
//!
//! * It is open and of this gateway: that is the gateway's incident.
//! * It is missing: whoever opened it stopped, or is, between the two steps. Create it from the index.
//! * It is closed, or of another gateway: the index is stale. Who opens an incident replaces the index, if it
//!   is still the same one; who only asks is told that there is none.
//!
//! Why that holds: an index is created only where there is none and replaced only where the document that it
//! names is there and not open for the gateway, which never changes, for documents are never deleted and a
//! closed incident is never opened again. So an incident that was begun is never forgotten, and of all who
//! open one for a gateway, one alone has its index in place.
//!
//! What a crash leaves: after step 1, an index without document (the next one finishes it); after a save that
//! closes, a stale index (the next one replaces it); after step 2 with an id that was taken, a stale index.

use azure_core::Bytes;
use domain::id::GatewayId;
use domain::incident::{Incident, IncidentId};
use sha2::{Digest, Sha256};

use super::blobs::{Blobs, If, Meta, Put};
use super::fault::{Fault, read, write};
use super::incidents;
use crate::ports::Opened;
use crate::store::key;

/// The id of the incident that an index names.
const INCIDENT: &str = "incident";
/// How often to look again when others change the index meanwhile.
const ROUNDS: usize = 32;

/// A gateway's id as it stands in names and metadata, which cannot hold every character.
pub(super) fn hash(gateway: &GatewayId) -> String {
    hex::encode(Sha256::digest(key::gateway(gateway)))
}

fn name(gateway: &str) -> String {
    format!("gateways/{gateway}")
}

/// Whom an index names.
enum Holder {
    Nobody,
    /// An open incident of the gateway.
    Open(IncidentId),
    /// Nobody any more. The index is this one.
    Stale(String),
}

/// What came of the first step.
pub(super) enum Held {
    /// The index names our incident, and is this one.
    Ours(String),
    /// The gateway has an open incident.
    Theirs(IncidentId),
}

pub(super) async fn open(blobs: &Blobs, incident: &Incident) -> Result<Opened, Fault> {
    if !incident.is_open() {
        return Ok(match incidents::create(blobs, incident).await? {
            Put::Done(_) => Opened::New,
            Put::Refused => Opened::IdTaken,
        });
    }
    match hold(blobs, incident).await? {
        Held::Ours(index) => keep(blobs, incident, &index).await,
        Held::Theirs(id) => Ok(Opened::Joined(id)),
    }
}

/// The first step: the index.
pub(super) async fn hold(blobs: &Blobs, incident: &Incident) -> Result<Held, Fault> {
    let gateway = hash(&incident.gateway);
    let (index, body) = (name(&gateway), Bytes::from(write(incident)?));
    let mut stale: Option<String> = None;
    for _ in 0..ROUNDS {
        let condition = stale.as_deref().map_or(If::New, If::Same);
        let meta = Meta::default().with(INCIDENT, &incident.id);
        if let Put::Done(held) = blobs.put(&index, body.clone(), meta, condition).await? {
            return Ok(Held::Ours(held));
        }
        stale = match holder(blobs, &gateway).await? {
            Holder::Open(id) => return Ok(Held::Theirs(id)),
            Holder::Nobody => None,
            Holder::Stale(index) => Some(index),
        };
    }
    Err(Fault::Contended)
}

/// The second step: the document.
pub(super) async fn keep(blobs: &Blobs, incident: &Incident, index: &str) -> Result<Opened, Fault> {
    if incidents::create(blobs, incident).await? != Put::Refused {
        return Ok(Opened::New);
    }
    let gateway = hash(&incident.gateway);
    match blobs.glance(&incidents::name(&incident.id)).await? {
        Some(there) if incidents::is_open_for(&there, &gateway) => {
            let ours = incidents::began_as(&there, incident);
            Ok(if ours { Opened::New } else { Opened::Joined(incident.id.clone()) })
        }
        _ => {
            blobs.delete(&name(&gateway), Some(index)).await?;
            Ok(Opened::IdTaken)
        }
    }
}

/// After an incident was closed: its gateway may have another one.
pub(super) async fn release(blobs: &Blobs, incident: &Incident) -> Result<(), Fault> {
    let index = name(&hash(&incident.gateway));
    match blobs.glance(&index).await? {
        Some(found) if found.meta.word(INCIDENT) == Some(incident.id.as_str()) => {
            blobs.delete(&index, Some(&found.etag)).await
        }
        _ => Ok(()),
    }
}

pub(super) async fn open_for(blobs: &Blobs, gateway: &GatewayId) -> Result<Option<IncidentId>, Fault> {
    Ok(match holder(blobs, &hash(gateway)).await? {
        Holder::Open(id) => Some(id),
        Holder::Nobody | Holder::Stale(_) => None,
    })
}

async fn holder(blobs: &Blobs, gateway: &str) -> Result<Holder, Fault> {
    for _ in 0..ROUNDS {
        let Some(index) = blobs.glance(&name(gateway)).await? else { return Ok(Holder::Nobody) };
        let id = index.meta.word(INCIDENT).and_then(|id| IncidentId::parse(id).ok());
        let Some(id) = id else { return Err(Fault::Unexpected("an index that names no incident".into())) };
        match blobs.glance(&incidents::name(&id)).await? {
            Some(document) if incidents::is_open_for(&document, gateway) => return Ok(Holder::Open(id)),
            Some(_) => return Ok(Holder::Stale(index.etag)),
            None => finish(blobs, gateway).await?,
        }
    }
    Err(Fault::Contended)
}

/// Creates the document that the index holds. Whoever does it first is as good as the other.
async fn finish(blobs: &Blobs, gateway: &str) -> Result<(), Fault> {
    let Some(index) = blobs.get(&name(gateway)).await? else { return Ok(()) };
    let incident: Incident = read("index of the gateway", gateway, &index.body)?;
    incidents::create(blobs, &incident).await.map(drop)
}
