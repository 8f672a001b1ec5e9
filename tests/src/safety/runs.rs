//! Many runs, each from a seed of its own.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::runtime::Builder;

use super::race::{Manners, Race, Setup};
use super::tally::Tally;

/// What many runs came to.
#[derive(Debug, Clone, Default)]
pub struct Verdict {
    /// The counts of all.
    pub tally: Tally,
    /// The seeds of those in which something happened that must not, in order.
    pub bad: Vec<u64>,
}

/// One run.
#[must_use]
pub fn run(setup: Setup) -> Tally {
    let runtime = Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(Race::new(setup).play())
}

/// So many runs, the first from `seed` and each from the number after the one before, on as many threads.
/// `watch` hears how many are done.
pub fn races(runs: u64, seed: u64, manners: Manners, threads: usize, watch: impl Fn(u64) + Sync) -> Verdict {
    let (next, done) = (AtomicU64::new(0), AtomicU64::new(0));
    let all = Mutex::new(Verdict::default());
    let work = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= runs {
                return;
            }
            let seed = seed.wrapping_add(index);
            let tally = run(Setup { seed, manners });
            let mut all = all.lock().unwrap();
            all.tally.add(&tally);
            if !tally.is_clean() {
                all.bad.push(seed);
            }
            drop(all);
            watch(done.fetch_add(1, Ordering::Relaxed) + 1);
        }
    };
    std::thread::scope(|scope| {
        (0..threads.max(1)).for_each(|_| drop(scope.spawn(work)));
    });
    let mut verdict = all.into_inner().unwrap();
    verdict.tally.seed = seed;
    verdict.bad.sort_unstable();
    verdict
}
