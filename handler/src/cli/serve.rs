//! `agw serve`: the bot.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{Exit, Where};
use crate::app::App;
use crate::clock::SystemClock;
use crate::config::Secrets;
use crate::store::SqliteStore;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Secrets come from the environment only: AGW_SLACK_SIGNING_SECRET, AGW_SLACK_BOT_TOKEN, AGW_ALERT_KEY.
Example: agw serve --config agw.toml --store agw.db")]
pub(super) struct Args {
    /// The file that incidents are kept in. It survives a crash at any moment.
    #[arg(long, env = "AGW_STORE", value_name = "FILE", default_value = "agw.db")]
    store: PathBuf,
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
    let secrets = Secrets::from_env(|name| std::env::var(name).ok())?;
    let store =
        SqliteStore::open(&args.store).with_context(|| format!("opening {}", args.store.display()))?;
    let listener = TcpListener::bind(config.server.listen)
        .await
        .with_context(|| format!("listening on {}", config.server.listen))?;
    let address = listener.local_addr()?;
    let app = App::build(&config, secrets, Arc::new(store), Arc::new(SystemClock), address.port())?;
    tracing::info!(%address, store = %args.store.display(), "agw serves");
    let stop = CancellationToken::new();
    tokio::spawn(stop_on_signal(stop.clone()));
    app.serve(listener, stop).await?;
    tracing::info!("stopped");
    Ok(Exit::Done)
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
