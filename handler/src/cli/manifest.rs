//! `agw manifest`: what creates the bot's app on a chat platform.

mod teams;

use clap::Subcommand;
use url::Url;

use super::{Exit, output};
use crate::chat::slack;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    platform: Platform,
}

#[derive(Debug, Subcommand)]
enum Platform {
    /// A Slack app: paste it under "Create New App", "From a manifest", on the page of your Slack apps.
    #[command(after_help = "Example: agw manifest slack --url https://bot.example.com")]
    Slack {
        /// Where Slack reaches the bot: https, and no path unless something in front of the bot adds one.
        #[arg(long, value_name = "URL")]
        url: Url,
    },
    /// A Teams app: upload it under "Apps", "Manage your apps", "Upload an app".
    Teams(Box<teams::Args>),
}

pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    match &args.platform {
        Platform::Slack { url } => {
            let manifest = slack::manifest(url).map_err(|error| output::WrongUse(error.to_string()))?;
            output::json(&manifest)?;
            Ok(Exit::Done)
        }
        Platform::Teams(args) => teams::run(args),
    }
}
