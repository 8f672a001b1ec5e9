//! Seeded races of the write path, and what went wrong in them: `cargo xtask safety`.
//!
//! One JSON object of counts on stdout; the exit code is 1 when something happened that must not.
#![allow(clippy::unwrap_used, reason = "what cannot be written to a terminal is not worth going on for")]
#![expect(clippy::print_stdout, reason = "counts are what this is for")]
#![expect(clippy::print_stderr, reason = "and progress goes beside them")]

use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use tests::safety::{Manners, Tally, Verdict, races};

/// How many seeds of bad runs are named.
const NAMED: usize = 20;

/// Runs seeded races.
#[derive(Debug, Parser)]
struct Args {
    /// How many runs.
    #[arg(long, default_value_t = 300)]
    runs: u64,
    /// The seed of the first run; each has the one after that of the run before. Without: from the clock.
    #[arg(long)]
    seed: Option<u64>,
    /// Let the way to Azure replay old bodies, as the Azure CLI does: then others lose their changes.
    #[arg(long)]
    replay: bool,
    /// What `cargo bench` says. Whoever runs every target as a test does not: then nothing is run.
    #[arg(long, hide = true)]
    bench: bool,
}

/// What is printed.
#[derive(serde::Serialize)]
struct Report<'a> {
    #[serde(flatten)]
    tally: &'a Tally,
    bad_seeds: &'a [u64],
    seconds: f64,
}

fn main() -> ExitCode {
    let args = Args::parse();
    if !args.bench {
        println!("races are run by `cargo xtask safety`");
        return ExitCode::SUCCESS;
    }
    let seed = args.seed.unwrap_or_else(|| fastrand::u64(..1_000_000_000));
    eprintln!("{} runs from seed {seed}", args.runs);
    let begun = Instant::now();
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let manners = Manners { replay: args.replay, ..Manners::default() };
    let every = (args.runs / 10).max(1);
    let verdict = races(args.runs, seed, manners, threads, |done| {
        if done.is_multiple_of(every) {
            eprintln!("  {done} of {} after {:.1} s", args.runs, begun.elapsed().as_secs_f64());
        }
    });
    report(&verdict, begun.elapsed().as_secs_f64())
}

fn report(verdict: &Verdict, seconds: f64) -> ExitCode {
    let bad: Vec<u64> = verdict.bad.iter().copied().take(NAMED).collect();
    let seconds = (seconds * 10.0).round() / 10.0;
    println!(
        "{}",
        serde_json::to_string_pretty(&Report { tally: &verdict.tally, bad_seeds: &bad, seconds }).unwrap()
    );
    for seed in &bad {
        eprintln!("bad: cargo xtask safety --runs 1 --seed {seed}");
    }
    if verdict.tally.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
