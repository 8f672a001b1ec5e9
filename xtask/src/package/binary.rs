//! The program as it is deployed: built for an old C library, and looked at before it goes.

use std::{
    env, fmt, fs,
    path::{Path, PathBuf},
    str,
};

use anyhow::{Context, Result, bail};

use super::runs_here;
use crate::{fetch, run::Run, workspace::Workspace};

/// Flex Consumption runs on x64 alone, and so does what is deployed.
const TARGET: &str = "x86_64-unknown-linux-gnu";

/// The C library to build for: that of Debian 10 and RHEL 8. It is older than the one in any base image that
/// Functions has now, so the program starts on all of them, whatever the machine that it was built on.
const OLDEST_GLIBC: Glibc = Glibc { minor: 28 };

/// What installs the linker and the subcommand of cargo that asks it.
const REQUIREMENTS: &str = "xtask/requirements.txt";

/// A version of the GNU C library; all of them begin with 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Glibc {
    minor: u32,
}

impl fmt::Display for Glibc {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "2.{}", self.minor)
    }
}

/// Builds the program, without what only a rehearsal needs, and says where it is.
pub(super) fn build(workspace: &Workspace) -> Result<PathBuf> {
    standard_library()?;
    let python = fetch::python_with(workspace, "zigbuild", Path::new(REQUIREMENTS))?;
    let tools = python.parent().context("a Python lies in a folder")?;
    // First on the path: cargo finds its subcommand there, and the subcommand finds the linker.
    let path = env::var_os("PATH").unwrap_or_default();
    let path = env::join_paths([tools.to_owned()].into_iter().chain(env::split_paths(&path)))?;
    Run::cargo("build agw for Azure Functions")
        .args(["zigbuild", "--release", "--locked", "--package", "handler", "--bin", "agw"])
        .args(["--no-default-features", "--target", &format!("{TARGET}.{OLDEST_GLIBC}")])
        .env("PATH", path)
        .run(workspace)?;
    Ok(workspace.target()?.join(TARGET).join("release/agw"))
}

fn standard_library() -> Result<()> {
    let asked = ["--print", "target-libdir", "--target", TARGET];
    let folder = Run::new("the standard library", "rustc").args(asked).answer()?;
    if !Path::new(&folder).is_dir() {
        bail!("Rust's standard library for {TARGET} is not installed: run `rustup target add {TARGET}`");
    }
    Ok(())
}

/// The oldest C library that this program runs with: the newest of which it wants a symbol.
pub(super) fn glibc(program: &Path) -> Result<Glibc> {
    let contents = fs::read(program).with_context(|| format!("read {}", program.display()))?;
    let wanted = newest_wanted(&contents).context("the program names no version of the C library")?;
    if wanted > OLDEST_GLIBC {
        bail!("the program wants glibc {wanted}, and was to run with {OLDEST_GLIBC}");
    }
    Ok(wanted)
}

/// The newest version in the names that the dynamic linker reads, such as `GLIBC_2.28`.
///
/// They are looked for in the whole file, and not by its tables: the most that can come of it is a version
/// too new, which stops the package and lets somebody look.
fn newest_wanted(contents: &[u8]) -> Option<Glibc> {
    const NAME: &[u8] = b"GLIBC_2.";
    let starts = contents.windows(NAME.len()).enumerate().filter(|(_, window)| *window == NAME);
    let minors = starts.filter_map(|(at, _)| {
        let digits = contents.get(at + NAME.len()..)?;
        let length = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
        str::from_utf8(digits.get(..length)?).ok()?.parse().ok()
    });
    minors.max().map(|minor| Glibc { minor })
}

/// Starts the packaged program and asks for its version, where this machine can.
pub(super) fn version(program: &Path) -> Result<Option<String>> {
    if !runs_here() {
        return Ok(None);
    }
    Run::new("the packaged program", program).arg("--version").answer().map(Some)
}

/// Lets the program read its policy, where this machine can run it: it is better to hear of a slip now than
/// from a bot that does not start.
pub(super) fn understands(program: &Path, policy: &Path) -> Result<()> {
    if !runs_here() {
        return Ok(());
    }
    // An address that cannot be called, so that nobody's Azure is asked. That, like what else is missing on
    // this machine, ends in 3; a policy that cannot be read ends in 1.
    let nowhere = ["--arm", "nowhere:/"];
    let check = Run::new("the policy", program).args(["check", "--config"]).arg(policy).args(nowhere);
    let output = check.output()?;
    if output.status.code() == Some(1) {
        bail!("the policy is not understood: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Glibc, OLDEST_GLIBC, newest_wanted};

    #[test]
    fn the_newest_version_counts_and_not_the_first_by_letters() {
        let names = b"\0GLIBC_2.2.5\0memcpy\0GLIBC_2.14\0GLIBC_2.9\0GLIBC_PRIVATE\0GLIBC_2.";
        assert_eq!(newest_wanted(names), Some(Glibc { minor: 14 }));
        assert_eq!(newest_wanted(b"static"), None);
    }

    #[test]
    fn versions_compare_as_numbers() {
        assert!(Glibc { minor: 4 } < OLDEST_GLIBC);
        assert!(Glibc { minor: 100 } > OLDEST_GLIBC);
        assert_eq!(OLDEST_GLIBC.to_string(), "2.28");
    }
}
