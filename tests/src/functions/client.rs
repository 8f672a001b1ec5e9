//! Requests to the handler.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::sleep;

use crate::functions::proxy;

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Unanswered {
    /// Nobody listens.
    Unreachable(std::io::Error),
    /// The connection broke.
    Broken(hyper::Error),
}

impl std::fmt::Display for Unanswered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unreachable(error) => write!(f, "the handler is unreachable: {error}"),
            Self::Broken(error) => write!(f, "the connection to the handler broke: {error}"),
        }
    }
}

/// Connections to the handler that wait for their next request, as those of the host's `HttpClient` do. A
/// handler that is asked to go has to do so though they are open.
#[derive(Debug, Default)]
pub(crate) struct Client {
    idle: Mutex<Vec<SendRequest<Body>>>,
}

impl Client {
    /// Sends a request, and gives the answer as it comes in. Redirects are not followed. Where nobody
    /// listens, it is tried so many times.
    pub(crate) async fn send(
        self: &Arc<Self>,
        port: u16,
        attempts: u32,
        mut request: Request<Body>,
    ) -> Result<Response<Incoming>, Unanswered> {
        while let Some(mut sender) = self.idle() {
            match sender.try_send_request(request).await {
                Ok(answer) => return Ok(self.keep(sender, answer)),
                // It was closed meanwhile, so the request goes over the next one (.NET,
                // `HttpConnectionPool`).
                Err(mut error) => match error.take_message() {
                    Some(unsent) => request = unsent,
                    None => return Err(Unanswered::Broken(error.into_error())),
                },
            }
        }
        let stream = TokioIo::new(connect(port, attempts).await?);
        let (mut sender, connection) = http1::handshake(stream).await.map_err(Unanswered::Broken)?;
        tokio::spawn(connection);
        let answer = sender.send_request(request).await.map_err(Unanswered::Broken)?;
        Ok(self.keep(sender, answer))
    }

    fn idle(&self) -> Option<SendRequest<Body>> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(SendRequest::is_ready);
        idle.pop()
    }

    /// The connection is free again when the answer was read to its end.
    fn keep(
        self: &Arc<Self>,
        mut sender: SendRequest<Body>,
        answer: Response<Incoming>,
    ) -> Response<Incoming> {
        let client = Arc::downgrade(self);
        tokio::spawn(async move {
            if sender.ready().await.is_ok()
                && let Some(client) = client.upgrade()
            {
                client.idle.lock().unwrap_or_else(PoisonError::into_inner).push(sender);
            }
        });
        answer
    }
}

/// A connection to the handler: `127.0.0.1` and nothing else (Azure/azure-functions-host,
/// `WorkerConstants.HostName`).
async fn connect(port: u16, attempts: u32) -> Result<TcpStream, Unanswered> {
    let mut attempt = 1;
    loop {
        match TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await {
            Ok(stream) => return Ok(stream),
            Err(_) if attempt < attempts => sleep(proxy::pause(attempt)).await,
            Err(error) => return Err(Unanswered::Unreachable(error)),
        }
        attempt += 1;
    }
}
