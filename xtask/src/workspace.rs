//! Where things are: the sources, what was built from them, and the tools that the tests fetch.

use std::{
    env::{self, consts::EXE_SUFFIX},
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use crate::run::Run;

/// The folders that the chores work in.
pub(crate) struct Workspace {
    /// The top of the repository.
    pub(crate) root: PathBuf,
    /// Where cargo puts the programs of the development profile.
    programs: PathBuf,
}

impl Workspace {
    /// Asks the environment that `cargo run` sets up, which knows about `CARGO_TARGET_DIR` and the rest.
    pub(crate) fn find() -> Result<Self> {
        let manifest = env::var_os("CARGO_MANIFEST_DIR").context("start this as `cargo xtask`")?;
        let root = PathBuf::from(manifest).parent().context("xtask lies in a workspace")?.to_owned();
        let this = env::current_exe().context("where this program lies")?;
        let programs = this.parent().context("this program lies in a folder")?.to_owned();
        Ok(Self { root, programs })
    }

    /// Where cargo puts everything that it builds.
    pub(crate) fn target(&self) -> Result<&Path> {
        self.programs.parent().context("programs lie in a target folder")
    }

    /// A folder of fetched tools, below the target folder: `cargo clean` takes it away with the rest.
    pub(crate) fn tools(&self, name: &str) -> Result<PathBuf> {
        let folder = self.target()?.join("tools").join(name);
        fs::create_dir_all(&folder).with_context(|| format!("create {}", folder.display()))?;
        Ok(folder)
    }

    /// Builds `agw` as it is released, and says where it is.
    pub(crate) fn build_release(&self) -> Result<PathBuf> {
        Run::cargo("build agw for release").args(["build", "--release", "--package", "handler"]).run(self)?;
        Ok(self.target()?.join("release").join("agw").with_extension(EXE_SUFFIX.trim_start_matches('.')))
    }

    /// Builds `agw` and says where it is.
    ///
    /// The tests are built along with it: only then does cargo choose the same features for every
    /// dependency as it did for the tests, and builds none of them twice.
    pub(crate) fn build_agw(&self) -> Result<PathBuf> {
        let flags = ["build", "--quiet", "--workspace", "--all-features", "--bins", "--tests"];
        Run::cargo("build agw").args(flags).run(self)?;
        Ok(self.programs.join("agw").with_extension(EXE_SUFFIX.trim_start_matches('.')))
    }
}

/// The first of these programs that is on the `PATH`.
pub(crate) fn on_path(names: &[&str]) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = env::split_paths(&path).collect();
    let mut candidates = names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    candidates.find(|candidate| candidate.is_file())
}
