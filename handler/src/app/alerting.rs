//! The way in for Azure Monitor's alerts, put together.

use std::sync::Arc;

use anyhow::Context;

use super::{Hosting, Parts};
use crate::alerts::{AlertIntake, Door, SecureWebhook, Trust, routes};
use crate::config::{Config, Secrets};
use crate::ports::Clock;

impl Parts {
    pub(super) fn alerts(
        &mut self,
        config: &Config,
        secrets: &Secrets,
        clock: &Arc<dyn Clock>,
        hosting: Hosting,
    ) -> anyhow::Result<()> {
        let door = Door {
            key: secrets.alert_key.clone().map(Arc::new),
            entra: secure_webhook(config, clock)?.map(Arc::new),
            hosted: hosting == Hosting::Functions,
        };
        if door.is_closed() {
            tracing::warn!("neither AGW_ALERT_KEY nor alerts.app_id is set: alerts are refused");
        }
        self.open_to_all(routes(AlertIntake { intake: self.intake.clone(), door }));
        Ok(())
    }
}

/// Whether the keys can be had that tokens of Azure Monitor are signed with. None: it needs no token.
///
/// # Errors
/// When the configuration cannot work.
pub async fn knows_keys(config: &Config, clock: &Arc<dyn Clock>) -> anyhow::Result<Option<bool>> {
    match secure_webhook(config, clock)? {
        Some(webhook) => Ok(Some(webhook.ready().await)),
        None => Ok(None),
    }
}

fn secure_webhook(config: &Config, clock: &Arc<dyn Clock>) -> anyhow::Result<Option<SecureWebhook>> {
    let alerts = &config.alerts;
    let (app_id, tenant) = match (alerts.app_id.clone(), alerts.tenant.clone()) {
        (Some(app_id), Some(tenant)) => (app_id, tenant),
        (None, None) => return Ok(None),
        (app_id, _) => {
            let missing = if app_id.is_none() { "alerts.app_id" } else { "alerts.tenant" };
            anyhow::bail!("no token of Azure Monitor can be checked without {missing}");
        }
    };
    let trust = Trust { app_id, tenant, role: alerts.role.clone(), metadata: alerts.metadata.clone() };
    let webhook = SecureWebhook::new(trust, Arc::clone(clock)).context("alerts.tenant")?;
    Ok(Some(webhook))
}
