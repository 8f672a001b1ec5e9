//! Requests: `requests/<id>`, with `due` in the metadata, or `finished` when only the id is left.

use azure_core::Bytes;
use domain::request::{Request, RequestId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::blobs::{Blobs, If, Listed, Meta, Put};
use super::fault::{Fault, read, write};
use crate::ports::{Reception, Wake};
use crate::store::moment;

pub(super) const FOLDER: &str = "requests/";
const DUE: &str = "due";
const FINISHED: &str = "finished";

/// How long the id of a finished request stays known: a day, in microseconds.
const REMEMBERED: i64 = 24 * 60 * 60 * 1_000_000;
/// How often a request is read again when somebody else changed it meanwhile.
const ROUNDS: usize = 16;

#[derive(Serialize, Deserialize)]
struct Kept {
    request: Request,
    attempts: u32,
}

fn name(id: &RequestId) -> String {
    format!("{FOLDER}{id}")
}

fn due_at(moment: Timestamp) -> Meta {
    Meta::default().with(DUE, moment::ceil(moment))
}

/// One write, and one alone can be the first.
pub(super) async fn accept(blobs: &Blobs, request: &Request) -> Result<Reception, Fault> {
    let kept = Kept { request: request.clone(), attempts: 0 };
    let put = blobs.put(&name(&request.id), write(&kept)?, due_at(request.at), If::New).await?;
    Ok(match put {
        Put::Done(_) => Reception::New,
        Put::Refused => Reception::Repeated,
    })
}

pub(super) async fn request(blobs: &Blobs, id: &RequestId) -> Result<Option<Request>, Fault> {
    Ok(kept(blobs, id).await?.map(|(kept, _)| kept.request))
}

/// A request that is not finished, and its entity tag.
async fn kept(blobs: &Blobs, id: &RequestId) -> Result<Option<(Kept, String)>, Fault> {
    match blobs.get(&name(id)).await? {
        Some(found) if found.meta.number(FINISHED).is_none() => {
            Ok(Some((read("request", id.as_str(), &found.body)?, found.etag)))
        }
        _ => Ok(None),
    }
}

/// The body goes, for it may hold an address that is somebody's only; the id stays.
pub(super) async fn finish(blobs: &Blobs, id: &RequestId, now: Timestamp) -> Result<(), Fault> {
    for _ in 0..ROUNDS {
        let found = blobs.glance(&name(id)).await?;
        let Some(kept) = found.filter(|found| found.meta.number(FINISHED).is_none()) else { return Ok(()) };
        let finished = Meta::default().with(FINISHED, moment::floor(now));
        if blobs.put(&name(id), Bytes::new(), finished, If::Same(&kept.etag)).await? != Put::Refused {
            return Ok(());
        }
    }
    Err(Fault::Contended)
}

/// The number of failures; none if the request was finished meanwhile.
pub(super) async fn postpone(blobs: &Blobs, id: &RequestId, again: Timestamp) -> Result<u32, Fault> {
    for _ in 0..ROUNDS {
        let Some((mut kept, etag)) = kept(blobs, id).await? else { return Ok(0) };
        kept.attempts += 1;
        let put = blobs.put(&name(id), write(&kept)?, due_at(again), If::Same(&etag)).await?;
        if put != Put::Refused {
            return Ok(kept.attempts);
        }
    }
    Err(Fault::Contended)
}

/// When a request in the list is due, if it is one that is not finished.
pub(super) fn due(listed: &Listed) -> Option<(i64, Wake)> {
    let id = listed.name.strip_prefix(FOLDER)?;
    Some((listed.meta.number(DUE)?, Wake::Request(RequestId::parse(id).ok()?)))
}

/// Whether an id in the list need not be known any longer.
pub(super) fn is_forgotten(listed: &Listed, now: Timestamp) -> bool {
    let oldest = moment::floor(now).saturating_sub(REMEMBERED);
    listed.meta.number(FINISHED).is_some_and(|finished| finished < oldest)
}
