//! When to look into the queue again: a Storage queue tells nobody that something is in it.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

/// The pause after something came.
const SHORTEST: Duration = Duration::from_millis(100);
/// The pause when nothing comes for long: 43 000 looks a day, which cost some cents.
const LONGEST: Duration = Duration::from_secs(2);
/// How many of our own hints are remembered.
const OWN: usize = 4_096;

/// Looks often while something comes, and seldom while nothing does. What this process sends itself is
/// expected at its time.
pub(super) struct Pace {
    state: Mutex<State>,
    sent: Notify,
}

struct State {
    pause: Duration,
    /// When hints of our own become visible.
    own: BTreeSet<Instant>,
}

impl Pace {
    pub(super) fn new() -> Self {
        let state = State { pause: SHORTEST, own: BTreeSet::new() };
        Self { state: Mutex::new(state), sent: Notify::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A hint of ours becomes visible after so long.
    pub(super) fn expect(&self, after: Duration) {
        let mut state = self.state();
        if state.own.len() < OWN {
            state.own.insert(Instant::now() + after);
        }
        drop(state);
        self.sent.notify_one();
    }

    /// Something was found, and there may be more at once.
    pub(super) fn found(&self, more: bool) {
        self.state().pause = if more { Duration::ZERO } else { SHORTEST };
    }

    /// Waits until it is worth while to look, but no longer than `at_most`.
    pub(super) async fn wait(&self, at_most: Duration) {
        let (begun, pause) = (Instant::now(), self.state().pause);
        let end = begun + pause.min(at_most);
        while !self.own_is_due() {
            if Instant::now() >= end {
                return self.slow_down(pause);
            }
            let until = self.next_own().map_or(end, |own| own.min(end));
            tokio::select! {
                () = self.sent.notified() => {}
                () = sleep_until(until) => {}
            }
        }
    }

    /// Whether a hint of ours has become visible, which it is told once.
    fn own_is_due(&self) -> bool {
        let mut state = self.state();
        let later = state.own.split_off(&(Instant::now() + Duration::from_nanos(1)));
        let due = std::mem::replace(&mut state.own, later);
        if !due.is_empty() {
            state.pause = SHORTEST;
        }
        !due.is_empty()
    }

    fn next_own(&self) -> Option<Instant> {
        self.state().own.first().copied()
    }

    fn slow_down(&self, paused: Duration) {
        self.state().pause = (paused * 2).clamp(SHORTEST, LONGEST);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(3_600);

    /// How long a wait takes, in milliseconds.
    async fn waited(pace: &Pace, at_most: Duration) -> u128 {
        let begun = Instant::now();
        pace.wait(at_most).await;
        begun.elapsed().as_millis()
    }

    #[tokio::test(start_paused = true)]
    async fn it_slows_down_while_nothing_comes() {
        let pace = Pace::new();
        for expected in [100, 200, 400, 800, 1_600, 2_000, 2_000] {
            assert_eq!(waited(&pace, LONG).await, expected);
        }
        assert_eq!(waited(&pace, Duration::from_millis(30)).await, 30);
        pace.found(false);
        assert_eq!(waited(&pace, LONG).await, 100);
        pace.found(true);
        assert_eq!(waited(&pace, LONG).await, 0);
        assert_eq!(waited(&pace, LONG).await, 100);
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_sent_here_is_expected_at_its_time() {
        let pace = Pace::new();
        for _ in 0..6 {
            pace.wait(LONG).await;
        }
        pace.expect(Duration::from_secs(3));
        pace.expect(Duration::from_secs(1));
        assert_eq!(waited(&pace, LONG).await, 1_000);
        assert_eq!(waited(&pace, LONG).await, 100, "it may come a little late");
        pace.expect(Duration::ZERO);
        assert_eq!(waited(&pace, LONG).await, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_waits_already_hears_of_it() {
        let pace = Pace::new();
        for _ in 0..6 {
            pace.wait(LONG).await;
        }
        let soon = async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            pace.expect(Duration::from_millis(200));
        };
        assert_eq!(tokio::join!(waited(&pace, LONG), soon).0, 700);
    }
}
