//! `cargo xtask eval`: every scenario, its true cause, and what the bot makes of it.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use crate::{run::Run, workspace::Workspace};

/// What to do with the table.
#[derive(Args)]
pub(crate) struct Eval {
    /// Bring docs/evaluation.md up to date
    #[arg(long)]
    write: bool,
    /// Evaluate these scenario files, with every finding in full, instead of what is built in
    files: Vec<PathBuf>,
}

impl Eval {
    /// Diagnoses every scenario. Fails where a wrong cause is confirmed, a true one that can be proven is not,
    /// or the published table is another.
    pub(crate) fn run(&self, workspace: &Workspace) -> Result<()> {
        run(workspace, self.write, &self.files)
    }
}

/// In the development profile and with the features of the tests: what those have built is not built again.
pub(crate) fn run(workspace: &Workspace, write: bool, files: &[PathBuf]) -> Result<()> {
    let evaluation =
        ["bench", "--quiet", "--profile", "dev", "--workspace", "--all-features", "--bench", "eval"];
    let write = write.then_some("--write");
    let files = files.iter().map(std::path::absolute).collect::<Result<Vec<_>, _>>()?;
    Run::cargo("evaluation").args(evaluation).arg("--").args(write).args(files).run(workspace)
}
