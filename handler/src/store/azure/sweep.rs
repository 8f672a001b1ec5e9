//! What is due, and what may go.

use futures::{StreamExt as _, stream};
use jiff::Timestamp;

use super::blobs::{Blobs, Listed};
use super::fault::Fault;
use super::{incidents, requests};
use crate::ports::Wake;
use crate::store::moment;

/// The most that one sweep finds, or deletes; the next one finds the rest.
const SWEEP: usize = 100;
/// How many blobs are deleted at once.
const AT_ONCE: usize = 16;

/// What has something to do by now, the longest waiting first: one call for 5000 requests, and one for 5000
/// incidents.
pub(super) async fn due(blobs: &Blobs, now: Timestamp) -> Result<Vec<Wake>, Fault> {
    let (requests, incidents) =
        futures::try_join!(blobs.list(requests::FOLDER), blobs.list(incidents::FOLDER))?;
    let waiting =
        requests.iter().filter_map(requests::due).chain(incidents.iter().filter_map(incidents::due));
    let mut due: Vec<_> = waiting.filter(|(due, _)| *due <= moment::floor(now)).collect();
    due.sort_by_cached_key(|(due, wake)| (*due, wake.to_string()));
    due.truncate(SWEEP);
    let (forgotten, _): (Vec<_>, Vec<_>) =
        requests.into_iter().partition(|one| requests::is_forgotten(one, now));
    delete(blobs, forgotten).await;
    Ok(due.into_iter().map(|(_, wake)| wake).collect())
}

/// Deletes some of these. What stays is found again.
pub(super) async fn delete(blobs: &Blobs, old: Vec<Listed>) {
    let deletes = stream::iter(old.into_iter().take(SWEEP)).map(|one| async move {
        if let Err(error) = blobs.delete(&one.name, None).await {
            tracing::warn!(%error, blob = one.name, "what need not be kept was not deleted");
        }
    });
    deletes.buffer_unordered(AT_ONCE).collect::<()>().await;
}
