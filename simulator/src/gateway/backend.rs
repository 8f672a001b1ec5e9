//! The backends: one real HTTP server on a loopback port for each server of the scenario, and the
//! addressing that makes `10.0.1.4:80` lead there.
//!
//! Copies of a scenario have the same servers at the same addresses. Each behaves for its own gateway alone,
//! but they are all served from the ports of the first: sockets are what a process runs out of, not state.

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
    scenario::{BackendSpec, RouteSpec, TlsSpec},
    tls,
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

/// Which of several gateways the request comes from, counted from 0.
pub(crate) const GATEWAY: &str = "x-simulator-gateway";

/// Where an address leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    At(SocketAddr),
    /// The name has no address.
    Unresolved,
}

/// The simulated backends of one gateway.
#[derive(Debug)]
pub(crate) struct Backends {
    places: HashMap<(String, u16), SocketAddr>,
    backends: Vec<Arc<Backend>>,
    ports: Arc<Ports>,
}

/// The sockets behind the backends of all gateways.
#[derive(Debug)]
struct Ports {
    _servers: Vec<Server>,
    /// A port that is taken but not listened on: whoever connects is refused, now and later.
    closed: SocketAddr,
    _closed: tokio::net::TcpSocket,
}

impl Backends {
    /// The backends of each gateway, in their order. The lists are copies of one another: they differ in
    /// names, not in their length.
    pub(crate) fn start(runtime: &Handle, pace: Pace, gateways: &[&[BackendSpec]]) -> io::Result<Vec<Self>> {
        let each: Vec<Vec<Arc<Backend>>> = gateways
            .iter()
            .map(|specs| specs.iter().map(|spec| Arc::new(Backend::new(spec, pace))).collect())
            .collect();
        let length = each.iter().map(Vec::len).min().unwrap_or_default();
        let alike = (0..length).map(|index| each.iter().filter_map(|all| all.get(index).cloned()).collect());
        let (ports, places) = Ports::open(runtime, alike)?;
        Ok(each.into_iter().map(|backends| Self::at(backends, &places, Arc::clone(&ports))).collect())
    }

    fn at(backends: Vec<Arc<Backend>>, places: &[SocketAddr], ports: Arc<Ports>) -> Self {
        let name = |backend: &Arc<Backend>| (canonical(&backend.spec.address), backend.spec.port);
        let places = backends.iter().map(name).zip(places.iter().copied()).collect();
        Self { places, backends, ports }
    }

    /// Where `address:port` leads: an IP address without a backend refuses, a name without one is unknown.
    pub(crate) fn locate(&self, address: &str, port: u16) -> Place {
        let address = canonical(address);
        let known = || self.places.keys().any(|(name, _)| *name == address);
        match self.places.get(&(address.clone(), port)) {
            Some(place) => Place::At(*place),
            None if address.parse::<IpAddr>().is_ok() || known() => Place::At(self.ports.closed),
            None => Place::Unresolved,
        }
    }

    /// Where a backend is that can be reached from outside, past the gateway.
    pub(crate) fn public(&self, address: &str, port: u16) -> Option<SocketAddr> {
        let address = canonical(address);
        let open = self.backends.iter().any(|backend| {
            backend.spec.public && backend.spec.port == port && canonical(&backend.spec.address) == address
        });
        open.then(|| self.places.get(&(address, port)).copied()).flatten()
    }

    /// From now on the login in front of this address lets these paths through, and asks on all others.
    pub(crate) fn let_through(&self, address: &str, paths: &[String]) {
        for backend in self.backends.iter().filter(|backend| backend.is_at(address)) {
            let mut excluded = backend.excluded.lock().unwrap_or_else(PoisonError::into_inner);
            *excluded = paths.to_vec();
        }
    }

    /// From now on every backend at this address answers `path` with `status`; `*` means all addresses.
    pub(crate) fn deploy(&self, address: &str, path: &str, status: u16) {
        for backend in self.backends.iter().filter(|backend| address == "*" || backend.is_at(address)) {
            backend.deploy(path, status);
        }
    }
}

impl Ports {
    /// One port for all backends that are alike but for their gateway, and where each is.
    fn open(
        runtime: &Handle,
        alike: impl Iterator<Item = Vec<Arc<Backend>>>,
    ) -> io::Result<(Arc<Self>, Vec<SocketAddr>)> {
        let socket = tokio::net::TcpSocket::new_v4()?;
        socket.bind((Ipv4Addr::LOCALHOST, 0).into())?;
        let closed = socket.local_addr()?;
        let (mut servers, mut places) = (vec![], vec![]);
        for backends in alike {
            if backends.iter().any(|backend| backend.spec.refuse) {
                places.push(closed);
                continue;
            }
            let server = serve(runtime, backends)?;
            places.push(server.address());
            servers.push(server);
        }
        Ok((Arc::new(Self { _servers: servers, closed, _closed: socket }), places))
    }
}

fn serve(runtime: &Handle, backends: Vec<Arc<Backend>>) -> io::Result<Server> {
    let specs: Vec<&TlsSpec> = backends.iter().filter_map(|backend| backend.spec.tls.as_ref()).collect();
    let tls = if specs.is_empty() { None } else { Some(tls::backends(&specs).map_err(io::Error::other)?) };
    Server::start(runtime, 0, tls, move |request, _| {
        let gateway = request.headers().get(GATEWAY).and_then(|value| value.to_str().ok()?.parse().ok());
        let backend = backends.get(gateway.unwrap_or(0)).cloned();
        async move { backend.ok_or(HangUp)?.answer(&request).await }
    })
}

/// One spelling for each address: an address of version 6 has many.
fn canonical(address: &str) -> String {
    let plain = address.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(address);
    plain.parse::<IpAddr>().map_or_else(|_| plain.to_lowercase(), |address| address.to_string())
}

#[derive(Debug)]
struct Backend {
    spec: BackendSpec,
    pace: Pace,
    /// What was deployed while the simulator was running: path and status.
    deployed: Mutex<Vec<(String, u16)>>,
    /// The paths that its login lets through.
    excluded: Mutex<Vec<String>>,
}

impl Backend {
    fn new(spec: &BackendSpec, pace: Pace) -> Self {
        Self { spec: spec.clone(), pace, deployed: Mutex::default(), excluded: Mutex::default() }
    }

    fn is_at(&self, address: &str) -> bool {
        let own = canonical(&self.spec.address);
        let with_port = address.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse().ok()?)));
        canonical(address) == own
            || with_port
                .is_some_and(|(host, port): (&str, u16)| canonical(host) == own && port == self.spec.port)
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

    fn lets_through(&self, path: &str) -> bool {
        let excluded = self.excluded.lock().unwrap_or_else(PoisonError::into_inner);
        excluded.iter().any(|known| known.eq_ignore_ascii_case(path))
    }

    async fn answer(&self, request: &Request) -> Result<Response, HangUp> {
        let path = request.uri().path();
        if let Some(status) = self.deployed(path) {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            return Ok(net::text(status, "application/json", r#"{"status":"ok"}"#));
        }
        let visit = Visit::of(request);
        let passes = self.lets_through(path);
        let route = self.spec.routes.iter().find(|route| visit.takes(route) && !(route.login && passes));
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
