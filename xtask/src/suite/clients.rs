//! Azure's own clients, the command line and the SDK for Python, against the simulated Azure; and Slack's SDK, which
//! judges the cards.
//!
//! The tests are one Python program, which finds `agw` in the variable `AGW` and the cards in `AGW_CARDS`.

use std::path::Path;

use anyhow::Result;

use crate::{cards, fetch, run::Run, workspace::Workspace};

/// Where the client tests lie.
pub(crate) const FOLDER: &str = "tests/clients";

/// Makes sure of the clients, then runs the tests.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let python = fetch::python_with(workspace, "clients", &Path::new(FOLDER).join("requirements.txt"))?;
    let agw = workspace.build_agw()?;
    Run::new("client tests", python)
        .arg(Path::new(FOLDER).join("run.py"))
        .env("AGW", agw)
        .env("AGW_CARDS", cards::written(workspace)?)
        .run(workspace)
}
