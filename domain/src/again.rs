//! When something that failed is tried again: after waits that grow, and that differ from one thing to the next,
//! so that many which failed together do not come back together.

use jiff::SignedDuration;

use crate::request::RequestId;

/// The longest wait between two tries, before it is spread.
const LONGEST: SignedDuration = SignedDuration::from_mins(5);
/// The longest that a platform may ask to be left alone: what is longer is looked at earlier.
const ASKED_AT_MOST: SignedDuration = SignedDuration::from_hours(1);

/// How long to wait after so many failures in a row: about 1 s, 2 s, 4 s … 5 min, a quarter more or less.
///
/// The same thing waits the same after as many failures, always: `key` tells it from others.
#[must_use]
pub fn after(key: &str, failures: u32) -> SignedDuration {
    let seconds = 1i64 << failures.saturating_sub(1).min(30);
    spread(key, SignedDuration::from_secs(seconds).min(LONGEST), failures)
}

/// How long to wait for something that has been failing for this long: about as long again.
#[must_use]
pub fn after_waiting(key: &str, waited: SignedDuration) -> SignedDuration {
    let wait = waited.clamp(SignedDuration::from_secs(1), LONGEST);
    spread(key, wait, u32::try_from(waited.as_secs()).unwrap_or(u32::MAX))
}

/// How long to wait where somebody asked for so many seconds: never less, and a little more for some.
#[must_use]
pub fn as_asked(key: &str, seconds: u64, failures: u32) -> SignedDuration {
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX).max(1);
    let asked = SignedDuration::from_secs(seconds).min(ASKED_AT_MOST);
    asked + asked / 8 * i32::from(chance(key, failures)) / 256
}

fn spread(key: &str, wait: SignedDuration, salt: u32) -> SignedDuration {
    wait * 3 / 4 + wait / 2 * i32::from(chance(key, salt)) / 256
}

/// Drawn from what is waited for and nothing else, so that whatever happens can be played again.
fn chance(key: &str, salt: u32) -> u8 {
    let hash = RequestId::of(&["again", key, &salt.to_string()]);
    u8::from_str_radix(hash.as_str().get(..2).unwrap_or("80"), 16).unwrap_or(0x80)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_up_to_a_limit() {
        for (failures, about) in
            [(1, 1.0), (2, 2.0), (5, 16.0), (8, 128.0), (9, 256.0), (10, 300.0), (90, 300.0)]
        {
            let wait = after("INC-7K2F/3", failures).as_secs_f64();
            assert!((about * 0.75..=about * 1.25).contains(&wait), "{failures}: {wait}");
        }
    }

    #[test]
    fn what_failed_together_does_not_come_back_together() {
        let waits: std::collections::BTreeSet<_> =
            (0..50).map(|n| after(&format!("INC-{n}"), 9).as_secs()).collect();
        assert!(waits.len() > 25, "{waits:?}");
    }

    #[test]
    fn the_same_waits_the_same() {
        assert_eq!(after("INC-7K2F/3", 4), after("INC-7K2F/3", 4));
    }

    #[test]
    fn whoever_asks_for_patience_gets_at_least_that() {
        for seconds in [0, 1, 30, 600] {
            let wait = as_asked("INC-7K2F/3", seconds, 1);
            assert!(wait >= SignedDuration::from_secs(seconds.max(1) as i64), "{seconds}: {wait}");
            assert!(wait.as_secs_f64() <= seconds.max(1) as f64 * 1.13, "{seconds}: {wait}");
        }
        assert!(as_asked("INC-7K2F/3", u64::MAX, 1) <= ASKED_AT_MOST * 2);
    }

    #[test]
    fn what_has_waited_waits_as_long_again() {
        let wait = |seconds| after_waiting("request", SignedDuration::from_secs(seconds)).as_secs_f64();
        assert!((0.75..=1.25).contains(&wait(0)));
        assert!((30.0..=50.0).contains(&wait(40)));
        assert!(wait(86_400) <= 375.0);
    }
}
