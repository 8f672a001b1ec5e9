//! A timer trigger.
//!
//! Azure/azure-webjobs-sdk-extensions, `TimerListener`.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::sleep;

use crate::functions::instance::Instance;
use crate::functions::record::Outcome;
use crate::functions::schedule::Schedule;
use crate::functions::{chance, envelope};

/// A schedule that fires more often than this is not monitored.
const MONITORED: Duration = Duration::from_secs(60);

/// The timer of one function.
#[derive(Debug, Clone)]
pub(crate) struct Timer {
    pub(crate) instance: Arc<Instance>,
    pub(crate) function: String,
    pub(crate) binding: String,
    pub(crate) schedule: Schedule,
}

impl Timer {
    /// Fires until the host stops. The next time is looked for when a run is over, so that runs never
    /// overlap.
    pub(crate) async fn tick(self) {
        let mut stopping = self.instance.stopping.subscribe();
        while !*stopping.borrow_and_update() {
            let wait = self.instance.pace.tick.unwrap_or_else(|| self.schedule.wait(chance::now()));
            tokio::select! {
                () = sleep(wait) => if !self.instance.is_dead() { self.fire().await; },
                _ = stopping.changed() => {}
            }
        }
    }

    /// Fires now, after a run that is under way.
    pub(crate) async fn fire(&self) -> Outcome {
        let _turn = match self.instance.turns.get(&self.function) {
            Some(turn) => Some(turn.lock().await),
            None => None,
        };
        let body = envelope::timer(&self.function, &self.binding, self.times());
        self.instance.run(&self.function, &body, None).await
    }

    /// The last time and the next, if the schedule is monitored.
    fn times(&self) -> Option<(Timestamp, Timestamp)> {
        let now = chance::now();
        let next = now + self.schedule.wait(now);
        (self.schedule.wait(next) >= MONITORED).then_some((now, next))
    }
}
