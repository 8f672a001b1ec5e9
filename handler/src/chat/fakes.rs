//! What stands in for the store, the queue and the clock in the tests of the chats.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use domain::dead_letter::DeadLetter;
use domain::id::GatewayId;
use domain::incident::{Entry, Incident, IncidentId};
use domain::request::{Channel, Request, RequestId};
use jiff::Timestamp;
use serde_json::Value;

use crate::intake::Intake;
use crate::ports::{Clock, Opened, Reception, Saved, Store, StoreError, Version, Wake, Wakeups};

/// The moment of every test.
pub(crate) const NOW: i64 = 1_763_838_700;

/// Keeps requests, unless it is told to be broken.
#[derive(Default)]
pub(crate) struct FakeStore {
    pub(crate) kept: Mutex<Vec<Request>>,
    pub(crate) ways: Mutex<HashMap<String, Value>>,
    /// How often a way was kept.
    pub(crate) ways_kept: AtomicUsize,
    pub(crate) broken: AtomicBool,
}

impl FakeStore {
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.kept.lock().expect("nobody panicked").clone()
    }

    pub(crate) fn fail(&self) {
        self.broken.store(true, Ordering::SeqCst);
    }
}

pub(crate) struct Frozen;

impl Clock for Frozen {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(NOW).expect("a time")
    }
}

/// A clock that goes when it is told to.
#[derive(Default)]
pub(crate) struct SetClock(AtomicI64);

impl SetClock {
    pub(crate) fn pass(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(NOW + self.0.load(Ordering::SeqCst)).expect("a time")
    }
}

/// An intake, and the store behind it.
pub(crate) fn intake() -> (Intake, Arc<FakeStore>) {
    let store = Arc::new(FakeStore::default());
    (Intake::new(store.clone(), Arc::new(Deaf), Arc::new(Frozen)), store)
}

/// Serves routes on a port of this machine.
pub(crate) async fn serve(router: Router) -> u16 {
    let listener = listen().await;
    let port = port(&listener);
    serve_on(listener, router);
    port
}

pub(crate) async fn listen() -> tokio::net::TcpListener {
    tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port")
}

pub(crate) fn port(listener: &tokio::net::TcpListener) -> u16 {
    listener.local_addr().expect("an address").port()
}

pub(crate) fn serve_on(listener: tokio::net::TcpListener, router: Router) {
    tokio::spawn(async move { axum::serve(listener, router).await });
}

#[async_trait]
impl Store for FakeStore {
    async fn accept(&self, request: &Request) -> Result<Reception, StoreError> {
        if self.broken.load(Ordering::SeqCst) {
            return Err(StoreError { doing: "keep a request", source: "the disk is full".into() });
        }
        let mut kept = self.kept.lock().expect("nobody panicked");
        if kept.iter().any(|one| one.id == request.id) {
            return Ok(Reception::Repeated);
        }
        kept.push(request.clone());
        Ok(Reception::New)
    }
    async fn request(&self, _: &RequestId) -> Result<Option<Request>, StoreError> {
        unimplemented!()
    }
    async fn finish_request(&self, _: &RequestId) -> Result<(), StoreError> {
        unimplemented!()
    }
    async fn postpone_request(&self, _: &RequestId, _: Timestamp) -> Result<u32, StoreError> {
        unimplemented!()
    }
    async fn open(&self, _: &Incident) -> Result<Opened, StoreError> {
        unimplemented!()
    }
    async fn load(&self, _: &IncidentId) -> Result<Option<(Incident, Version)>, StoreError> {
        unimplemented!()
    }
    async fn save(&self, _: &Incident, _: Version) -> Result<Saved, StoreError> {
        unimplemented!()
    }
    async fn open_for(&self, _: &GatewayId) -> Result<Option<IncidentId>, StoreError> {
        unimplemented!()
    }
    async fn open_incidents(&self) -> Result<Vec<Incident>, StoreError> {
        unimplemented!()
    }
    async fn due(&self, _: Timestamp) -> Result<Vec<Wake>, StoreError> {
        unimplemented!()
    }
    async fn trail(&self, _: &IncidentId) -> Result<Vec<Entry>, StoreError> {
        unimplemented!()
    }
    async fn keep_conversation(&self, channel: &Channel, way: &Value) -> Result<(), StoreError> {
        self.ways_kept.fetch_add(1, Ordering::SeqCst);
        self.ways.lock().expect("nobody panicked").insert(channel.id.clone(), way.clone());
        Ok(())
    }
    async fn conversation(&self, channel: &Channel) -> Result<Option<Value>, StoreError> {
        Ok(self.ways.lock().expect("nobody panicked").get(&channel.id).cloned())
    }
    async fn note(&self, _: &str) -> Result<Option<(Value, Version)>, StoreError> {
        unimplemented!()
    }
    async fn keep_note(&self, _: &str, _: &Value, _: Option<&Version>) -> Result<Saved, StoreError> {
        unimplemented!()
    }
    async fn bury(&self, _: &DeadLetter) -> Result<(), StoreError> {
        unimplemented!()
    }
    async fn dead_letters(&self, _: Timestamp) -> Result<Vec<DeadLetter>, StoreError> {
        unimplemented!()
    }
}

struct Deaf;

#[async_trait]
impl Wakeups for Deaf {
    async fn wake(&self, _: &Wake, _: Timestamp) -> Result<(), StoreError> {
        Ok(())
    }
    async fn take(&self, _: Timestamp) -> Result<Vec<Wake>, StoreError> {
        Ok(Vec::new())
    }
    async fn wait(&self, _: Timestamp, _: Duration) {}
}
