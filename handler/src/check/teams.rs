//! Whether the bot can speak in Teams, and knows who speaks to it.

use futures::FutureExt as _;
use futures::future::{BoxFuture, join_all};

use super::Line;
use crate::chat::teams::TeamsChat;
use crate::config::Config;

/// Channels are named, and no app is.
#[must_use]
pub fn unconnected(config: &Config) -> Option<Line> {
    let named = !config.teams.alert_channels.is_empty() || !config.teams.routes.is_empty();
    named.then(|| {
        Line::missing("Teams", "not connected, and channels are named")
            .mended_by("set teams.app_id in agw.toml")
    })
}

/// Whether there is a token to speak with.
#[must_use]
pub fn token(config: &Config, speaks: Result<(), String>) -> Line {
    let app_id = config.teams.app_id.as_deref().unwrap_or_default();
    match speaks {
        Ok(()) => Line::good("Teams", format!("the app {app_id} has a token")),
        Err(why) => Line::missing("Teams", why).mended_by(format!(
            "az ad app credential reset --id {app_id} --query password --output tsv, into AGW_TEAMS_APP_SECRET; or give the app's managed identity to the function app"
        )),
    }
}

/// Whether requests can be told from others'.
#[must_use]
pub fn keys(config: &Config, hears: Result<(), String>) -> Line {
    let tenants = config.teams.tenants.join(", ");
    let says = format!("keys come by {}; people of {tenants}", config.teams.metadata);
    Line::of("Teams, requests", hears.map(|()| says))
}

/// Whether the bot is in each conversation that alerts go to. Without a chat that is not known here: the ways to
/// conversations are in the deployed bot's store.
pub async fn channels(config: &Config, chat: Option<&TeamsChat>) -> Vec<Line> {
    let routed = config.teams.routes.iter().flat_map(|route| &route.channels);
    let mut channels: Vec<&String> = config.teams.alert_channels.iter().chain(routed).collect();
    channels.sort();
    channels.dedup();
    let Some(chat) = chat else {
        let says = "whether the bot is in them is asked by the deployed bot alone";
        let unseen = Line::not_checked("Teams, channels", says).mended_by("agw check --url https://HOST");
        return if channels.is_empty() { Vec::new() } else { vec![unseen] };
    };
    let looks: Vec<BoxFuture<'_, Line>> =
        channels.into_iter().map(|channel| in_channel(chat, channel).boxed()).collect();
    join_all(looks).await
}

async fn in_channel(chat: &TeamsChat, channel: &str) -> Line {
    let what = format!("Teams, channel {channel}");
    match chat.is_in(channel).await {
        Ok(()) => Line::good(what, "the bot is in it"),
        Err(error) => Line::missing(what, error.to_string())
            .mended_by("agw manifest teams, and add the app to the team in Teams: Manage team, Apps"),
    }
}
