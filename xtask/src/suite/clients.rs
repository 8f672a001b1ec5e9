//! Azure's own clients, the command line and the SDK for Python, against the simulated Azure.
//!
//! The tests are one Python program, which finds `agw` in the variable `AGW`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use crate::{run::Run, workspace::Workspace};

/// Where the client tests lie.
pub(crate) const FOLDER: &str = "tests/clients";

/// Makes sure of the clients, then runs the tests.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let python = python(workspace)?;
    let agw = workspace.build_agw()?;
    Run::new("client tests", python).arg(Path::new(FOLDER).join("run.py")).env("AGW", agw).run(workspace)
}

/// A Python that has the clients, in a virtual environment of ours.
fn python(workspace: &Workspace) -> Result<PathBuf> {
    let folder = workspace.tools("clients")?;
    let python = folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let wanted = workspace.root.join(FOLDER).join("requirements.txt");
    let installed = folder.join("installed.txt");
    if !python.is_file() || !same_text(&wanted, &installed) {
        let system = if cfg!(windows) { "python" } else { "python3" };
        Run::new("virtual environment", system)
            .args(["-m", "venv", "--clear"])
            .arg(&folder)
            .run_quietly(workspace)?;
        Run::new("Azure's clients", &python)
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"])
            .arg(&wanted)
            .run_quietly(workspace)?;
        fs::copy(&wanted, &installed).context("note what was installed")?;
    }
    Ok(python)
}

fn same_text(left: &Path, right: &Path) -> bool {
    matches!((fs::read(left), fs::read(right)), (Ok(left), Ok(right)) if left == right)
}
