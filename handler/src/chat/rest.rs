//! What a platform does not want to hear of for a while.
//!
//! Each process learns it by itself: one refused call each is what that costs.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// What is over is forgotten once there is this much.
const MANY: usize = 256;

/// Until when what rests: a method, a bucket, or whatever else a platform counts by.
#[derive(Debug)]
pub(super) struct Resting<K>(Mutex<HashMap<K, Timestamp>>);

impl<K> Default for Resting<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash> Resting<K> {
    /// The seconds for which something rests still, rounded up.
    pub(super) fn left<Q: Eq + Hash + ?Sized>(&self, what: &Q, now: Timestamp) -> Option<u64>
    where
        K: Borrow<Q>,
    {
        let resting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let left = resting.get(what)?.duration_since(now);
        let left = left.as_secs() + i64::from(left.subsec_nanos() > 0);
        u64::try_from(left).ok().filter(|left| *left > 0)
    }

    /// Lets something rest. A shorter wait does not end a longer one.
    pub(super) fn begin(&self, what: K, wait: SignedDuration, now: Timestamp) {
        let until = now.checked_add(wait).unwrap_or(Timestamp::MAX);
        let mut resting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if resting.len() >= MANY {
            resting.retain(|_, until| *until > now);
        }
        resting.entry(what).and_modify(|known| *known = until.max(*known)).or_insert(until);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    #[test]
    fn each_rests_for_itself_in_whole_seconds_and_no_longer_than_it_was_told() {
        let resting = Resting::<String>::default();
        resting.begin("a".to_owned(), SignedDuration::from_millis(1_500), NOW);
        let at = |ms| NOW + SignedDuration::from_millis(ms);
        assert_eq!(
            [0, 500, 1_499, 1_500].map(|ms| resting.left("a", at(ms))),
            [Some(2), Some(1), Some(1), None]
        );
        assert_eq!(resting.left("b", NOW), None);
    }

    #[test]
    fn a_shorter_wait_does_not_end_a_longer_one_and_the_longest_ends_with_time_itself() {
        let resting = Resting::<u8>::default();
        [9, 3].into_iter().for_each(|seconds| resting.begin(1, SignedDuration::from_secs(seconds), NOW));
        assert_eq!(resting.left(&1, NOW), Some(9));
        resting.begin(1, SignedDuration::MAX, NOW);
        assert_eq!(
            resting.left(&1, NOW),
            Some(Timestamp::MAX.duration_since(NOW).as_secs().unsigned_abs() + 1)
        );
    }

    #[test]
    fn what_is_over_is_forgotten_before_there_is_too_much() {
        let resting = Resting::<usize>::default();
        (0..MANY).for_each(|number| resting.begin(number, SignedDuration::from_secs(1), NOW));
        resting.begin(MANY, SignedDuration::from_secs(1), NOW + SignedDuration::from_secs(2));
        assert_eq!(resting.0.lock().expect("a map").len(), 1);
    }
}
