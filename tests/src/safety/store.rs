//! One life's way to the real store, a turn at a time.

use std::sync::Arc;

use async_trait::async_trait;
use domain::dead_letter::DeadLetter;
use domain::id::GatewayId;
use domain::incident::{Entry, Incident, IncidentId};
use domain::request::{Channel, Request, RequestId};
use handler::ports::{Opened, Reception, Saved, Store, StoreError, Version, Wake, Wakeups};
use handler::store::SqliteStore;
use jiff::Timestamp;
use serde_json::Value;

use super::loom::{Life, Loom, Step};
use super::watch::Watch;

/// The store as one life sees it. Whatever it saves is seen by the watch, as people see it on the message.
pub(crate) struct RaceStore {
    pub(crate) inner: Arc<SqliteStore>,
    pub(crate) loom: Arc<Loom>,
    pub(crate) watch: Arc<Watch>,
    pub(crate) life: Life,
}

impl RaceStore {
    async fn turn<T>(&self, work: impl Future<Output = T>) -> T {
        self.loom.turn(self.life, Step::Store, work).await
    }

    /// A write: a crash may come before it, or between it and the moment when the life hears of it.
    async fn write<T>(&self, work: impl Future<Output = T>) -> T {
        let done = self.turn(work).await;
        self.loom.turn(self.life, Step::Saved, async {}).await;
        done
    }
}

#[async_trait]
impl Store for RaceStore {
    async fn accept(&self, request: &Request) -> Result<Reception, StoreError> {
        self.write(self.inner.accept(request)).await
    }

    async fn request(&self, id: &RequestId) -> Result<Option<Request>, StoreError> {
        self.turn(self.inner.request(id)).await
    }

    async fn finish_request(&self, id: &RequestId) -> Result<(), StoreError> {
        self.write(self.inner.finish_request(id)).await
    }

    async fn postpone_request(&self, id: &RequestId, again: Timestamp) -> Result<u32, StoreError> {
        self.write(self.inner.postpone_request(id, again)).await
    }

    async fn open(&self, incident: &Incident) -> Result<Opened, StoreError> {
        self.write(async {
            let opened = self.inner.open(incident).await?;
            if opened == Opened::New {
                self.watch.saw(incident);
            }
            Ok(opened)
        })
        .await
    }

    async fn load(&self, id: &IncidentId) -> Result<Option<(Incident, Version)>, StoreError> {
        self.turn(self.inner.load(id)).await
    }

    async fn save(&self, incident: &Incident, version: Version) -> Result<Saved, StoreError> {
        self.write(async {
            let saved = self.inner.save(incident, version).await?;
            if saved == Saved::Yes {
                self.watch.saw(incident);
            }
            Ok(saved)
        })
        .await
    }

    async fn open_for(&self, gateway: &GatewayId) -> Result<Option<IncidentId>, StoreError> {
        self.turn(self.inner.open_for(gateway)).await
    }

    async fn open_incidents(&self) -> Result<Vec<Incident>, StoreError> {
        self.turn(self.inner.open_incidents()).await
    }

    async fn due(&self, now: Timestamp) -> Result<Vec<Wake>, StoreError> {
        self.turn(self.inner.due(now)).await
    }

    async fn trail(&self, id: &IncidentId) -> Result<Vec<Entry>, StoreError> {
        self.turn(self.inner.trail(id)).await
    }

    async fn keep_conversation(&self, channel: &Channel, reference: &Value) -> Result<(), StoreError> {
        self.write(self.inner.keep_conversation(channel, reference)).await
    }

    async fn conversation(&self, channel: &Channel) -> Result<Option<Value>, StoreError> {
        self.turn(self.inner.conversation(channel)).await
    }

    async fn note(&self, name: &str) -> Result<Option<(Value, Version)>, StoreError> {
        self.turn(self.inner.note(name)).await
    }

    async fn keep_note(
        &self,
        name: &str,
        note: &Value,
        version: Option<&Version>,
    ) -> Result<Saved, StoreError> {
        self.write(self.inner.keep_note(name, note, version)).await
    }

    async fn bury(&self, letter: &DeadLetter) -> Result<(), StoreError> {
        self.write(self.inner.bury(letter)).await
    }

    async fn dead_letters(&self, now: Timestamp) -> Result<Vec<DeadLetter>, StoreError> {
        self.turn(self.inner.dead_letters(now)).await
    }
}

#[async_trait]
impl Wakeups for RaceStore {
    async fn wake(&self, wake: &Wake, at: Timestamp) -> Result<(), StoreError> {
        self.turn(self.inner.wake(wake, at)).await
    }

    async fn take(&self, now: Timestamp) -> Result<Vec<Wake>, StoreError> {
        self.loom.turn(self.life, Step::Take, self.inner.take(now)).await
    }

    async fn wait(&self, _: Timestamp, _: std::time::Duration) {}
}
