//! `cargo xtask safety`: seeded races of the write path, judged by what Azure kept.

use anyhow::Result;
use clap::Args;

use crate::{run::Run, workspace::Workspace};

/// How many runs a check before a merge can afford.
const SHORT: u64 = 100;

/// How many races, and which.
#[derive(Args)]
pub(crate) struct Safety {
    /// How many runs
    #[arg(long, value_name = "N", default_value_t = 300)]
    runs: u64,
    /// The seed of the first run, each further one has the next; without it one is drawn and printed
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
    /// Build with optimisation first: for thousands of runs
    #[arg(long)]
    release: bool,
    /// Let the way to Azure replay old bodies after 429 and 409, as the Azure CLI does: the races must notice
    #[arg(long)]
    replay: bool,
}

impl Safety {
    /// Prints one JSON object of counts. Fails when something was counted that must not happen.
    pub(crate) fn run(&self, workspace: &Workspace) -> Result<()> {
        let build: &[&str] = if self.release {
            &["bench", "--quiet", "--package", "tests", "--bench", "safety"]
        } else {
            // What the tests have built is not built again.
            &["bench", "--quiet", "--profile", "dev", "--workspace", "--all-features", "--bench", "safety"]
        };
        let seed = self.seed.map(|seed| format!("--seed={seed}"));
        let replay = self.replay.then_some("--replay");
        let run = Run::cargo("races").args(build).arg("--").arg(format!("--runs={}", self.runs));
        // As in `cargo xtask bench`: built soon rather than well, and once for both.
        let run = run.env("CARGO_PROFILE_BENCH_LTO", "off").env("CARGO_PROFILE_BENCH_CODEGEN_UNITS", "16");
        run.args(seed).args(replay).run_aside(workspace)
    }
}

/// A short run from a new seed, beside the tests.
pub(crate) fn run_shortly(workspace: &Workspace) -> Result<()> {
    Safety { runs: SHORT, seed: None, release: false, replay: false }.run(workspace)
}
