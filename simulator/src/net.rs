//! HTTP on loopback: one way to serve, for the control plane, the listeners and the backends alike.

use std::{
    fmt,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    runtime::Handle,
    task::{AbortHandle, JoinSet},
};
use tokio_rustls::TlsAcceptor;

/// A request whose body has been read.
pub(crate) type Request = http::Request<Bytes>;
/// A response whose body is complete.
pub(crate) type Response = http::Response<Bytes>;

/// More than the largest gateway (4 MB is ARM's limit for a request).
const BODY_LIMIT: usize = 8 * 1024 * 1024;

/// The connection is closed instead of answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HangUp;

impl fmt::Display for HangUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("closed without an answer")
    }
}

impl std::error::Error for HangUp {}

/// A task that ends when its owner goes.
#[derive(Debug)]
pub(crate) struct Task(AbortHandle);

impl Task {
    pub(crate) fn spawn(runtime: &Handle, work: impl Future<Output = ()> + Send + 'static) -> Self {
        Self(runtime.spawn(work).abort_handle())
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A server on loopback that stops, connections included, when it is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    address: SocketAddr,
    _task: Task,
}

impl Server {
    /// Serves `handler` on `127.0.0.1:port` (0: any free port), over TLS when a certificate is given.
    pub(crate) fn start<H, F>(
        runtime: &Handle,
        port: u16,
        tls: Option<TlsAcceptor>,
        handler: H,
    ) -> std::io::Result<Self>
    where
        H: Fn(Request, SocketAddr) -> F + Send + Sync + 'static,
        F: Future<Output = Result<Response, HangUp>> + Send + 'static,
    {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let _context = runtime.enter();
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let task = Task::spawn(runtime, accept(listener, tls, Arc::new(handler)));
        Ok(Self { address, _task: task })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

async fn accept<H, F>(listener: tokio::net::TcpListener, tls: Option<TlsAcceptor>, handler: Arc<H>)
where
    H: Fn(Request, SocketAddr) -> F + Send + Sync + 'static,
    F: Future<Output = Result<Response, HangUp>> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let Ok((stream, peer)) = listener.accept().await else {
            // Out of file descriptors, mostly: let some close.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let (tls, handler) = (tls.clone(), Arc::clone(&handler));
        connections.spawn(async move {
            match tls {
                None => serve(TokioIo::new(stream), peer, handler).await,
                Some(_) if speaks_plainly(&stream).await => {
                    serve(TokioIo::new(stream), peer, Arc::new(wrong_door)).await;
                }
                Some(tls) => {
                    if let Ok(stream) = tls.accept(stream).await {
                        serve(TokioIo::new(stream), peer, handler).await;
                    }
                }
            }
        });
    }
}

/// Whether a client does not begin with a handshake.
async fn speaks_plainly(stream: &tokio::net::TcpStream) -> bool {
    const HANDSHAKE: u8 = 22;
    let mut first = [0; 1];
    matches!(stream.peek(&mut first).await, Ok(1)) && first != [HANDSHAKE]
}

/// What widespread servers answer who is asked in plain http where they speak TLS.
async fn wrong_door(_: Request, _: SocketAddr) -> Result<Response, HangUp> {
    const TITLE: &str = "The plain HTTP request was sent to HTTPS port";
    let page = format!(
        "<html>\r\n<head><title>400 {TITLE}</title></head>\r\n<body>\r\n<center><h1>400 Bad Request</h1></center>\r\n\
         <center>{TITLE}</center>\r\n</body>\r\n</html>\r\n"
    );
    Ok(text(http::StatusCode::BAD_REQUEST, "text/html", page))
}

async fn serve<S, H, F>(stream: TokioIo<S>, peer: SocketAddr, handler: Arc<H>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    H: Fn(Request, SocketAddr) -> F + Send + Sync + 'static,
    F: Future<Output = Result<Response, HangUp>> + Send + 'static,
{
    let service = service_fn(move |request: http::Request<Incoming>| {
        let handler = Arc::clone(&handler);
        async move {
            let (parts, body) = request.into_parts();
            let body = Limited::new(body, BODY_LIMIT).collect().await.map_err(|_| HangUp)?.to_bytes();
            handler(http::Request::from_parts(parts, body), peer)
                .await
                .map(|response| response.map(Full::new))
        }
    });
    // An error here is a client that went away, or our own `HangUp`; either way nobody is left to tell.
    if let Err(error) = http1::Builder::new().serve_connection(stream, service).with_upgrades().await {
        tracing::trace!(%error, %peer, "connection ended");
    }
}

/// The client side of the gateway: plain http, no proxy from the environment, no redirects followed.
pub(crate) type Client =
    hyper_util::client::legacy::Client<hyper_util::client::legacy::connect::HttpConnector, Full<Bytes>>;

/// A client that keeps up to `idle` connections to each server open.
pub(crate) fn client(idle: usize) -> Client {
    hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new())
        .pool_max_idle_per_host(idle)
        .build_http()
}

/// A response with a text body.
pub(crate) fn text(status: http::StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Response {
    let mut response = http::Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static(kind));
    response
}

/// The client's body, or nothing when it broke off.
pub(crate) async fn collect(body: Incoming) -> Option<Bytes> {
    body.collect().await.ok().map(http_body_util::Collected::to_bytes)
}

/// Sets a header whose value may come from configuration; an impossible value is left out.
pub(crate) fn set(headers: &mut http::HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = http::HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// A host as a `Host` header has it: an address of version 6 in brackets.
pub(crate) fn bracketed(host: &str) -> String {
    if host.parse::<std::net::Ipv6Addr>().is_ok() { format!("[{host}]") } else { host.to_owned() }
}

/// The host a request is for: of the absolute form when there is one, of the `Host` header otherwise.
pub(crate) fn host(request: &Request) -> String {
    let authority = request.uri().authority().map(http::uri::Authority::as_str);
    let header = || request.headers().get(http::header::HOST).and_then(|value| value.to_str().ok());
    authority.or_else(header).unwrap_or_default().to_owned()
}
