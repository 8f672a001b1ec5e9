//! What Discord does not want to hear for a while (Discord, "Rate Limits").
//!
//! Discord counts by bucket: for most routes that is the method and the channel or webhook in its path. Each answer
//! says how many calls are left there, so the bot stops before it is refused. A global limit stops everything but
//! answers to interactions.

use jiff::{SignedDuration, Timestamp};
use reqwest::Response;
use reqwest::header::HeaderMap;

use crate::chat::rest::Resting;

/// Until when which bucket rests; the one without a name is everything.
#[derive(Debug, Default)]
pub(super) struct Limits(Resting<String>);

/// The bucket for everything.
pub(super) const EVERYTHING: &str = "";

impl Limits {
    /// The seconds for which a bucket rests still, rounded up.
    pub(super) fn left(&self, bucket: &str, now: Timestamp) -> Option<u64> {
        [EVERYTHING, bucket].into_iter().filter_map(|name| self.0.left(name, now)).max()
    }

    /// Lets a bucket rest.
    pub(super) fn begin(&self, bucket: &str, wait: SignedDuration, now: Timestamp) {
        self.0.begin(bucket.to_owned(), wait, now);
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
