//! What `agw check` says of Discord.

use std::sync::Arc;

use super::Line;
use crate::app::discord;
use crate::chat::discord::{Verifier, commands};
use crate::clock::SystemClock;
use crate::config::{Config, Secrets};
use crate::ports::Clock;

/// Whether the bot can speak in Discord, knows who speaks to it, and whether people find its commands.
pub(super) async fn lines(config: &Config) -> Vec<Line> {
    let named = !config.discord.alert_channels.is_empty() || !config.discord.routes.is_empty();
    let Some(application) = &config.discord.application else {
        let why = "not connected, and channels are named: set discord.application in agw.toml".to_owned();
        return named.then(|| Line::new("Discord", Err(why))).into_iter().collect();
    };
    // Secrets that cannot be read have a line of their own.
    let Ok(secrets) = Secrets::from_env(|name| std::env::var(name).ok()) else { return Vec::new() };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let chat = match discord::chat(config, &secrets, &clock) {
        Ok(chat) => chat,
        Err(error) => return vec![Line::new("Discord", Err(format!("{error:#}")))],
    };
    let (me, registered) = futures::join!(chat.whoami(), chat.commands(None));
    let me = me.map(|name| format!("connected as {name}, application {application}"));
    vec![
        Line::new("Discord", me.map_err(|error| error.to_string())),
        Line::new("Discord, requests", key(config)),
        Line::new("Discord, commands", registered.map_err(|error| error.to_string()).and_then(|registered| {
            match commands::changes(&registered, &commands::wanted()).len() {
                0 => Ok("registered for all servers".to_owned()),
                _ => Err("not registered for all servers, or not these: agw discord register; a registration for one server alone is not seen here".to_owned()),
            }
        })),
    ]
}

fn key(config: &Config) -> Result<String, String> {
    let key = config.discord.public_key.as_deref();
    let key = key.ok_or("set discord.public_key: without it nobody can be told from Discord")?;
    Verifier::new(key).map(|_| "the public key is one".to_owned()).map_err(|error| error.to_string())
}
