//! The bot as a process with everything connected that it can be connected to: an Azure that wants tokens, or one whose
//! every answer has secrets in it; Slack, Teams and Discord; a managed identity; a collector. What went in can be looked
//! for in everything that came out.

mod identity;
mod planted;
mod planter;

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use handler::clock::SystemClock;
use handler::ports::Clock;
use simulator::{Options, Pace, Scenario, Simulator};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::time::{Instant, timeout};
use url::Url;

use crate::alert::AlertBody;
use crate::canary;
use crate::collector::{Collector, Temper};
use crate::discord::FakeDiscord;
use crate::house::{config, listen};
use crate::program;
use crate::slack::Content;
use crate::talk::{Sent, Talk};
use crate::teams::FakeTeams;
use identity::Identity;
pub use planted::{Planted, Where};
use planter::Planter;

/// How long something may take before the test fails.
const LONGEST: Duration = Duration::from_secs(40);

/// The bot as a process, with everything connected.
pub struct Exposed {
    /// Azure.
    pub azure: Simulator,
    /// The lines to the bot.
    pub talk: Talk,
    /// Teams.
    pub teams: FakeTeams,
    /// Discord.
    pub discord: FakeDiscord,
    /// Who takes what the bot tells of itself.
    pub collector: Collector,
    /// The secrets that were planted, and where each may turn up.
    pub planted: Planted,
    identity: Identity,
    planter: Option<Planter>,
    folder: TempDir,
    child: Child,
    said: Arc<Mutex<String>>,
    complained: Arc<Mutex<String>>,
}

/// How the bot is set up.
#[derive(Debug, Clone, Copy)]
pub struct Setup {
    /// The program.
    pub binary: &'static str,
    /// What `AGW_LOG` says.
    pub log: &'static str,
    /// How the collector is.
    pub temper: Temper,
    /// Whether Azure speaks TLS and wants tokens. If not, secrets are planted in its answers.
    pub tls: bool,
    /// Whether the bot is told that a Functions host started it. What the host would do is up to the test.
    pub hosted: bool,
}

impl Setup {
    /// A bot that logs everything, whose collector takes everything.
    #[must_use]
    pub fn of(binary: &'static str) -> Self {
        Self { binary, log: "trace", temper: Temper::Fine, tls: false, hosted: false }
    }
}

impl Exposed {
    /// Connects everything, and starts the bot.
    pub async fn open(setup: Setup) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let tls = setup.tls.then(|| folder.path().join("azure"));
        let scenario = Scenario::named("root-403").unwrap();
        let options = Options { pace: Pace::Instant, tls, ..Options::new(scenario) };
        let azure = Simulator::start(options).await.unwrap();
        let planted = Planted::default();
        let planter = match setup.tls {
            true => None,
            false => Some(Planter::start(azure.base_url().clone(), &planted).await),
        };
        let talk = Talk::open(Arc::new(SystemClock) as Arc<dyn Clock>).await;
        let (teams, discord) = (FakeTeams::start().await, FakeDiscord::start().await);
        let (collector, identity) = (Collector::start(setup.temper).await, Identity::start(&planted).await);
        let arm = planter.as_ref().map_or_else(|| azure.base_url().clone(), Planter::url);
        // Nobody is killed here, so a claim may hold for as long as a busy machine takes.
        let house =
            config(&arm, azure.site_proxy(), &talk.slack.api()).replace("lease = \"1s\"", "lease = \"10s\"");
        let toml = [house, teams.toml(), discord.toml()].join("\n");
        std::fs::write(folder.path().join("agw.toml"), toml).unwrap();
        let (said, complained) = (Arc::default(), Arc::default());
        let mut env = environment(&azure, &identity, &collector, setup.log);
        if setup.hosted {
            env.extend(as_hosted().await);
        }
        let child = spawn(&setup, &folder, &env, [&said, &complained]);
        let here = Self {
            azure,
            talk,
            teams,
            discord,
            collector,
            planted,
            identity,
            planter,
            folder,
            child,
            said,
            complained,
        };
        plant_usual(&here.planted);
        let address = here.until("the bot serves", |here| here.address()).await;
        here.talk.bot_is_at(address);
        here
    }

    fn address(&self) -> Option<Url> {
        let said = self.said.lock().unwrap();
        let line = said.lines().find(|line| line.contains("agw serves"))?;
        let at = match serde_json::from_str::<serde_json::Value>(line) {
            Ok(line) => line["address"].as_str()?.to_owned(),
            Err(_) => line.split("address=").nth(1)?.split_whitespace().next()?.to_owned(),
        };
        format!("http://{at}/").parse().ok()
    }

    /// Fires the gateway's alert, with the key in the query, as action groups send it, and tells how long the answer
    /// took.
    pub async fn alert(&self, body: serde_json::Value, headers: &[(&str, &str)]) -> (Sent, Duration) {
        let path = format!("/api/alerts?code={}&more=canary-query-4b7d", canary::ALERT_KEY);
        let headers: Vec<_> =
            [("content-type", "application/json")].into_iter().chain(headers.iter().copied()).collect();
        let start = Instant::now();
        let sent = self.talk.post(&path, &headers, body.to_string()).await;
        (sent, start.elapsed())
    }

    /// The alert about the gateway.
    #[must_use]
    pub fn usual_alert(&self) -> serde_json::Value {
        AlertBody::about(self.azure.gateway_id()).json()
    }

    /// Waits until the latest message in Slack has this status, and reads it.
    pub async fn until_status(&self, status: &str) -> Content {
        self.until(status, |here| here.talk.read_if(status)).await
    }

    /// Waits until something can be seen.
    pub async fn until<T>(&self, what: &str, look: impl Fn(&Self) -> Option<T>) -> T {
        self.talk.until(LONGEST, what, || look(self), || self.said()).await
    }

    /// Stops the bot as a host does, with SIGTERM, waits for its end, and tells how long that took.
    pub async fn stop(&mut self) -> Duration {
        let start = Instant::now();
        let id = self.child.id().expect("a running bot").to_string();
        Command::new("kill").args(["-TERM", &id]).status().await.unwrap();
        let ended = timeout(LONGEST, self.child.wait()).await.expect("the bot ends").unwrap();
        assert!(ended.success(), "{ended}: {}", self.said());
        start.elapsed()
    }

    /// Everything that the bot printed so far.
    #[must_use]
    pub fn said(&self) -> String {
        [self.said.lock().unwrap().clone(), self.complained()].join("\n")
    }

    /// What it printed on stderr.
    #[must_use]
    pub fn complained(&self) -> String {
        self.complained.lock().unwrap().clone()
    }

    /// Every place in which something was found that must not be there: what, and where.
    #[must_use]
    pub fn leaks(&self) -> Vec<String> {
        let store: Vec<PathBuf> = std::fs::read_dir(self.folder.path())
            .unwrap()
            .map(|file| file.unwrap().path())
            .filter(|file| file.file_name().is_some_and(|name| name.to_string_lossy().starts_with("agw.db")))
            .collect();
        assert!(!store.is_empty());
        let store: Vec<u8> = store.iter().flat_map(|file| std::fs::read(file).unwrap()).collect();
        let azure: String = self
            .azure
            .exchanges()
            .iter()
            .map(|sent| format!("{} {:?} {}\n", sent.path, sent.headers, sent.body))
            .collect();
        let discord: String =
            self.discord.bodies().iter().map(|(kind, body)| format!("{kind} {body}\n")).collect();
        let outputs = [
            (Where::Log, self.said().into_bytes()),
            (Where::Otlp, self.collector.bytes()),
            (Where::Slack, self.talk.slack.everything().into_bytes()),
            (Where::Teams, self.teams.everything().into_bytes()),
            (Where::Discord, discord.into_bytes()),
            (Where::Store, store),
            (Where::Azure, azure.into_bytes()),
        ];
        outputs.iter().flat_map(|(place, bytes)| self.planted.found_in(*place, bytes)).collect()
    }

    /// How many of Azure's answers had secrets in them, and how many tokens were given out.
    #[must_use]
    pub fn given(&self) -> (usize, usize) {
        (self.planter.as_ref().map_or(0, Planter::planted), self.identity.given())
    }
}

