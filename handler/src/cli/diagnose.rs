//! `agw diagnose`: the diagnosis in a terminal.

use std::sync::Arc;

use anyhow::{Context, bail};
use domain::command::did_you_mean;
use domain::diagnosis::{Diagnosis, Overall};
use domain::id::GatewayId;
use domain::say;

use super::{Exit, Output, Where, output};
use crate::app::{Azure, in_scope};
use crate::clock::SystemClock;
use crate::config::Config;
use crate::investigate::{Investigator, Step};
use crate::ports::Arm;
use crate::report::Report;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  agw diagnose agw-prod
  agw diagnose agw-prod --all
  agw diagnose agw-prod --output json | jq .findings
  agw diagnose /subscriptions/…/applicationGateways/agw-prod

Exit codes: 0 healthy, 1 could not be diagnosed, 3 diagnosed and not healthy.")]
pub(super) struct Args {
    /// The gateway's name or resource id. May be left out when there is only one.
    gateway: Option<String>,
    /// For people, or for programs.
    #[arg(short, long, value_enum, default_value = "table")]
    output: Output,
    /// Also what was ruled out, every server in the gateway's own words, and what was not seen. JSON always has
    /// it all.
    #[arg(short, long)]
    all: bool,
    #[command(flatten)]
    place: Where,
}

pub(super) async fn run(args: Args) -> anyhow::Result<Exit> {
    let config = args.place.config()?;
    let azure = Azure::connect(&config, Arc::new(SystemClock))?;
    let bar = output::spinner();
    bar.set_message("Looking for the gateway");
    let id = resolve(azure.arm.as_ref(), &config, args.gateway.as_deref()).await?;
    let watch = |step: Step| bar.set_message(in_words(&step));
    let clock = Arc::new(SystemClock);
    let investigator = Investigator::new(azure.arm, azure.site, clock, config.rules().probe);
    let found = investigator.diagnose(&id, &watch).await;
    bar.finish_and_clear();
    let found = found.with_context(|| format!("gateway {} could not be diagnosed", id.name()))?;
    print(&found, args.output, args.all)?;
    Ok(if found.overall == Overall::Healthy { Exit::Done } else { Exit::NotHealthy })
}

fn print(found: &Diagnosis, how: Output, all: bool) -> anyhow::Result<()> {
    match how {
        Output::Json => output::json(&Report::of(found)),
        Output::Table => {
            output::card(&say::diagnosis(found));
            if all {
                output::card(&say::in_full(found));
            }
            Ok(())
        }
    }
}

async fn resolve(arm: &dyn Arm, config: &Config, name: Option<&str>) -> anyhow::Result<GatewayId> {
    if let Some(id) = name.and_then(|name| GatewayId::parse(name).ok()) {
        return Ok(id);
    }
    let mut known = arm.gateways().await.context("the gateways could not be listed")?;
    known.retain(|id| in_scope(config, id));
    let mut named =
        known.iter().filter(|id| name.is_none_or(|name| id.name().as_str().eq_ignore_ascii_case(name)));
    let names = || known.iter().map(|id| id.name().to_string()).collect::<Vec<_>>().join(", ");
    match (named.next(), named.next(), name) {
        (Some(only), None, _) => Ok(only.clone()),
        (Some(first), Some(second), _) => bail!("which one? {first} or {second}: give the whole id"),
        (None, _, _) if known.is_empty() => {
            bail!("no Application Gateway is visible to this sign-in; see `az account show`, and `agw check`")
        }
        (None, _, Some(name)) => {
            let all = names();
            let close = did_you_mean(name, all.split(", ")).map(|name| format!(" Did you mean {name}?"));
            bail!("there is no gateway named {name}.{} Visible: {all}", close.unwrap_or_default())
        }
        (None, _, None) => bail!("which gateway? Visible: {}", names()),
    }
}

fn in_words(step: &Step) -> String {
    match step {
        Step::Reading => "Reading configuration and backend health; Azure takes up to a minute".to_owned(),
        Step::Visiting(count) => format!("Visiting {count} listeners, waiting for backend health"),
        Step::LookingUp(count) => format!("Looking up {count} resources around the gateway"),
        Step::Trying(count) => format!("Running {count} probes on demand, through the gateway"),
    }
}
