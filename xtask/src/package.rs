//! `cargo xtask package`: the folder, and the zip of it, that Azure Functions runs.

mod archive;
mod binary;
mod functions;
mod layout;
mod rules;
mod summary;

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use clap::Args;

use self::functions::App;
use crate::workspace::Workspace;

/// More than this, and something came in that does not belong: every cold start fetches the zip.
const LARGEST_ZIP: u64 = 12_000_000;

/// What to package, and where to.
#[derive(Args)]
pub(crate) struct Packaging {
    /// The policy to deploy; else the file agw.toml at the top of the workspace, if there is one
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The folder to make; the zip is made beside it [default: dist, at the top of the workspace]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// A finished package.
pub(crate) struct Package {
    /// The folder with everything in it that is deployed.
    pub(crate) folder: PathBuf,
    /// The same as a zip.
    zip: PathBuf,
    /// What the host reads of it.
    app: App,
    /// What the program in it is, where that could be asked.
    version: Option<String>,
    /// The oldest C library that the program can run with.
    glibc: binary::Glibc,
}

impl Packaging {
    /// Makes the package and says what is in it.
    pub(crate) fn run(&self, workspace: &Workspace) -> Result<()> {
        let out = match &self.out {
            Some(out) => std::path::absolute(out).context("the folder of the package")?,
            None => workspace.root.join("dist"),
        };
        let usual = workspace.root.join("agw.toml");
        let config = self.config.clone().or_else(|| usual.is_file().then_some(usual));
        if config.is_none() {
            eprintln!(
                "warning: no policy is given, so nobody may approve a fix; name one with --config FILE"
            );
        }
        let package = build(workspace, &out, config.as_deref())?;
        println!("\n{}", summary::of(&package, config.as_deref())?);
        Ok(())
    }
}

/// Builds the program, and makes the package in this folder and as a zip beside it.
///
/// Without a policy the package has one that lets nobody approve.
pub(crate) fn build(workspace: &Workspace, out: &Path, config: Option<&Path>) -> Result<Package> {
    let app = App::read(&workspace.root)?;
    rules::check(&app)?;
    let policy = layout::policy(config)?;
    layout::make_room(out)?;

    let program = binary::build(workspace)?;
    let glibc = binary::glibc(&program)?;
    if let Some(config) = config {
        binary::understands(&program, config)?;
    }
    layout::lay_out(out, &app, &policy, &program)?;
    let version = binary::version(&out.join(functions::EXECUTABLE))?;
    let zip = beside(out)?;
    archive::write(out, &zip)?;
    let size = bytes(&zip)?;
    if size > LARGEST_ZIP {
        bail!("{} has {size} bytes, and may have {LARGEST_ZIP}: what came in?", zip.display());
    }
    Ok(Package { folder: out.to_owned(), zip, app, version, glibc })
}

/// The zip of a folder: beside it, and called like it.
fn beside(folder: &Path) -> Result<PathBuf> {
    let mut name: OsString = folder.file_name().context("the folder of a package has a name")?.to_owned();
    name.push(".zip");
    Ok(folder.with_file_name(name))
}

fn bytes(file: &Path) -> Result<u64> {
    Ok(file.metadata().with_context(|| format!("look at {}", file.display()))?.len())
}

/// Whether a program for the Functions host can run on this machine as well.
fn runs_here() -> bool {
    (env::consts::OS, env::consts::ARCH) == ("linux", "x86_64")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    fn the_zip_lies_beside_its_folder() {
        assert_eq!(super::beside(Path::new("/here/dist")).unwrap(), Path::new("/here/dist.zip"));
        assert_eq!(super::beside(Path::new("/here/v1.2")).unwrap(), Path::new("/here/v1.2.zip"));
        assert!(super::beside(Path::new("/")).is_err());
    }
}
