//! The simulator as a whole: start it, ask it, stop it.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use serde_json::Value;
use tokio::runtime::Handle;
use url::Url;

use crate::{
    Exchange, Fault, LockLevel, Pace, Scenario, Site, arm,
    azure::Azure,
    exchange::Journal,
    net::{self, HangUp, Server},
    pki,
    scenario::{self, LockSpec},
    tls::{self, TlsError},
    world::World,
};

/// What to simulate, and how.
#[derive(Debug, Clone)]
pub struct Options {
    /// The incident to stage.
    pub scenario: Scenario,
    /// How many gateways there are: one, or the scenario's and copies of it, each with backends, visitors and
    /// troubles of its own. The second is called `<name>-002`, and its visitors say `shop-002.example.com`;
    /// `SCENARIOS.md` has the rest. 0 is 1.
    pub copies: usize,
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
    /// This scenario with its one gateway at brisk pace, on any port, over plain http.
    pub fn new(scenario: Scenario) -> Self {
        Self { scenario, copies: 1, pace: Pace::Brisk, port: 0, tls: None, log: None }
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

/// A simulated Azure with an Application Gateway that probes and proxies, or with several. What a method says
/// of "the gateway" it says of the first one. Dropping it stops everything.
#[derive(Debug)]
pub struct Simulator {
    azure: Arc<Azure>,
    site_proxy: Url,
    public_root: String,
    ca_file: Option<PathBuf>,
    _servers: Vec<Server>,
}

impl Simulator {
    /// Starts the backends, the gateways and the control plane. The servers have the health they have in
    /// the scenario from the first moment on.
    pub async fn start(options: Options) -> Result<Self, SimulatorError> {
        let runtime = Handle::current();
        let Options { scenario, copies, pace, port, tls, log } = options;
        let journal = Journal::open(log.as_deref())
            .map_err(|source| SimulatorError::Log { path: log.clone().unwrap_or_default(), source })?;
        let scenarios = scenario::copies(scenario, copies);
        let (first, others) =
            World::start(&runtime, scenarios, pace).await.map_err(SimulatorError::Listen)?;

        let secure = tls.as_deref().map(certificates).transpose()?;
        let (acceptor, ca_file) =
            secure.map_or((None, None), |(acceptor, file)| (Some(acceptor), Some(file)));
        // The servers listen before the Azure they answer from is complete: its links name their ports.
        let shared: Arc<OnceLock<Arc<Azure>>> = Arc::default();
        let serve = |port, acceptor, role: Role| {
            let shared = Arc::clone(&shared);
            Server::start(&runtime, port, acceptor, move |request, peer| {
                let azure = shared.get().map(Arc::clone);
                async move { role.answer(&*azure.ok_or(HangUp)?, request, peer).await }
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
        let public_root = pki::root_base64(pki::PUBLIC)
            .map_err(|message| SimulatorError::Listen(std::io::Error::other(message)))?;
        let azure = Arc::new(Azure::new(base_url, journal, first, others));
        // Nobody else sets it.
        let _ = shared.set(Arc::clone(&azure));
        Ok(Self { azure, site_proxy, public_root, ca_file, _servers: servers })
    }

    /// The control plane: what stands in for `https://management.azure.com/`.
    pub fn base_url(&self) -> &Url {
        &self.azure.base_url
    }

    /// The way into the simulated internet, an HTTP proxy: `curl -x <this> http://shop.example.com/`.
    pub fn site_proxy(&self) -> &Url {
        &self.site_proxy
    }

    /// The root of the authority that gateways trust without being told: base64 of DER. No list of well-known roots
    /// has it, so a client that looks at certificates through the proxy has to be told.
    pub fn public_root(&self) -> &str {
        &self.public_root
    }

    /// The certificate to trust, when the control plane speaks TLS.
    pub fn ca_file(&self) -> Option<&Path> {
        self.ca_file.as_deref()
    }

    /// The resource id of the gateway.
    pub fn gateway_id(&self) -> &str {
        self.azure.first().id()
    }

    /// The resource ids of all gateways, the first one first.
    pub fn gateway_ids(&self) -> Vec<String> {
        self.azure.worlds().map(|world| world.id().to_owned()).collect()
    }

    /// The listeners, as visitors reach them.
    pub fn sites(&self) -> Vec<Site> {
        Site::all(self.azure.first())
    }

    /// The listeners of the gateway with this name or id; none when there is no such gateway.
    pub fn sites_of(&self, gateway: &str) -> Vec<Site> {
        self.azure.world(gateway).map(|world| Site::all(world)).unwrap_or_default()
    }

    /// Everything said on the control plane so far, about all gateways.
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.azure.journal.all()
    }

    /// The diagnostic settings and metric alerts that clients have written and not deleted.
    pub fn written(&self) -> Vec<Value> {
        self.azure.written.list()
    }

    /// How many PUTs of the gateway were accepted.
    pub fn puts(&self) -> usize {
        self.azure.first().store().accepted()
    }

    /// How many PUTs of the gateway with this name or id were accepted; 0 when there is no such gateway.
    pub fn puts_of(&self, gateway: &str) -> usize {
        self.azure.world(gateway).map(|world| world.store().accepted()).unwrap_or_default()
    }

    /// The gateway as a GET would show it now.
    pub fn gateway(&self) -> Value {
        self.azure.first().shown()
    }

    /// The gateway with this name or id, as a GET would show it now.
    pub fn gateway_of(&self, gateway: &str) -> Option<Value> {
        self.azure.world(gateway).map(|world| world.shown())
    }

    /// Somebody else changes the gateway. It takes effect at once, without an operation, and with a new
    /// etag. Nothing is checked; `provisioningState` and `operationalState` can be set too.
    pub fn change(&self, edit: impl FnOnce(&mut Value)) {
        self.azure.first().change(edit);
    }

    /// [`Simulator::change`] for the gateway with this name or id. False when there is no such gateway.
    pub fn change_of(&self, gateway: &str, edit: impl FnOnce(&mut Value)) -> bool {
        self.azure.world(gateway).map(|world| world.change(edit)).is_some()
    }

    /// Somebody deploys: from now on the backend at `address` (`10.0.1.4`, `10.0.1.4:80`, or `*` for all)
    /// answers exactly `path` with `status`, whoever asks.
    pub fn set_route(&self, address: &str, path: &str, status: u16) {
        self.azure.first().plane.deploy(address, path, status);
    }

    /// [`Simulator::set_route`] for the backends of the gateway with this name or id. False when there is no
    /// such gateway.
    pub fn set_route_of(&self, gateway: &str, address: &str, path: &str, status: u16) -> bool {
        self.azure.world(gateway).map(|world| world.plane.deploy(address, path, status)).is_some()
    }

    /// Somebody puts a lock of this level on the gateway.
    pub fn lock(&self, name: &str, level: LockLevel) {
        self.azure.lock(LockSpec::new(name, level, self.gateway_id()));
    }

    /// Lets something go wrong with the next matching request, whichever gateway it is for.
    pub fn inject(&self, fault: Fault) {
        self.azure.inject(fault);
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
        azure: &Azure,
        request: net::Request,
        peer: std::net::SocketAddr,
    ) -> Result<net::Response, HangUp> {
        let to_us = request.uri().authority().is_none_or(|authority| {
            azure.base_url.port() == authority.port_u16()
                && matches!(authority.host(), "127.0.0.1" | "localhost")
        });
        match self {
            Self::ControlPlane => arm::answer(azure, request).await,
            Self::Both if to_us => arm::answer(azure, request).await,
            Self::Internet | Self::Both => azure.visit(request, peer).await,
        }
    }
}
