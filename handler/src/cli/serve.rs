//! `agw serve`: the bot.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::keep::{self, Keep, Place};
use super::{Exit, Where};
use crate::app::{App, Hosting};
use crate::clock::SystemClock;
use crate::config::{Config, Secrets};
use crate::functions;
use crate::ports::{Store, Wakeups};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Secrets come from the environment only: AGW_SLACK_SIGNING_SECRET, AGW_SLACK_BOT_TOKEN, AGW_TEAMS_APP_SECRET,
AGW_ALERT_KEY.
AGW_LOG says what is logged, AGW_LOG_FORMAT=json as what; OTEL_EXPORTER_OTLP_ENDPOINT where traces and metrics go.
Under an Azure Functions host, which sets FUNCTIONS_CUSTOMHANDLER_PORT, it listens there and nowhere else.

Examples:
  agw serve --config agw.toml --store agw.db
  agw serve --store azure              with your own `az login`, and store.account in agw.toml")]
pub(super) struct Args {
    #[command(flatten)]
    keep: Keep,
    /// Where to listen, if not where the configuration says.
    #[arg(long, env = "AGW_LISTEN", value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    #[command(flatten)]
    place: Where,
}

pub(super) async fn run(args: Args) -> anyhow::Result<Exit> {
    let mut config = args.place.config()?;
    if let Some(listen) = args.listen {
        config.server.listen = listen;
    }
    let hosted = port_of_host()?;
    if let Some(port) = hosted {
        // Only 127.0.0.1: the host looks there and nowhere else (azure-functions-host, WorkerConstants.cs).
        config.server.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    }
    match &args.keep.at {
        Place::Azure => {
            let store = Arc::new(keep::azure(&config)?);
            // Token and connections are there before the first request wants them.
            let warming = Arc::clone(&store);
            tokio::spawn(async move { warming.warm().await });
            serve(&config, store, &args.keep.at, hosted).await
        }
        Place::File(path) => serve(&config, Arc::new(keep::file(path)?), &args.keep.at, hosted).await,
    }
}

async fn serve<S: Store + Wakeups + 'static>(
    config: &Config,
    store: Arc<S>,
    place: &Place,
    hosted: Option<u16>,
) -> anyhow::Result<Exit> {
    let secrets = Secrets::from_env(|name| std::env::var(name).ok())?;
    let listener = TcpListener::bind(config.server.listen)
        .await
        .with_context(|| format!("listening on {}", config.server.listen))?;
    let address = listener.local_addr()?;
    let hosting = match hosted {
        Some(_) => Hosting::Functions,
        None => Hosting::Alone { port: address.port() },
    };
    let app = App::build(config, secrets, store, Arc::new(SystemClock), hosting)?;
    tracing::info!(%address, store = %place, "agw serves");
    let stop = CancellationToken::new();
    tokio::spawn(stop_on_signal(stop.clone()));
    app.serve(listener, stop).await?;
    tracing::info!("stopped");
    Ok(Exit::Done)
}

/// The port that a Functions host tells a custom handler to listen on.
fn port_of_host() -> anyhow::Result<Option<u16>> {
    let Ok(text) = std::env::var(functions::PORT) else { return Ok(None) };
    let port = text.parse().with_context(|| format!("{} is {text:?}, which is no port", functions::PORT))?;
    Ok(Some(port))
}

/// Ends the program on Ctrl-C, and on the host's SIGTERM: what was begun is finished first.
pub(super) async fn stop_on_signal(stop: CancellationToken) {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut terminate) => tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            },
            Err(_) => {
                let _ = interrupt.await;
            }
        }
    }
    #[cfg(not(unix))]
    {
        let _ = interrupt.await;
    }
    stop.cancel();
}
