//! What Azure measures and logs about a gateway: metrics, access and firewall logs, Resource Health.
//!
//! Everything here is a view of raw JSON answers, as forgiving as the gateway's. What was not measured is not
//! zero, and what was not logged has not been ruled out: metrics are missing where there is no traffic, and
//! logs come 15 to 20 minutes late. Source: Microsoft, "Monitor Azure Application Gateway".

pub mod firewall;
pub mod logs;
pub mod metrics;
pub mod resource_health;
pub mod settings;

use std::fmt::Write as _;

use jiff::Timestamp;

/// Why an answer of Azure Monitor is not what was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MonitorError {
    /// It has not the shape that is documented.
    #[error("the answer has no {0}")]
    Missing(&'static str),
}

/// A text for a query string: whatever is not unreserved (RFC 3986) is percent-encoded.
pub(crate) fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            // Writing to a string cannot fail.
            _ => drop(write!(out, "%{byte:02X}")),
        }
        out
    })
}

/// A moment in the way that Azure Monitor takes it, to the second: `2026-11-22T03:04:05Z`.
pub(crate) fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The moment some minutes before another.
pub(crate) fn minutes_before(at: Timestamp, minutes: i64) -> Timestamp {
    Timestamp::from_second(at.as_second().saturating_sub(minutes.saturating_mul(60))).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_encoded_and_a_moment_is_to_the_second() {
        assert_eq!(encoded("Pool eq '*'/~x"), "Pool%20eq%20%27%2A%27%2F~x");
        let at: Timestamp = "2026-11-22T03:04:05.678Z".parse().unwrap();
        assert_eq!(moment(at), "2026-11-22T03:04:05Z");
        assert_eq!(moment(minutes_before(at, 30)), "2026-11-22T02:34:05Z");
    }
}
