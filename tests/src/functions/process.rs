//! The handler's process.

use std::net::{Ipv4Addr, TcpListener};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};

use crate::functions::chance;
use crate::functions::instance::Instance;
use crate::functions::record::Record;

/// What an exit is to the host (Azure/azure-functions-host, `WorkerProcess.OnProcessExited`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Code 0: intended, so nothing is done about it.
    Intended,
    /// Code 200: it wants to be started again (`WorkerConstants.IntentionalRestartExitCode`).
    Restart,
    /// Anything else is an error.
    Error(String),
}

impl Exit {
    pub(crate) fn of(status: ExitStatus, last_errors: &str) -> Self {
        match status.code() {
            Some(0) => Self::Intended,
            Some(200) => Self::Restart,
            _ => Self::Error(format!("the handler ended with {status}: {last_errors}")),
        }
    }
}

/// A port that nobody listens on (Azure/azure-functions-host, `WorkerUtilities.GetUnusedTcpPort`).
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    listener.local_addr().expect("a bound port").port()
}

/// Starts the handler in the script root, with the app settings and what the host adds
/// (Azure/azure-functions-host, `HttpWorkerProcess.CreateWorkerProcess`). The host would hand on its own
/// environment too; of this machine's, only `PATH` and `HOME` are.
pub(crate) fn spawn(instance: &Arc<Instance>) -> std::io::Result<Child> {
    let host = &instance.package.host;
    let root = std::path::absolute(&instance.package.root)?;
    let (port, id) = (instance.port().to_string(), chance::guid());
    let named = expand(&host.executable, &instance.settings);
    // Joined with the script root only if that file exists; else a command on the path
    // (`HttpWorkerDescription`).
    let there = root.join(&named);
    let mut command = Command::new(if there.is_file() { there.into_os_string() } else { named.into() });
    command.args(host.arguments.iter().map(|word| expand(word, &instance.settings)));
    command.current_dir(&root).env_clear();
    for name in ["PATH", "HOME"] {
        command.envs(std::env::var_os(name).map(|value| (name, value)));
    }
    command.envs(instance.settings.iter().map(|(name, value)| (name, value)));
    command.env("FUNCTIONS_APP_ROOT_PATH", &root);
    for (name, value) in [
        ("FUNCTIONS_CUSTOMHANDLER_PORT", &port),
        ("FUNCTIONS_HTTPWORKER_PORT", &port),
        ("FUNCTIONS_CUSTOMHANDLER_WORKER_ID", &id),
        ("FUNCTIONS_HTTPWORKER_ID", &id),
    ] {
        command.env(name, value);
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn()?;
    listen(child.stdout.take(), instance, Record::stdout);
    listen(child.stderr.take(), instance, Record::stderr);
    Ok(child)
}

/// `%NAME%` is an app setting; one that is not set is nothing (Azure/azure-functions-host,
/// `HttpWorkerOptionsSetup`).
fn expand(text: &str, settings: &[(String, String)]) -> String {
    let parts: Vec<&str> = text.split('%').collect();
    if parts.len() < 3 {
        return text.to_owned();
    }
    let value =
        |name: &str| settings.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str());
    let odd = |at: usize| at % 2 == 1 && at + 1 < parts.len();
    parts
        .iter()
        .enumerate()
        .map(|(at, part)| if odd(at) { value(part).unwrap_or_default() } else { part })
        .collect()
}

/// Keeps each line that a process prints.
fn listen(
    pipe: Option<impl AsyncRead + Unpin + Send + 'static>,
    instance: &Arc<Instance>,
    keep: fn(&Record, &str),
) {
    let Some(pipe) = pipe else { return };
    let instance = Arc::clone(instance);
    tokio::spawn(async move {
        let mut lines = BufReader::new(pipe).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            keep(&instance.record, &line);
        }
    });
}

/// Sends SIGTERM, as the platform does. The shell knows how, and nothing else here has to.
pub(crate) async fn terminate(pid: u32) {
    let mut command = Command::new("sh");
    command.args(["-c", "kill -TERM \"$1\"", "sh", &pid.to_string()]);
    command.stdin(Stdio::null()).stderr(Stdio::null()).status().await.ok();
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;
    use std::process::ExitStatus;

    use super::{Exit, expand};

    #[test]
    fn exit_codes_mean_what_they_mean_to_the_host() {
        let exit = |wait_status| Exit::of(ExitStatus::from_raw(wait_status), "last words");
        assert_eq!((exit(0), exit(200 << 8)), (Exit::Intended, Exit::Restart));
        for error in [1 << 8, 143 << 8, 9, 15] {
            assert!(matches!(exit(error), Exit::Error(why) if why.contains("last words")), "{error}");
        }
    }

    #[test]
    fn settings_are_filled_in() {
        let settings = [("STORE".to_owned(), "azure".to_owned())];
        assert_eq!(expand("--store=%STORE%%GONE%", &settings), "--store=azure");
        assert_eq!(expand("100%", &settings), "100%");
    }
}
