//! Small documents, read and changed by compare-and-swap.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{CONFLICTS_AT_MOST, Worker, contended};
use crate::ports::{Saved, StoreError, Version};

impl Worker {
    /// A document, or an empty one where there is none. What cannot be read, after a step back to an older version,
    /// counts as none: it is about noise, and never about a write.
    pub(super) async fn note<T: DeserializeOwned + Default>(
        &self,
        name: &str,
    ) -> Result<(T, Option<Version>), StoreError> {
        let Some((note, version)) = self.tools.store.note(name).await? else {
            return Ok((T::default(), None));
        };
        let read = serde_json::from_value(note).unwrap_or_else(|error| {
            tracing::error!(%error, name, "a note is not what this version writes, and counts as empty");
            T::default()
        });
        Ok((read, Some(version)))
    }

    /// Changes a document, and gives what `change` made of it. One that stays as it is is not written.
    pub(super) async fn change_note<T, R>(
        &self,
        name: &str,
        change: impl Fn(&mut T) -> R,
    ) -> Result<R, StoreError>
    where
        T: DeserializeOwned + Default + Serialize + Clone + PartialEq,
    {
        let _turn = self.turns.of(name).await;
        for _ in 0..CONFLICTS_AT_MOST {
            let (before, version) = self.note::<T>(name).await?;
            let mut after = before.clone();
            let made = change(&mut after);
            if after == before {
                return Ok(made);
            }
            let failed =
                |error: serde_json::Error| StoreError { doing: "write a note", source: error.into() };
            let note = serde_json::to_value(&after).map_err(failed)?;
            if self.tools.store.keep_note(name, &note, version.as_ref()).await? == Saved::Yes {
                return Ok(made);
            }
        }
        Err(contended())
    }
}
