//! `agw list`, `agw show`, `agw code` and `agw audit`: what the store holds, without asking Azure or a chat.

use std::sync::Arc;

use anyhow::{Context, bail};
use clap::ValueEnum;
use domain::incident::{Incident, IncidentId};
use domain::keep::{self, Language};
use domain::plan::Plan;
use domain::say;
use serde_json::{Value, json};

use super::keep::Keep;
use super::{Exit, Output, Where, output};
use crate::clock::SystemClock;
use crate::ports::{Clock, Store};
use crate::worker::snoozes_in;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  agw list --store agw.db
  agw list --store azure --output json | jq '.incidents[].id'")]
pub(super) struct ListArgs {
    #[command(flatten)]
    look: Look,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Example: agw show INC-7K2F --store agw.db")]
pub(super) struct OneArgs {
    /// The incident, such as INC-7K2F.
    incident: String,
    #[command(flatten)]
    look: Look,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  agw code INC-7K2F --store agw.db
  agw code INC-7K2F --as terraform >> main.tf
  agw code INC-7K2F --output json | jq -r .code.az")]
pub(super) struct CodeArgs {
    /// The incident, such as INC-7K2F.
    incident: String,
    /// Only this language, and nothing around it.
    #[arg(long = "as", value_enum, value_name = "LANGUAGE")]
    language: Option<Tongue>,
    #[command(flatten)]
    look: Look,
}

/// A language, as the command line calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Tongue {
    /// Properties of the resource Microsoft.Network/applicationGateways.
    Bicep,
    /// Blocks of the resource for a gateway in the provider azurerm.
    Terraform,
    /// Commands of the Azure CLI, for bash.
    Az,
}

impl From<Tongue> for Language {
    fn from(tongue: Tongue) -> Self {
        match tongue {
            Tongue::Bicep => Self::Bicep,
            Tongue::Terraform => Self::Terraform,
            Tongue::Az => Self::Az,
        }
    }
}

#[derive(Debug, clap::Args)]
struct Look {
    /// For people, or for programs.
    #[arg(short, long, value_enum, default_value = "table")]
    output: Output,
    #[command(flatten)]
    keep: Keep,
    #[command(flatten)]
    place: Where,
}

impl Look {
    fn store(&self) -> anyhow::Result<Arc<dyn Store>> {
        self.keep.look(&self.place.config()?)
    }
}

/// The open incidents, which gateways are snoozed, and what had to be given up lately.
pub(super) async fn list(args: ListArgs) -> anyhow::Result<Exit> {
    let store = args.look.store()?;
    let now = SystemClock.now();
    let (open, dead, snoozes) =
        futures::try_join!(store.open_incidents(), store.dead_letters(now), snoozes_in(store.as_ref()))?;
    let snoozes = snoozes.going(now);
    match args.look.output {
        Output::Table => output::card(&say::list(&open, &dead, &snoozes)),
        Output::Json => output::json(&json!({
            "schema": "agw.list/1",
            "incidents": open.iter().map(summary).collect::<Vec<_>>(),
            "dead_letters": dead,
            "snoozes": snoozes,
        }))?,
    }
    Ok(Exit::Done)
}

/// One incident, as its message shows it.
pub(super) async fn show(args: OneArgs) -> anyhow::Result<Exit> {
    let incident = find(args.look.store()?.as_ref(), &args.incident).await?;
    match args.look.output {
        Output::Table => output::card(&say::incident(&incident)),
        Output::Json => output::json(&json!({
            "schema": "agw.incident/1",
            "incident": summary(&incident),
            "text": say::incident(&incident).plain(),
        }))?,
    }
    Ok(Exit::Done)
}

/// The change of an incident as code.
pub(super) async fn code(args: CodeArgs) -> anyhow::Result<Exit> {
    let incident = find(args.look.store()?.as_ref(), &args.incident).await?;
    let (Some(plan), Some(card)) = (say::code_of(&incident), say::code(&incident)) else {
        bail!("there is no change of {} to put into code", incident.id)
    };
    match (args.look.output, args.language) {
        (Output::Table, None) => output::card(&card),
        (Output::Table, Some(language)) => {
            let text = keep::text(plan, language.into());
            if text.is_empty() {
                bail!("a plan beside the gateway is said as commands alone: --as az");
            }
            output::line(text)
        }
        (Output::Json, language) => output::json(&json!({
            "schema": "agw.code/1",
            "incident": incident.id,
            "gateway": incident.gateway,
            "undo": plan.is_undo(),
            "code": in_code(plan, language),
        }))?,
    }
    Ok(Exit::Done)
}

/// The languages that were asked for, each with its text.
fn in_code(plan: &Plan, language: Option<Tongue>) -> Value {
    let wanted = |known: &&Language| language.is_none_or(|wanted| Language::from(wanted) == **known);
    let texts = Language::ALL.iter().filter(wanted);
    texts
        .map(|language| (language.label().to_lowercase(), Value::from(keep::text(plan, *language))))
        .collect()
}

/// Everything that ever happened to an incident, from the trail that nothing is taken away from.
pub(super) async fn audit(args: OneArgs) -> anyhow::Result<Exit> {
    let store = args.look.store()?;
    let incident = find(store.as_ref(), &args.incident).await?;
    let trail = store.trail(&incident.id).await?;
    match args.look.output {
        Output::Table => output::card(&say::trail(&incident.id, &incident.gateway, &trail)),
        Output::Json => output::json(&json!({
            "schema": "agw.audit/1",
            "incident": incident.id,
            "gateway": incident.gateway,
            "entries": trail,
        }))?,
    }
    Ok(Exit::Done)
}

async fn find(store: &dyn Store, text: &str) -> anyhow::Result<Incident> {
    let id = IncidentId::parse(text)
        .with_context(|| format!("{text} is no id of an incident, such as INC-7K2F"))?;
    match store.load(&id).await? {
        Some((incident, _)) => Ok(incident),
        None => bail!("there is no incident {id} in this store; `agw list` shows the open ones"),
    }
}

fn summary(incident: &Incident) -> Value {
    let shown = say::incident(incident);
    json!({
        "id": incident.id,
        "gateway": incident.gateway,
        "status": shown.status,
        "finding": shown.lead.plain(),
        "opened_at": incident.opened_at,
        "closed_at": incident.closed_at,
    })
}
