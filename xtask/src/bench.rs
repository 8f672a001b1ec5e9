//! `cargo xtask bench`: the budgets, measured on the program as it is released.

use anyhow::Result;
use clap::Args;

use crate::{run::Run, workspace::Workspace};

/// How to measure.
#[derive(Args)]
pub(crate) struct Bench {
    /// Fail when a budget is missed; a busy machine misses some
    #[arg(long)]
    strict: bool,
    /// How many requests one measurement sends
    #[arg(long, value_name = "N")]
    requests: Option<usize>,
    /// How often each load is repeated; the verdict is on the median
    #[arg(long, value_name = "N")]
    rounds: Option<usize>,
}

impl Bench {
    /// Builds the program and what measures it, and measures.
    pub(crate) fn run(&self, workspace: &Workspace) -> Result<()> {
        let program = workspace.build_release()?;
        let measuring = ["bench", "--package", "tests", "--bench", "budgets", "--"];
        let run = Run::cargo("budgets").args(measuring).args(self.arguments());
        // What measures need not be the best code there is, only be built soon. The one thing of the bot's that
        // runs in it, the diagnosis, comes out a little slower than in the release, never faster.
        let run = run.env("CARGO_PROFILE_BENCH_LTO", "off").env("CARGO_PROFILE_BENCH_CODEGEN_UNITS", "16");
        run.env("AGW_BENCH_PROGRAM", program).run(workspace)
    }

    fn arguments(&self) -> Vec<String> {
        let number = |name: &str, value: Option<usize>| value.map(|value| format!("{name}={value}"));
        let strict = self.strict.then(|| "--strict".to_owned());
        let numbers = [number("--requests", self.requests), number("--rounds", self.rounds)];
        strict.into_iter().chain(numbers.into_iter().flatten()).collect()
    }
}
