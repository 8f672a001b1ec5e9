//! The bot as it is deployed: the package under imitated Functions hosts, a storage account, and the rest of the
//! world around them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use handler::clock::SystemClock;
use handler::ports::Clock;
use simulator::{Options as Azure, Pace, Scenario, Simulator};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Child;

use crate::alert::AlertBody;
use crate::canary;
use crate::functions::{FunctionsHost, HostPace, ManagedIdentity, Mode, Options, Storage};
use crate::program::{self, Finished, agw_in};
use crate::settings::{self, Given, SettingsFile};
use crate::slack::Content;
use crate::talk::{CHANNEL, Talk, user};

/// The client id of the identity that reads.
pub const READ: &str = "aaaaaaaa-0000-0000-0000-000000000001";
/// The client id of the identity that writes.
pub const WRITE: &str = "aaaaaaaa-0000-0000-0000-000000000002";
/// The vault's address.
const VAULT: &str = "https://kv-agw.vault.azure.net/";
/// What is in it, by the names that the deployment gives.
const SECRETS: [(&str, &str); 2] =
    [("slack-signing-secret", canary::SIGNING), ("slack-bot-token", canary::TOKEN)];
/// Where the bot is, and what is around it.
const GROUP: &str =
    "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-agw-test/providers";

/// How long something may take before the test fails.
const LONGEST: Duration = Duration::from_secs(60);

/// A deployed bot, with as many instances as the test starts.
pub struct Deployed {
    /// Azure.
    pub azure: Simulator,
    /// The lines to the bot.
    pub talk: Talk,
    /// The app's storage account.
    pub storage: Storage,
    /// Whoever gives the bot its tokens.
    pub identity: ManagedIdentity,
    /// The running instances.
    pub hosts: Vec<FunctionsHost>,
    /// What is in the vault, by name.
    pub vault: Vec<(&'static str, &'static str)>,
    /// How HTTP requests reach the bot.
    pub mode: Mode,
    /// What goes faster than in Azure.
    pub pace: HostPace,
    /// Whether the deployment grants an identity to write with.
    pub writing: bool,
    folder: TempDir,
}

impl Deployed {
    /// Deploys the package into the storage account of this name, with so many gateways in trouble around it.
    /// Nothing runs yet. The package is the one that `AGW_TEST_PACKAGE` names.
    pub async fn into(account: &str, gateways: usize) -> Self {
        let storage = Storage::account(account).expect("Azurite: these tests are run by `cargo xtask test`");
        let folder = tempfile::tempdir().unwrap();
        let scenario = Scenario::named("root-403").unwrap();
        let tls = (gateways == 1).then(|| folder.path().join("azure"));
        let azure = Azure { pace: Pace::Instant, copies: gateways, tls, ..Azure::new(scenario) };
        let azure = Simulator::start(azure).await.unwrap();
        let talk = Talk::open(Arc::new(SystemClock) as Arc<dyn Clock>).await;
        let package = PathBuf::from(std::env::var_os("AGW_TEST_PACKAGE").expect("AGW_TEST_PACKAGE"));
        copy(&package, &folder.path().join("app"));
        std::fs::write(folder.path().join("app/agw.toml"), policy(&azure, &talk)).unwrap();
        let authorities = [Some(storage.ca.as_path()), azure.ca_file()].into_iter().flatten();
        let authorities: Vec<String> =
            authorities.map(|file| std::fs::read_to_string(file).unwrap()).collect();
        std::fs::write(folder.path().join("authorities.pem"), authorities.join("\n")).unwrap();
        let identity = ManagedIdentity::start(&[READ, WRITE]).await;
        let pace = HostPace { polling: Duration::from_millis(100), ..HostPace::default() };
        let vault = SECRETS.to_vec();
        Self {
            azure,
            talk,
            storage,
            identity,
            hosts: Vec::new(),
            vault,
            mode: Mode::Proxying,
            pace,
            writing: true,
            folder,
        }
    }

    /// Where the package lies, to be changed before an instance starts.
    #[must_use]
    pub fn package(&self) -> PathBuf {
        self.folder.path().join("app")
    }

    /// The app settings: those that the deployment writes, and what the platform adds.
    #[must_use]
    pub fn settings(&self) -> Vec<(String, String)> {
        let mut settings = SettingsFile::read().with(&self.parameters());
        settings::resolve(&mut settings, VAULT, &self.vault);
        settings.extend(self.identity.settings());
        let authorities = self.folder.path().join("authorities.pem").display().to_string();
        // What the bot says when one looks for a fault.
        settings.extend(std::env::var("AGW_LOG").ok().map(|log| ("AGW_LOG".to_owned(), log)));
        settings.push(("SSL_CERT_FILE".to_owned(), authorities));
        settings
    }

