//! `agw discord`: what is set up at Discord.

use std::sync::Arc;

use clap::Subcommand;
use serde_json::json;

use super::{Exit, Output, Where, output};
use crate::app::discord;
use crate::chat::discord::commands;
use crate::clock::SystemClock;
use crate::config::Secrets;
use crate::ports::Clock;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Register /agw, and say what that changes. Doing it again changes nothing.
    #[command(after_help = "\
Needs discord.application in agw.toml and AGW_DISCORD_BOT_TOKEN.

Examples:
  agw discord register --dry-run
  agw discord register --guild 290926798626357999     shows at once, in this server alone
  agw discord register                                 in every server that the bot is in")]
    Register(RegisterArgs),
}

#[derive(Debug, clap::Args)]
struct RegisterArgs {
    /// Register for one server (guild) alone.
    #[arg(long, value_name = "ID", value_parser = guild)]
    guild: Option<String>,
    /// Say what would change, and change nothing.
    #[arg(long)]
    dry_run: bool,
    /// How the result is printed.
    #[arg(long, value_enum, default_value = "table")]
    output: Output,
    #[command(flatten)]
    place: Where,
}

fn guild(text: &str) -> Result<String, String> {
    let digits = (15..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.to_owned()).ok_or_else(|| "expected the id of a server: 17 to 20 digits".to_owned())
}

pub(super) async fn run(args: Args) -> anyhow::Result<Exit> {
    let What::Register(args) = args.what;
    let secrets = Secrets::from_env(|name| std::env::var(name).ok())?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let chat = discord::chat(&args.place.config()?, &secrets, &clock)?;
    let guild = args.guild.as_deref();
    let wanted = commands::wanted();
    let changes = commands::changes(&chat.commands(guild).await?, &wanted);
    let done = !changes.is_empty() && !args.dry_run;
    if done {
        chat.register(guild, &wanted).await?;
    }
    match args.output {
        Output::Json => output::json(&json!({
            "schema": "agw.discord.register/1", "guild": guild, "changes": changes, "registered": done,
        }))?,
        Output::Table => {
            changes.iter().for_each(|line| output::line(line.clone()));
            output::line(summary(changes.len(), done));
        }
    }
    Ok(Exit::Done)
}

fn summary(changes: usize, done: bool) -> String {
    match (changes, done) {
        (0, _) => "Nothing to change: /agw is registered as it should be.".to_owned(),
        (count, true) => format!("Registered; {count} changed."),
        (count, false) => format!("{count} would change."),
    }
}
