//! The store for many instances at once: blobs and a queue in an Azure Storage account.
//!
//! | what | where |
//! | --- | --- |
//! | a request | `requests/<id>` |
//! | an incident | `incidents/<id>.json` |
//! | the open incident of a gateway | `gateways/<hash>`: see `azure/gateways.rs` |
//! | an audit trail | `audit/<id>.jsonl`, an append blob |
//! | how a channel is reached | `conversations/<platform>/<hash>.json` |
//! | a dead letter | `dead/<hash>.json` |
//! | a small document that many may change | `notes/<hash>.json` |
//! | a wake-up | a message in the queue |
//!
//! Every change is one conditional write of one blob, and compare-and-swap is by its entity tag. What is due
//! stands in blobs' metadata, so that one list finds it. The container and the queue are created when they
//! are missing.
//!
//! The identity needs the role Storage Blob Data Contributor on the container, and on the queue Storage Queue
//! Data Message Sender, and Message Processor too if it takes the wake-ups itself. To create them it needs
//! the roles Storage Blob Data Contributor and Storage Queue Data Contributor on the account.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use azure_core::credentials::TokenCredential;
use azure_core::http::ClientOptions;
use domain::dead_letter::DeadLetter;
use domain::id::GatewayId;
use domain::incident::{Entry, Incident, IncidentId};
use domain::request::{Channel, Request, RequestId};
use jiff::Timestamp;
use serde_json::Value;
use url::Url;

use crate::ports::{Clock, Opened, Reception, Saved, Store, StoreError, Tried, Version, Wake, Wakeups};
use blobs::Blobs;
use fault::{Fault, failed};
use queue::Queue;
use trail::Trails;

mod blobs;
mod client;
mod conversations;
mod dead_letters;
mod fault;
mod gateways;
mod incidents;
mod notes;
mod pace;
mod queue;
mod requests;
mod sweep;
mod trail;
mod tried;

#[cfg(test)]
mod tests;

/// The container, unless it is named otherwise.
pub const CONTAINER: &str = "agw";
/// The queue, unless it is named otherwise.
pub const QUEUE: &str = "agw-work";

/// How long a chat platform's request may be kept waiting: it hangs up after three seconds.
const AT_ONCE: Duration = Duration::from_millis(2_500);
/// How long anything else may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where everything is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AzureStoreOptions {
    /// The account's address for blobs: `https://ACCOUNT.blob.core.windows.net/`.
    pub blob: Url,
    /// The account's address for queues: `https://ACCOUNT.queue.core.windows.net/`.
    pub queue: Url,
    /// The container's name, such as [`CONTAINER`].
    pub container: String,
    /// The queue's name, such as [`QUEUE`].
    pub queue_name: String,
}

impl AzureStoreOptions {
    /// The usual container and queue of an account.
    #[must_use]
    pub fn of(blob: Url, queue: Url) -> Self {
        Self { blob, queue, container: CONTAINER.to_owned(), queue_name: QUEUE.to_owned() }
    }
}

/// Incidents, requests and wake-ups in a storage account.
pub struct AzureStore {
    blobs: Blobs,
    queue: Queue,
    trails: Trails,
    clock: Arc<dyn Clock>,
    /// Where blobs and messages are.
    account: (Url, Url),
}

