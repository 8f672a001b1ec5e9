//! The bot in Microsoft Teams, as far as Microsoft's Agents Playground is one, in a headless Chromium.
//!
//! The tests are one Node.js program. It finds `agw` in `AGW`, the browser in `CHROMIUM`, and the Playground and
//! playwright-core by `require`. The Playground's licence lets it be used for evaluation: it is fetched for the
//! tests, and is no part of what is built.

use std::{env, path::Path};

use anyhow::{Context, Result};

use super::pages;
use crate::{fetch, run::Run, workspace::Workspace};

/// Where the tests lie.
pub(crate) const FOLDER: &str = "tests/teams";

const PLAYGROUND: &str = "@microsoft/m365agentsplayground@0.2.28";

/// Makes sure of the Playground, the browser and its driver, then runs the tests.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let chromium = pages::chromium(workspace)?;
    let modules = [pages::PLAYWRIGHT, PLAYGROUND].map(|package| fetch::node_modules(workspace, package));
    let modules = modules.into_iter().collect::<Result<Vec<_>>>()?;
    let agw = workspace.build_agw()?;
    Run::new("tests in Teams", "node")
        .arg(Path::new(FOLDER).join("run.mjs"))
        .env("AGW", agw)
        .env("CHROMIUM", chromium)
        .env("NODE_PATH", env::join_paths(modules).context("the folders of Node.js modules")?)
        .run(workspace)
}
