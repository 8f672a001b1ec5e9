//! From configuration to a running bot: the only place that knows every adapter.

pub mod alerting;
mod azure;
pub mod checks;
pub mod discord;
mod live;
pub mod teams;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use domain::id::GatewayId;
use domain::incident::Rules;
use domain::request::Channel;
use jiff::SignedDuration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::chat::console::{self, Console, ConsoleChat};
use crate::chat::slack::{self, ApiBase, SlackChat, SlackIntake, Verifier};
use crate::check;
use crate::config::{Config, Secrets};
use crate::functions;
use crate::intake::Intake;
use crate::investigate::Investigator;
use crate::ports::{Chat, Clock, Scope, Store, Wakeups};
use crate::routes::PublicRoutes;
use crate::telemetry;
use crate::worker::{Tools, Worker};
use live::LiveGateway;

pub use azure::{Azure, identity};

/// How long a stop waits for what was begun.
const DRAIN: Duration = Duration::from_secs(10);

/// Under whom the bot runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hosting {
    /// Nobody: it takes its wake-ups from the queue itself, and sweeps by its own clock.
    Alone {
        /// The port that it listens on.
        port: u16,
    },
    /// An Azure Functions host, which calls a trigger for each wake-up and for the sweep.
    Functions,
}

/// The bot: what it answers to, and who does the work.
pub struct App {
    hosting: Hosting,
    public: PublicRoutes,
    local: Router,
    worker: Arc<Worker>,
    console: Option<Arc<ConsoleChat>>,
    closing: CancellationToken,
}

impl App {
    /// Puts the bot together.
    ///
    /// # Errors
    /// When the configuration cannot work.
    pub fn build<S: Store + Wakeups + 'static>(
        config: &Config,
        secrets: Secrets,
        store: Arc<S>,
        clock: Arc<dyn Clock>,
        hosting: Hosting,
    ) -> anyhow::Result<Self> {
        Self::build_with(config, secrets, store, clock, hosting, Vec::new())
    }

    /// Puts the bot together with chats that the configuration knows nothing of.
    ///
    /// # Errors
    /// When the configuration cannot work.
    pub fn build_with<S: Store + Wakeups + 'static>(
        config: &Config,
        secrets: Secrets,
        store: Arc<S>,
        clock: Arc<dyn Clock>,
        hosting: Hosting,
        chats: Vec<Arc<dyn Chat>>,
    ) -> anyhow::Result<Self> {
        let azure = Azure::connect(config, Arc::clone(&clock))?;
        let wakeups: Arc<dyn Wakeups> = Arc::clone(&store) as Arc<dyn Wakeups>;
        let store: Arc<dyn Store> = store;
        let rules = azure.rules(config);
        if !azure.can_write {
            tracing::warn!("no identity to write with (azure.write_client_id): the bot only observes");
        }
        let intake = Intake::new(Arc::clone(&store), Arc::clone(&wakeups), Arc::clone(&clock));
        let closing = CancellationToken::new();
        let local = Router::new().route("/health", get(async || "ok"));
        let mut parts =
            Parts { public: PublicRoutes::default(), local, chats, intake, closing: closing.clone() };
        parts.alerts(config, &secrets, &clock, hosting)?;
        parts.slack(config, &secrets, &clock)?;
        parts.teams(config, &secrets, &store, &clock)?;
        parts.discord(config, &secrets, &azure, &store, &clock)?;
        if hosting == Hosting::Functions {
            let subject = checks::Subject::deployed(config, secrets, &azure, &store, &clock);
            parts.open_to_all(check::route::routes(Arc::new(subject)));
        }
        let console = parts.console(config, &azure, &clock, &rules, hosting)?;
        if parts.chats.is_empty() {
            tracing::warn!("no chat platform is connected: whatever happens, nobody will be told");
        }
        let worker = Arc::new(Worker::new(Tools {
            store,
            wakeups,
            clock,
            arm: azure.arm,
            site: azure.site,
            chats: parts.chats,
            rules,
            scope: Box::new(Configured(config.clone())),
            destinations: config.monitoring.destinations(),
            storm: config.alerts.storm(),
            lease: config.timing.lease,
            sweep_every: whole(config.timing.sweep_every),
        }));
        let mut local = parts.local;
        if hosting == Hosting::Functions {
            // The host asks for it again and again: cheap, and not logged.
            local = local.route("/", get(async || "agw")).merge(functions::routes(Arc::clone(&worker)));
        }
        Ok(Self { hosting, public: parts.public, local, worker, console, closing })
    }

    /// What the bot answers to.
    pub fn router(&self) -> Router {
        let hosted = self.hosting == Hosting::Functions;
        let router = self.public.router().merge(self.local.clone());
        router.layer(from_fn_with_state(hosted, telemetry::http::observed))
    }

    /// The paths that can be reached from outside, each for POST.
    #[must_use]
    pub fn public_paths(&self) -> &[&'static str] {
        self.public.paths()
    }

    /// Who does the work.
    #[must_use]
    pub fn worker(&self) -> Arc<Worker> {
        Arc::clone(&self.worker)
    }

    /// The console's messages, where there is a console.
    #[must_use]
    pub fn console(&self) -> Option<Arc<ConsoleChat>> {
        self.console.clone()
    }

    /// Serves and works until told to stop, then finishes what was begun. Under a Functions host all work is
    /// begun by requests, and finished with them.
    ///
    /// # Errors
    /// When serving fails.
    pub async fn serve(self, listener: TcpListener, stop: CancellationToken) -> std::io::Result<()> {
        let (worker, router, alone) = (self.worker(), self.router(), self.hosting != Hosting::Functions);
        let working = tokio::spawn({
            let stop = stop.clone();
            async move {
                if alone {
                    worker.run(stop).await;
                }
            }
        });
        let (stopped, closing) = (stop.clone(), self.closing);
        let served = axum::serve(listener, router).with_graceful_shutdown(async move {
            stopped.cancelled().await;
            closing.cancel();
        });
        // A stop waits only so long for somebody who reads slowly.
        let grace = async {
            stop.cancelled().await;
            tokio::time::sleep(Duration::from_secs(5)).await;
        };
        let result = tokio::select! {
            result = served => result,
            () = grace => Ok(()),
        };
        stop.cancel();
        // Whatever is cut off here stands in an outbox, and the next start takes it up.
        if !matches!(tokio::time::timeout(DRAIN, working).await, Ok(Ok(()))) {
            tracing::warn!("the worker was cut off; the next start goes on where it was");
        }
        result
    }
}

