//! The program itself, as a process of its own.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;

/// How long a command may take before the test fails.
const LONGEST: Duration = Duration::from_secs(60);

/// What a command ended with.
#[derive(Debug, Clone)]
pub struct Finished {
    /// The exit code.
    pub code: i32,
    /// What it printed.
    pub out: String,
    /// What it printed beside.
    pub err: String,
}

impl Finished {
    /// Fails unless it ended with this code.
    #[track_caller]
    pub fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }

    /// Fails unless it printed this.
    #[track_caller]
    pub fn prints(self, words: &str) -> Self {
        assert!(self.out.contains(words), "{words:?} is not in:\n{}", self.out);
        self
    }

    /// Fails unless it printed this on stderr.
    #[track_caller]
    pub fn complains(self, words: &str) -> Self {
        assert!(self.err.contains(words), "{words:?} is not in:\n{}", self.err);
        self
    }
}

/// A command in an environment that has nothing of this machine's in it, in a folder of its own.
pub(crate) fn command(binary: &Path, folder: &Path, env: &[(&str, &str)]) -> Command {
    let mut command = Command::new(binary);
    command.env_clear().env("HOME", folder).current_dir(folder).envs(env.iter().copied());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

/// Runs `agw` with these words to its end.
pub async fn agw(binary: &str, args: &[&str], env: &[(&str, &str)]) -> Finished {
    let folder = tempfile::tempdir().unwrap();
    agw_in(folder.path(), binary, args, env).await
}

pub(crate) async fn agw_in(folder: &Path, binary: &str, args: &[&str], env: &[(&str, &str)]) -> Finished {
    let running = command(Path::new(binary), folder, env).args(args).output();
    let output = timeout(LONGEST, running).await.expect("agw ends").unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    Finished { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
}
