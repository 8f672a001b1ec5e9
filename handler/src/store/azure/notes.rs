//! Small documents that many may change: `notes/<hash of the name>.json`.

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::blobs::{Blobs, If, Meta, Put};
use super::fault::{Fault, read, write};
use crate::ports::{Saved, Version};

/// A name may have any characters, and a blob's name may not.
fn blob(name: &str) -> String {
    format!("notes/{}.json", hex::encode(Sha256::digest(name)))
}

pub(super) async fn find(blobs: &Blobs, name: &str) -> Result<Option<(Value, Version)>, Fault> {
    let Some(found) = blobs.get(&blob(name)).await? else { return Ok(None) };
    Ok(Some((read("note", name, &found.body)?, Version(found.etag))))
}

pub(super) async fn keep(
    blobs: &Blobs,
    name: &str,
    note: &Value,
    version: Option<&Version>,
) -> Result<Saved, Fault> {
    // What is no ETag was given by another store, and `*` would match anything.
    let is_etag =
        |version: &&Version| version.0.len() > 1 && version.0.starts_with('"') && version.0.ends_with('"');
    if version.is_some_and(|version| !is_etag(&version)) {
        return Ok(Saved::Conflict);
    }
    let condition = version.map_or(If::New, |version| If::Same(&version.0));
    Ok(match blobs.put(&blob(name), write(note)?, Meta::default(), condition).await? {
        Put::Done(_) => Saved::Yes,
        Put::Refused => Saved::Conflict,
    })
}
