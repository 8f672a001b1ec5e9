//! How channels are reached: `conversations/<platform>/<hash of the channel's id>.json`.

use domain::request::Channel;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::blobs::{Blobs, If, Meta};
use super::fault::{Fault, read, write};
use crate::store::key;

/// A platform's ids may have any characters, and a blob's name may not.
fn name(channel: &Channel) -> Result<String, Fault> {
    let platform = key::platform(channel.platform)?;
    Ok(format!("conversations/{platform}/{}.json", hex::encode(Sha256::digest(&channel.id))))
}

pub(super) async fn keep(blobs: &Blobs, channel: &Channel, reference: &Value) -> Result<(), Fault> {
    blobs.put(&name(channel)?, write(reference)?, Meta::default(), If::Always).await.map(drop)
}

pub(super) async fn find(blobs: &Blobs, channel: &Channel) -> Result<Option<Value>, Fault> {
    let found = blobs.get(&name(channel)?).await?;
    found.map(|found| read("way to the channel", &channel.id, &found.body)).transpose()
}
