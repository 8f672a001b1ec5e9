//! Methods that Slack does not want to hear of for a while.
//!
//! Slack counts calls by method and workspace (Slack, "Rate limits"), and a token belongs to one workspace. While one
//! method rests, the others go on. Each process learns it by itself: one refused call each is what that costs.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::super::method::Method;

/// Until when which method rests.
#[derive(Debug, Default)]
pub(super) struct Quiet(Mutex<HashMap<Method, Timestamp>>);

impl Quiet {
    /// The seconds for which a method rests still, rounded up.
    pub(super) fn left(&self, method: Method, now: Timestamp) -> Option<u64> {
        let resting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let left = resting.get(&method)?.duration_since(now);
        let left = left.as_secs() + i64::from(left.subsec_nanos() > 0);
        u64::try_from(left).ok().filter(|left| *left > 0)
    }

    /// Lets a method rest. A shorter wait does not end a longer one.
    pub(super) fn begin(&self, method: Method, seconds: u64, now: Timestamp) {
        let wait = SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX));
        let until = now.checked_add(wait).unwrap_or(Timestamp::MAX);
        let mut resting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        resting.entry(method).and_modify(|known| *known = until.max(*known)).or_insert(until);
    }
}
