//! Whether the identity may do with the account what the store does.

use azure_core::http::Url;

use super::blobs::{Blobs, If, Meta};
use super::fault::Fault;
use super::queue::Queue;
use crate::ports::Tried;

/// Writes, reads and deletes a small blob.
pub(super) async fn blobs(blobs: &Blobs, account: &Url) -> Tried {
    tried("blobs", account, whole_life(blobs).await, "a blob was written, read and deleted")
}

/// Looks at the queue, and takes nothing from it.
pub(super) async fn queue(queue: &Queue, account: &Url) -> Tried {
    tried("queue", account, queue.look().await, "its messages can be seen; sending one is not tried")
}

async fn whole_life(blobs: &Blobs) -> Result<(), Fault> {
    let name = format!("checks/{:016x}.json", fastrand::u64(..));
    blobs.put(&name, b"{}".to_vec(), Meta::default(), If::New).await?;
    let read = blobs.get(&name).await;
    // It goes whatever came of the reading.
    blobs.delete(&name, None).await?;
    match read? {
        Some(_) => Ok(()),
        None => Err(Fault::Unexpected("what was just written is not there".to_owned())),
    }
}

fn tried(part: &'static str, account: &Url, done: Result<(), Fault>, well: &str) -> Tried {
    let role = match &done {
        Err(Fault::Forbidden { role, .. }) => Some(*role),
        _ => None,
    };
    let account = account.host_str().and_then(|host| host.split('.').next()).map(str::to_owned);
    Tried { part, found: done.map(|()| well.to_owned()).map_err(|fault| fault.to_string()), role, account }
}
