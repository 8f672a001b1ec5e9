//! The network between gateways and backends.

use std::{
    error::Error,
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use rustls::{
    ClientConfig,
    pki_types::{IpAddr, ServerName},
};
use tokio::{
    net::TcpStream,
    sync::{Semaphore, SemaphorePermit},
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::probe::CallError;
use crate::{
    Pace,
    net::{self, Client},
};

/// Calls under way at one time, where several gateways share the machine. Each takes two sockets, of the
/// thousand or so that a process often has.
const CALLS: usize = 128;
/// The same where none of them waits for anything.
const INSTANT_CALLS: usize = 32;
/// Connections kept open to one backend, where all gateways have it at the same port.
const IDLE: usize = 16;

/// A client for all gateways of one simulated Azure.
#[derive(Debug, Clone)]
pub(crate) struct Network {
    client: Client,
    /// None where there is only one gateway, which never waits.
    places: Option<Arc<Semaphore>>,
}

impl Network {
    pub(crate) fn of(gateways: usize, pace: Pace) -> Self {
        if gateways > 1 {
            let calls = if pace == Pace::Instant { INSTANT_CALLS } else { CALLS };
            Self { client: net::client(IDLE), places: Some(Arc::new(Semaphore::new(calls))) }
        } else {
            Self { client: net::client(usize::MAX), places: None }
        }
    }

    /// A place among the calls under way, for as long as it is held.
    pub(crate) async fn place(&self) -> Option<SemaphorePermit<'_>> {
        // The semaphore is never closed.
        self.places.as_ref()?.acquire().await.ok()
    }

    /// Sends a request on. Where no connection can be made for want of sockets, it tries until there is one: a
    /// busy machine says nothing about the server.
    pub(crate) async fn send(
        &self,
        place: SocketAddr,
        mut request: http::Request<Bytes>,
    ) -> Result<http::Response<Incoming>, CallError> {
        let path = request.uri().path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        *request.uri_mut() = format!("http://{place}{path}").parse().map_err(|_| CallError::Refused)?;
        let request = request.map(Full::new);
        loop {
            match self.client.request(request.clone()).await {
                Ok(response) => return Ok(response),
                Err(error) if error.is_connect() && !refused(&error) => {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                Err(_) => return Err(CallError::Refused),
            }
        }
    }

    /// Shakes hands with a server, whatever its certificates are like.
    pub(crate) async fn handshake(
        &self,
        place: SocketAddr,
        name: &str,
        tls: &Arc<ClientConfig>,
    ) -> Result<Secured, CallError> {
        let stream = loop {
            match TcpStream::connect(place).await {
                Ok(stream) => break stream,
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                    return Err(CallError::Refused);
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        };
        // What is no name is not asked for, and neither is an address.
        let nobody = ServerName::IpAddress(IpAddr::from(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST)));
        let name = ServerName::try_from(name.to_owned()).unwrap_or(nobody);
        let stream = TlsConnector::from(Arc::clone(tls)).connect(name, stream).await;
        stream.map(|stream| Secured(Box::new(stream))).map_err(|_| CallError::Refused)
    }
}

/// A connection over TLS, for one request.
pub(crate) struct Secured(Box<TlsStream<TcpStream>>);

impl Secured {
    /// The certificates the server sent, in its order.
    pub(crate) fn certificates(&self) -> Vec<Vec<u8>> {
        let sent = self.0.get_ref().1.peer_certificates().unwrap_or_default();
        sent.iter().map(|certificate| certificate.to_vec()).collect()
    }

    pub(crate) async fn send(
        self,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Incoming>, CallError> {
        let connecting = hyper::client::conn::http1::handshake(TokioIo::new(self.0));
        let (mut sender, connection) = connecting.await.map_err(|_| CallError::Refused)?;
        // It ends with the answer: nothing else is sent.
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::trace!(%error, "connection to a backend ended");
            }
        });
        sender.send_request(request.map(Full::new)).await.map_err(|_| CallError::Refused)
    }
}

/// Whether nothing listens there.
fn refused(error: &(dyn Error + 'static)) -> bool {
    std::iter::successors(Some(error), |&error| error.source())
        .filter_map(|error| error.downcast_ref::<io::Error>())
        .any(|error| error.kind() == io::ErrorKind::ConnectionRefused)
}