impl AzureStore {
    /// A store in this account. Nothing is sent yet, and nothing is read from the disk.
    ///
    /// # Errors
    /// When an address is not one of Azure Storage: it has to be `https`.
    pub fn new(
        options: AzureStoreOptions,
        credential: Arc<dyn TokenCredential>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, StoreError> {
        Self::over(client::options(), options, credential, clock)
    }

    fn over(
        client: ClientOptions,
        options: AzureStoreOptions,
        credential: Arc<dyn TokenCredential>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, StoreError> {
        let AzureStoreOptions { blob, queue, container, queue_name } = options;
        let account = (blob.clone(), queue.clone());
        let doing = failed("use the storage account");
        let blobs = Blobs::new(blob, &container, Arc::clone(&credential), client.clone()).map_err(&doing)?;
        let queue = Queue::new(queue, &queue_name, credential, client).map_err(doing)?;
        Ok(Self { blobs, queue, trails: Trails::default(), clock, account })
    }

    /// Fetches a token, opens both connections, and creates what is missing, so that the first request does
    /// not wait for it. What fails is logged, and tried again by whoever needs it.
    pub async fn warm(&self) {
        let blobs = within(PATIENCE, "open the container", self.blobs.warm());
        let queue = within(PATIENCE, "open the queue", self.queue.warm());
        let (blobs, queue) = tokio::join!(blobs, queue);
        for error in [blobs.err(), queue.err()].into_iter().flatten() {
            tracing::warn!(%error, "the storage account is not ready");
        }
    }

    /// What follows a change of an incident that was kept. It is kept whatever becomes of this.
    async fn follow_up(&self, incident: &Incident) {
        let record = self.trails.record(&self.blobs, &incident.id, &incident.timeline);
        let recorded = within(PATIENCE, "add to an audit trail", record);
        let released = within(PATIENCE, "free a gateway", async {
            if incident.is_open() { Ok(()) } else { gateways::release(&self.blobs, incident).await }
        });
        let (recorded, released) = tokio::join!(recorded, released);
        if let Err(error) = recorded {
            tracing::error!(%error, incident = %incident.id, "the next save will add to the audit trail");
        }
        if let Err(error) = released {
            tracing::warn!(%error, incident = %incident.id, "whoever comes next will free the gateway");
        }
    }

    async fn read_trail(&self, id: &IncidentId) -> Result<Vec<Entry>, Fault> {
        let document = incidents::load(&self.blobs, id).await?;
        let timeline = document.map(|(incident, _)| incident.timeline).unwrap_or_default();
        let mut entries = trail::recorded(&self.blobs, id).await?;
        if let Some(missing) = timeline.get(entries.len()..).filter(|missing| !missing.is_empty()) {
            if let Err(error) = self.trails.record(&self.blobs, id, &timeline).await {
                tracing::error!(%error, incident = %id, "an audit trail could not be completed");
            }
            entries.extend_from_slice(missing);
        }
        Ok(entries)
    }
}

/// Gives up after so long. What was asked for may happen all the same.
async fn within<T>(
    limit: Duration,
    doing: &'static str,
    work: impl Future<Output = Result<T, Fault>> + Send,
) -> Result<T, StoreError> {
    // The SDK's futures are large.
    let done = tokio::time::timeout(limit, Box::pin(work)).await;
    done.unwrap_or(Err(Fault::TooSlow(limit))).map_err(failed(doing))
}

#[async_trait]
impl Store for AzureStore {
    async fn accept(&self, request: &Request) -> Result<Reception, StoreError> {
        within(AT_ONCE, "keep a request", requests::accept(&self.blobs, request)).await
    }

    async fn request(&self, id: &RequestId) -> Result<Option<Request>, StoreError> {
        within(PATIENCE, "read a request", requests::request(&self.blobs, id)).await
    }

    async fn finish_request(&self, id: &RequestId) -> Result<(), StoreError> {
        let now = self.clock.now();
        within(PATIENCE, "finish a request", requests::finish(&self.blobs, id, now)).await
    }

    async fn postpone_request(&self, id: &RequestId, again: Timestamp) -> Result<u32, StoreError> {
        within(PATIENCE, "postpone a request", requests::postpone(&self.blobs, id, again)).await
    }

    async fn open(&self, incident: &Incident) -> Result<Opened, StoreError> {
        let opened = within(PATIENCE, "open an incident", gateways::open(&self.blobs, incident)).await?;
        if opened == Opened::New {
            self.follow_up(incident).await;
        }
        Ok(opened)
    }

    async fn load(&self, id: &IncidentId) -> Result<Option<(Incident, Version)>, StoreError> {
        within(PATIENCE, "read an incident", incidents::load(&self.blobs, id)).await
    }

    async fn save(&self, incident: &Incident, version: Version) -> Result<Saved, StoreError> {
        let save = incidents::save(&self.blobs, incident, &version);
        let saved = within(PATIENCE, "save an incident", save).await?;
        if saved == Saved::Yes {
            self.follow_up(incident).await;
        }
        Ok(saved)
    }

    async fn open_for(&self, gateway: &GatewayId) -> Result<Option<IncidentId>, StoreError> {
        let found = gateways::open_for(&self.blobs, gateway);
        within(PATIENCE, "look for a gateway's incident", found).await
    }

    async fn open_incidents(&self) -> Result<Vec<Incident>, StoreError> {
        within(PATIENCE, "list the open incidents", incidents::list_open(&self.blobs)).await
    }

    async fn due(&self, now: Timestamp) -> Result<Vec<Wake>, StoreError> {
        within(PATIENCE, "find what is due", sweep::due(&self.blobs, now)).await
    }

    async fn trail(&self, id: &IncidentId) -> Result<Vec<Entry>, StoreError> {
        within(PATIENCE, "read an audit trail", self.read_trail(id)).await
    }

    async fn keep_conversation(&self, channel: &Channel, reference: &Value) -> Result<(), StoreError> {
        let keep = conversations::keep(&self.blobs, channel, reference);
        within(PATIENCE, "keep how a channel is reached", keep).await
    }

    async fn conversation(&self, channel: &Channel) -> Result<Option<Value>, StoreError> {
        let find = conversations::find(&self.blobs, channel);
        within(PATIENCE, "look up how a channel is reached", find).await
    }

    async fn note(&self, name: &str) -> Result<Option<(Value, Version)>, StoreError> {
        within(PATIENCE, "read a note", notes::find(&self.blobs, name)).await
    }

    async fn keep_note(
        &self,
        name: &str,
        note: &Value,
        version: Option<&Version>,
    ) -> Result<Saved, StoreError> {
        within(PATIENCE, "keep a note", notes::keep(&self.blobs, name, note, version)).await
    }

    async fn bury(&self, letter: &DeadLetter) -> Result<(), StoreError> {
        within(PATIENCE, "keep a dead letter", dead_letters::bury(&self.blobs, letter)).await
    }

    async fn dead_letters(&self, now: Timestamp) -> Result<Vec<DeadLetter>, StoreError> {
        within(PATIENCE, "list the dead letters", dead_letters::list(&self.blobs, now)).await
    }

    async fn tried(&self) -> Vec<Tried> {
        let (blob, queue) = &self.account;
        let blobs = Box::pin(tried::blobs(&self.blobs, blob));
        let queue = Box::pin(tried::queue(&self.queue, queue));
        let (blobs, queue) = tokio::join!(blobs, queue);
        vec![blobs, queue]
    }
}

#[async_trait]
impl Wakeups for AzureStore {
    async fn wake(&self, wake: &Wake, at: Timestamp) -> Result<(), StoreError> {
        let now = self.clock.now();
        within(AT_ONCE, "send a wake-up", self.queue.wake(wake, at, now)).await
    }

    async fn take(&self, _: Timestamp) -> Result<Vec<Wake>, StoreError> {
        within(PATIENCE, "take the wake-ups", self.queue.take()).await
    }

    async fn wait(&self, _: Timestamp, at_most: Duration) {
        self.queue.wait(at_most).await;
    }
}
