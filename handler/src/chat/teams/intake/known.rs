//! Which conversations need not be kept again.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use domain::request::Channel;

use super::super::address::Address;
use crate::ports::{Store, StoreError};

/// More conversations than a tenant has with one bot; then it is forgotten which were kept.
const MOST: usize = 10_000;

/// The ways that this process has kept: each is written once, and again when it has changed.
pub(super) struct Known {
    store: Arc<dyn Store>,
    kept: Mutex<HashSet<(String, String)>>,
}

impl Known {
    pub(super) fn in_store(store: Arc<dyn Store>) -> Self {
        Self { store, kept: Mutex::default() }
    }

    pub(super) async fn keep(&self, channel: &Channel, way: &Address) -> Result<(), StoreError> {
        let mark = (channel.id.clone(), way.service_url.clone());
        if self.kept.lock().unwrap_or_else(PoisonError::into_inner).contains(&mark) {
            return Ok(());
        }
        let way = serde_json::to_value(way)
            .map_err(|error| StoreError { doing: "write down a conversation", source: error.into() })?;
        self.store.keep_conversation(channel, &way).await?;
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST {
            kept.clear();
        }
        kept.insert(mark);
        Ok(())
    }
}
