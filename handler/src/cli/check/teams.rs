//! What `agw check` says of Teams.

use std::sync::Arc;

use super::Line;
use crate::app::teams;
use crate::clock::SystemClock;
use crate::config::{Config, Secrets};
use crate::ports::Clock;

/// Whether the bot can speak in Teams, knows who speaks to it, and has somewhere to show alerts.
pub(super) async fn lines(config: &Config) -> Vec<Line> {
    let named = !config.teams.alert_channels.is_empty() || !config.teams.routes.is_empty();
    let Some(app_id) = &config.teams.app_id else {
        let why = "not connected, and channels are named: set teams.app_id in agw.toml".to_owned();
        return named.then(|| Line::new("Teams", Err(why))).into_iter().collect();
    };
    // Secrets that cannot be read have a line of their own.
    let Ok(secrets) = Secrets::from_env(|name| std::env::var(name).ok()) else { return Vec::new() };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let (speaks, hears) =
        futures::join!(teams::signs_in(config, &secrets, &clock), teams::knows_keys(config, &clock));
    let tenants = config.teams.tenants.join(", ");
    let speaks = speaks.map(|()| format!("the app {app_id} has a token"));
    let hears = hears.map(|()| format!("keys come by {}; people of {tenants}", config.teams.metadata));
    vec![
        Line::new("Teams", speaks.map_err(|error| format!("{error:#}"))),
        Line::new("Teams, requests", hears.map_err(|error| format!("{error:#}"))),
        Line::new("Teams, alert channels", channels(config)),
    ]
}

fn channels(config: &Config) -> Result<String, String> {
    let elsewhere = config.console.enabled || !config.slack.alert_channels.is_empty();
    match (config.teams.alert_channels.len(), config.teams.routes.len()) {
        (0, 0) if elsewhere => Ok("none; alerts are shown elsewhere".to_owned()),
        (0, 0) => Err("none, so nobody would see an alert; list teams.alert_channels in agw.toml".to_owned()),
        (0, _) => Ok("by teams.routes only; an alert about another gateway has no channel".to_owned()),
        (count, _) => Ok(format!("{count} for alerts that no route is for")),
    }
}
