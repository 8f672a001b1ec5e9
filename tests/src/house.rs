//! The bot as a process of its own, in real time, that can be killed at any moment.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use handler::clock::SystemClock;
use handler::ports::Clock;
use simulator::{Options, Pace, Scenario, Simulator};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::Child;
use tokio::time::{Instant, sleep, timeout};
use url::Url;

use crate::alert::AlertBody;
use crate::canary;
use crate::gate::Gate;
use crate::program;
use crate::slack::Content;
use crate::talk::{CHANNEL, PAUSE, Talk, user};

/// How long something may take before the test fails.
const LONGEST: Duration = Duration::from_secs(30);

/// Azure behind a gate, Slack, and the bot between them as a process.
pub struct House {
    /// Azure.
    pub azure: Simulator,
    /// The way to Azure.
    pub gate: Gate,
    /// The lines to the bot.
    pub talk: Talk,
    binary: PathBuf,
    folder: TempDir,
    log: &'static str,
    child: Option<Child>,
    said: Arc<Mutex<String>>,
}

impl House {
    /// Builds a house for this program, and starts the bot in it, which logs what `AGW_LOG` says.
    pub async fn open(binary: &str, scenario: &str, log: &'static str) -> Self {
        let scenario = Scenario::named(scenario).unwrap();
        let azure = Options { pace: Pace::Instant, ..Options::new(scenario) };
        let azure = Simulator::start(azure).await.unwrap();
        let gate = Gate::start(azure.base_url().clone()).await;
        let talk = Talk::open(Arc::new(SystemClock) as Arc<dyn Clock>).await;
        let folder = tempfile::tempdir().unwrap();
        let config = config(&gate.url(), azure.site_proxy(), &talk.slack.api());
        std::fs::write(folder.path().join("agw.toml"), config).unwrap();
        let said = Arc::default();
        let mut house = Self { azure, gate, talk, binary: binary.into(), folder, log, child: None, said };
        house.start().await;
        house
    }

    /// Starts the bot over what is in its store.
    pub async fn start(&mut self) {
        let env = [
            ("AGW_SLACK_SIGNING_SECRET", canary::SIGNING),
            ("AGW_SLACK_BOT_TOKEN", canary::TOKEN),
            ("AGW_ALERT_KEY", canary::ALERT_KEY),
            ("AGW_LOG", self.log),
        ];
        let mut command = program::command(&self.binary, self.folder.path(), &env);
        command.args(["serve", "--store", "agw.db", "--listen", "127.0.0.1:0"]).stdin(Stdio::null());
        let mut child = command.spawn().unwrap();
        let before = self.said.lock().unwrap().len();
        listen(child.stdout.take().unwrap(), Arc::clone(&self.said));
        listen(child.stderr.take().unwrap(), Arc::clone(&self.said));
        self.child = Some(child);
        let address = self.until("the bot serves", |house| {
            let said = house.said.lock().unwrap();
            let line = said[before..].lines().find(|line| line.contains("agw serves"))?.to_owned();
            let at = line.split("address=").nth(1)?;
            Some(at.split_whitespace().next()?.to_owned())
        });
        let address: Url = format!("http://{}/", address.await).parse().unwrap();
        self.talk.bot_is_at(address);
    }

    /// Ends the bot with SIGKILL, at once.
    pub async fn kill(&mut self) {
        let mut child = self.child.take().expect("a running bot");
        child.kill().await.unwrap();
    }

    /// Kills the bot as soon as the way to Azure was cut.
    pub async fn kill_at_the_cut(&mut self) {
        if timeout(LONGEST, self.gate.reached()).await.is_err() {
            panic!("the moment to kill did not come. The bot said:\n{}", self.said());
        }
        self.kill().await;
    }

    /// Fires the gateway's alert.
    pub async fn alert(&self) {
        self.talk.alert(&AlertBody::about(self.azure.gateway_id())).await.taken();
    }

    /// Waits until the latest message has this status, and reads it.
    pub async fn until_status(&self, status: &str) -> Content {
        self.until(status, |house| house.talk.read_if(status)).await
    }

    /// Waits like [`House::until_status`], and whenever the way to Azure is cut meanwhile, kills the bot and
    /// starts it again.
    pub async fn until_status_through_kills(&mut self, status: &str) -> Content {
        let start = Instant::now();
        loop {
            if self.gate.was_cut() {
                self.kill().await;
                self.start().await;
            }
            if let Some(content) = self.talk.read_if(status) {
                return content;
            }
            assert!(start.elapsed() < LONGEST, "waited for {status} in vain. The bot said:\n{}", self.said());
            sleep(PAUSE).await;
        }
    }

    /// Waits until somebody was told something in private, and reads it.
    pub async fn until_private(&self, who: &str) -> Content {
        self.until("a private answer", |house| house.talk.slack.read_private(&user(who)).pop()).await
    }

    async fn until<T>(&self, what: &str, look: impl Fn(&Self) -> Option<T>) -> T {
        self.talk.until(LONGEST, what, || look(self), || self.said()).await
    }

    /// Everything that the bot printed so far.
    #[must_use]
    pub fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    /// Where the bot keeps what it has to.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

/// Keeps what a process prints.
pub(crate) fn listen(pipe: impl AsyncRead + Unpin + Send + 'static, said: Arc<Mutex<String>>) {
    tokio::spawn(async move {
        let mut lines = BufReader::new(pipe).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            let mut said = said.lock().unwrap();
            said.push_str(&line);
            said.push('\n');
        }
    });
}

/// The bot's configuration: claims run out soon, so that a killed bot's work is taken over soon.
pub(crate) fn config(arm: &Url, proxy: &Url, slack: &Url) -> String {
    format!(
        r#"
[azure]
endpoint = "{arm}"
deadline = "900ms"
[approval]
approvers = [{{ platform = "slack", id = "{alex}" }}]
[slack]
api = "{slack}"
alert_channels = ["{CHANNEL}"]
[site]
proxy = "{proxy}"
timeout = "900ms"
[timing]
lease = "1s"
follow_every = "50ms"
verify_every = "50ms"
sweep_every = "200ms"
"#,
        alex = user("alex"),
    )
}
