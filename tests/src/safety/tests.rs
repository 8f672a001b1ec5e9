//! The harness itself.

use super::{Manners, races};

#[test]
fn debug_one() {
    let seed = std::env::var("SEED").map_or(1, |seed| seed.parse().unwrap());
    let runs = std::env::var("RUNS").map_or(1, |runs| runs.parse().unwrap());
    let verdict = races(runs, seed, Manners::default(), 2, |_| {});
    println!("{verdict:?}");
}
