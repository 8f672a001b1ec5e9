//! The embedded store: one SQLite file that any SQLite client can open.
//!
//! What was accepted is on the disk before the answer is given, so neither `kill -9` nor a power cut loses
//! it. Wake-ups are hints, and cost no flush of the disk: a kill keeps them, a power cut may not, and the
//! sweep finds what they pointed to. Several processes may use one file at once.

use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};

use async_trait::async_trait;
use domain::id::GatewayId;
use domain::incident::{Incident, IncidentId};
use domain::request::{Request, RequestId};
use jiff::Timestamp;
use tokio::sync::Notify;

use crate::ports::{Opened, Reception, Saved, Store, StoreError, Version, Wake, Wakeups};
use fault::{Fault, failed};
use lane::{Keep, Lane};

mod fault;
mod file;
mod incidents;
mod lane;
mod moment;
mod requests;
mod schema;
mod wakeups;

#[cfg(test)]
mod tests;

/// Incidents, requests and wake-ups in one SQLite database. Dropping it waits for what was begun.
#[derive(Debug)]
pub struct SqliteStore {
    /// None where a second connection would see another database. Closed first: the writer tidies up.
    reader: Option<Lane>,
    writer: Lane,
    sent: Notify,
    /// The latest time that anybody told, for what has to be dated but comes without a time.
    latest: AtomicI64,
}

impl SqliteStore {
    /// Opens the database in a file, which is created, or brought up to date, if need be. Only its owner can
    /// read it.
    ///
    /// # Errors
    /// When the file cannot be opened, is no database of this program, or comes from a newer version of it.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        // SQLite's own name for it, and never a file.
        if path.as_os_str() == ":memory:" {
            return Self::in_memory();
        }
        let open = || {
            let writer = Lane::writer(file::open(path)?)?;
            Ok(Self::over(writer, Some(Lane::reader(file::open_to_read(path)?)?)))
        };
        open().map_err(failed("open the database"))
    }

    /// A database that is gone when it is dropped.
    ///
    /// # Errors
    /// When SQLite has no memory, or no thread can be started.
    pub fn in_memory() -> Result<Self, StoreError> {
        let open = || Ok(Self::over(Lane::writer(file::in_memory()?)?, None));
        open().map_err(failed("open a database in memory"))
    }

    fn over(writer: Lane, reader: Option<Lane>) -> Self {
        Self { writer, reader, sent: Notify::new(), latest: AtomicI64::new(i64::MIN) }
    }

    fn reader(&self) -> &Lane {
        self.reader.as_ref().unwrap_or(&self.writer)
    }

    /// Notes what time it is, and gives it as the database writes it.
    fn learn(&self, now: Timestamp) -> i64 {
        let now = moment::floor(now);
        self.latest.fetch_max(now, Ordering::Relaxed);
        now
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn accept(&self, request: &Request) -> Result<Reception, StoreError> {
        let doing = failed("keep a request");
        self.learn(request.at);
        let (id, at) = (request.id.to_string(), moment::ceil(request.at));
        let body = serde_json::to_string(request).map_err(Fault::unwritable).map_err(&doing)?;
        self.writer.run(Keep::Flushed, move |db| requests::accept(db, &id, at, &body)).await.map_err(doing)
    }

    async fn request(&self, id: &RequestId) -> Result<Option<Request>, StoreError> {
        let doing = failed("read a request");
        let key = id.to_string();
        let body =
            self.reader().run(Keep::Flushed, move |db| requests::body(db, &key)).await.map_err(&doing)?;
        body.map(|body| fault::read_document("request", id.as_str(), &body)).transpose().map_err(doing)
    }

    async fn finish_request(&self, id: &RequestId) -> Result<(), StoreError> {
        let (id, now) = (id.to_string(), self.latest.load(Ordering::Relaxed));
        let done = self.writer.run(Keep::Flushed, move |db| requests::finish(db, &id, now)).await;
        done.map_err(failed("finish a request"))
    }

    async fn postpone_request(&self, id: &RequestId, again: Timestamp) -> Result<u32, StoreError> {
        let (id, again) = (id.to_string(), moment::ceil(again));
        let attempts = self.writer.run(Keep::Flushed, move |db| requests::postpone(db, &id, again)).await;
        attempts.map_err(failed("postpone a request"))
    }

    async fn open(&self, incident: &Incident) -> Result<Opened, StoreError> {
        let doing = failed("open an incident");
        let row = incidents::Row::of(incident).map_err(&doing)?;
        self.writer.run(Keep::Flushed, move |db| incidents::open(db, &row)).await.map_err(doing)
    }

    async fn load(&self, id: &IncidentId) -> Result<Option<(Incident, Version)>, StoreError> {
        let doing = failed("read an incident");
        let key = id.to_string();
        let found =
            self.reader().run(Keep::Flushed, move |db| incidents::load(db, &key)).await.map_err(&doing)?;
        let read =
            |(doc, version): (String, i64)| Ok((incidents::read(id.as_str(), &doc)?, Version(version)));
        found.map(read).transpose().map_err(doing)
    }

    async fn save(&self, incident: &Incident, version: Version) -> Result<Saved, StoreError> {
        let doing = failed("save an incident");
        let row = incidents::Row::of(incident).map_err(&doing)?;
        self.writer.run(Keep::Flushed, move |db| incidents::save(db, &row, version)).await.map_err(doing)
    }

    async fn open_for(&self, gateway: &GatewayId) -> Result<Option<IncidentId>, StoreError> {
        let gateway = incidents::gateway_key(gateway);
        let found = self.reader().run(Keep::Flushed, move |db| incidents::open_for(db, &gateway)).await;
        found.map_err(failed("look for a gateway's incident"))
    }

    async fn open_incidents(&self) -> Result<Vec<Incident>, StoreError> {
        let doing = failed("list the open incidents");
        let found = self.reader().run(Keep::Flushed, incidents::list_open).await.map_err(&doing)?;
        found.iter().map(|(id, doc)| incidents::read(id, doc)).collect::<Result<_, _>>().map_err(doing)
    }

    async fn due(&self, now: Timestamp) -> Result<Vec<Wake>, StoreError> {
        let now = self.learn(now);
        let due = self.writer.run(Keep::Hint, move |db| {
            requests::forget(db, now)?;
            wakeups::due(db, now)
        });
        due.await.map_err(failed("find what is due"))
    }
}

#[async_trait]
impl Wakeups for SqliteStore {
    async fn wake(&self, wake: &Wake, at: Timestamp) -> Result<(), StoreError> {
        let (wake, at) = (wake.clone(), moment::ceil(at));
        let sent = self.writer.run(Keep::Hint, move |db| wakeups::send(db, &wake, at)).await;
        sent.map_err(failed("send a wake-up"))?;
        self.sent.notify_one();
        Ok(())
    }

    async fn take(&self, now: Timestamp) -> Result<Vec<Wake>, StoreError> {
        let now = self.learn(now);
        let taken = self.writer.run(Keep::Hint, move |db| wakeups::take(db, now)).await;
        taken.map_err(failed("take the wake-ups"))
    }

    async fn next(&self) -> Result<Option<Timestamp>, StoreError> {
        let next = self.reader().run(Keep::Hint, wakeups::next).await;
        next.map_err(failed("look for the next wake-up"))
    }

    /// Waits until a hint is sent through this very value. Hints that another process sends are found by
    /// asking again: see [`Wakeups::next`].
    async fn sent(&self) {
        self.sent.notified().await;
    }
}
