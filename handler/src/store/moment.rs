//! Moments, as the stores keep them: microseconds since 1970.
//!
//! What is due is rounded up and what is now is rounded down, so that nothing is ever due before its time.

use jiff::Timestamp;

const NANOS: i32 = 1_000;

/// The last whole microsecond that is not after `at`.
pub(in crate::store) fn floor(at: Timestamp) -> i64 {
    at.as_microsecond() - i64::from(at.subsec_nanosecond() % NANOS < 0)
}

/// The first whole microsecond that is not before `at`.
pub(in crate::store) fn ceil(at: Timestamp) -> i64 {
    at.as_microsecond() + i64::from(at.subsec_nanosecond() % NANOS > 0)
}

/// The moment that is meant.
pub(in crate::store) fn read(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap_or(if micros < 0 { Timestamp::MIN } else { Timestamp::MAX })
}
