//! `cargo xtask cards`: every message of the bot on every platform, as files.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;

use crate::{run::Run, workspace::Workspace};

/// Where the cards go.
#[derive(Args)]
pub(crate) struct Cards {
    /// The folder; one for each platform is made in it
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

impl Cards {
    /// Writes the cards.
    pub(crate) fn run(&self, workspace: &Workspace) -> Result<()> {
        write(workspace, &self.folder)
    }
}

/// Writes the cards where the suites find them, and says where that is.
pub(crate) fn written(workspace: &Workspace) -> Result<PathBuf> {
    let folder = workspace.target()?.join("cards");
    write(workspace, &folder)?;
    Ok(folder)
}

/// In the development profile and with the features of the tests: what those have built is not built again.
fn write(workspace: &Workspace, folder: &Path) -> Result<()> {
    let cards = ["bench", "--quiet", "--profile", "dev", "--workspace", "--all-features", "--bench", "cards"];
    Run::cargo("cards").args(cards).arg("--").arg(std::path::absolute(folder)?).run(workspace)
}
