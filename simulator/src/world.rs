//! One gateway with everything that is its own.

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde_json::Value;
use tokio::runtime::Handle;

use crate::{
    Pace,
    arm::{health::HealthRequests, operations::Store},
    gateway::DataPlane,
    net::Task,
    scenario::{self, Scenario},
};

/// A gateway: its scenario, its document with the operations on it, and its data plane.
#[derive(Debug)]
pub(crate) struct World {
    runtime: Handle,
    pub(crate) scenario: Scenario,
    pub(crate) pace: Pace,
    pub(crate) plane: Arc<DataPlane>,
    pub(crate) health_requests: HealthRequests,
    store: Mutex<Store>,
    timers: Mutex<Vec<Task>>,
}

impl World {
    /// Starts the gateways of these scenarios, which are copies of one another: the first, and the others.
    pub(crate) async fn start(
        runtime: &Handle,
        scenarios: Vec<Scenario>,
        pace: Pace,
    ) -> io::Result<(Arc<Self>, Vec<Arc<Self>>)> {
        let planes = DataPlane::start(runtime, pace, &scenarios)?;
        let mut worlds = Vec::with_capacity(planes.len());
        for (scenario, plane) in scenarios.into_iter().zip(planes) {
            plane.begin(scenario.config_of(&scenario.gateway)).await?;
            worlds.push(Arc::new(Self::new(runtime.clone(), scenario, pace, plane)));
        }
        let mut worlds = worlds.into_iter();
        let first = worlds.next().ok_or_else(|| io::Error::other("there is no gateway to start"))?;
        Ok((first, worlds.collect()))
    }

    fn new(runtime: Handle, scenario: Scenario, pace: Pace, plane: Arc<DataPlane>) -> Self {
        Self {
            store: Mutex::new(Store::new(scenario.gateway.clone())),
            runtime,
            scenario,
            pace,
            plane,
            health_requests: HealthRequests::default(),
            timers: Mutex::default(),
        }
    }

    /// The resource id of the gateway.
    pub(crate) fn id(&self) -> &str {
        self.scenario.gateway_id()
    }

    /// The name of the gateway.
    pub(crate) fn name(&self) -> &str {
        self.id().rsplit('/').next().unwrap_or_default()
    }

    pub(crate) fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The gateway as a GET shows it now.
    pub(crate) fn shown(&self) -> Value {
        self.somebody_looks();
        self.store().shown()
    }

    /// Somebody changes the gateway past the control plane: at once, unchecked, with a new etag.
    pub(crate) fn change(&self, edit: impl FnOnce(&mut Value)) {
        let gateway = {
            let mut store = self.store();
            let mut edited = store.shown();
            edit(&mut edited);
            let gateway = scenario::adopt(edited, self.id(), store.current());
            store.replace(gateway.clone());
            gateway
        };
        self.take_effect(&gateway);
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
}
