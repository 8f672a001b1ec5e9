//! Races of the whole write path, a few of many: `cargo xtask safety` runs as many as one likes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use tests::safety::{Manners, Setup, races, run};

/// Fixed, so that a failure here is the same everywhere; other seeds are for `cargo xtask safety`.
const SEED: u64 = 1_122;
const THREADS: usize = 2;

#[test]
fn promises_1_to_4_hold_in_seeded_races() {
    let verdict = races(60, SEED, Manners::default(), THREADS, |_| {});
    assert!(verdict.tally.is_clean(), "seeds {:?}: {:#?}", verdict.bad, verdict.tally);
    assert!(verdict.tally.puts_taken > 10 && verdict.tally.faults.len() >= 6, "{:#?}", verdict.tally);
}

/// Seeds that counted a write without an approval once: a worker stood still between the press and hearing of it, and the
/// time for the write was counted from the latter.
#[test]
fn promise_1_the_time_for_a_write_counts_from_the_press() {
    for seed in [6_073, 8_991] {
        let tally = run(Setup { seed, manners: Manners::default() });
        assert!(tally.is_clean(), "{tally:#?}");
    }
}

/// What the Azure CLI does after 429 (Azure/azure-cli#28615): the judge sees what that costs.
#[test]
fn a_client_that_replays_its_old_body_loses_other_peoples_changes() {
    let manners = Manners { replay: true, ..Manners::default() };
    let verdict = races(60, SEED, manners, THREADS, |_| {});
    assert!(verdict.tally.lost_updates > 0, "{:#?}", verdict.tally);
}

#[test]
fn a_run_is_the_same_whenever_it_is_run_again() {
    for seed in [SEED, SEED + 7, SEED + 14] {
        let setup = Setup { seed, manners: Manners::default() };
        assert_eq!(run(setup), run(setup));
    }
}
