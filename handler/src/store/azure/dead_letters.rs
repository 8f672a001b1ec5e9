//! Wake-ups that were given up: `dead/<hash of the letter's id>.json`.

use domain::dead_letter::DeadLetter;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::blobs::{Blobs, If, Meta};
use super::fault::{Fault, read, write};
use super::sweep;
use crate::store::moment;

const FOLDER: &str = "dead/";
const AT: &str = "at";

/// How long a dead letter is kept: seven days, in microseconds.
const KEPT: i64 = 7 * 24 * 60 * 60 * 1_000_000;
/// How many letters are read at once.
const AT_ONCE: usize = 16;

pub(super) async fn bury(blobs: &Blobs, letter: &DeadLetter) -> Result<(), Fault> {
    let name = format!("{FOLDER}{}.json", hex::encode(Sha256::digest(&letter.id)));
    let meta = Meta::default().with(AT, moment::floor(letter.at));
    blobs.put(&name, write(letter)?, meta, If::Always).await.map(drop)
}

/// The newest first. What is too old is dropped on the way.
pub(super) async fn list(blobs: &Blobs, now: Timestamp) -> Result<Vec<DeadLetter>, Fault> {
    let oldest = moment::floor(now).saturating_sub(KEPT);
    let is_old = |at: Option<i64>| at.is_some_and(|at| at < oldest);
    let (old, kept): (Vec<_>, Vec<_>) =
        blobs.list(FOLDER).await?.into_iter().partition(|one| is_old(one.meta.number(AT)));
    sweep::delete(blobs, old).await;
    let reads = stream::iter(kept).map(|one| async move {
        let found = blobs.get(&one.name).await?;
        found.map(|found| read::<DeadLetter>("dead letter", &one.name, &found.body)).transpose()
    });
    let letters: Vec<_> = reads.buffer_unordered(AT_ONCE).try_collect().await?;
    let mut letters: Vec<DeadLetter> = letters.into_iter().flatten().collect();
    letters.sort_by(|one, other| other.at.cmp(&one.at).then_with(|| one.id.cmp(&other.id)));
    Ok(letters)
}
