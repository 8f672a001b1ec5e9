//! `agw check`: what is missing before the bot can work, one line each, with what mends it.

mod discord;
mod teams;

use std::sync::Arc;

use domain::approval::{Mode, Policy};
use domain::id::GatewayId;
use domain::say;
use serde::Serialize;

use super::{Exit, Output, Where, output};
use crate::app::{Azure, in_scope};
use crate::clock::SystemClock;
use crate::config::{Config, Secrets};
use crate::ports::{Arm, ArmError};

#[derive(Debug, clap::Args)]
#[command(after_help = "Exit codes: 0 nothing is missing, 3 something is.")]
pub(super) struct Args {
    /// For people, or for programs.
    #[arg(short, long, value_enum, default_value = "table")]
    output: Output,
    #[command(flatten)]
    place: Where,
}

/// One thing that was checked.
#[derive(Debug, Serialize)]
struct Line {
    what: String,
    ok: bool,
    says: String,
}

impl Line {
    fn new(what: &str, result: Result<String, String>) -> Self {
        let (ok, says) = match result {
            Ok(says) => (true, says),
            Err(says) => (false, says),
        };
        Self { what: what.to_owned(), ok, says }
    }
}

pub(super) async fn run(args: Args) -> anyhow::Result<Exit> {
    let config = args.place.config()?;
    let mut lines = approvals(&config);
    lines.extend(secrets(&config));
    lines.extend(teams::lines(&config).await);
    lines.extend(discord::lines(&config).await);
    lines.extend(azure(&config).await);
    let missing = lines.iter().any(|line| !line.ok);
    match args.output {
        Output::Json => output::json(&lines)?,
        Output::Table => {
            for line in &lines {
                let mark = if line.ok { "ok     " } else { "missing" };
                output::line(format!("{mark}  {}: {}", line.what, line.says));
            }
        }
    }
    Ok(if missing { Exit::NotHealthy } else { Exit::Done })
}

/// Who may approve what: everywhere, and where a rule says otherwise.
fn approvals(config: &Config) -> Vec<Line> {
    let policies = config.approval.policies();
    let mut lines = vec![Line::new("approval", approval(&policies.everywhere, policies.rules.is_empty()))];
    lines.extend(policies.rules.iter().map(|rule| {
        let policy = rule.over(policies.everywhere.clone());
        Line::new(&format!("approval for {}", rule.reach), approval(&policy, false))
    }));
    lines
}

/// Nobody to approve is a fault where nothing else is said; elsewhere it may be what is wanted.
fn approval(policy: &Policy, is_all: bool) -> Result<String, String> {
    let words = say::policy_in_words(policy);
    if is_all && policy.mode == Mode::Approve && policy.approvers.is_empty() {
        return Err(format!("{words}; list approval.approvers in agw.toml"));
    }
    match say::policy_is_short(policy) {
        Some(why) => Err(format!("{words}; but {why}")),
        None => Ok(words),
    }
}

/// Who may approve for one gateway, all rules taken together.
fn approval_of(config: &Config, gateway: &GatewayId) -> Option<Line> {
    let policies = config.approval.policies();
    if policies.about(gateway).is_empty() {
        return None;
    }
    Some(Line::new(&format!("approval for {}", gateway.name()), approval(&policies.of(gateway), false)))
}

