//! The simulator as a whole: start it, ask it, stop it.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use serde_json::Value;
use tokio::runtime::Handle;
use url::Url;

use crate::{
    Exchange, Fault, Pace, Scenario, arm,
    exchange::Journal,
    gateway::{DataPlane, proxy},
    net::{self, HangUp, Server},
    scenario,
    tls::{self, TlsError},
    world::{Parts, World},
};

/// What to simulate, and how.
#[derive(Debug, Clone)]
pub struct Options {
    /// The incident to stage.
    pub scenario: Scenario,
    /// How fast its time passes.
    pub pace: Pace,
    /// The port of the control plane on 127.0.0.1; 0 takes any free one.
    pub port: u16,
    /// Serve the control plane over TLS, with a throw-away authority whose `ca.pem` goes into this folder.
    /// Every ARM call then needs a token.
    pub tls: Option<PathBuf>,
    /// Copy every exchange to this file, one JSON object a line:
    /// `{"m": method, "p": path, "h": headers, "b": body, "st": status, "rh": headers, "rb": body}`, the last
    /// two of the response.
    pub log: Option<PathBuf>,
}

impl Options {
    /// This scenario at brisk pace, on any port, over plain http.
    pub fn new(scenario: Scenario) -> Self {
        Self { scenario, pace: Pace::Brisk, port: 0, tls: None, log: None }
    }
}

/// Why the simulator did not start.
#[derive(Debug, thiserror::Error)]
pub enum SimulatorError {
    /// A port cannot be listened on, or the runtime cannot open sockets.
    #[error("cannot listen on 127.0.0.1: {0}")]
    Listen(#[source] std::io::Error),
    /// The log file cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Log {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The certificates cannot be made, or not be written into the folder.
    #[error("cannot prepare certificates in {}: {message}", path.display())]
    Certificates {
        /// The folder.
        path: PathBuf,
        /// Why not.
        message: String,
    },
}

/// A place where visitors reach the gateway: one for each listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// The listener's name.
    pub name: String,
    /// What visitors type, such as `http://shop.example.com/`. Reached through [`Simulator::site_proxy`].
    pub public_url: Url,
    /// The listener's own port on this machine, for a browser without a proxy.
    pub loopback_url: Url,
}

/// A simulated Azure with one Application Gateway that probes and proxies. Dropping it stops everything.
#[derive(Debug)]
pub struct Simulator {
    world: Arc<World>,
    base_url: Url,
    site_proxy: Url,
    ca_file: Option<PathBuf>,
    _servers: Vec<Server>,
}

impl Simulator {
    /// Starts the backends, the gateway and the control plane. The gateway's servers have the health they
    /// have in the scenario from the first moment on.
    pub async fn start(options: Options) -> Result<Self, SimulatorError> {
        let runtime = Handle::current();
        let Options { scenario, pace, port, tls, log } = options;
        let journal = Journal::open(log.as_deref())
            .map_err(|source| SimulatorError::Log { path: log.clone().unwrap_or_default(), source })?;
        let plane = DataPlane::start(&runtime, pace, &scenario.backends, scenario.ports.clone())
            .map_err(SimulatorError::Listen)?;
        plane.begin(scenario.config_of(&scenario.gateway)).await.map_err(SimulatorError::Listen)?;

        let secure = tls.as_deref().map(certificates).transpose()?;
        let (acceptor, ca_file) =
            secure.map_or((None, None), |(acceptor, file)| (Some(acceptor), Some(file)));
        // The servers listen before the world they answer from is complete: its links name their ports.
        let shared: Arc<OnceLock<Arc<World>>> = Arc::default();
        let serve = |port, acceptor, role: Role| {
            let shared = Arc::clone(&shared);
            Server::start(&runtime, port, acceptor, move |request, peer| {
                let world = shared.get().map(Arc::clone);
                async move { role.answer(&world.ok_or(HangUp)?, request, peer).await }
            })
            .map_err(SimulatorError::Listen)
        };
        let secured = acceptor.is_some();
        let mut servers = vec![serve(port, acceptor, if secured { Role::ControlPlane } else { Role::Both })?];
        if secured {
            servers.push(serve(0, None, Role::Internet)?);
        }
        let url = |server: Option<&Server>, scheme: &str| {
            let address = server.map(Server::address).map(|address| address.to_string()).unwrap_or_default();
            Url::parse(&format!("{scheme}://{address}/"))
                .map_err(|error| SimulatorError::Listen(std::io::Error::other(error)))
        };
        let base_url = url(servers.first(), if secured { "https" } else { "http" })?;
        let site_proxy = url(servers.last(), "http")?;
        let parts = Parts { runtime, scenario, pace, base_url: base_url.clone(), plane, journal };
        let world = Arc::new(World::new(parts));
        // Nobody else sets it.
        let _ = shared.set(Arc::clone(&world));
        Ok(Self { world, base_url, site_proxy, ca_file, _servers: servers })
    }

