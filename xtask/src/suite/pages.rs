//! The pages that `agw` serves, clicked through in a headless Chromium; and the cards for Teams, drawn there by
//! Microsoft's own renderer.
//!
//! The tests are two Node.js programs. They find `agw` in `AGW`, the cards in `CARDS`, the browser in `CHROMIUM`,
//! and their modules by `require` (which heeds `NODE_PATH`; `import` does not).

use std::{
    env,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

use crate::{
    cards, fetch,
    run::Run,
    workspace::{Workspace, on_path},
};

/// Where the page tests lie.
pub(crate) const FOLDER: &str = "tests/pages";

/// The half of Playwright that brings no browsers of its own.
pub(super) const PLAYWRIGHT: &str = "playwright-core@1.64.1";

/// Microsoft's renderer of Adaptive Cards, and what it leaves markdown to.
const RENDERER: [&str; 2] = ["adaptivecards@3.0.6", "markdown-it@14.3.3"];

/// Makes sure of the browser and its driver, then runs the tests.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let chromium = chromium(workspace)?;
    let modules = fetch::node_modules(workspace, PLAYWRIGHT)?;
    let agw = workspace.build_agw()?;
    Run::new("page tests", "node")
        .arg(Path::new(FOLDER).join("run.mjs"))
        .env("AGW", agw)
        .env("CHROMIUM", &chromium)
        .env("NODE_PATH", &modules)
        .run(workspace)?;
    drawn(workspace, &chromium, modules)
}

/// Draws every card for Teams.
fn drawn(workspace: &Workspace, chromium: &Path, playwright: PathBuf) -> Result<()> {
    let renderer = RENDERER.iter().map(|package| fetch::node_modules(workspace, package));
    let modules = renderer.chain([Ok(playwright)]).collect::<Result<Vec<_>>>()?;
    Run::new("cards for Teams", "node")
        .arg(Path::new(FOLDER).join("cards.mjs"))
        .env("CARDS", cards::written(workspace)?)
        .env("CHROMIUM", chromium)
        .env("NODE_PATH", env::join_paths(modules)?)
        .run(workspace)
}

/// The browser, installed where that is possible.
pub(super) fn chromium(workspace: &Workspace) -> Result<PathBuf> {
    if let Some(named) = env::var_os("CHROMIUM").map(PathBuf::from) {
        return Ok(named);
    }
    if let Some(found) = installed_chromium() {
        return Ok(found);
    }
    install_chromium(workspace)?;
    installed_chromium().context("Debian's package chromium brought no program of that name")
}

fn installed_chromium() -> Option<PathBuf> {
    on_path(&["chromium", "chromium-browser", "google-chrome", "chrome"])
}

fn install_chromium(workspace: &Workspace) -> Result<()> {
    if on_path(&["apt-get"]).is_none() || !is_root() {
        bail!("no Chromium here: install it, or name the program in the variable CHROMIUM");
    }
    Run::new("package lists", "apt-get").args(["update", "-qq"]).run_quietly(workspace)?;
    Run::new("Chromium", "apt-get")
        .args(["install", "-qq", "--yes", "--no-install-recommends", "chromium"])
        .env("DEBIAN_FRONTEND", "noninteractive")
        .run_quietly(workspace)
}

fn is_root() -> bool {
    let id = std::process::Command::new("id").arg("-u").output();
    id.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