fn secrets(config: &Config) -> Vec<Line> {
    let secrets = match Secrets::from_env(|name| std::env::var(name).ok()) {
        Ok(secrets) => secrets,
        Err(error) => return vec![Line::new("secrets", Err(error.to_string()))],
    };
    let slack = match (secrets.slack_bot_token.is_some(), secrets.slack_signing.is_empty()) {
        (true, false) => Ok(format!("connected by {}", config.slack.api)),
        (false, true) => {
            Err("not connected: set AGW_SLACK_BOT_TOKEN and AGW_SLACK_SIGNING_SECRET".to_owned())
        }
        (true, true) => {
            Err("set AGW_SLACK_SIGNING_SECRET: without it nobody can be told from Slack".to_owned())
        }
        (false, false) => Err("set AGW_SLACK_BOT_TOKEN: without it nothing can be posted".to_owned()),
    };
    let slack = match slack {
        Err(_)
            if (config.console.enabled
                || config.teams.app_id.is_some()
                || config.discord.application.is_some())
                && secrets.slack_bot_token.is_none()
                && secrets.slack_signing.is_empty() =>
        {
            let places = [
                (config.teams.app_id.is_some(), "Teams"),
                (config.discord.application.is_some(), "Discord"),
                (config.console.enabled, "the console"),
            ];
            let places: Vec<&str> = places.iter().filter(|place| place.0).map(|place| place.1).collect();
            Ok(format!("not connected; people talk to the bot on {}", places.join(" and ")))
        }
        other => other,
    };
    let alerts = match secrets.alert_key {
        Some(_) => Ok("a key is set".to_owned()),
        None => {
            Err("refused, as no key is set: set AGW_ALERT_KEY, and give it to the action group".to_owned())
        }
    };
    let mut lines = vec![Line::new("Slack", slack), Line::new("alerts", alerts)];
    if secrets.slack_bot_token.is_some() {
        lines.push(Line::new("alert channels", channels(config)));
    }
    lines
}

/// Whether an alert about any gateway has a channel to be shown in.
fn channels(config: &Config) -> Result<String, String> {
    match (config.slack.alert_channels.len(), config.slack.routes.len()) {
        (0, 0) if config.console.enabled => Ok("none; alerts are shown on the console".to_owned()),
        (0, 0) => Err("none, so nobody would see an alert; list slack.alert_channels in agw.toml".to_owned()),
        (0, _) => Ok("by slack.routes only; an alert about another gateway has no channel".to_owned()),
        (count, _) => Ok(format!("{count} for alerts that no route is for")),
    }
}

async fn azure(config: &Config) -> Vec<Line> {
    let connected = Azure::connect(config, Arc::new(SystemClock));
    let azure = match connected {
        Ok(azure) => azure,
        Err(error) => return vec![Line::new("Azure", Err(format!("{error:#}")))],
    };
    let known = azure.arm.gateways().await.map(|mut known| {
        known.retain(|id| in_scope(config, id));
        known
    });
    let known = match known {
        Ok(known) if known.is_empty() => {
            let why = "signed in, and no gateway is visible: grant Reader on the gateways".to_owned();
            return vec![Line::new("Azure", Err(why))];
        }
        Ok(known) => known,
        Err(error) => return vec![Line::new("Azure", Err(error.to_string()))],
    };
    let mut lines = vec![Line::new("Azure", Ok(in_scope_words(config, known.len())))];
    lines.extend(known.iter().filter_map(|id| approval_of(config, id)));
    lines.extend(futures::future::join_all(known.iter().map(|id| gateway(azure.arm.as_ref(), id))).await);
    lines
}

fn in_scope_words(config: &Config, count: usize) -> String {
    let gateways = if count == 1 { "gateway" } else { "gateways" };
    format!("{}, {count} {gateways} in scope", config.azure.endpoint)
}

/// Whether a gateway can be read and diagnosed. Whether it can be written is not tried: that would be a write.
async fn gateway(arm: &dyn Arm, id: &GatewayId) -> Line {
    let (config, health, locks) = futures::join!(arm.gateway(id), arm.backend_health(id), arm.locks(id));
    let missing: Vec<String> = [config.err(), health.err(), locks.err()]
        .into_iter()
        .flatten()
        .map(|error| match error {
            ArmError::Forbidden { action } => format!("grant {action}"),
            other => other.to_string(),
        })
        .collect();
    let result = if missing.is_empty() {
        Ok("readable, backend health and locks included; write permission is not tried".to_owned())
    } else {
        Err(missing.join("; "))
    };
    Line::new(&format!("gateway {}", id.name()), result)
}
