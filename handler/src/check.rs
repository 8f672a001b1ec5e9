//! What is missing before the bot can work: what is looked at, and how it is worded.
//!
//! Everything here only looks; the one thing that is written is a small blob of the bot's own, which is deleted again.
//! No line holds a secret. Who is asked what is put together in [`crate::app::checks`], for the command line and for
//! the deployed app alike.

pub mod alerts;
pub mod approvals;
pub mod azure;
pub mod channels;
pub mod discord;
mod line;
pub mod reach;
pub mod remote;
mod roles;
pub mod route;
pub mod skew;
pub mod slack;
pub mod store;
pub mod teams;

use std::time::Duration;

use futures::future::{BoxFuture, join_all};
use tokio::time::timeout;

pub use line::{Line, State};
pub use roles::{BadRole, Role};

/// One thing to look at, and how long that may take.
pub struct Check<'a> {
    /// What it is called while it is looked at, and where there was no answer.
    pub what: &'static str,
    /// How long an answer may take.
    pub limit: Duration,
    /// Looks.
    pub look: BoxFuture<'a, Vec<Line>>,
}

impl<'a> Check<'a> {
    /// A check that may take as long as a call to a chat platform.
    pub fn new(what: &'static str, look: impl Future<Output = Vec<Line>> + Send + 'a) -> Self {
        Self { what, limit: Duration::from_secs(20), look: Box::pin(look) }
    }

    /// The same, with another limit.
    #[must_use]
    pub fn within(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }
}

/// Looks at everything at once, and tells `watch` what is done. The lines come in the order of the checks.
pub async fn all(checks: Vec<Check<'_>>, watch: &(dyn Fn(&str) + Send + Sync)) -> Vec<Line> {
    let looks = checks.into_iter().map(|Check { what, limit, look }| async move {
        let lines = timeout(limit, look).await;
        watch(what);
        lines.unwrap_or_else(|_| vec![Line::missing(what, format!("no answer within {} s", limit.as_secs()))])
    });
    join_all(looks).await.concat()
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_never_answers_is_a_line_of_its_own_and_holds_up_nothing() {
        let quick = Check::new("Slack", async { vec![Line::good("Slack", "connected")] });
        let silent = Check::new("Teams", std::future::pending()).within(Duration::from_secs(7));
        let done = Mutex::new(Vec::new());
        let watch = |what: &str| done.lock().unwrap().push(what.to_owned());
        let lines = all(vec![silent, quick], &watch).await;
        let told: Vec<String> = lines.iter().map(ToString::to_string).collect();
        assert_eq!(told, ["missing  Teams: no answer within 7 s", "ok       Slack: connected"]);
        assert_eq!(*done.lock().unwrap(), ["Slack", "Teams"]);
    }
}
