//! Whether the bot can speak in Discord, knows who speaks to it, and whether people find its commands.

use futures::FutureExt as _;
use futures::future::{BoxFuture, join_all};
use url::Url;

use super::Line;
use crate::chat::discord::{Application, DiscordChat, Verifier, commands};
use crate::config::Config;
use crate::ports::ChatError;

/// The path that Discord's interactions go to.
const INTERACTIONS: &str = "/api/discord/interactions";

/// Channels are named, and no application is.
#[must_use]
pub fn unconnected(config: &Config) -> Option<Line> {
    let named = !config.discord.alert_channels.is_empty() || !config.discord.routes.is_empty();
    named.then(|| {
        Line::missing("Discord", "not connected, and channels are named")
            .mended_by("set discord.application in agw.toml")
    })
}

/// What Discord says of the token, the application, its commands and each channel that alerts go to. `url` is where the
/// bot is reached, if that is known.
pub async fn lines(config: &Config, chat: &DiscordChat, url: Option<&Url>) -> Vec<Line> {
    let rights: Vec<BoxFuture<'_, Line>> =
        channels(config).into_iter().map(|channel| in_channel(chat, channel).boxed()).collect();
    let rights = join_all(rights);
    let (me, told, registered, rights) =
        futures::join!(chat.whoami(), chat.application(), chat.commands(None), rights);
    let mut lines = vec![token(config, me), key(config, told.as_ref())];
    lines.extend(told.map(|told| endpoint(&told, url)));
    lines.push(commands_line(registered));
    lines.extend(rights);
    lines
}

fn token(config: &Config, me: Result<String, ChatError>) -> Line {
    let application = config.discord.application.as_deref().unwrap_or_default();
    let me = me.map(|name| format!("connected as {name}, application {application}"));
    Line::of("Discord", me.map_err(|error| error.to_string()))
}

/// Whether requests can be told from others': by the key that the developer portal shows.
fn key(config: &Config, told: Result<&Application, &ChatError>) -> Line {
    let what = "Discord, requests";
    let Some(key) = config.discord.public_key.as_deref() else {
        return Line::missing(what, "nobody can be told from Discord")
            .mended_by("set discord.public_key in agw.toml");
    };
    if let Err(error) = Verifier::new(key) {
        return Line::missing(what, error.to_string());
    }
    match told {
        Ok(told) if told.verify_key.eq_ignore_ascii_case(key) => {
            Line::good(what, "checked by the application's own public key")
        }
        Ok(told) => Line::missing(what, "discord.public_key is not that of the application")
            .mended_by(format!("set discord.public_key to {} in agw.toml", told.verify_key)),
        Err(error) => Line::not_checked(what, format!("the application's key is not known: {error}")),
    }
}

fn endpoint(told: &Application, url: Option<&Url>) -> Line {
    let what = "Discord, interactions";
    let wanted = url.map(|url| format!("{}{INTERACTIONS}", url.as_str().trim_end_matches('/')));
    let step = |wanted: &str| {
        format!(
            "set Interactions Endpoint URL to {wanted}: General Information in Discord's developer portal"
        )
    };
    match (&told.endpoint, wanted) {
        (None, wanted) => Line::missing(what, "the application sends them nowhere")
            .mended_by(step(&wanted.unwrap_or_else(|| format!("https://HOST{INTERACTIONS}")))),
        (Some(found), Some(wanted)) if found.trim_end_matches('/') != wanted => {
            Line::missing(what, format!("the application sends them to {found}")).mended_by(step(&wanted))
        }
        (Some(found), _) => Line::good(what, format!("sent to {found}")),
    }
}

fn commands_line(registered: Result<serde_json::Value, ChatError>) -> Line {
    let what = "Discord, commands";
    match registered.map(|registered| commands::changes(&registered, &commands::wanted()).len()) {
        Ok(0) => Line::good(what, "registered for all servers"),
        Ok(_) => Line::missing(
            what,
            "not registered for all servers, or not these; a registration for one server alone is not seen here",
        )
        .mended_by("agw discord register"),
        Err(error) => Line::missing(what, error.to_string()),
    }
}

/// The channels that alerts go to, each once.
fn channels(config: &Config) -> Vec<&String> {
    let routed = config.discord.routes.iter().flat_map(|route| &route.channels);
    let mut channels: Vec<&String> = config.discord.alert_channels.iter().chain(routed).collect();
    channels.sort();
    channels.dedup();
    channels
}

async fn in_channel(chat: &DiscordChat, channel: &str) -> Line {
    let what = format!("Discord, channel {channel}");
    match chat.rights_in(channel).await {
        Ok(rights) if rights.missing.is_empty() => {
            Line::good(what, format!("the bot may do all that it has to in {}", rights.channel))
        }
        Ok(rights) => {
            Line::missing(what, format!("the bot lacks {} in {}", rights.missing.join(", "), rights.channel))
                .mended_by("give its role these permissions: Edit Channel, Permissions")
        }
        Err(error) => Line::missing(what, error.to_string()),
    }
}
