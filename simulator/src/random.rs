//! The two things that differ from run to run: identifiers and the time of day.

use std::{
    collections::hash_map::RandomState,
    hash::{BuildHasher, Hasher},
    sync::atomic::{AtomicU64, Ordering},
};

/// A new identifier in the form of a GUID, unlike any handed out before, also in earlier runs: a client
/// may have kept an etag.
pub(crate) fn guid() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let half = || {
        // The standard library seeds each `RandomState` anew; the counter is for a platform where it cannot.
        let mut hasher = RandomState::new().build_hasher();
        hasher.write_u64(COUNT.fetch_add(1, Ordering::Relaxed));
        hasher.finish()
    };
    let (a, b) = (half(), half());
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        a >> 32,
        (a >> 16) & 0xffff,
        a & 0xfff,
        0x8000 | ((b >> 48) & 0x3fff),
        b & 0xffff_ffff_ffff
    )
}

/// An etag as Azure writes it: weak, quoted, a GUID.
pub(crate) fn etag() -> String {
    format!("W/\"{}\"", guid())
}

/// Seconds since 1970, for the claims of a token.
#[expect(
    clippy::disallowed_methods,
    reason = "tokens carry the time of day, and a real client compares it with its own clock"
)]
pub(crate) fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guid_looks_like_one_and_is_new() {
        let (one, two) = (guid(), guid());
        assert_eq!(one.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
        assert_ne!(one, two);
    }
}
