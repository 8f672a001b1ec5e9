//! The embedded store: one SQLite file that any SQLite client can open.
//!
//! What was accepted is on the disk before the answer is given, so neither `kill -9` nor a power cut loses
//! it. Wake-ups are hints, and cost no flush of the disk: a kill keeps them, a power cut may not, and the
//! sweep finds what they pointed to. Several processes may use one file at once.

use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use domain::dead_letter::DeadLetter;
use domain::id::GatewayId;
use domain::incident::{Entry, Incident, IncidentId};
use domain::request::{Channel, Request, RequestId};
use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep};

use crate::ports::{Opened, Reception, Saved, Store, StoreError, Version, Wake, Wakeups};
use crate::store::{key, moment};
use fault::{Fault, failed};
use lane::{Keep, Lane};

mod conversations;
mod dead_letters;
mod fault;
mod file;
mod incidents;
mod lane;
mod notes;
mod requests;
mod schema;
mod trail;
mod wakeups;

#[cfg(test)]
mod tests;

/// How long a hint that another process sent may go unnoticed.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

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

    /// When the next hint becomes visible, or became.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn next(&self) -> Result<Option<Timestamp>, StoreError> {
        let next = self.reader().run(Keep::Hint, wakeups::next).await;
        next.map_err(failed("look for the next wake-up"))
    }

    /// How long it is until the next hint is visible. A file that cannot be read is looked at again later:
    /// whoever takes the hints hears of it.
    async fn until_next(&self, now: Timestamp, waited: Duration) -> Duration {
        match self.next().await {
            Ok(Some(due)) => {
                Duration::try_from(due.duration_since(now)).unwrap_or_default().saturating_sub(waited)
            }
            Ok(None) | Err(_) => Duration::MAX,
        }
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
            |(doc, n): (String, i64)| Ok((incidents::read(id.as_str(), &doc)?, Version(n.to_string())));
        found.map(read).transpose().map_err(doing)
    }

    async fn save(&self, incident: &Incident, version: Version) -> Result<Saved, StoreError> {
        let doing = failed("save an incident");
        // What is no number was given by another store.
        let Ok(version) = version.0.parse() else { return Ok(Saved::Conflict) };
        let row = incidents::Row::of(incident).map_err(&doing)?;
        self.writer.run(Keep::Flushed, move |db| incidents::save(db, &row, version)).await.map_err(doing)
    }

    async fn open_for(&self, gateway: &GatewayId) -> Result<Option<IncidentId>, StoreError> {
        let gateway = key::gateway(gateway);
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

    async fn trail(&self, id: &IncidentId) -> Result<Vec<Entry>, StoreError> {
        let id = id.to_string();
        let entries = self.reader().run(Keep::Flushed, move |db| trail::read(db, &id)).await;
        entries.map_err(failed("read an audit trail"))
    }

    async fn keep_conversation(&self, channel: &Channel, reference: &Value) -> Result<(), StoreError> {
        let doing = failed("keep how a channel is reached");
        let key = conversations::Key::of(channel).map_err(&doing)?;
        let reference = reference.to_string();
        let kept = self.writer.run(Keep::Flushed, move |db| conversations::keep(db, &key, &reference)).await;
        kept.map_err(doing)
    }

    async fn conversation(&self, channel: &Channel) -> Result<Option<Value>, StoreError> {
        let doing = failed("look up how a channel is reached");
        let key = conversations::Key::of(channel).map_err(&doing)?;
        let found = self.reader().run(Keep::Flushed, move |db| conversations::read(db, &key)).await;
        let read = |text: String| fault::read_document("way to the channel", &channel.id, &text);
        found.map_err(&doing)?.map(read).transpose().map_err(doing)
    }

    async fn note(&self, name: &str) -> Result<Option<(Value, Version)>, StoreError> {
        let doing = failed("read a note");
        let key = name.to_owned();
        let found = self.reader().run(Keep::Flushed, move |db| notes::read(db, &key)).await;
        let read = |(note, n): (String, i64)| {
            Ok((fault::read_document("note", name, &note)?, Version(n.to_string())))
        };
        found.map_err(&doing)?.map(read).transpose().map_err(doing)
    }

    async fn keep_note(
        &self,
        name: &str,
        note: &Value,
        version: Option<&Version>,
    ) -> Result<Saved, StoreError> {
        // What is no number was given by another store.
        let Ok(version) = version.map(|version| version.0.parse()).transpose() else {
            return Ok(Saved::Conflict);
        };
        let (name, note) = (name.to_owned(), note.to_string());
        let kept = self.writer.run(Keep::Flushed, move |db| notes::keep(db, &name, &note, version)).await;
        kept.map_err(failed("keep a note"))
    }

    async fn bury(&self, letter: &DeadLetter) -> Result<(), StoreError> {
        let doing = failed("keep a dead letter");
        let (id, at) = (letter.id.clone(), moment::floor(letter.at));
        let letter = serde_json::to_string(letter).map_err(Fault::unwritable).map_err(&doing)?;
        let kept = self.writer.run(Keep::Flushed, move |db| dead_letters::bury(db, &id, at, &letter)).await;
        kept.map_err(doing)
    }

    async fn dead_letters(&self, now: Timestamp) -> Result<Vec<DeadLetter>, StoreError> {
        let doing = failed("list the dead letters");
        let now = self.learn(now);
        let found = self.writer.run(Keep::Hint, move |db| dead_letters::list(db, now)).await;
        let read = |(id, letter): &(String, String)| fault::read_document("dead letter", id, letter);
        found.map_err(&doing)?.iter().map(read).collect::<Result<_, _>>().map_err(doing)
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

    /// Hints that this very value sends are noticed at once, those of other processes within a second.
    async fn wait(&self, now: Timestamp, at_most: Duration) {
        let begun = Instant::now();
        loop {
            let waited = begun.elapsed();
            let left = at_most.saturating_sub(waited).min(self.until_next(now, waited).await);
            if left.is_zero() {
                return;
            }
            tokio::select! {
                () = self.sent.notified() => {}
                () = sleep(left.min(LOOK_AGAIN)) => {}
            }
        }
    }
}
