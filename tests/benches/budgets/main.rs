//! The bot's budgets, measured on the release build: `cargo xtask bench`.
//!
//! The bot runs as a process of its own over an empty store. Around it, in this process, stand a simulated
//! Azure that takes no time and a Slack that takes everything. Load comes from one thread a connection, each
//! with a request that was signed beforehand and one answer to wait for; what the same threads need for a page
//! that costs the bot nothing is measured too, and called the floor.
//!
//! # What the worker does meanwhile
//!
//! Every accepted command is routed while the next ones come in. `azure.gateways` names the gateway by its whole
//! id, so that no list is asked for, and the gateway can be diagnosed: the first command opens an incident, which
//! soon offers a fix, and all the others join it. That is the bot as it is when a channel is upset. Commands
//! about an incident that does not exist touch no common document; they show what the joining costs.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a measurement that cannot be made fails, where it stands"
)]
#![expect(clippy::print_stdout, reason = "a table is what this is for")]

mod bot;
mod diagnosis;
mod line;
mod load;
mod measure;
mod outside;
mod table;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;

use crate::measure::Bench;
use crate::table::Table;

/// Measures what the bot promises to take.
#[derive(Debug, Parser)]
struct Args {
    /// Fail when a budget is missed. A busy machine misses some.
    #[arg(long)]
    strict: bool,
    /// How many requests one measurement sends.
    #[arg(long, default_value_t = 20_000, value_name = "N")]
    requests: usize,
    /// How often each load is repeated; the verdict is on the median.
    #[arg(long, default_value_t = 3, value_name = "N")]
    rounds: usize,
    /// The program to measure; without it the one that cargo built along with this.
    #[arg(long, env = "AGW_BENCH_PROGRAM", value_name = "FILE")]
    program: Option<PathBuf>,
    /// What `cargo bench` says. Whoever runs every target as a test does not: then nothing is measured.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    let args = Args::parse();
    if !args.bench {
        println!("budgets are measured by `cargo xtask bench`");
        return ExitCode::SUCCESS;
    }
    let usual = || PathBuf::from(env!("CARGO_BIN_EXE_agw-under-test"));
    let program = args.program.unwrap_or_else(usual);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let bench = Bench::new(&runtime, program, args.requests, args.rounds.max(1));
    let mut table = Table::default();
    bench.sizes(&mut table);
    bench.start(&mut table);
    for (place, folder) in places() {
        bench.load(&mut table, place, &folder);
    }
    bench.forgeries(&mut table);
    bench.diagnoses(&mut table);
    println!("\n{table}");
    println!("{}", machine());
    let missed = table.missed();
    if missed > 0 {
        println!("{missed} over budget.");
    }
    if args.strict && missed > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Where stores are kept: where a commit costs no disk, if there is such a place, and on the disk.
fn places() -> Vec<(&'static str, PathBuf)> {
    let memory = Path::new("/dev/shm");
    let mut places = Vec::new();
    if memory.is_dir() {
        places.push(("tmpfs", memory.to_owned()));
    }
    places.push(("disk", PathBuf::from(env!("CARGO_TARGET_TMPDIR"))));
    places
}

/// What else went on while this was measured.
fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split_whitespace().take(3).collect::<Vec<_>>().join(" ");
    format!("{cores} cores, shared by the bot, its load and its outside; load average {load}.")
}
