//! What a world is to be like, and the bots in it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};

use domain::approval::Approver;
use domain::request::Platform;
use handler::app::{App, Hosting};
use handler::config::{Config, Secrets};
use handler::ports::{Chat, Clock};
use handler::store::SqliteStore;
use secrecy::SecretString;
use simulator::{Options, Pace, Scenario, Simulator};

use crate::canary;
use crate::clock::ManualClock;
use crate::elsewhere::{ELSEWHERE, Elsewhere};
use crate::gate::Gate;
use crate::recorded::public_root;
use crate::serve::Server;
use crate::talk::{CHANNEL, Talk, user};
use crate::traffic::kept;
use crate::world::World;

/// A change to the bot's configuration.
type Change = Box<dyn FnOnce(&mut Config)>;

/// What the world is to be like.
pub struct Stage {
    scenario: Scenario,
    changes: Vec<Change>,
    file: Option<PathBuf>,
    workers: usize,
    gate: bool,
    teams: bool,
    copies: usize,
    hosting: Hosting,
}

impl Stage {
    /// The usual world around this scenario: one worker, a store in memory, Alex may approve.
    #[must_use]
    pub fn of(scenario: Scenario) -> Self {
        let hosting = Hosting::Alone { port: 0 };
        Self {
            scenario,
            changes: Vec::new(),
            file: None,
            workers: 1,
            gate: false,
            teams: false,
            copies: 1,
            hosting,
        }
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

    /// With so many gateways, all in the same trouble: `agw-prod`, `agw-prod-002` and so on.
    #[must_use]
    pub fn gateways(mut self, count: usize) -> Self {
        self.copies = count;
        self
    }

    /// With a Teams beside Slack, where alerts are shown too and Alex may approve as well: see
    /// [`World::teams`].
    #[must_use]
    pub fn teams(mut self) -> Self {
        self.teams = true;
        self
    }

    /// Under a Functions host: each wake-up is handed to the bot by a trigger.
    #[must_use]
    pub fn hosted(mut self) -> Self {
        self.hosting = Hosting::Functions;
        self
    }

    /// Raises the curtain.
    pub async fn start(self) -> World {
        let clock = Arc::new(ManualClock::default());
        let azure = Options { pace: Pace::Instant, copies: self.copies, ..Options::new(self.scenario) };
        let azure = Simulator::start(azure).await.unwrap();
        let talk = Talk::open(Arc::clone(&clock) as Arc<dyn Clock>).await;
        let gate = match self.gate {
            true => Some(Gate::start(azure.base_url().clone()).await),
            false => None,
        };
        let mut config = Config::default();
        config.azure.endpoint = gate.as_ref().map_or_else(|| azure.base_url().clone(), Gate::url);
        config.site.proxy = Some(azure.site_proxy().clone());
        config.site.roots = vec![public_root(&azure)];
        config.slack.api = talk.slack.api();
        config.slack.alert_channels = vec![CHANNEL.to_owned()];
        config.approval.approvers = vec![approver("alex")];
        let teams = self.teams.then(|| {
            let teams = Arc::new(Elsewhere::new(Platform::Teams, Arc::clone(&clock) as Arc<dyn Clock>));
            config.teams.alert_channels = vec![ELSEWHERE.to_owned()];
            let id = teams.id_of("alex");
            config.approval.approvers.push(Approver::Person { platform: Platform::Teams, id });
            teams
        });
        self.changes.into_iter().for_each(|change| change(&mut config));
        let mut bots = Vec::new();
        for _ in 0..self.workers {
            bots.push(Bot::build(&config, self.file.as_deref(), &clock, None, self.hosting, teams.as_ref()));
        }
        let server = Server::start(kept("bot", bots[0].app.router())).await;
        talk.bot_is_at(server.url());
        World {
            azure,
            talk,
            clock,
            gate,
            teams,
            config,
            file: self.file,
            hosting: self.hosting,
            bots,
            server,
            finished: AtomicBool::new(false),
            asked: AtomicU64::default(),
        }
    }
}

fn approver(who: &str) -> Approver {
    Approver::Person { platform: Platform::Slack, id: user(who) }
}

fn secrets() -> Secrets {
    Secrets {
        slack_signing: vec![SecretString::from(canary::SIGNING)],
        slack_bot_token: Some(SecretString::from(canary::TOKEN)),
        teams_app_secret: Some(SecretString::from(canary::TEAMS_SECRET)),
        discord_bot_token: Some(SecretString::from(canary::DISCORD_TOKEN)),
        alert_key: Some(SecretString::from(canary::ALERT_KEY)),
    }
}

/// One bot.
pub(crate) struct Bot {
    pub(crate) app: App,
    pub(crate) store: Arc<SqliteStore>,
}

impl Bot {
    pub(crate) fn build(
        config: &Config,
        file: Option<&Path>,
        clock: &Arc<ManualClock>,
        memory: Option<Arc<SqliteStore>>,
        hosting: Hosting,
        teams: Option<&Arc<Elsewhere>>,
    ) -> Self {
        let opened = || Arc::new(file.map_or_else(SqliteStore::in_memory, SqliteStore::open).unwrap());
        let store = memory.unwrap_or_else(opened);
        let clock = Arc::clone(clock) as Arc<dyn Clock>;
        let beside = teams.map(|teams| Arc::clone(teams) as Arc<dyn Chat>).into_iter().collect();
        let app = App::build_with(config, secrets(), Arc::clone(&store), clock, hosting, beside).unwrap();
        Self { app, store }
    }
}
