//! The bot in this process, in time that only the test moves.

use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use domain::alert::Condition;
use domain::approval::Approver;
use domain::incident::Incident;
use domain::request::Platform;
use futures::future::join_all;
use handler::app::App;
use handler::config::{Config, Secrets};
use handler::ports::{Clock, Store, Wakeups};
use handler::store::SqliteStore;
use handler::worker::Worker;
use jiff::SignedDuration;
use secrecy::SecretString;
use simulator::{Options, Pace, Scenario, Simulator};

use crate::alert::AlertBody;
use crate::clock::ManualClock;
use crate::gate::Gate;
use crate::serve::Server;
use crate::slack::Content;
use crate::talk::{CHANNEL, Sent, Talk, user};
use crate::canary;

/// Whoever waits longer than this for the next thing to happen has stopped waiting.
const PATIENCE: SignedDuration = SignedDuration::from_secs(90);
/// More steps than any story has.
const STEPS: usize = 1000;

/// A change to the bot's configuration.
type Change = Box<dyn FnOnce(&mut Config)>;

/// What the world is to be like.
pub struct Stage {
    scenario: Scenario,
    changes: Vec<Change>,
    file: Option<PathBuf>,
    workers: usize,
    gate: bool,
}

impl Stage {
    /// The usual world around this scenario: one worker, a store in memory, Alex may approve.
    #[must_use]
    pub fn of(scenario: Scenario) -> Self {
        Self { scenario, changes: Vec::new(), file: None, workers: 1, gate: false }
    }

    /// The usual world around a built-in scenario.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self::of(Scenario::named(name).unwrap())
    }

    /// With another configuration.
    #[must_use]
    pub fn config(mut self, change: impl FnOnce(&mut Config) + 'static) -> Self {
        self.changes.push(Box::new(change));
        self
    }

    /// Somebody else may approve too.
    #[must_use]
    pub fn approver(self, who: &str) -> Self {
        let approver = approver(who);
        self.config(|config| config.approval.approvers.push(approver))
    }

    /// With a store in a file.
    #[must_use]
    pub fn file(mut self, path: impl Into<PathBuf>) -> Self {
        self.file = Some(path.into());
        self
    }

    /// With so many bots, each with a worker and a store of its own over one file.
    #[must_use]
    pub fn workers(mut self, count: usize) -> Self {
        self.workers = count;
        self
    }

    /// With a way to Azure that can be cut.
    #[must_use]
    pub fn gate(mut self) -> Self {
        self.gate = true;
        self
    }

    /// Raises the curtain.
    pub async fn start(self) -> World {
        let clock = Arc::new(ManualClock::default());
        let azure = Options { pace: Pace::Instant, ..Options::new(self.scenario) };
        let azure = Simulator::start(azure).await.unwrap();
        let talk = Talk::open(Arc::clone(&clock) as Arc<dyn Clock>).await;
        let gate = match self.gate {
            true => Some(Gate::start(azure.base_url().clone()).await),
            false => None,
        };
        let mut config = Config::default();
        config.azure.endpoint = gate.as_ref().map_or_else(|| azure.base_url().clone(), Gate::url);
        config.site.proxy = Some(azure.site_proxy().clone());
        config.slack.api = talk.slack.api();
        config.slack.alert_channels = vec![CHANNEL.to_owned()];
        config.approval.approvers = vec![approver("alex")];
        self.changes.into_iter().for_each(|change| change(&mut config));
        let mut bots = Vec::new();
        for _ in 0..self.workers {
            bots.push(Bot::build(&config, self.file.as_deref(), &clock, None));
        }
        let server = Server::start(bots[0].app.router()).await;
        talk.bot_is_at(server.url());
        World { azure, talk, clock, gate, config, file: self.file, bots, server, finished: AtomicBool::new(false) }
    }
}

fn approver(who: &str) -> Approver {
    Approver { platform: Platform::Slack, id: user(who) }
}

fn secrets() -> Secrets {
    Secrets {
        slack_signing: vec![SecretString::from(canary::SIGNING)],
        slack_bot_token: Some(SecretString::from(canary::TOKEN)),
        alert_key: Some(SecretString::from(canary::ALERT_KEY)),
    }
}

/// One bot.
struct Bot {
    app: App,
    store: Arc<SqliteStore>,
}

impl Bot {
    fn build(
        config: &Config,
        file: Option<&std::path::Path>,
        clock: &Arc<ManualClock>,
        memory: Option<Arc<SqliteStore>>,
    ) -> Self {
        let opened = || Arc::new(file.map_or_else(SqliteStore::in_memory, SqliteStore::open).unwrap());
        let store = memory.unwrap_or_else(opened);
        let clock = Arc::clone(clock) as Arc<dyn Clock>;
        let app = App::build(config, secrets(), Arc::clone(&store), clock, 0).unwrap();
        Self { app, store }
    }
}

