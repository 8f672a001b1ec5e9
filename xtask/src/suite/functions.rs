//! The bot as Azure Functions runs it: the package, and stores in Azure Storage, which Azurite stands in for.
//!
//! The tests are Rust, and ignored where no storage is: they find it in variables that this suite sets.

use std::fs;

use anyhow::{Context, Result};

use crate::{azurite::Azurite, package, run::Run, workspace::Workspace};

/// Where the tests of the whole package lie. Those of the stores lie beside the stores.
pub(crate) const FOLDER: &str = "tests/tests/functions";

/// The same for every cargo command here, so that nothing is built for two sets of features.
const EVERYTHING: [&str; 3] = ["test", "--workspace", "--all-features"];

/// Makes the package, starts the storage and runs the tests.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let folder = workspace.target()?.join("package");
    let _ = fs::remove_dir_all(&folder); // what a test left there is no reason to refuse
    fs::create_dir_all(&folder).with_context(|| format!("create {}", folder.display()))?;
    let package = package::build(workspace, &folder.join("dist"), None)?;
    // While cargo may still have to fetch something: for the tests the one authority to trust is our own.
    workspace.build_agw()?;
    let azurite = Azurite::start(workspace)?;
    let cargo = |title| {
        let run = Run::cargo(title).envs(azurite.variables()).env("AGW_TEST_PACKAGE", &package.folder);
        run.args(EVERYTHING)
    };
    cargo("tests of the stores").args(["--lib", "--", "--ignored"]).run(workspace)?;
    // One after the other: they start programs, and measure how long those take.
    let alone = ["--test", "functions", "--", "--ignored", "--test-threads=1", "--show-output"];
    cargo("tests of the package").args(alone).run(workspace)
}