/// What is being put together.
struct Parts {
    public: PublicRoutes,
    local: Router,
    chats: Vec<Arc<dyn Chat>>,
    intake: Intake,
    closing: CancellationToken,
}

impl Parts {
    fn open_to_all(&mut self, routes: PublicRoutes) {
        self.public = std::mem::take(&mut self.public).merge(routes);
    }

    fn slack(&mut self, config: &Config, secrets: &Secrets, clock: &Arc<dyn Clock>) -> anyhow::Result<()> {
        let Some(token) = &secrets.slack_bot_token else { return Ok(()) };
        let verifier = Verifier::new(secrets.slack_signing.iter().cloned())
            .context("AGW_SLACK_BOT_TOKEN is set, and AGW_SLACK_SIGNING_SECRET is not")?;
        let base = ApiBase::parse(config.slack.api.as_str()).context("slack.api")?;
        let clock = Arc::clone(clock);
        let chat = Arc::new(SlackChat::new(base.clone(), token.clone(), clock));
        self.chats.push(Arc::clone(&chat) as Arc<dyn Chat>);
        self.open_to_all(slack::routes(SlackIntake {
            intake: self.intake.clone(),
            verifier: Arc::new(verifier),
            base,
            chat,
        }));
        Ok(())
    }

    fn console(
        &mut self,
        config: &Config,
        azure: &Azure,
        clock: &Arc<dyn Clock>,
        rules: &Rules,
        hosting: Hosting,
    ) -> anyhow::Result<Option<Arc<ConsoleChat>>> {
        if !config.console.enabled {
            return Ok(None);
        }
        // The page has no accounts: whoever reaches it may type and press.
        ensure!(
            config.server.listen.ip().is_loopback(),
            "console.enabled needs server.listen on a loopback address"
        );
        let Hosting::Alone { port } = hosting else {
            bail!(
                "console.enabled cannot be used under a Functions host, which forwards requests from outside"
            );
        };
        let chat = Arc::new(ConsoleChat::new());
        let clock = Arc::clone(clock);
        let investigator = Investigator::new(
            Arc::clone(&azure.arm),
            Arc::clone(&azure.site),
            Arc::clone(&clock),
            rules.probe.clone(),
        );
        let every = whole(config.console.refresh);
        let live =
            LiveGateway::new(Arc::clone(&azure.arm), clock, investigator, config.site.proxy.clone(), every)?;
        self.chats.push(Arc::clone(&chat) as Arc<dyn Chat>);
        let console = console::router(Console {
            chat: Arc::clone(&chat),
            intake: self.intake.clone(),
            live: Arc::new(live),
            port,
            closing: self.closing.clone(),
        });
        self.local = std::mem::take(&mut self.local).merge(console);
        Ok(Some(chat))
    }
}

/// What the configuration puts in the bot's care.
struct Configured(Config);

impl Configured {
    fn with_console(&self, mut channels: Vec<Channel>) -> Vec<Channel> {
        if self.0.console.enabled {
            channels.push(ConsoleChat::channel());
        }
        channels
    }
}

impl Scope for Configured {
    fn covers(&self, gateway: &GatewayId) -> bool {
        in_scope(&self.0, gateway)
    }

    /// The channels that the configuration gives a gateway, and the console.
    fn alert_channels(&self, gateway: &GatewayId) -> Vec<Channel> {
        self.with_console(self.0.alert_channels(gateway))
    }

    fn general_channels(&self) -> Vec<Channel> {
        self.with_console(self.0.general_channels())
    }
}

/// Whether the bot looks after a gateway: it is in `azure.subscriptions` and fits `azure.gateways`, where the
/// configuration says either.
#[must_use]
pub fn in_scope(config: &Config, gateway: &GatewayId) -> bool {
    let subscription = gateway.resource().subscription();
    let (subscriptions, gateways) = (&config.azure.subscriptions, &config.azure.gateways);
    (subscriptions.is_empty() || subscriptions.iter().any(|known| known.eq_ignore_ascii_case(subscription)))
        && (gateways.is_empty() || gateways.iter().any(|pattern| pattern.matches(gateway)))
}

/// A duration of the configuration, which is never negative.
fn whole(duration: SignedDuration) -> Duration {
    Duration::try_from(duration).unwrap_or_default()
}
