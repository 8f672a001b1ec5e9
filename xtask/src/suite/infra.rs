//! What is deployed to Azure, as far as it can be judged without Azure: the Bicep files, the roles and the hooks.
//!
//! The judges are Python programs, which are fetched; the tests are one Python program over them.

use std::path::Path;

use anyhow::Result;

use crate::{fetch, run::Run, workspace::Workspace};

/// Where the judgement lies.
pub(crate) const FOLDER: &str = "tests/infra";

/// Makes sure of the judges, then asks them.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let python = fetch::python_with(workspace, "infra", &Path::new(FOLDER).join("requirements.txt"))?;
    Run::new("infra tests", python).arg(Path::new(FOLDER).join("run.py")).run(workspace)
}
