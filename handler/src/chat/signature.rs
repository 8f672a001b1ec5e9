//! What the signatures of Slack and Discord have in common: two headers, and a time.

use axum::http::HeaderMap;
use jiff::Timestamp;

/// How far a platform's clock and ours may be apart, in seconds. It is Slack's own advice. Discord names no limit; without
/// one a request that somebody has seen could be sent again next year.
const WINDOW_S: u64 = 300;

/// Why a request is not taken for the platform's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unverified {
    /// A header is missing or unreadable.
    #[error("the header {0} is missing or unreadable")]
    MissingHeader(&'static str),
    /// It was signed too long ago, or in the future.
    #[error("the request was signed more than {WINDOW_S} s from now; is the clock right?")]
    Stale,
    /// No key or secret of ours fits.
    #[error("the signature does not match")]
    BadSignature,
}

/// A header that has to be there.
pub(super) fn header<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<&'a str, Unverified> {
    headers.get(name).and_then(|value| value.to_str().ok()).ok_or(Unverified::MissingHeader(name))
}

/// When it was signed, as the platform wrote it: in seconds, and not far from now.
pub(super) fn recent<'a>(
    headers: &'a HeaderMap,
    name: &'static str,
    now: Timestamp,
) -> Result<&'a str, Unverified> {
    let stamp = header(headers, name)?;
    let at: i64 = stamp.parse().map_err(|_| Unverified::MissingHeader(name))?;
    (now.as_second().abs_diff(at) <= WINDOW_S).then_some(stamp).ok_or(Unverified::Stale)
}
