//! `agw manifest`: what creates the bot's app on a chat platform.

mod teams;

use clap::Subcommand;

use super::Exit;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    platform: Platform,
}

#[derive(Debug, Subcommand)]
enum Platform {
    /// A Teams app: upload it under "Apps", "Manage your apps", "Upload an app".
    Teams(Box<teams::Args>),
}

pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    match &args.platform {
        Platform::Teams(args) => teams::run(args),
    }
}