    /// What the deployment of this test would be told, by the names of the Bicep file's parameters.
    fn parameters(&self) -> BTreeMap<&'static str, Given> {
        let text = |value: &str| Given::Text(value.to_owned());
        let gateways = self.azure.gateway_ids();
        BTreeMap::from([
            ("blobService", text(self.storage.blob().as_str())),
            ("queueService", text(self.storage.queue().as_str())),
            ("vaultUri", text(VAULT)),
            ("insightsConnection", text("InstrumentationKey=00000000-0000-0000-0000-000000000000")),
            ("readClientId", text(READ)),
            ("writeClientId", text(WRITE)),
            ("gateways", Given::List(gateways)),
            ("workspaceId", text(&format!("{GROUP}/Microsoft.OperationalInsights/workspaces/log-agw"))),
            ("actionGroupId", text(&format!("{GROUP}/Microsoft.Insights/actionGroups/ag-agw"))),
            ("environmentName", text("test")),
            ("writing", Given::Switch(self.writing)),
            ("slack", Given::Switch(true)),
            ("discord", Given::Switch(false)),
            ("teamsTenants", Given::List(Vec::new())),
            ("otlpEndpoint", text("")),
            ("otlpHeaders", Given::Switch(false)),
            ("alertsAppId", text("")),
            ("alertsTenant", text("33333333-3333-3333-3333-333333333333")),
        ])
    }

    /// Starts one more instance; people and alerts reach it from now on. Only the first one fires the timers.
    pub async fn start(&mut self) {
        let host = self.instance(self.hosts.is_empty()).await;
        self.talk.bot_is_at(host.url());
        self.hosts.push(host);
    }

    /// A new instance.
    pub async fn instance(&self, timers: bool) -> FunctionsHost {
        FunctionsHost::start(self.options(timers)).await
    }

    /// A new instance, whether it comes to run or not.
    pub async fn attempt(&self) -> FunctionsHost {
        FunctionsHost::attempt(self.options(false)).await
    }

    fn options(&self, timers: bool) -> Options {
        Options {
            package: self.package(),
            settings: self.settings(),
            queues: Some(self.storage.clone()),
            mode: self.mode,
            function_key: canary::ALERT_KEY.to_owned(),
            pace: HostPace { timers, ..self.pace.clone() },
        }
    }

    /// Starts the packaged program without a host, and leads people and alerts to it.
    pub async fn alone(&self, args: &[&str]) -> Child {
        let mut settings = self.settings();
        settings.push(("AGW_ALERT_KEY".to_owned(), canary::ALERT_KEY.to_owned()));
        let env: Vec<(&str, &str)> =
            settings.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let mut command = program::command(&self.package().join("agw"), &self.package(), &env);
        let mut child = command.args(args).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = loop {
            let line = lines.next_line().await.unwrap().expect("the bot serves");
            if let Some((_, rest)) = line.split_once("address=") {
                break rest.split_whitespace().next().unwrap().to_owned();
            }
        };
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        self.talk.bot_is_at(format!("http://{address}/").parse().unwrap());
        child
    }

    /// Runs a command of the packaged program, as somebody at a desk who may read the storage account.
    pub async fn agw(&self, args: &[&str]) -> Finished {
        let settings = self.settings();
        let env: Vec<(&str, &str)> =
            settings.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let program = self.package().join("agw");
        agw_in(&self.package(), program.to_str().unwrap(), args, &env).await
    }

    /// Fires the alert of the first gateway.
    pub async fn alert(&self) {
        self.talk.alert(&AlertBody::about(self.azure.gateway_id())).await.taken();
    }

    /// Waits until the latest message has this status, and reads it.
    pub async fn until_status(&self, status: &str) -> Content {
        self.until(status, |here| here.talk.read_if(status)).await
    }

    /// Waits until something can be seen.
    pub async fn until<T>(&self, what: &str, look: impl Fn(&Self) -> Option<T>) -> T {
        let said = || {
            let called: Vec<_> = self.hosts.iter().map(FunctionsHost::invocations).collect();
            format!("{}\nCalled: {called:?}", self.said())
        };
        self.talk.until(LONGEST, what, || look(self), said).await
    }

    /// Everything that the instances wrote.
    #[must_use]
    pub fn said(&self) -> String {
        let lines = self.hosts.iter().flat_map(FunctionsHost::log).map(|line| line.text);
        lines.collect::<Vec<_>>().join("\n")
    }

    /// Ends the test: no host may have choked on an answer.
    pub fn finish(self) {
        for host in &self.hosts {
            assert_eq!(host.violations(), Vec::<String>::new());
        }
        let said = self.said();
        for secret in [canary::SIGNING, canary::TOKEN, canary::ALERT_KEY, canary::REPLY] {
            assert!(!said.contains(secret), "{secret} is in the log");
        }
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap_or_else(|error| panic!("{}: {error}", from.display())) {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// The bot's policy. Each gateway has a message of its own, however many there are. Claims run out soon, so that the work of an instance that is gone is taken over soon.
fn policy(azure: &Simulator, talk: &Talk) -> String {
    format!(
        r#"
[azure]
endpoint = "{arm}"
deadline = "8s"
[approval]
approvers = [{{ platform = "slack", id = "{alex}" }}]
[alerts]
storm_after = 0
[slack]
api = "{slack}"
alert_channels = ["{CHANNEL}"]
[site]
proxy = "{proxy}"
timeout = "8s"
[timing]
lease = "10s"
follow_every = "100ms"
verify_every = "100ms"
"#,
        arm = azure.base_url(),
        alex = user("alex"),
        slack = talk.slack.api(),
        proxy = azure.site_proxy(),
    )
}
