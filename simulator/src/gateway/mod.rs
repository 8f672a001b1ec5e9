//! The data plane: a gateway that really probes its backends and really passes requests on.
//!
//! Its listeners speak http only; with backends it speaks TLS where a setting says so. Rewrite rules, redirects, cookie affinity and the firewall of a gateway are kept
//! in its configuration and have no effect here.

pub(crate) mod backend;
mod certificates;
pub(crate) mod config;
pub(crate) mod health;
mod network;
pub(crate) mod pool;
pub(crate) mod probe;
pub(crate) mod proxy;
pub(crate) mod route;
mod x509;

use std::{
    collections::HashMap,
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::runtime::Handle;

use self::{
    backend::Backends,
    config::{Config, Probe, Setting, Target},
    health::{Health, HealthTable, ServerHealth},
    network::Network,
    probe::{Caller, Outcome},
};
use crate::{
    Pace,
    net::{HangUp, Server, Task},
    scenario::{FrontSpec, SaysSpec, Scenario},
};

/// The gateway at work: one configuration at a time, and a loopback port for each listener.
#[derive(Debug)]
pub(crate) struct DataPlane {
    runtime: Handle,
    pace: Pace,
    caller: Arc<Caller>,
    live: RwLock<Arc<Live>>,
    /// By lower-case listener name.
    doors: Mutex<HashMap<String, Server>>,
    /// Doors are opened when somebody asks where they are. Many gateways would take many sockets, and most of
    /// their visitors come through the simulated internet.
    shut: bool,
    /// Loopback ports the scenario asks for, by listener name; any free one for the others.
    ports: HashMap<String, u16>,
    /// What is reported about servers, whatever their probes say.
    says: Vec<SaysSpec>,
    /// What visitors are answered before any backend is asked.
    front: Option<FrontSpec>,
    turn: AtomicUsize,
}

/// A configuration in force. Its probes end when the next one replaces it.
#[derive(Debug, Default)]
pub(crate) struct Live {
    pub(crate) config: Config,
    health: Arc<HealthTable>,
    _probing: Vec<Task>,
}

impl DataPlane {
    /// Starts the backends of each scenario: copies of one another, see [`Backends::start`]. Nothing is
    /// probed or listened on before [`DataPlane::begin`].
    pub(crate) fn start(runtime: &Handle, pace: Pace, scenarios: &[Scenario]) -> io::Result<Vec<Arc<Self>>> {
        let specs: Vec<_> = scenarios.iter().map(|scenario| scenario.backends.as_slice()).collect();
        let network = Network::of(scenarios.len(), pace);
        let backends = Backends::start(runtime, pace, &specs)?;
        let planes = backends.into_iter().zip(scenarios).enumerate();
        planes
            .map(|(index, (backends, scenario))| {
                let caller = Caller::new(backends, network.clone(), pace, index, scenario.legacy_tls)?;
                Ok(Arc::new(Self::new(runtime, pace, caller, scenario, index > 0)))
            })
            .collect()
    }

    fn new(runtime: &Handle, pace: Pace, caller: Caller, scenario: &Scenario, shut: bool) -> Self {
        Self {
            runtime: runtime.clone(),
            pace,
            caller: Arc::new(caller),
            live: RwLock::default(),
            doors: Mutex::default(),
            shut,
            ports: scenario.ports.clone(),
            says: scenario.says.clone(),
            front: scenario.front.clone(),
            turn: AtomicUsize::new(0),
        }
    }

    /// Puts the first configuration in force, with the health its servers have been in all along.
    pub(crate) async fn begin(self: &Arc<Self>, config: Config) -> io::Result<()> {
        let health = Arc::new(HealthTable::default());
        self.round(&config, &health, &config.targets(), true).await;
        self.replace(config, health)
    }

    /// Puts a changed configuration in force: new listeners open, old ones close, probing starts anew.
    pub(crate) fn apply(self: &Arc<Self>, config: Config) -> io::Result<()> {
        let health = Arc::new(self.live().health.carried_over());
        self.replace(config, health)
    }

    fn replace(self: &Arc<Self>, config: Config, health: Arc<HealthTable>) -> io::Result<()> {
        self.close_doors(&config);
        let doors = if self.shut { Ok(()) } else { self.open_doors(&config) };
        let probing = if self.pace == Pace::Instant || !config.running {
            vec![]
        } else {
            self.probing(&config, &health)
        };
        let live = Arc::new(Live { config, health, _probing: probing });
        *self.live.write().unwrap_or_else(PoisonError::into_inner) = live;
        doors
    }

    pub(crate) fn live(&self) -> Arc<Live> {
        Arc::clone(&self.live.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Where a listener is reached on this machine.
    pub(crate) fn door(self: &Arc<Self>, listener: &str) -> Option<SocketAddr> {
        if self.shut
            && let Err(error) = self.open_doors(&self.live().config)
        {
            tracing::warn!(%error, "a listener of the simulated gateway cannot be opened");
        }
        let doors = self.doors.lock().unwrap_or_else(PoisonError::into_inner);
        doors.get(&listener.to_lowercase()).map(Server::address)
    }

    /// See [`Backends::deploy`].
    pub(crate) fn deploy(&self, address: &str, path: &str, status: u16) {
        self.caller.backends.deploy(address, path, status);
    }

    /// See [`Backends::let_through`].
    pub(crate) fn let_through(&self, address: &str, paths: &[String]) {
        self.caller.backends.let_through(address, paths);
    }

    /// Closes the doors of listeners that are no more.
    fn close_doors(&self, config: &Config) {
        let mut doors = self.doors.lock().unwrap_or_else(PoisonError::into_inner);
        doors.retain(|name, _| config.listener(name).is_some());
    }

    fn open_doors(self: &Arc<Self>, config: &Config) -> io::Result<()> {
        let mut doors = self.doors.lock().unwrap_or_else(PoisonError::into_inner);
        for listener in &config.listeners {
            let key = listener.name.to_lowercase();
            if doors.contains_key(&key) {
                continue;
            }
            let (plane, name) = (Arc::downgrade(self), listener.name.clone());
            let port = self.ports.get(&key).copied().unwrap_or_default();
            let server = Server::start(&self.runtime, port, None, move |request, peer| {
                let (plane, name) = (plane.upgrade(), name.clone());
                async move { plane.ok_or(HangUp)?.visit_door(&name, request, peer).await }
            })?;
            doors.insert(key, server);
        }
        Ok(())
    }

    /// One task for each server and setting, as each instance of the live gateway probes on its own.
    fn probing(&self, config: &Config, health: &Arc<HealthTable>) -> Vec<Task> {
        let pairs = config.targets().into_iter().flat_map(|target| {
            let servers = config.pool(&target.pool).map(|pool| pool.servers.clone()).unwrap_or_default();
            let setting = config.setting(&target.setting).cloned();
            servers.into_iter().filter_map(move |server| Some((target.clone(), setting.clone()?, server)))
        });
        pairs
            .map(|(target, setting, server)| {
                let (caller, health) = (Arc::clone(&self.caller), Arc::clone(health));
                let pause = self.pace.scale(setting.probe.interval);
                Task::spawn(&self.runtime, async move {
                    loop {
                        let outcome = caller.probe(&setting.probe, &setting, &server, false).await;
                        health.observe(&target, &server, outcome, setting.probe.threshold);
                        tokio::time::sleep(pause).await;
                    }
                })
            })
            .collect()
    }

    /// Probes every server of these targets once; a single failure is enough for the verdict.
    async fn round(&self, config: &Config, health: &HealthTable, targets: &[Target], at_once: bool) {
        let probes = targets.iter().flat_map(|target| {
            let servers = config.pool(&target.pool).map(|pool| pool.servers.as_slice()).unwrap_or_default();
            let setting = config.setting(&target.setting);
            servers.iter().filter_map(move |server| Some((target, setting?, server)))
        });
        futures::future::join_all(probes.map(|(target, setting, server)| async move {
            let outcome = self.caller.probe(&setting.probe, setting, server, at_once).await;
            health.observe(target, server, outcome, 1);
        }))
        .await;
    }

    /// The servers of a target with their health: looked up, or at instant pace found out now.
    pub(crate) async fn health(&self, live: &Live, target: &Target) -> Vec<(String, ServerHealth)> {
        if self.pace == Pace::Instant {
            self.round(&live.config, &live.health, std::slice::from_ref(target), true).await;
        }
        let servers = live.config.pool(&target.pool).map(|pool| pool.servers.as_slice()).unwrap_or_default();
        let state = |server: &String| {
            let said = self.said(server, &target.setting, false);
            (server.clone(), said.unwrap_or_else(|| live.health.of(target, server)))
        };
        servers.iter().map(state).collect()
    }

    /// What the scenario has the gateway report about a server.
    fn said(&self, server: &str, setting: &str, on_demand: bool) -> Option<ServerHealth> {
        let fits = |says: &&SaysSpec| {
            let here = says.setting.as_ref().is_none_or(|name| name.eq_ignore_ascii_case(setting));
            here && says.server.eq_ignore_ascii_case(server) && (says.on_demand || !on_demand)
        };
        let says = self.says.iter().find(fits)?;
        Some(ServerHealth::said(says.health, &says.log))
    }

    /// See [`Backends::public`].
    pub(crate) fn public(&self, address: &str, port: u16) -> Option<SocketAddr> {
        self.caller.backends.public(address, port)
    }

    /// The healthy servers of a target, beginning with the one whose turn it is.
    async fn healthy(&self, live: &Live, target: &Target) -> Vec<String> {
        let mut servers = self.health(live, target).await;
        servers.retain(|(_, state)| state.health == Health::Healthy);
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        if !servers.is_empty() {
            let first = turn % servers.len();
            servers.rotate_left(first);
        }
        servers.into_iter().map(|(server, _)| server).collect()
    }

    /// Tries a probe that the gateway does not have, on every server of a pool.
    pub(crate) async fn try_probe(
        &self,
        servers: &[String],
        setting: &Setting,
        probe: &Probe,
    ) -> Vec<(String, ServerHealth)> {
        let probes = servers.iter().map(|server| async move {
            if let Some(said) = self.said(server, &setting.name, true) {
                return (server.clone(), said);
            }
            let probed = self.caller.probe(probe, setting, server, false).await;
            let mut state = verdict(&probed.outcome);
            state.certificates = probed.certificates;
            (server.clone(), state)
        });
        futures::future::join_all(probes).await
    }
}

/// The health of a server of which this is all that is known.
pub(crate) fn verdict(outcome: &Outcome) -> ServerHealth {
    let mut health = ServerHealth::default();
    health.observe(outcome, 1);
    if *outcome == Outcome::NotReported {
        health.health = Health::Unknown;
    }
    health
}
