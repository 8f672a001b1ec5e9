//! The names that are suggested while somebody types.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::id::GatewayId;
use tokio::time::{Instant, timeout};

use crate::ports::{Arm, Store};

/// Suggestions are due in three seconds, like every answer.
const IN_TIME: Duration = Duration::from_millis(1_500);
/// Gateways do not come and go by the minute.
const FRESH: Duration = Duration::from_secs(300);

/// Where names come from: gateways from Azure, remembered for five minutes, and open incidents from the store.
pub struct Names {
    arm: Arc<dyn Arm>,
    store: Arc<dyn Store>,
    covers: Box<dyn Fn(&GatewayId) -> bool + Send + Sync>,
    known: Mutex<Option<(Instant, Vec<String>)>>,
}

impl Names {
    /// Names of the gateways that `covers` lets through, and of incidents.
    pub fn new(
        arm: Arc<dyn Arm>,
        store: Arc<dyn Store>,
        covers: impl Fn(&GatewayId) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self { arm, store, covers: Box::new(covers), known: Mutex::default() }
    }

    /// The gateways whose names hold what was typed, those that begin with it first. None that are known when
    /// Azure does not answer in time.
    pub(super) async fn gateways(&self, typed: &str) -> Vec<String> {
        let known = match self.remembered() {
            Some(known) => known,
            None => self.read().await,
        };
        fitting(known, typed)
    }

    /// The open incidents whose names hold what was typed, the newest first.
    pub(super) async fn incidents(&self, typed: &str) -> Vec<String> {
        let open = timeout(IN_TIME, self.store.open_incidents()).await;
        let open = open.ok().and_then(Result::ok).unwrap_or_default();
        fitting(open.iter().map(|incident| incident.id.to_string()).collect(), typed)
    }

    fn remembered(&self) -> Option<Vec<String>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.as_ref().filter(|(at, _)| at.elapsed() < FRESH).map(|(_, names)| names.clone())
    }

    async fn read(&self) -> Vec<String> {
        match timeout(IN_TIME, self.arm.gateways()).await {
            Ok(Ok(gateways)) => {
                let covered = gateways.iter().filter(|id| (self.covers)(id));
                let names: Vec<String> = covered.map(|id| id.name().to_string()).collect();
                *self.known.lock().unwrap_or_else(PoisonError::into_inner) =
                    Some((Instant::now(), names.clone()));
                names
            }
            other => {
                tracing::debug!(answered = other.is_ok(), "no names of gateways to suggest");
                Vec::new()
            }
        }
    }
}

fn fitting(names: Vec<String>, typed: &str) -> Vec<String> {
    let typed = typed.trim().to_ascii_lowercase();
    let at = |name: &String| name.to_ascii_lowercase().find(&typed);
    let mut fitting: Vec<String> = names.into_iter().filter(|name| at(name).is_some()).collect();
    fitting.sort_by_key(|name| at(name) != Some(0));
    fitting
}
