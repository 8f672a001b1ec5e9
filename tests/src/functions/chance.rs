//! Chance and the clock, without a crate for either.

use std::hash::{BuildHasher, Hasher, RandomState};

use jiff::Timestamp;

/// Sixty-four bits that nobody can guess.
pub(crate) fn bits() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// A number from 0 up to 1.
pub(crate) fn fraction() -> f64 {
    f64::from((bits() >> 32) as u32) / (f64::from(u32::MAX) + 1.0)
}

/// A GUID of version 4.
pub(crate) fn guid() -> String {
    let (high, low) = (bits(), bits());
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0x0fff,
        (low >> 48) & 0x3fff | 0x8000,
        low & 0xffff_ffff_ffff
    )
}

/// The time by this machine, which is what the host goes by.
#[expect(clippy::disallowed_methods, reason = "the imitated host lives in real time")]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_guid_looks_like_one_and_is_new_each_time() {
        let (one, two) = (super::guid(), super::guid());
        assert_ne!(one, two);
        let parts: Vec<usize> = one.split('-').map(str::len).collect();
        assert_eq!(parts, [8, 4, 4, 4, 12]);
    }
}
