//! Everything that `cargo test` would run, by cargo-nextest where it is installed.

use anyhow::Result;

use crate::{eval, run::Run, safety, workspace::Workspace};

/// The same for every cargo command here, so that nothing is built for two sets of features.
const EVERYTHING: [&str; 2] = ["--workspace", "--all-features"];

/// Runs the tests, and then the evaluation and some races, which no test runner counts as tests.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    tests(workspace)?;
    eval::run(workspace, false, &[])?;
    safety::run_shortly(workspace)
}

/// Runs the tests, and then the examples in the documentation, which nextest leaves out.
fn tests(workspace: &Workspace) -> Result<()> {
    if !Run::cargo("nextest").args(["nextest", "--version"]).works() {
        println!("-- cargo-nextest is not installed: the tests run by `cargo test`");
        return Run::cargo("tests").arg("test").args(EVERYTHING).run(workspace);
    }
    let profile = if std::env::var_os("CI").is_some() { "ci" } else { "default" };
    Run::cargo("tests").args(["nextest", "run", "--profile", profile]).args(EVERYTHING).run(workspace)?;
    Run::cargo("examples").args(["test", "--quiet", "--doc"]).args(EVERYTHING).run(workspace)
}
