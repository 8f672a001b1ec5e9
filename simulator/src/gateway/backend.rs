//! The backends: one real HTTP server on a loopback port for each server of the scenario, and the
//! addressing that makes `10.0.1.4:80` lead there.

use std::{
    collections::HashMap,
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use http::{HeaderName, HeaderValue, StatusCode};
use tokio::runtime::Handle;

use crate::{
    Pace,
    net::{self, HangUp, Request, Response, Server},
    scenario::{BackendSpec, RouteSpec},
};

/// How long the gateway is going to wait, in milliseconds of the live service. A backend that would take
/// longer gives up at that very moment, so that who wins never depends on how busy the machine is.
pub(crate) const PATIENCE: &str = "x-simulator-patience-ms";
/// Present when nobody shall wait: the first round of probes, before anything is listening.
pub(crate) const AT_ONCE: &str = "x-simulator-at-once";
/// In an answer: the backend would have taken longer than the gateway's patience.
pub(crate) const GAVE_UP: &str = "x-simulator-gave-up";
/// What the simulated gateway's probes call themselves. (The live one's value is not documented.)
pub(crate) const PROBE_AGENT: &str = "Azure-Application-Gateway-Probe";

/// Where an address leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    At(SocketAddr),
    /// The name has no address.
    Unresolved,
}

/// All simulated backends.
#[derive(Debug)]
pub(crate) struct Backends {
    places: HashMap<(String, u16), SocketAddr>,
    backends: Vec<Arc<Backend>>,
    _servers: Vec<Server>,
    /// A port that is taken but not listened on: whoever connects is refused, now and later.
    closed: SocketAddr,
    _closed: tokio::net::TcpSocket,
}

impl Backends {
    pub(crate) fn start(runtime: &Handle, pace: Pace, specs: &[BackendSpec]) -> io::Result<Self> {
        let socket = tokio::net::TcpSocket::new_v4()?;
        socket.bind((Ipv4Addr::LOCALHOST, 0).into())?;
        let closed = socket.local_addr()?;
        let mut all =
            Self { places: HashMap::new(), backends: vec![], _servers: vec![], closed, _closed: socket };
        for spec in specs {
            all.add(runtime, pace, spec)?;
        }
        Ok(all)
    }

    fn add(&mut self, runtime: &Handle, pace: Pace, spec: &BackendSpec) -> io::Result<()> {
        let place = (spec.address.to_lowercase(), spec.port);
        if spec.refuse {
            self.places.insert(place, self.closed);
            return Ok(());
        }
        let backend = Arc::new(Backend { spec: spec.clone(), pace, deployed: Mutex::default() });
        let serving = Arc::clone(&backend);
        let server = Server::start(runtime, 0, None, move |request, _| {
            let backend = Arc::clone(&serving);
            async move { backend.answer(&request).await }
        })?;
        self.places.insert(place, server.address());
        self._servers.push(server);
        self.backends.push(backend);
        Ok(())
    }

    /// Where `address:port` leads: an IP address without a backend refuses, a name without one is unknown.
    pub(crate) fn locate(&self, address: &str, port: u16) -> Place {
        let address = address.to_lowercase();
        let known = || self.places.keys().any(|(name, _)| *name == address);
        match self.places.get(&(address.clone(), port)) {
            Some(place) => Place::At(*place),
            None if address.parse::<IpAddr>().is_ok() || known() => Place::At(self.closed),
            None => Place::Unresolved,
        }
    }

    /// From now on every backend at this address answers `path` with `status`; `*` means all addresses.
    pub(crate) fn deploy(&self, address: &str, path: &str, status: u16) {
        for backend in self.backends.iter().filter(|backend| address == "*" || backend.is_at(address)) {
            backend.deploy(path, status);
        }
    }
}

#[derive(Debug)]
struct Backend {
    spec: BackendSpec,
    pace: Pace,
    /// What was deployed while the simulator was running: path and status.
    deployed: Mutex<Vec<(String, u16)>>,
}

