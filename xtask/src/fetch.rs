//! Tools of other ecosystems, fetched below the target folder in exactly the version that is asked for.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use crate::{run::Run, workspace::Workspace};

/// A Python that has these packages, in a virtual environment of ours.
///
/// The list of what is installed is kept beside it, so that the packages are fetched again when the list
/// changes, and only then.
pub(crate) fn python_with(workspace: &Workspace, name: &str, requirements: &Path) -> Result<PathBuf> {
    let folder = workspace.tools(name)?;
    let python = folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let wanted = workspace.root.join(requirements);
    let installed = folder.join("installed.txt");
    if !python.is_file() || !same_text(&wanted, &installed) {
        let system = if cfg!(windows) { "python" } else { "python3" };
        Run::new("virtual environment", system)
            .args(["-m", "venv", "--clear"])
            .arg(&folder)
            .run_quietly(workspace)?;
        Run::new(format!("Python packages for {name}"), &python)
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"])
            .arg(&wanted)
            .run_quietly(workspace)?;
        fs::copy(&wanted, &installed).context("note what was installed")?;
    }
    Ok(python)
}

/// The folder of Node.js modules that has this package, which is named with its version: `name@1.2.3`.
pub(crate) fn node_modules(workspace: &Workspace, package: &str) -> Result<PathBuf> {
    let folder = workspace.tools(package)?;
    let modules = folder.join("node_modules");
    let installed = folder.join("installed.txt");
    if !installed.is_file() {
        Run::new(package, "npm")
            .args(["install", "--no-save", "--no-audit", "--no-fund", "--prefix"])
            .arg(&folder)
            .arg(package)
            .run_quietly(workspace)?;
        // npm unpacks one file after the other: only a note after the last one says that all are there.
        fs::write(&installed, package).context("note what was installed")?;
    }
    Ok(modules)
}

/// The folder of a Node.js project that has these packages: those that a `package.json` lists.
pub(crate) fn node_with(workspace: &Workspace, name: &str, packages: &Path) -> Result<PathBuf> {
    let folder = workspace.tools(name)?;
    let wanted = workspace.root.join(packages);
    let installed = folder.join("installed.json");
    if !same_text(&wanted, &installed) {
        fs::copy(&wanted, folder.join("package.json")).context("say what is to be installed")?;
        Run::new(format!("Node.js packages for {name}"), "npm")
            .args(["install", "--no-audit", "--no-fund", "--no-package-lock", "--prefix"])
            .arg(&folder)
            .run_quietly(workspace)?;
        fs::copy(&wanted, &installed).context("note what was installed")?;
    }
    Ok(folder)
}

fn same_text(left: &Path, right: &Path) -> bool {
    matches!((fs::read(left), fs::read(right)), (Ok(left), Ok(right)) if left == right)
}
