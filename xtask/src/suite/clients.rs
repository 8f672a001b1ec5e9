//! Azure's own clients, the command line and the SDK for Python, against the simulated Azure; and what the chats
//! give to others, which judges what the bot sends there: Slack's SDK, and types for TypeScript.
//!
//! The tests are one Python program. It finds `agw` in `AGW`, the cards in `CARDS`, what was said in the stories
//! in `TRAFFIC`, and the types, with their compiler, in `NODE_PACKAGES`.

use std::path::Path;

use anyhow::Result;

use crate::{cards, fetch, run::Run, traffic, workspace::Workspace};

/// Where the client tests lie.
pub(crate) const FOLDER: &str = "tests/clients";

/// Makes sure of the clients, then runs the tests.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let python = fetch::python_with(workspace, "clients", &Path::new(FOLDER).join("requirements.txt"))?;
    let packages = fetch::node_with(workspace, "types", &Path::new(FOLDER).join("package.json"))?;
    let agw = workspace.build_agw()?;
    Run::new("client tests", python)
        .arg(Path::new(FOLDER).join("run.py"))
        .env("AGW", agw)
        .env("CARDS", cards::written(workspace)?)
        .env("TRAFFIC", traffic::kept(workspace, "clients", &traffic::CHATS)?)
        .env("NODE_PACKAGES", packages)
        .run(workspace)
}