impl Backend {
    fn is_at(&self, address: &str) -> bool {
        let (host, port) = match address.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().ok()),
            None => (address, None),
        };
        self.spec.address.eq_ignore_ascii_case(host) && port.is_none_or(|port: u16| port == self.spec.port)
    }

    fn deploy(&self, path: &str, status: u16) {
        let mut deployed = self.deployed.lock().unwrap_or_else(PoisonError::into_inner);
        deployed.retain(|(known, _)| known != path);
        deployed.push((path.to_owned(), status));
    }

    fn deployed(&self, path: &str) -> Option<u16> {
        let deployed = self.deployed.lock().unwrap_or_else(PoisonError::into_inner);
        deployed.iter().find(|(known, _)| known == path).map(|(_, status)| *status)
    }

    async fn answer(&self, request: &Request) -> Result<Response, HangUp> {
        let path = request.uri().path();
        if let Some(status) = self.deployed(path) {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            return Ok(net::text(status, "application/json", r#"{"status":"ok"}"#));
        }
        let visit = Visit::of(request);
        let route = self.spec.routes.iter().find(|route| visit.takes(route));
        let delay = if self.spec.hang { None } else { Some(route.map_or(Duration::ZERO, RouteSpec::delay)) };
        if self.wait(request, delay).await.is_err() {
            let mut response = net::text(StatusCode::GATEWAY_TIMEOUT, "text/plain", "");
            response.headers_mut().insert(GAVE_UP, HeaderValue::from_static("true"));
            return Ok(response);
        }
        if self.spec.required_host.as_ref().is_some_and(|host| !visit.host.eq_ignore_ascii_case(host)) {
            return Ok(net::text(StatusCode::NOT_FOUND, "text/html", "<h1>404 Web Site not found.</h1>"));
        }
        Ok(route.map_or_else(|| net::text(StatusCode::NOT_FOUND, "text/plain", "Not Found"), render))
    }

    /// Waits as long as the answer takes (`None`: for ever), or as long as the gateway does.
    async fn wait(&self, request: &Request, delay: Option<Duration>) -> Result<(), HangUp> {
        let header = |name| request.headers().get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        let patience = header(PATIENCE).and_then(|text| text.parse().ok()).map(Duration::from_millis);
        let pace = if header(AT_ONCE).is_some() { Pace::Instant } else { self.pace };
        let (pause, in_time) = match (delay, patience) {
            (Some(delay), Some(patience)) if delay >= patience => (patience, false),
            (Some(delay), _) => (delay, true),
            (None, Some(patience)) => (patience, false),
            (None, None) => std::future::pending().await,
        };
        if !pause.is_zero() {
            tokio::time::sleep(pace.scale(pause)).await;
        }
        if in_time { Ok(()) } else { Err(HangUp) }
    }
}

/// What the conditions of a route look at.
struct Visit<'a> {
    path: &'a str,
    host: String,
    probe: bool,
}

impl<'a> Visit<'a> {
    fn of(request: &'a Request) -> Self {
        let host = net::host(request);
        let agent = request.headers().get(http::header::USER_AGENT);
        Self {
            path: request.uri().path(),
            host: host.split(':').next().unwrap_or_default().to_owned(),
            probe: agent.is_some_and(|agent| agent.as_bytes().starts_with(PROBE_AGENT.as_bytes())),
        }
    }

    fn takes(&self, route: &RouteSpec) -> bool {
        let same = |host: &String| host.eq_ignore_ascii_case(&self.host);
        super::route::matches(&route.path, self.path)
            && route.when_probe.is_none_or(|probe| probe == self.probe)
            && route.when_host.as_ref().is_none_or(same)
            && !route.unless_host.as_ref().is_some_and(same)
    }
}

fn render(route: &RouteSpec) -> Response {
    let kind =
        if route.body.trim_start().starts_with('<') { "text/html; charset=utf-8" } else { "text/plain" };
    let status = StatusCode::from_u16(route.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = net::text(status, kind, route.body.clone());
    for (name, value) in &route.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
