//! The network between gateways and backends.

use std::{error::Error, io, sync::Arc, time::Duration};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use tokio::sync::{Semaphore, SemaphorePermit};

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
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Incoming>, CallError> {
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
}

/// Whether nothing listens there.
fn refused(error: &(dyn Error + 'static)) -> bool {
    std::iter::successors(Some(error), |&error| error.source())
        .filter_map(|error| error.downcast_ref::<io::Error>())
        .any(|error| error.kind() == io::ErrorKind::ConnectionRefused)
}
