//! How long the host waits before it looks into an empty queue again.

use std::time::Duration;

use crate::functions::chance;

/// The shortest wait (Azure/azure-sdk-for-net, queue extension, `QueuePollingIntervals.Minimum`).
pub(crate) const SHORTEST: Duration = Duration::from_millis(100);
/// How far a wait strays from its doubling, either way (`RandomizedExponentialBackoffStrategy`).
const STRAY: f64 = 0.2;

/// The host's randomized exponential backoff (Azure/azure-sdk-for-net, storage extensions for `WebJobs`,
/// `RandomizedExponentialBackoffStrategy`): the shortest wait after a message, then shortest plus shortest
/// times 1, 2, 4 and so on, each strayed by a fifth, until the longest.
#[derive(Debug)]
pub(crate) struct Backoff {
    shortest: Duration,
    longest: Duration,
    current: Duration,
    exponent: u32,
}

impl Backoff {
    pub(crate) fn new(shortest: Duration, longest: Duration) -> Self {
        Self { shortest, longest: longest.max(shortest), current: Duration::ZERO, exponent: 0 }
    }

    /// The next wait. `found` says whether there was a message since the last one.
    pub(crate) fn next(&mut self, found: bool) -> Duration {
        if found {
            self.current = self.shortest;
            self.exponent = 1;
        } else if self.current != self.longest {
            let next = self.shortest + self.increment();
            if next < self.longest {
                self.current = next;
                self.exponent += 1;
            } else {
                self.current = self.longest;
            }
        }
        self.current
    }

    fn increment(&self) -> Duration {
        if self.exponent == 0 {
            return Duration::ZERO;
        }
        let stray = 1.0 - STRAY + 2.0 * STRAY * chance::fraction();
        self.shortest.mul_f64(stray * f64::from(2_u32.saturating_pow(self.exponent - 1)))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Backoff, SHORTEST};

    #[test]
    fn an_empty_queue_is_asked_less_and_less_often_up_to_the_longest_wait() {
        let longest = Duration::from_secs(2);
        let mut backoff = Backoff::new(SHORTEST, longest);
        let waits: Vec<Duration> = (0..8).map(|_| backoff.next(false)).collect();
        assert_eq!(waits[0], SHORTEST);
        let near =
            |wait: Duration, ms: u64| (wait.as_millis() as i64 - ms as i64).unsigned_abs() <= ms / 5 + 1;
        assert!(near(waits[1], 200) && near(waits[2], 300), "{waits:?}");
        assert_eq!(waits[7], longest);
    }

    #[test]
    fn a_message_brings_back_the_short_waits() {
        let mut backoff = Backoff::new(SHORTEST, Duration::from_secs(1));
        while backoff.next(false) < Duration::from_secs(1) {}
        assert_eq!(backoff.next(true), SHORTEST);
        assert!(backoff.next(false) < Duration::from_millis(250));
    }
}
