//! The way in, the same for every platform: one store write, one queue send, and nothing else.

use std::sync::Arc;
use std::time::Duration;

use domain::request::{Ask, Request, RequestId};

use tokio::time::{Instant, timeout_at};

use crate::ports::{Clock, Reception, Store, StoreError, Wake, Wakeups};
use crate::telemetry::spans;

/// How long an answer may take: chat platforms hang up after three seconds.
const IN_TIME: Duration = Duration::from_millis(2_700);

/// Keeps what comes in. Adapters verify and parse, then call [`Intake::accept`] and answer.
#[derive(Clone)]
pub struct Intake {
    store: Arc<dyn Store>,
    wakeups: Arc<dyn Wakeups>,
    clock: Arc<dyn Clock>,
}

impl Intake {
    /// An intake into this store and queue.
    pub fn new(store: Arc<dyn Store>, wakeups: Arc<dyn Wakeups>, clock: Arc<dyn Clock>) -> Self {
        Self { store, wakeups, clock }
    }

    /// The clock that requests are stamped with.
    #[must_use]
    pub fn clock(&self) -> &dyn Clock {
        self.clock.as_ref()
    }

    /// Keeps a request and wakes the worker. A redelivery is recognised by `id` and does nothing.
    ///
    /// # Errors
    /// When the store does not take it: then it was not accepted, and the sender must be told so.
    pub async fn accept(&self, id: RequestId, ask: Ask) -> Result<Reception, StoreError> {
        spans::accepted(&id, &ask);
        let (at, until) = (self.clock.now(), Instant::now() + IN_TIME);
        let reception = self.store.accept(&Request { id: id.clone(), at, ask }).await?;
        if reception == Reception::New {
            // Kept is accepted: what was not woken is found by the sweep.
            match timeout_at(until, self.wakeups.wake(&Wake::Request(id), at)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::warn!(%error, "a wake-up was not sent"),
                Err(_) => tracing::warn!("a wake-up was not sent in time"),
            }
        }
        Ok(reception)
    }
}
