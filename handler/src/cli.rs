//! The commands, and what they have in common: progress on stderr, results on stdout, exit codes.

mod check;
mod diagnose;
mod discord;
mod explain;
mod incidents;
mod keep;
mod manifest;
mod output;
#[cfg(feature = "rehearsal")]
mod rehearsal;
mod serve;

use std::path::PathBuf;
use std::process::ExitCode;

#[cfg(feature = "rehearsal")]
use anyhow::Context as _;
#[cfg(feature = "rehearsal")]
use base64::{Engine as _, engine::general_purpose::STANDARD};
use clap::{CommandFactory, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

pub use output::fail;

use crate::config::Config;

/// What a command ended with; a failure is exit code 1, and clap gives 2 for wrong use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done, and healthy.
    Done,
    /// Diagnosed, and not healthy.
    NotHealthy,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Done => Self::SUCCESS,
            Exit::NotHealthy => Self::from(3),
        }
    }
}

const AFTER: &str = "\
Try it without a cloud:
  agw demo                      a broken gateway, a chat page, one click to mend it
  agw demo --headless           the same story as text
  agw scenarios                 what else can be broken

With Azure:
  agw diagnose agw-prod         reads with your own `az login`; changes nothing
  agw check                     what is missing before `agw serve`

Exit codes: 0 done and healthy, 1 failed, 2 wrong use, 3 diagnosed and not healthy.";

/// Finds out why an Azure Application Gateway answers 502, and mends it when somebody approves.
#[derive(Debug, Parser)]
#[command(name = "agw", version, about, after_help = AFTER, propagate_version = true)]
pub struct Cli {
    /// Say more on stderr: -v what is done, -vv every call.
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    verbose: u8,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the bot: takes alerts and chat commands, and works on them.
    Serve(serve::Args),
    /// Diagnose a gateway in the terminal, with your own `az login`. Changes nothing.
    Diagnose(diagnose::Args),
    /// Say what a probe message from the portal means, and what would settle the cause.
    Explain(explain::Args),
    /// Check configuration, secrets, sign-in and permissions, one line each.
    Check(check::Args),
    /// Print or write what creates the bot's app on a chat platform.
    Manifest(manifest::Args),
    /// Register the bot's commands at Discord.
    Discord(discord::Args),
    /// List the open incidents, and what had to be given up.
    List(incidents::ListArgs),
    /// Show one incident, as its message does.
    Show(incidents::OneArgs),
    /// Say the change of an incident as Bicep, Terraform and az commands, so that the next deployment keeps it.
    Code(incidents::CodeArgs),
    /// Print the audit trail of an incident.
    Audit(incidents::OneArgs),
    /// See the whole story on this machine: a simulated Azure, broken backends, the bot and a chat page.
    #[cfg(feature = "rehearsal")]
    Demo(rehearsal::demo::Args),
    /// Run only the simulated Azure, for any ARM client.
    #[cfg(feature = "rehearsal")]
    Simulate(rehearsal::simulate::Args),
    /// List the incidents that can be staged, each with its true cause.
    #[cfg(feature = "rehearsal")]
    Scenarios(rehearsal::scenarios::Args),
    /// Print a completion script for your shell.
    #[command(after_help = "Example: agw completions bash > ~/.local/share/bash-completion/completions/agw")]
    Completions {
        /// The shell.
        shell: Shell,
    },
}

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Output {
    /// For people.
    Table,
    /// For programs: a documented, stable shape.
    Json,
}

/// Where Azure and the configuration are: common to several commands.
#[derive(Debug, clap::Args)]
struct Where {
    /// The configuration file; without it `agw.toml` is used if there is one.
    #[arg(long, env = "AGW_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Azure Resource Manager, if not the one in the configuration: `agw simulate` prints its own.
    #[arg(long, env = "AGW_ARM", value_name = "URL")]
    arm: Option<url::Url>,
    /// The HTTP proxy for visits to listeners: `agw simulate` prints its own.
    #[arg(long, env = "AGW_SITE_PROXY", value_name = "URL")]
    site_proxy: Option<url::Url>,
    /// A root that counts as well known behind that proxy, as base64 of DER: `agw simulate` prints its own.
    #[cfg(feature = "rehearsal")]
    #[arg(long, env = "AGW_SITE_ROOT", value_name = "BASE64")]
    site_root: Option<String>,
}

impl Where {
    /// The configuration, with what the command line says on top.
    fn config(&self) -> anyhow::Result<Config> {
        let usual = PathBuf::from("agw.toml");
        let mut config = match &self.config {
            Some(file) => Config::load(file)?,
            None if usual.exists() => Config::load(&usual)?,
            None => Config::default(),
        };
        config = config.deployed(|name| std::env::var(name).ok())?;
        if let Some(arm) = &self.arm {
            config.azure.endpoint = arm.clone();
        }
        if let Some(proxy) = &self.site_proxy {
            config.site.proxy = Some(proxy.clone());
        }
        #[cfg(feature = "rehearsal")]
        if let Some(root) = &self.site_root {
            config.site.roots.push(STANDARD.decode(root).context("--site-root")?);
        }
        Ok(config)
    }
}

/// Runs a command.
pub async fn run(cli: Cli) -> ExitCode {
    let serving = matches!(cli.command, Command::Serve(_));
    let telemetry = output::start_telemetry(cli.verbose, serving);
    let done = match cli.command {
        Command::Serve(args) => serve::run(args).await,
        Command::Diagnose(args) => diagnose::run(args).await,
        Command::Explain(args) => explain::run(&args),
        Command::Check(args) => check::run(args).await,
        Command::Manifest(args) => manifest::run(&args),
        Command::Discord(args) => discord::run(args).await,
        Command::List(args) => incidents::list(args).await,
        Command::Show(args) => incidents::show(args).await,
        Command::Code(args) => incidents::code(args).await,
        Command::Audit(args) => incidents::audit(args).await,
        #[cfg(feature = "rehearsal")]
        Command::Demo(args) => rehearsal::demo::run(args).await,
        #[cfg(feature = "rehearsal")]
        Command::Simulate(args) => rehearsal::simulate::run(args).await,
        #[cfg(feature = "rehearsal")]
        Command::Scenarios(args) => rehearsal::scenarios::run(&args),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "agw", &mut std::io::stdout());
            Ok(Exit::Done)
        }
    };
    telemetry.stop().await;
    done.map_or_else(|error| fail(&error), ExitCode::from)
}
