//! What Discord does not want to hear for a while (Discord, "Rate Limits").
//!
//! Discord counts by bucket: for most routes that is the method and the channel or webhook in its path. Each answer
//! says how many calls are left there, so the bot stops before it is refused. A global limit stops everything but
//! answers to interactions. Each process learns by itself.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use reqwest::Response;
use reqwest::header::HeaderMap;

/// Until when which bucket rests; the one without a name is everything.
#[derive(Debug, Default)]
pub(super) struct Limits(Mutex<HashMap<String, Timestamp>>);

/// The bucket for everything.
pub(super) const EVERYTHING: &str = "";
/// Buckets that are over are forgotten once there are this many.
const MANY: usize = 256;

impl Limits {
    /// The seconds for which a bucket rests still, rounded up.
    pub(super) fn left(&self, bucket: &str, now: Timestamp) -> Option<u64> {
        let resting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let until = [EVERYTHING, bucket].into_iter().filter_map(|name| resting.get(name)).max()?;
        let left = until.duration_since(now);
        let left = left.as_secs() + i64::from(left.subsec_nanos() > 0);
        u64::try_from(left).ok().filter(|left| *left > 0)
    }

    /// Lets a bucket rest. A shorter wait does not end a longer one.
    pub(super) fn begin(&self, bucket: &str, wait: SignedDuration, now: Timestamp) {
        let until = now.checked_add(wait).unwrap_or(Timestamp::MAX);
        let mut resting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if resting.len() >= MANY {
            resting.retain(|_, until| *until > now);
        }
        resting.entry(bucket.to_owned()).and_modify(|known| *known = until.max(*known)).or_insert(until);
    }

    /// Learns from an answer that was taken: none may be left.
    pub(super) fn learn(&self, bucket: &str, response: &Response, now: Timestamp) {
        let headers = response.headers();
        if number(headers, "x-ratelimit-remaining") == Some(0.0)
            && let Some(seconds) = number(headers, "x-ratelimit-reset-after")
        {
            self.begin(bucket, wait(seconds), now);
        }
    }
}

/// A number in a header.
pub(super) fn number(headers: &HeaderMap, name: &str) -> Option<f64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

/// Seconds, as Discord writes them, within a day.
pub(super) fn wait(seconds: f64) -> SignedDuration {
    SignedDuration::try_from_secs_f64(seconds.clamp(0.0, 86_400.0)).unwrap_or(SignedDuration::from_secs(30))
}
