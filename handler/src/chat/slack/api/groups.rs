//! Who is in which user group of Slack's, remembered for a while.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Somebody who leaves the on-call group may approve for this long: a minute, which no rotation notices. Slack
/// allows `usergroups.users.list` some 20 times a minute (tier 2).
const REMEMBERED: Duration = Duration::from_secs(60);

/// The members of user groups, as Slack told them last.
#[derive(Debug, Default)]
pub(super) struct Groups(Mutex<HashMap<String, (Instant, Vec<String>)>>);

impl Groups {
    /// The members of a group, if they were asked for a moment ago.
    pub(super) fn known(&self, group: &str) -> Option<Vec<String>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (asked, members) = known.get(group)?;
        (asked.elapsed() < REMEMBERED).then(|| members.clone())
    }

    /// Remembers them.
    pub(super) fn keep(&self, group: &str, members: Vec<String>) -> Vec<String> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(group.to_owned(), (Instant::now(), members.clone()));
        members
    }
}
