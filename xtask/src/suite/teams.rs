//! The bot in Microsoft Teams, as far as Microsoft's Agents Playground is one, in a headless Chromium; and who is let in
//! there, as Microsoft's own validator judges it.
//!
//! The tests are two Node.js programs. They find `agw` in `AGW`, the browser in `CHROMIUM`, and the Playground,
//! playwright-core and the validator by `require`. The Playground's licence lets it be used for evaluation: it is fetched for the
//! tests, and is no part of what is built.

use std::{env, path::Path};

use anyhow::{Context, Result};

use super::pages;
use crate::{fetch, run::Run, traffic, workspace::Workspace};

/// Where the tests lie.
pub(crate) const FOLDER: &str = "tests/teams";

const PLAYGROUND: &str = "@microsoft/m365agentsplayground@0.2.28";

/// The part of the Bot Framework SDK that says whether a request is from the Bot Connector.
const VALIDATOR: &str = "botframework-connector@4.23.3";

/// The stories in Rust that are told in Teams, with an issuer of tokens of their own.
const STORIES: [&str; 2] = ["everywhere::", "teams::"];

/// Makes sure of the validator, the Playground, the browser and its driver, then runs the tests.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let chromium = pages::chromium(workspace)?;
    let modules =
        [pages::PLAYWRIGHT, PLAYGROUND, VALIDATOR].map(|package| fetch::node_modules(workspace, package));
    let modules = modules.into_iter().collect::<Result<Vec<_>>>()?;
    let modules = env::join_paths(modules).context("the folders of Node.js modules")?;
    let agw = workspace.build_agw()?;
    let node = |title, program: &str| {
        let run = Run::new(title, "node").arg(Path::new(FOLDER).join(program));
        run.env("AGW", &agw).env("CHROMIUM", &chromium).env("NODE_PATH", &modules)
    };
    let told = traffic::kept(workspace, "teams", &STORIES)?;
    node("tokens for Teams", "tokens.mjs").env("TRAFFIC", told).run(workspace)?;
    node("tests in Teams", "run.mjs").run(workspace)
}
