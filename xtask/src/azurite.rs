//! Azurite, Microsoft's emulator of Azure Storage, with a certificate that was made for this one run.
//!
//! By TLS, because the SDK gives its tokens to nothing else; and with many accounts, because each test that
//! has one to itself can run at the same time as the others. A token needs no signature here, only its claims:
//! `aud`, `iss`, `iat`, `nbf` and `exp`.

mod certificate;
mod ports;

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use self::{certificate::Certificate, ports::Ports};
use crate::{fetch, workspace::Workspace};

/// One that runs on Node.js 20, and on newer ones; the newest want 22.
const PACKAGE: &str = "azurite@3.35.0";

/// How many accounts the tests may choose from: `agwtest00` and on.
const ACCOUNTS: usize = 32;

/// The key of every account. The bot shows tokens and has no use for it, but Azurite wants one. It reads:
/// "no secret, as it opens nothing but an emulator".
const KEY: &str = "bm8gc2VjcmV0LCBhcyBpdCBvcGVucyBub3RoaW5nIGJ1dCBhbiBlbXVsYXRvcg==";

/// How long it may take to start, on a machine that builds something at the same time.
const PATIENCE: Duration = Duration::from_secs(30);

/// Ends Azurite when its standard input ends, which is when we end, in whatever way.
const LEASH: &str = "data:text/javascript,process.stdin.resume().on('close',()=>process.exit())";

/// A running Azurite. It ends with this value, or with this program if that is killed.
pub(crate) struct Azurite {
    process: Child,
    ports: Ports,
    certificate: Certificate,
    log: PathBuf,
}

impl Azurite {
    /// Starts it and waits until it answers.
    pub(crate) fn start(workspace: &Workspace) -> Result<Self> {
        let program = fetch::node_modules(workspace, PACKAGE)?.join("azurite/dist/src/azurite.js");
        // Two runs at once may not have each other's certificate.
        let folder = workspace.tools("azurite")?.join(std::process::id().to_string());
        let certificate = Certificate::make(&folder)?;
        let ports = Ports::free()?;
        let log = folder.join("azurite.log");
        let process = command(&program, &certificate, &ports, &log)?.spawn().context("cannot start node")?;
        let mut azurite = Self { process, ports, certificate, log };
        azurite.wait_until_it_answers()?;
        Ok(azurite)
    }

    /// What the tests want to know, as environment variables.
    pub(crate) fn variables(&self) -> [(&'static str, String); 4] {
        let address = |port| format!("https://127.0.0.1:{port}/");
        let authority = self.certificate.authority.display().to_string();
        [
            ("AGW_TEST_BLOB", address(self.ports.blob)),
            ("AGW_TEST_QUEUE", address(self.ports.queue)),
            ("AGW_TEST_CA", authority.clone()),
            ("SSL_CERT_FILE", authority),
        ]
    }

    fn wait_until_it_answers(&mut self) -> Result<()> {
        let started = Instant::now();
        while !self.ports.all_answer() {
            if let Some(status) = self.process.try_wait()? {
                bail!("Azurite ended with {status}, and said:\n{}", self.output());
            }
            if started.elapsed() > PATIENCE {
                bail!("Azurite does not answer after {} s, and said:\n{}", PATIENCE.as_secs(), self.output());
            }
            thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    fn output(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Azurite {
    fn drop(&mut self) {
        // Both fail only if it has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
        if let Some(folder) = self.log.parent() {
            let _ = fs::remove_dir_all(folder);
        }
    }
}

/// `cargo xtask azurite`: for whoever works on such a test, and runs it by `cargo test`.
pub(crate) fn stay(workspace: &Workspace) -> Result<()> {
    let mut azurite = Azurite::start(workspace)?;
    for (name, value) in azurite.variables() {
        println!("export {name}='{value}'");
    }
    println!("# Azurite runs until Ctrl-C; the accounts are agwtest00 to agwtest{:02}.", ACCOUNTS - 1);
    // `wait` would close the standard input, and so end it.
    let _leash = azurite.process.stdin.take();
    let status = azurite.process.wait()?;
    bail!("Azurite ended with {status}, and said:\n{}", azurite.output());
}

fn command(program: &Path, certificate: &Certificate, ports: &Ports, log: &Path) -> Result<Command> {
    let output = File::create(log).with_context(|| format!("create {}", log.display()))?;
    let mut node = Command::new("node");
    node.args(["--import", LEASH]).arg(program);
    // Our SDK speaks a newer version of the protocol than this Azurite knows by name.
    node.args(["--silent", "--disableTelemetry", "--inMemoryPersistence", "--skipApiVersionCheck"]);
    node.args(["--oauth", "basic", "--cert"]).arg(&certificate.chain).arg("--key").arg(&certificate.key);
    for (service, port) in [("blob", ports.blob), ("queue", ports.queue), ("table", ports.table)] {
        node.args([format!("--{service}Host"), "127.0.0.1".to_owned()]);
        node.args([format!("--{service}Port"), port.to_string()]);
    }
    node.env("AZURITE_ACCOUNTS", accounts());
    node.stdin(Stdio::piped()).stdout(output.try_clone()?).stderr(output);
    Ok(node)
}

/// The accounts as Azurite wants them: `name:key;name:key`.
fn accounts() -> String {
    let ours = (0..ACCOUNTS).map(|number| format!("agwtest{number:02}"));
    let names = std::iter::once("devstoreaccount1".to_owned()).chain(ours);
    names.map(|name| format!("{name}:{KEY}")).collect::<Vec<_>>().join(";")
}

#[cfg(test)]
mod tests {
    use super::accounts;

    #[test]
    fn every_account_has_a_name_and_a_key() {
        let accounts = accounts();
        assert!(accounts.starts_with("devstoreaccount1:"));
        assert!(accounts.contains(";agwtest00:") && accounts.contains(";agwtest31:"));
        assert_eq!(accounts.split(';').count(), 33);
    }
}