    /// The control plane: what stands in for `https://management.azure.com/`.
    pub fn base_url(&self) -> &Url {
        &self.base_url
    }

    /// The way into the simulated internet, an HTTP proxy: `curl -x <this> http://shop.example.com/`.
    pub fn site_proxy(&self) -> &Url {
        &self.site_proxy
    }

    /// The certificate to trust, when the control plane speaks TLS.
    pub fn ca_file(&self) -> Option<&Path> {
        self.ca_file.as_deref()
    }

    /// The resource id of the gateway.
    pub fn gateway_id(&self) -> &str {
        self.world.scenario.gateway_id()
    }

    /// The listeners, as visitors reach them.
    pub fn sites(&self) -> Vec<Site> {
        let live = self.world.plane.live();
        let site = |listener: &crate::gateway::config::Listener| {
            let door = self.world.plane.door(&listener.name)?;
            Some(Site {
                name: listener.name.clone(),
                public_url: Url::parse(&format!("http://{}/", proxy::authority(listener))).ok()?,
                loopback_url: Url::parse(&format!("http://{door}/")).ok()?,
            })
        };
        live.config.listeners.iter().filter_map(site).collect()
    }

    /// Everything said on the control plane so far.
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.world.journal.all()
    }

    /// How many PUTs of the gateway were accepted.
    pub fn puts(&self) -> usize {
        self.world.store().accepted()
    }

    /// The gateway as a GET would show it now.
    pub fn gateway(&self) -> Value {
        self.world.somebody_looks();
        self.world.store().shown()
    }

    /// Somebody else changes the gateway. It takes effect at once, without an operation, and with a new
    /// etag. Nothing is checked; `provisioningState` and `operationalState` can be set too.
    pub fn change(&self, edit: impl FnOnce(&mut Value)) {
        let gateway = {
            let mut store = self.world.store();
            let mut edited = store.shown();
            edit(&mut edited);
            let gateway = scenario::adopt(edited, self.gateway_id(), store.current());
            store.replace(gateway.clone());
            gateway
        };
        self.world.take_effect(&gateway);
    }

    /// Somebody deploys: from now on the backend at `address` (`10.0.1.4`, `10.0.1.4:80`, or `*` for all)
    /// answers exactly `path` with `status`, whoever asks.
    pub fn set_route(&self, address: &str, path: &str, status: u16) {
        self.world.plane.deploy(address, path, status);
    }

    /// Lets something go wrong with the next matching request.
    pub fn inject(&self, fault: Fault) {
        self.world.inject(fault);
    }

    /// Stops everything. Connections that are open are closed.
    pub async fn shutdown(self) {
        drop(self);
        // The tasks end at their next turn; give them one.
        tokio::task::yield_now().await;
    }
}

fn certificates(folder: &Path) -> Result<(tokio_rustls::TlsAcceptor, PathBuf), SimulatorError> {
    tls::prepare(folder).map_err(|error: TlsError| SimulatorError::Certificates {
        path: folder.to_owned(),
        message: error.to_string(),
    })
}

/// What a port is for.
#[derive(Debug, Clone, Copy)]
enum Role {
    ControlPlane,
    /// The simulated internet alone, beside a control plane that speaks TLS.
    Internet,
    /// Requests in absolute form go to the internet, others to the control plane.
    Both,
}

impl Role {
    async fn answer(
        self,
        world: &Arc<World>,
        request: net::Request,
        peer: std::net::SocketAddr,
    ) -> Result<net::Response, HangUp> {
        let to_us = request.uri().authority().is_none_or(|authority| {
            world.base_url.port() == authority.port_u16()
                && matches!(authority.host(), "127.0.0.1" | "localhost")
        });
        match self {
            Self::ControlPlane => arm::answer(world, request).await,
            Self::Both if to_us => arm::answer(world, request).await,
            Self::Internet | Self::Both => world.plane.visit_name(request, peer).await,
        }
    }
}
