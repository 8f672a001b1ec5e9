//! The way in, the same for every platform: one store write, one queue send, and nothing else.

use std::sync::Arc;

use domain::request::{Ask, Request, RequestId};

use crate::ports::{Clock, Reception, Store, StoreError, Wake, Wakeups};

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
        let at = self.clock.now();
        let reception = self.store.accept(&Request { id: id.clone(), at, ask }).await?;
        if reception == Reception::New
            && let Err(error) = self.wakeups.wake(&Wake::Request(id), at).await
        {
            // Kept is accepted: the sweep finds it.
            tracing::warn!(%error, "a wake-up was not sent");
        }
        Ok(reception)
    }
}
