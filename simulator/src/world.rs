//! Everything the simulated Azure knows, shared by its servers.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

use serde_json::Value;
use tokio::runtime::Handle;
use url::Url;

use crate::{
    Fault, Pace,
    arm::{health::HealthRequests, identity::Tokens, operations::Store},
    exchange::Journal,
    fault::Occasion,
    gateway::DataPlane,
    net::Task,
    scenario::Scenario,
};

/// The simulated Azure.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) runtime: Handle,
    pub(crate) scenario: Scenario,
    pub(crate) pace: Pace,
    /// Where the control plane is, without a slash at the end: every link it hands out begins so.
    pub(crate) base: String,
    pub(crate) base_url: Url,
    /// Over TLS every ARM call needs a token.
    pub(crate) secured: bool,
    pub(crate) plane: Arc<DataPlane>,
    pub(crate) journal: Journal,
    pub(crate) tokens: Tokens,
    pub(crate) health_requests: HealthRequests,
    pub(crate) writes: AtomicUsize,
    pub(crate) reads: AtomicUsize,
    store: Mutex<Store>,
    faults: Mutex<Vec<Fault>>,
    timers: Mutex<Vec<Task>>,
}

/// What a [`World`] is made of.
pub(crate) struct Parts {
    pub(crate) runtime: Handle,
    pub(crate) scenario: Scenario,
    pub(crate) pace: Pace,
    pub(crate) base_url: Url,
    pub(crate) plane: Arc<DataPlane>,
    pub(crate) journal: Journal,
}

impl World {
    pub(crate) fn new(parts: Parts) -> Self {
        let Parts { runtime, scenario, pace, base_url, plane, journal } = parts;
        Self {
            store: Mutex::new(Store::new(scenario.gateway.clone())),
            base: base_url.as_str().trim_end_matches('/').to_owned(),
            secured: base_url.scheme() == "https",
            runtime,
            scenario,
            pace,
            base_url,
            plane,
            journal,
            tokens: Tokens::default(),
            health_requests: HealthRequests::default(),
            writes: AtomicUsize::new(0),
            reads: AtomicUsize::new(0),
            faults: Mutex::default(),
            timers: Mutex::default(),
        }
    }

    pub(crate) fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn inject(&self, fault: Fault) {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).push(fault);
    }

    /// The next fault for this occasion, if one waits.
    pub(crate) fn fault(&self, occasion: Occasion) -> Option<Fault> {
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        let index = faults.iter().position(|fault| fault.occasion() == occasion)?;
        Some(faults.remove(index))
    }

    /// Puts a document in force on the data plane.
    pub(crate) fn take_effect(&self, gateway: &Value) {
        if let Err(error) = self.plane.apply(self.scenario.config_of(gateway)) {
            tracing::error!(%error, "a listener of the simulated gateway cannot be opened");
        }
    }

    /// Ends an operation whose time has come.
    pub(crate) fn finish(&self, operation: &str) {
        let effect = self.store().finish(operation);
        if let Some(gateway) = effect {
            self.take_effect(&gateway);
        }
    }

    /// Ends an operation later, unless the world ends before.
    pub(crate) fn finish_later(self: &Arc<Self>, operation: String) {
        if self.pace == Pace::Instant {
            return; // Whoever looks next ends it.
        }
        let (world, wait) = (Arc::downgrade(self), self.pace.write());
        let timer = Task::spawn(&self.runtime, async move {
            tokio::time::sleep(wait).await;
            if let Some(world) = world.upgrade() {
                world.finish(&operation);
            }
        });
        self.timers.lock().unwrap_or_else(PoisonError::into_inner).push(timer);
    }

    /// At instant pace an operation is over as soon as somebody looks.
    pub(crate) fn somebody_looks(&self) {
        if self.pace != Pace::Instant {
            return;
        }
        let running = self.store().running();
        if let Some(operation) = running {
            self.finish(&operation);
        }
    }

    pub(crate) fn count(counter: &AtomicUsize) -> usize {
        counter.fetch_add(1, Ordering::Relaxed) + 1
    }
}
