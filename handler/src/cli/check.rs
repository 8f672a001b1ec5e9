//! `agw check`: what is missing before the bot can work, one line each, with what mends it.

use std::sync::Arc;

use secrecy::SecretString;
use url::Url;

use super::keep::{self, Keep, Place};
use super::output::WrongUse;
use super::{Exit, Output, Where, output};
use crate::app::Azure;
use crate::app::checks::{Kept, Subject, Whose};
use crate::azure::identity::Source;
use crate::check::{self, Line};
use crate::clock::SystemClock;
use crate::config::{Config, Secrets};
use crate::ports::Clock;

/// The deployed app's master key.
const KEY: &str = "AGW_CHECK_KEY";

#[derive(Debug, clap::Args)]
#[command(after_help = "\
It changes nothing; in a storage account it writes a small blob of its own and deletes it.
With --url it also looks at the deployed bot from outside. With the app's master key in AGW_CHECK_KEY that bot
looks at itself, with its own identities.

Examples:
  agw check
  agw check --url https://agw.example.com
  AGW_CHECK_KEY=$(az functionapp keys list --name APP --resource-group GROUP --query masterKey --output tsv) \\
    agw check --url https://APP.azurewebsites.net

Exit codes: 0 nothing is missing, 3 something is.")]
pub(super) struct Args {
    /// For people, or for programs.
    #[arg(short, long, value_enum, default_value = "table")]
    output: Output,
    /// Where the deployed bot is reached, such as <https://agw.example.com>.
    #[arg(long, env = "AGW_URL", value_name = "URL")]
    url: Option<Url>,
    #[command(flatten)]
    keep: Keep,
    #[command(flatten)]
    place: Where,
}

pub(super) async fn run(args: Args) -> anyhow::Result<Exit> {
    let config = args.place.config()?;
    let url = args.url.map(reachable).transpose()?;
    let subject = subject(config, &args.keep, url.clone());
    let bar = output::spinner();
    bar.set_message("checking");
    let watch = |what: &str| bar.set_message(format!("checked {what}"));
    let (mut lines, outside, there) =
        futures::join!(subject.lines(&watch), subject.from_outside(), at(url.as_ref()));
    bar.finish_and_clear();
    lines.extend(outside);
    lines.extend(there);
    match args.output {
        Output::Json => output::json(&lines)?,
        Output::Table => table(&lines),
    }
    Ok(if lines.iter().all(|line| line.ok) { Exit::Done } else { Exit::NotHealthy })
}

/// The lines of this machine first, then those of the deployed app below a heading.
fn table(lines: &[Line]) {
    let mut heading = None;
    for line in lines {
        if line.at != heading {
            heading.clone_from(&line.at);
            output::line(heading.as_ref().map_or_else(String::new, |at| format!("\nthe app at {at}")));
        }
        output::line(line.to_string());
    }
}

/// Secrets go there: https, or this machine.
fn reachable(url: Url) -> anyhow::Result<Url> {
    let local = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    let bare = url.query().is_none() && url.username().is_empty() && url.password().is_none();
    if bare && url.has_host() && (url.scheme() == "https" || (url.scheme() == "http" && local)) {
        return Ok(url);
    }
    Err(WrongUse("--url: expected an https address such as https://agw.example.com".to_owned()).into())
}

fn subject(config: Config, keep: &Keep, url: Option<Url>) -> Subject {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let variable = |name: &str| std::env::var(name).ok();
    let azure = Azure::connect(&config, Arc::clone(&clock));
    let source = Source::detect(variable("IDENTITY_ENDPOINT").as_deref(), config.azure.client_id.clone());
    let whose = match source {
        Source::DeveloperTools => Whose::Desk,
        Source::ManagedIdentity { .. } => Whose::Bot { hosted: false },
    };
    let kept = match &keep.at {
        Place::File(path) => Kept::File(path.clone()),
        Place::Azure => match keep::azure(&config) {
            Ok(store) => Kept::Store(Arc::new(store)),
            Err(error) => Kept::Nowhere(format!("{error:#}")),
        },
    };
    Subject {
        secrets: Secrets::from_env(variable),
        azure: azure.map_err(|error| format!("{error:#}")),
        kept,
        clock,
        whose,
        url,
        config,
    }
}

/// What the deployed app says of itself.
async fn at(url: Option<&Url>) -> Vec<Line> {
    let Some(url) = url else { return Vec::new() };
    let key = std::env::var(KEY).ok().filter(|key| !key.is_empty()).map(SecretString::from);
    match check::reach::client() {
        Ok(client) => check::remote::lines(&client, url, key.as_ref()).await,
        Err(error) => vec![Line::not_checked(url.as_str(), error.to_string())],
    }
}
