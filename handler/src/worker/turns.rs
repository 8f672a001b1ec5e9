//! One at a time, within this process: the tasks of one worker that change the same incident.
//!
//! Compare-and-swap alone would be right, and is what holds between processes. But of a hundred tasks that
//! load a document at once, ninety-nine would load it again, and again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use domain::incident::IncidentId;
use tokio::sync::OwnedMutexGuard;

/// Whose turn it is, incident by incident.
#[derive(Debug, Default)]
pub(super) struct Turns {
    waiting: Mutex<HashMap<IncidentId, Weak<tokio::sync::Mutex<()>>>>,
}

impl Turns {
    /// Waits for the turn to change an incident; it ends when the guard is dropped.
    pub(super) async fn of(&self, id: &IncidentId) -> OwnedMutexGuard<()> {
        self.queue(id).lock_owned().await
    }

    fn queue(&self, id: &IncidentId) -> Arc<tokio::sync::Mutex<()>> {
        // Whoever panicked here left a map that is still whole.
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(queue) = waiting.get(id).and_then(Weak::upgrade) {
            return queue;
        }
        waiting.retain(|_, queue| queue.strong_count() > 0);
        let queue = Arc::default();
        waiting.insert(id.clone(), Arc::downgrade(&queue));
        queue
    }
}
