//! Who may go on: whatever a life of the bot does outside waits here for its turn, so that the order is drawn
//! from the seed and not left to threads.

use std::sync::{Mutex, MutexGuard};

use tokio::sync::oneshot;

/// One start of a worker, until it crashes.
pub(crate) type Life = usize;

/// What a life is about to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Take wake-ups from the queue.
    Take,
    /// Something with the store.
    Store,
    /// Hear that the store has saved.
    Saved,
    /// Read something from Azure.
    Read,
    /// Send a PUT.
    Put,
    /// Hear what became of the PUT.
    PutHeard,
    /// Say something.
    Say,
}

#[derive(Debug)]
struct Waiting {
    life: Life,
    step: Step,
    go: oneshot::Sender<()>,
}

#[derive(Debug, Default)]
struct Inner {
    waiting: Vec<Waiting>,
    /// How many have their turn now.
    busy: usize,
    /// Grows with everything that happens.
    moves: u64,
    /// How many turns were given.
    given: u64,
}

/// The turns.
#[derive(Debug, Default)]
pub(crate) struct Loom(Mutex<Inner>);

impl Loom {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap()
    }

    /// Waits for a turn, and does the work while nobody else does anything.
    pub(crate) async fn turn<T>(&self, life: Life, step: Step, work: impl Future<Output = T>) -> T {
        self.wait(life, step).await;
        let done = work.await;
        let mut inner = self.inner();
        inner.busy -= 1;
        inner.moves += 1;
        done
    }

    async fn wait(&self, life: Life, step: Step) {
        let (go, gone) = oneshot::channel();
        {
            let mut inner = self.inner();
            inner.moves += 1;
            inner.waiting.push(Waiting { life, step, go });
        }
        // The driver keeps every sender until it gives the turn.
        let _ = gone.await;
    }

    /// Who waits, in the order of arrival.
    pub(crate) fn waiting(&self) -> Vec<(Life, Step)> {
        let mut inner = self.inner();
        inner.waiting.retain(|waiting| !waiting.go.is_closed());
        inner.waiting.iter().map(|waiting| (waiting.life, waiting.step)).collect()
    }

    /// Gives the turn to the nth of those who wait.
    pub(crate) fn give(&self, nth: usize) {
        let mut inner = self.inner();
        let waiting = inner.waiting.remove(nth);
        inner.busy += 1;
        inner.moves += 1;
        inner.given += 1;
        if waiting.go.send(()).is_err() {
            inner.busy -= 1;
        }
    }

    /// Whether somebody has the turn and is not done, and a number that grows with every move.
    pub(crate) fn state(&self) -> (bool, u64) {
        let inner = self.inner();
        (inner.busy > 0, inner.moves)
    }

    /// The number of the turn: the same between two moments if nobody did anything in between.
    pub(crate) fn now(&self) -> u64 {
        self.inner().given
    }
}
