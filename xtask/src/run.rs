//! Commands with a title: what runs, how long it took, and on failure which command it was.

use std::{
    env,
    ffi::{OsStr, OsString},
    path::Path,
    process::{Command, ExitStatus, Output, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use crate::workspace::Workspace;

/// One command, still to be run.
pub(crate) struct Run {
    title: String,
    command: Command,
}

impl Run {
    /// A command that reads nothing and, but for what describes this package, sees our environment.
    pub(crate) fn new(title: impl Into<String>, program: impl AsRef<OsStr>) -> Self {
        let mut command = Command::new(program);
        command.stdin(Stdio::null());
        for name in inherited_from_cargo() {
            command.env_remove(name);
        }
        Self { title: title.into(), command }
    }

    /// The cargo that started us, so that the toolchain stays the same.
    pub(crate) fn cargo(title: impl Into<String>) -> Self {
        Self::new(title, env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
    }

    /// One more argument.
    pub(crate) fn arg(self, argument: impl AsRef<OsStr>) -> Self {
        self.args([argument])
    }

    /// More arguments.
    pub(crate) fn args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.command.args(arguments);
        self
    }

    /// One more environment variable.
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// More environment variables.
    pub(crate) fn envs(mut self, variables: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        self.command.envs(variables);
        self
    }

    /// Runs it at the top of the workspace, its output going where ours goes.
    pub(crate) fn run(self, workspace: &Workspace) -> Result<()> {
        self.timed(workspace, |command| Ok((command.status()?, Vec::new())))
    }

    /// Runs it like [`Run::run`], but says nothing itself on standard output, where the results go.
    pub(crate) fn run_aside(mut self, workspace: &Workspace) -> Result<()> {
        let command_line = self.command_line();
        eprintln!("-- {}: {command_line}", self.title);
        let status = self.command.current_dir(&workspace.root).status();
        let status = status.with_context(|| format!("cannot start `{command_line}`"))?;
        if !status.success() {
            bail!("{}: `{command_line}` ended with {status}", self.title);
        }
        Ok(())
    }

    /// Runs it like [`Run::run`], but shows its output only if it fails: installers talk a lot.
    pub(crate) fn run_quietly(self, workspace: &Workspace) -> Result<()> {
        self.timed(workspace, |command| {
            let output = command.output()?;
            Ok((output.status, [output.stdout, output.stderr].concat()))
        })
    }

    /// What it says on standard output, for asking a tool about itself.
    pub(crate) fn answer(self) -> Result<String> {
        let (title, command_line) = (self.title.clone(), self.command_line());
        let output = self.output()?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            bail!("{title}: `{command_line}` ended with {}: {}", output.status, said.trim());
        }
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// How it ends, and all that it says.
    pub(crate) fn output(mut self) -> Result<Output> {
        let command_line = self.command_line();
        self.command.output().with_context(|| format!("cannot start `{command_line}`"))
    }

    /// Whether it can be started and succeeds; for asking whether a tool is there.
    pub(crate) fn works(mut self) -> bool {
        self.command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    }

    fn timed(
        mut self,
        workspace: &Workspace,
        run: impl FnOnce(&mut Command) -> std::io::Result<(ExitStatus, Vec<u8>)>,
    ) -> Result<()> {
        let command_line = self.command_line();
        println!("-- {}: {command_line}", self.title);
        let started = Instant::now();
        let (status, output) = run(self.command.current_dir(&workspace.root))
            .with_context(|| format!("cannot start `{command_line}`"))?;
        if !status.success() {
            print!("{}", String::from_utf8_lossy(&output));
            bail!("{}: `{command_line}` ended with {status}", self.title);
        }
        println!("   {}: {}", self.title, seconds(started.elapsed()));
        Ok(())
    }

    /// The command as one would type it: the program's name alone, its folder is noise.
    fn command_line(&self) -> String {
        let program = Path::new(self.command.get_program());
        let words = program.file_name().into_iter().chain(self.command.get_args());
        words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
    }
}

/// A duration as one says it: `83.4 s`.
pub(crate) fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

/// What `cargo run` tells a program about its package.
///
/// Build scripts watch some of these variables. Were they handed on, the next cargo would take it
/// for a change and build those dependencies again.
fn inherited_from_cargo() -> impl Iterator<Item = OsString> {
    let names = env::vars_os().map(|(name, _)| name);
    names.filter(|name| {
        let name = name.to_string_lossy();
        name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
    })
}
