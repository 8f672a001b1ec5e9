//! `cargo xtask traffic`: what the bot and the chats say to each other in the stories, as files.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::{run::Run, workspace::Workspace};

/// The stories of the whole bot that are about chats: modules of `tests/tests/system`.
pub(crate) const CHATS: [&str; 10] = [
    "commands::",
    "discord::",
    "everywhere::",
    "noise::",
    "platforms::",
    "policy::",
    "slack::",
    "storm::",
    "teams::",
    "undo::",
];

/// What says the same ten thousand times.
const LEFT_OUT: &str = "ten_thousand";

/// Where it goes.
#[derive(Args)]
pub(crate) struct Traffic {
    /// A folder that is not there yet, or is empty
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

impl Traffic {
    /// Tells the stories, and keeps what is said in them.
    pub(crate) fn run(&self, workspace: &Workspace) -> Result<()> {
        if fs::read_dir(&self.folder).is_ok_and(|mut entries| entries.next().is_some()) {
            bail!("{} is not empty: what is there would count as well", self.folder.display());
        }
        keep(workspace, &self.folder, &CHATS)
    }
}

/// Keeps what is said in some stories where a suite finds it, and says where that is.
pub(crate) fn kept(workspace: &Workspace, suite: &str, stories: &[&str]) -> Result<PathBuf> {
    let folder = workspace.target()?.join("traffic").join(suite);
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("remove {}", folder.display()))?;
    }
    keep(workspace, &folder, stories)?;
    Ok(folder)
}

/// With the features of the other tests: what those have built is not built again.
fn keep(workspace: &Workspace, folder: &Path, stories: &[&str]) -> Result<()> {
    let system = ["test", "--quiet", "--workspace", "--all-features", "--test", "system", "--"];
    Run::cargo("stories in chats")
        .args(system)
        .args(stories)
        .args(["--skip", LEFT_OUT])
        .env("AGW_TRAFFIC", std::path::absolute(folder)?)
        .run(workspace)
}
