//! `agw list`, `agw show` and `agw audit`: what the store holds, without asking Azure or a chat.

use std::sync::Arc;

use anyhow::{Context, bail};
use domain::incident::{Incident, IncidentId};
use domain::say;
use serde_json::{Value, json};

use super::keep::Keep;
use super::{Exit, Output, Where, output};
use crate::clock::SystemClock;
use crate::ports::{Clock, Store};

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

/// The open incidents, and what had to be given up lately.
pub(super) async fn list(args: ListArgs) -> anyhow::Result<Exit> {
    let store = args.look.store()?;
    let (open, dead) = futures::try_join!(store.open_incidents(), store.dead_letters(SystemClock.now()))?;
    match args.look.output {
        Output::Table => output::card(&say::list(&open, &dead)),
        Output::Json => output::json(&json!({
            "schema": "agw.list/1",
            "incidents": open.iter().map(summary).collect::<Vec<_>>(),
            "dead_letters": dead,
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