/// What a bot knows from the start, and what all senders send.
fn plant_usual(planted: &Planted) {
    for secret in [
        canary::SIGNING,
        canary::TOKEN,
        canary::ALERT_KEY,
        canary::DISCORD_TOKEN,
        canary::TEAMS_SECRET,
        canary::TEAMS_TOKEN,
        canary::REPLY,
        canary::OTLP,
        "canary-query-4b7d",
    ] {
        planted.secret(secret);
    }
}

fn environment(
    azure: &Simulator,
    identity: &Identity,
    collector: &Collector,
    log: &str,
) -> Vec<(String, String)> {
    let mut env: Vec<(String, String)> = [
        ("AGW_SLACK_SIGNING_SECRET", canary::SIGNING),
        ("AGW_SLACK_BOT_TOKEN", canary::TOKEN),
        ("AGW_ALERT_KEY", canary::ALERT_KEY),
        ("AGW_DISCORD_BOT_TOKEN", canary::DISCORD_TOKEN),
        ("AGW_TEAMS_APP_SECRET", canary::TEAMS_SECRET),
        ("AGW_READ_CLIENT_ID", "aaaaaaaa-0000-0000-0000-000000000001"),
        ("AGW_WRITE_CLIENT_ID", "aaaaaaaa-0000-0000-0000-000000000002"),
        ("AGW_LOG", log),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint().as_str()),
        ("OTEL_EXPORTER_OTLP_HEADERS", &format!("api-key={}", canary::OTLP)),
        ("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test"),
        ("OTEL_BSP_SCHEDULE_DELAY", "100"),
        ("OTEL_BLRP_SCHEDULE_DELAY", "100"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "200"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    env.extend(identity.settings());
    env.extend(azure.ca_file().map(|file| ("SSL_CERT_FILE".to_owned(), file.display().to_string())));
    env
}

/// What a Functions host sets. What is told has to leave at the end of an invocation, so it does not leave by itself.
async fn as_hosted() -> Vec<(String, String)> {
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap().local_addr().unwrap().port();
    [("FUNCTIONS_CUSTOMHANDLER_PORT", free.to_string()), ("OTEL_BSP_SCHEDULE_DELAY", "600000".to_owned())]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
}

fn spawn(setup: &Setup, folder: &TempDir, env: &[(String, String)], said: [&Arc<Mutex<String>>; 2]) -> Child {
    let env: Vec<(&str, &str)> = env.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let mut command = program::command(setup.binary.as_ref(), folder.path(), &env);
    command.args(["serve", "--store", "agw.db", "--listen", "127.0.0.1:0"]);
    let mut child = command.spawn().unwrap();
    listen(child.stdout.take().unwrap(), Arc::clone(said[0]));
    listen(child.stderr.take().unwrap(), Arc::clone(said[1]));
    child
}
