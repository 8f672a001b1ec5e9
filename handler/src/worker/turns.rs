//! One at a time, within this process: the tasks of one worker that change the same incident, or the same note.
//!
//! Compare-and-swap alone would be right, and is what holds between processes. But of a hundred tasks that
//! load a document at once, ninety-nine would load it again, and again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::OwnedMutexGuard;

/// Whose turn it is, document by document.
#[derive(Debug, Default)]
pub(super) struct Turns {
    waiting: Mutex<HashMap<String, Weak<tokio::sync::Mutex<()>>>>,
}

impl Turns {
    /// Waits for the turn to change what goes by this name; it ends when the guard is dropped.
    pub(super) async fn of(&self, name: &str) -> OwnedMutexGuard<()> {
        self.queue(name).lock_owned().await
    }

    fn queue(&self, id: &str) -> Arc<tokio::sync::Mutex<()>> {
        // Whoever panicked here left a map that is still whole.
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(queue) = waiting.get(id).and_then(Weak::upgrade) {
            return queue;
        }
        waiting.retain(|_, queue| queue.strong_count() > 0);
        let queue = Arc::default();
        waiting.insert(id.to_owned(), Arc::downgrade(&queue));
        queue
    }
}
