//! Visitors: from the listener to a backend and back, or to one of the gateway's own pages.

use std::net::SocketAddr;

use http::{HeaderMap, StatusCode};

use super::{
    DataPlane, Live,
    config::{Listener, Setting},
    probe::{CallError, Secure},
    route,
};
use crate::{
    net::{self, HangUp, Request, Response},
    scenario::FrontSpec,
};

/// What the gateway calls itself in its own pages.
const SERVER: &str = "Microsoft-Azure-Application-Gateway/v2";

/// Headers that are for one connection only (RFC 9110 §7.6.1).
const HOP_BY_HOP: [&str; 7] = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "proxy-authorization",
    "te",
    "transfer-encoding",
    "upgrade",
];

impl DataPlane {
    /// A visit to the loopback port of a listener. It counts as one to the listener's public name.
    pub(crate) async fn visit_door(
        &self,
        listener: &str,
        mut request: Request,
        peer: SocketAddr,
    ) -> Result<Response, HangUp> {
        let live = self.live();
        let listener = live.config.listener(listener).ok_or(HangUp)?;
        net::set(request.headers_mut(), "host", &authority(listener));
        self.visit(&live, listener, request, peer).await
    }

    /// A visit through the simulated internet, by name and port.
    pub(crate) async fn visit_name(&self, request: Request, peer: SocketAddr) -> Result<Response, HangUp> {
        let live = self.live();
        let host = request.uri().host().unwrap_or_default().to_owned();
        let port = request.uri().port_u16().unwrap_or(80);
        if request.uri().scheme_str() != Some("http") {
            return Ok(internet("simulated internet: only http is simulated"));
        }
        if route::resolves(&live.config, &host).is_none() {
            return Ok(internet("simulated internet: no such host"));
        }
        if !live.config.listeners.iter().any(|listener| listener.port == port) {
            return Ok(internet("simulated internet: connection refused"));
        }
        match route::listener(&live.config, &host, port) {
            Some(listener) => self.visit(&live, listener, request, peer).await,
            None => Ok(own_page(StatusCode::NOT_FOUND)),
        }
    }

    async fn visit(
        &self,
        live: &Live,
        listener: &Listener,
        request: Request,
        peer: SocketAddr,
    ) -> Result<Response, HangUp> {
        if !live.config.running {
            return Err(HangUp);
        }
        let path = request.uri().path();
        if let Some(front) = self.front.as_ref().filter(|front| stops(front, path)) {
            return Ok(own_answer(front));
        }
        let Some(route) = route::find(&live.config, &listener.name, request.uri().path()) else {
            return Ok(own_page(StatusCode::BAD_GATEWAY));
        };
        let Some(setting) = live.config.setting(&route.target.setting) else {
            return Ok(own_page(StatusCode::BAD_GATEWAY));
        };
        let path = route.rewrite(request.uri().path(), setting.path.as_deref());
        let mut failure = StatusCode::BAD_GATEWAY;
        // The v2 gateway tries a second server before it gives up (Microsoft's 504 article).
        for server in self.healthy(live, route.target).await.iter().take(2) {
            let forwarded = forward(&request, setting, server, &path, listener.port, peer);
            let name = setting.tls_name(None, server);
            let secure = setting.https.then_some(Secure { name: &name, demands: &setting.demands });
            let address = (server.as_str(), setting.port);
            let (timeout, mut seen) = (setting.timeout, Vec::new());
            match self.caller.call(address, secure, forwarded, timeout, &mut seen).await {
                Ok(response) => return Ok(passed_on(response)),
                Err(CallError::TimedOut) => failure = StatusCode::GATEWAY_TIMEOUT,
                Err(CallError::Refused | CallError::Unresolved | CallError::Distrusted(_)) => {}
            }
        }
        Ok(own_page(failure))
    }
}

/// Whether the gateway answers a visit to this path by itself.
fn stops(front: &FrontSpec, path: &str) -> bool {
    front.paths.is_empty() || front.paths.iter().any(|pattern| route::matches(pattern, path))
}

fn own_answer(front: &FrontSpec) -> Response {
    let mut response = own_page(StatusCode::from_u16(front.status).unwrap_or(StatusCode::BAD_GATEWAY));
    if let Some(body) = &front.body {
        *response.body_mut() = body.clone().into();
    }
    response
}

/// The host and port by which visitors know a listener.
pub(crate) fn authority(listener: &Listener) -> String {
    let names = || listener.hosts.iter().filter(|host| !host.contains(['*', '?']));
    let host = names().chain(&listener.addresses).next().map_or("127.0.0.1", String::as_str);
    if listener.port == 80 { host.to_owned() } else { format!("{host}:{}", listener.port) }
}

fn forward(
    request: &Request,
    setting: &Setting,
    server: &str,
    path: &str,
    port: u16,
    peer: SocketAddr,
) -> Request {
    let original = net::host(request);
    let target = match request.uri().query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    let mut forwarded = request.clone();
    if let Ok(uri) = target.parse() {
        *forwarded.uri_mut() = uri;
    }
    let headers = forwarded.headers_mut();
    strip(headers);
    let host = setting.host(server).map(|host| net::bracketed(&host));
    net::set(headers, "host", host.as_ref().unwrap_or(&original));
    net::set(headers, "x-original-host", &original);
    net::set(headers, "x-forwarded-for", &peer.to_string());
    net::set(headers, "x-forwarded-proto", "http");
    net::set(headers, "x-forwarded-port", &port.to_string());
    forwarded
}

fn passed_on(mut response: Response) -> Response {
    strip(response.headers_mut());
    response
}

fn strip(headers: &mut HeaderMap) {
    for name in HOP_BY_HOP {
        headers.remove(name);
    }
}

/// A page of the gateway itself, with the wording visitors know.
fn own_page(status: StatusCode) -> Response {
    let page = format!(
        "<html>\r\n<head><title>{status}</title></head>\r\n<body>\r\n<center><h1>{status}</h1></center>\r\n\
         <hr><center>{SERVER}</center>\r\n</body>\r\n</html>\r\n"
    );
    let status_page = if status == StatusCode::GATEWAY_TIMEOUT {
        page.replace("Gateway Timeout", "Gateway Time-out")
    } else {
        page
    };
    let mut response = net::text(status, "text/html", status_page);
    net::set(response.headers_mut(), "server", SERVER);
    response
}

/// What a visitor gets who never reached the gateway.
fn internet(words: &'static str) -> Response {
    net::text(StatusCode::BAD_GATEWAY, "text/plain", words)
}
