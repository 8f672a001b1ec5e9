//! `agw demo`: everything on one machine.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use anyhow::Context;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::approval::Approver;
use domain::id::ResourceId;
use domain::request::Platform;
use jiff::SignedDuration;
use secrecy::SecretString;
use simulator::{Options, Pace, Simulator};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{headless, scenario};
use crate::app::{App, Hosting};
use crate::chat::console::ConsoleChat;
use crate::cli::serve::stop_on_signal;
use crate::cli::{Exit, output};
use crate::clock::SystemClock;
use crate::config::{Config, Secrets};
use crate::store::SqliteStore;

/// Where the chat page is, unless the port is taken or another is asked for.
const PORT: u16 = 8502;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  agw demo                                  then type /agw diagnose on the page that opens
  agw demo --headless                       the story as text, with a scripted approver
  agw demo --headless --scenario missing-healthz

With --headless the exit code is 0 only if the servers end Healthy and the site answers 200.")]
pub(in crate::cli) struct Args {
    /// Which incident to stage: a name from `agw scenarios`, or a file.
    #[arg(long, value_name = "NAME|FILE")]
    scenario: Option<String>,
    /// Play the whole story as text instead of opening a page.
    #[arg(long)]
    headless: bool,
    /// The port of the chat page; 0 takes a free one.
    #[arg(long, value_name = "N")]
    port: Option<u16>,
    /// Do not open a browser.
    #[arg(long)]
    no_open: bool,
    /// How long things take: as in Azure (real), a sixtieth of it (brisk), or no time (instant).
    #[arg(long, default_value = "brisk", value_name = "PACE")]
    pace: Pace,
}

/// The bot and the Azure that it works on.
pub(super) struct Stage {
    pub(super) simulator: Simulator,
    pub(super) console: Arc<ConsoleChat>,
    pub(super) address: SocketAddr,
    /// The key that `/api/alerts` wants.
    pub(super) alert_key: String,
    stop: CancellationToken,
    serving: tokio::task::JoinHandle<std::io::Result<()>>,
}

pub(in crate::cli) async fn run(args: Args) -> anyhow::Result<Exit> {
    let scenario = scenario(args.scenario.as_deref())?;
    let summary = format!("{} ({})", scenario.title(), scenario.name());
    let options = Options { pace: args.pace, ..Options::new(scenario) };
    let port = if args.headless { Some(0) } else { args.port };
    let stage = Stage::set(options, port).await?;
    if args.headless {
        let exit = headless::play(&stage).await;
        stage.strike().await;
        return exit;
    }
    let page = format!("http://{}/", stage.address);
    output::progress(format!("Staged: {summary}"));
    output::line(format!("Open {page} and type /agw diagnose. Stop with Ctrl-C."));
    if !args.no_open && can_open() && open::that_detached(&page).is_err() {
        output::progress("No browser could be opened; open the page by hand.");
    }
    stop_on_signal(stage.stop.clone()).await;
    stage.strike().await;
    Ok(Exit::Done)
}

/// Whether there is a desktop that a browser could appear on.
fn can_open() -> bool {
    let desktop = ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| std::env::var_os(name).is_some());
    desktop || !cfg!(target_os = "linux")
}

impl Stage {
    /// Starts the simulated Azure, and the bot on it.
    pub(super) async fn set(options: Options, port: Option<u16>) -> anyhow::Result<Self> {
        let pace = options.pace;
        let simulator = Simulator::start(options).await?;
        let listener = listen(port).await?;
        let address = listener.local_addr()?;
        let config = config(&simulator, address, pace)?;
        let alert_key = key()?;
        let secrets =
            Secrets { alert_key: Some(SecretString::from(alert_key.clone())), ..Secrets::default() };
        let store = Arc::new(SqliteStore::in_memory()?);
        let app = App::build(
            &config,
            secrets,
            store,
            Arc::new(SystemClock),
            Hosting::Alone { port: address.port() },
        )?;
        let console = app.console().context("the console is switched on")?;
        let stop = CancellationToken::new();
        let serving = tokio::spawn(app.serve(listener, stop.clone()));
        Ok(Self { simulator, console, address, alert_key, stop, serving })
    }

    /// Ends everything.
    pub(super) async fn strike(self) {
        self.stop.cancel();
        self.serving.abort();
        self.simulator.shutdown().await;
    }
}

async fn listen(port: Option<u16>) -> anyhow::Result<TcpListener> {
    let bind = async |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
    match port {
        Some(port) => bind(port).await.with_context(|| format!("listening on 127.0.0.1:{port}")),
        None => match bind(PORT).await {
            Ok(listener) => Ok(listener),
            Err(_) => bind(0).await.context("listening on a free port"),
        },
    }
}

/// The policy of the rehearsal: the person at the console may approve, and waits are as short as Azure's.
fn config(simulator: &Simulator, address: SocketAddr, pace: Pace) -> anyhow::Result<Config> {
    let mut config = Config::default();
    config.azure.endpoint = simulator.base_url().clone();
    config.site.proxy = Some(simulator.site_proxy().clone());
    config.site.roots.push(STANDARD.decode(simulator.public_root()).context("the simulated root")?);
    config.server.listen = address;
    config.console.enabled = true;
    config.console.refresh = SignedDuration::from_secs(1);
    config.approval.approvers =
        vec![Approver::Person { platform: Platform::Console, id: ConsoleChat::operator().id }];
    config.monitoring.workspace =
        Some(beside(simulator, "Microsoft.OperationalInsights/workspaces/log-ops")?);
    config.monitoring.action_group = Some(beside(simulator, "Microsoft.Insights/actionGroups/ag-ops")?);
    let scaled = |real: SignedDuration| {
        let scaled = pace.scale(std::time::Duration::try_from(real).unwrap_or_default());
        SignedDuration::try_from(scaled).unwrap_or(real).max(SignedDuration::from_millis(50))
    };
    config.timing.follow_every = scaled(config.timing.follow_every);
    config.timing.verify_every = scaled(config.timing.verify_every);
    Ok(config)
}

/// Something in the simulated gateway's resource group, so that logs and alerts have somewhere to go.
fn beside(simulator: &Simulator, what: &str) -> anyhow::Result<ResourceId> {
    let group = simulator.gateway_id().split("/providers/").next().unwrap_or_default();
    ResourceId::parse(&format!("{group}/providers/{what}")).context("the simulated resource group")
}

/// A key that nobody else knows.
fn key() -> anyhow::Result<String> {
    let mut bytes = [0u8; 16];
    getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("no random numbers to be had: {error}"))?;
    Ok(hex::encode(bytes))
}