/// Azure, Slack, the clock, and the bot between them.
pub struct World {
    /// Azure.
    pub azure: Simulator,
    /// The lines to the bot.
    pub talk: Talk,
    /// The clock.
    pub clock: Arc<ManualClock>,
    /// The way to Azure, if it can be cut.
    pub gate: Option<Gate>,
    config: Config,
    file: Option<PathBuf>,
    bots: Vec<Bot>,
    server: Server,
    finished: AtomicBool,
}

impl Deref for World {
    type Target = Talk;
    fn deref(&self) -> &Talk {
        &self.talk
    }
}

impl World {
    /// The usual world around a built-in scenario.
    pub async fn stage(name: &str) -> Self {
        Stage::named(name).start().await
    }

    /// Somebody presses a button of the latest message, after reading it.
    pub async fn click(&self, who: &str, label: &str) {
        self.settle().await;
        let button = self.talk.button(label);
        self.talk.press(who, &button).await;
    }

    /// Azure Monitor says that the gateway's alert fired, or has resolved.
    pub async fn alert(&self, condition: Condition) -> Sent {
        let alert = AlertBody { condition, ..AlertBody::about(self.azure.gateway_id()) };
        self.talk.alert(&alert).await.taken()
    }

    /// Lets the bot work, and time pass, until nothing more is about to happen.
    pub async fn settle(&self) {
        for _ in 0..STEPS {
            if self.work().await > 0 {
                continue;
            }
            let next = self.bots[0].store.next().await.unwrap();
            match next.filter(|due| due.duration_since(self.clock.now()) <= PATIENCE) {
                Some(due) => self.clock.reach(due),
                None => return,
            }
        }
        panic!("the bot does not come to rest");
    }

    /// Lets every worker do what is due now, at once.
    async fn work(&self) -> usize {
        let working = join_all(self.bots.iter().map(|bot| async { bot.app.worker().run_due().await.unwrap() }));
        working.await.into_iter().sum()
    }

    /// Lets the bot work until the way to Azure is cut, and drops whatever it was doing at that instant, as
    /// `kill -9` would. Gives `false` when it came to rest before.
    pub async fn settle_or_die(&self) -> bool {
        let gate = self.gate.as_ref().expect("a stage with a gate");
        tokio::select! {
            biased;
            () = gate.reached() => true,
            () = self.settle() => !gate.disarm(),
        }
    }

    /// Starts the bot anew over what is in its store, as it is after a crash: claims have to run out first.
    pub async fn restart(&mut self) {
        let memory = self.file.is_none().then(|| Arc::clone(&self.bots[0].store));
        self.bots.clear();
        self.bots.push(Bot::build(&self.config, self.file.as_deref(), &self.clock, memory));
        self.server = Server::start(self.bots[0].app.router()).await;
        self.talk.bot_is_at(self.server.url());
        self.clock.advance(self.config.timing.lease);
        self.clock.advance(SignedDuration::from_secs(1));
        self.worker().sweep().await.unwrap();
    }

    /// The first bot's worker.
    #[must_use]
    pub fn worker(&self) -> Arc<Worker> {
        self.bots[0].app.worker()
    }

    /// Reads the latest message, once the bot has come to rest.
    pub async fn message(&self) -> Content {
        self.settle().await;
        self.talk.slack.read(&self.talk.latest().ts)
    }

    /// Reads the thread of the latest message, once the bot has come to rest.
    pub async fn thread(&self) -> Vec<Content> {
        self.settle().await;
        self.talk.read_thread()
    }

    /// Reads what somebody was told in private, once the bot has come to rest.
    pub async fn private(&self, who: &str) -> Content {
        self.settle().await;
        let mut told = self.talk.slack.read_private(&user(who));
        assert_eq!(told.len(), 1, "{who} was told {} things: {told:#?}", told.len());
        told.remove(0)
    }

    /// What a visitor of the site gets.
    pub async fn visit(&self) -> u16 {
        let url = self.azure.sites()[0].loopback_url.clone();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        client.get(url).send().await.unwrap().status().as_u16()
    }

    /// The open incidents as they are stored.
    pub async fn incidents(&self) -> Vec<Incident> {
        self.bots[0].store.open_incidents().await.unwrap()
    }

    /// Ends the test: nothing may be unread, against Slack's rules, or known that should not be.
    pub async fn finish(self) {
        self.settle().await;
        self.finished.store(true, Ordering::SeqCst);
        let complaints = self.talk.slack.complaints();
        assert!(complaints.is_empty(), "{}", complaints.join("\n\n"));
        let said = self.talk.slack.everything();
        for secret in [canary::SIGNING, canary::TOKEN, canary::ALERT_KEY, canary::REPLY] {
            assert!(!said.contains(secret), "{secret} was sent to Slack");
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let finished = *self.finished.get_mut() || std::thread::panicking();
        assert!(finished, "a test of the world ends with finish()");
    }
}
