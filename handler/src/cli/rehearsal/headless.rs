//! `agw demo --headless`: the story as text, through the same doors as in production: an alert posted to the
//! webhook, the console's chat, and a scripted approver who presses the button that the message shows.

use std::time::Duration;

use anyhow::{Context, bail, ensure};
use domain::card::{Action, Card, Tone, Verb};
use domain::health::BackendHealth;
use reqwest::Client;
use serde_json::{Value, json};
use tokio::sync::broadcast::Receiver;
use tokio::time::timeout;

use super::demo::Stage;
use crate::chat::console::{Content, Entry};
use crate::cli::{Exit, output};

/// How long nothing may happen before the story counts as stuck.
const PATIENCE: Duration = Duration::from_secs(120);

/// Plays the story, and tells how it ended: Healthy and 200, or not.
pub(super) async fn play(stage: &Stage) -> anyhow::Result<Exit> {
    let player = Player { stage, http: Client::builder().no_proxy().build()? };
    player.visit("Before").await?;
    let (_, changes) = stage.console.follow();
    player.alert().await?;
    let last = player.watch(changes).await?;
    let status = player.visit("After").await?;
    let healthy = player.is_healthy().await?;
    let puts = stage.simulator.puts();
    output::line(format!("Ended: {}. Writes to Azure: {puts}.", last.status));
    Ok(if healthy && status == Some(200) { Exit::Done } else { Exit::NotHealthy })
}

/// Prints a message: in full where there is something to decide or to learn, else in a line.
fn show(card: &Card) {
    if card.tone == Tone::Working {
        output::line(format!("… {}: {}\n", card.status, card.lead.plain()));
    } else {
        output::card(card);
        output::line("");
    }
}

struct Player<'a> {
    stage: &'a Stage,
    http: Client,
}

impl Player<'_> {
    /// Visits the site as its users do.
    async fn visit(&self, when: &str) -> anyhow::Result<Option<u16>> {
        let mut last = None;
        for site in self.stage.simulator.sites() {
            let status = self.http.get(site.loopback_url.clone()).send().await?.status();
            output::line(format!("{when}: {} answers {status}", site.public_url));
            last = Some(last.map_or(status.as_u16(), |worst: u16| worst.max(status.as_u16())));
        }
        Ok(last)
    }

    /// Fires the alert that Azure Monitor would.
    async fn alert(&self) -> anyhow::Result<()> {
        let gateway = self.stage.simulator.gateway_id();
        output::line(format!("\nAlert: UnhealthyHostCount > 0 on {gateway}\n"));
        let answer = self
            .http
            .post(format!("http://{}/api/alerts", self.stage.address))
            .header("x-functions-key", &self.stage.alert_key)
            .json(&alert(gateway))
            .send()
            .await?;
        ensure!(
            answer.status().is_success(),
            "the alert was refused: {}",
            answer.text().await.unwrap_or_default()
        );
        Ok(())
    }

    /// Prints every message as it appears, presses Approve once, and gives the last one.
    async fn watch(&self, mut changes: Receiver<Entry>) -> anyhow::Result<Card> {
        let mut shown: Option<Card> = None;
        let mut pressed = false;
        loop {
            let entry = timeout(PATIENCE, changes.recv()).await.context("nothing happened for too long")?;
            let entry = entry.context("the console fell silent")?;
            let Content::Posted { card, .. } = entry.content else { continue };
            if shown.as_ref() == Some(&*card) {
                continue;
            }
            show(&card);
            let approve = card.actions.iter().find(|action| action.verb == Verb::Approve).cloned();
            match approve {
                Some(approve) if !pressed => {
                    pressed = true;
                    output::line(format!("> The scripted approver presses {}.\n", approve.label));
                    self.press(&approve).await?;
                }
                Some(_) => bail!("a second approval is wanted, and the script has only one"),
                None if card.tone != Tone::Working => return Ok(*card),
                None => {}
            }
            shown = Some(*card);
        }
    }

    async fn press(&self, action: &Action) -> anyhow::Result<()> {
        let answer = self
            .http
            .post(format!("http://{}/console/click", self.stage.address))
            .json(&json!({ "value": action.value, "nonce": "the-one-press" }))
            .send()
            .await?;
        ensure!(
            answer.status().is_success(),
            "the press was refused: {}",
            answer.text().await.unwrap_or_default()
        );
        Ok(())
    }

    /// Reads the backend health from Azure itself, past the bot.
    async fn is_healthy(&self) -> anyhow::Result<bool> {
        let base = self.stage.simulator.base_url().as_str().trim_end_matches('/');
        let url = format!("{base}{}/backendhealth?api-version=2025-07-01", self.stage.simulator.gateway_id());
        let begun = self.http.post(url).json(&json!({})).send().await?;
        let location = begun.headers().get("location").and_then(|value| value.to_str().ok());
        let location = location.context("backend health gave no Location")?.to_owned();
        for _ in 0..600 {
            let answer = self.http.get(&location).send().await?;
            if answer.status() == 200 {
                return Ok(BackendHealth::parse(&answer.json::<Value>().await?)?.all_healthy());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        bail!("backend health did not come")
    }
}

/// The common alert schema, as the `UnhealthyHostCount` alert sends it.
fn alert(gateway: &str) -> Value {
    let subscription = gateway.split('/').nth(2).unwrap_or_default();
    json!({
        "schemaId": "azureMonitorCommonAlertSchema",
        "data": {
            "essentials": {
                "alertId": format!("/subscriptions/{subscription}/providers/Microsoft.AlertsManagement/alerts/7d3f0a52-0000-4000-8000-000000000001"),
                "alertRule": "agw-unhealthy-hosts",
                "severity": "Sev1",
                "signalType": "Metric",
                "monitorCondition": "Fired",
                "monitoringService": "Platform",
                "alertTargetIDs": [gateway.to_ascii_lowercase()],
                "essentialsVersion": "1.0",
                "alertContextVersion": "1.0"
            },
            "alertContext": {
                "conditionType": "SingleResourceMultipleMetricCriteria",
                "condition": {
                    "windowSize": "PT5M",
                    "allOf": [{
                        "metricName": "UnhealthyHostCount",
                        "metricNamespace": "Microsoft.Network/applicationGateways",
                        "operator": "GreaterThan",
                        "threshold": "0",
                        "timeAggregation": "Average",
                        "dimensions": [],
                        "metricValue": 2.0
                    }]
                }
            }
        }
    })
}
