//! Whether the bot can speak in Slack, and is heard there.

use futures::FutureExt as _;
use futures::future::{BoxFuture, join_all};

use super::Line;
use crate::chat::slack::{SlackChat, Standing};
use crate::config::{Config, Secrets};

/// What is configured of Slack. `elsewhere`: where else people talk to the bot.
#[must_use]
pub fn configured(config: &Config, secrets: &Secrets, elsewhere: &[&str]) -> Line {
    let what = "Slack";
    match (secrets.slack_bot_token.is_some(), secrets.slack_signing.is_empty()) {
        (true, false) => Line::good(what, format!("connected by {}", config.slack.api)),
        (false, true) if !elsewhere.is_empty() => {
            Line::good(what, format!("not connected; people talk to the bot on {}", elsewhere.join(" and ")))
        }
        (false, true) => Line::missing(what, "not connected")
            .mended_by("set AGW_SLACK_BOT_TOKEN and AGW_SLACK_SIGNING_SECRET"),
        (true, true) => Line::missing(what, "nobody can be told from Slack")
            .mended_by("set AGW_SLACK_SIGNING_SECRET: Basic Information of the app at api.slack.com"),
        (false, false) => Line::missing(what, "nothing can be posted")
            .mended_by("set AGW_SLACK_BOT_TOKEN: OAuth & Permissions of the app at api.slack.com"),
    }
}

/// What Slack says of the token, and of each channel that alerts go to.
pub async fn lines(config: &Config, chat: &SlackChat) -> Vec<Line> {
    let standing = match chat.standing().await {
        Ok(standing) => standing,
        Err(error) => return vec![Line::missing("Slack, token", error.to_string())],
    };
    let mut lines = vec![token(&standing), scopes(&standing)];
    let channels = channels(config);
    if channels.is_empty() {
        return lines;
    }
    if !standing.may_see_channels() {
        let says = "whether the bot was invited is not checked: that takes the scope channels:read, which it does not need otherwise";
        lines.push(
            Line::not_checked("Slack, channels", says)
                .mended_by(format!("/invite @agw in {}", listed(&channels))),
        );
        return lines;
    }
    let looks: Vec<BoxFuture<'_, Line>> =
        channels.into_iter().map(|channel| in_channel(chat, channel).boxed()).collect();
    lines.extend(join_all(looks).await);
    lines
}

fn token(standing: &Standing) -> Line {
    Line::good("Slack, token", format!("{} in the workspace {}", standing.name, standing.team))
}

fn scopes(standing: &Standing) -> Line {
    let what = "Slack, scopes";
    if standing.scopes.is_none() {
        return Line::not_checked(what, "Slack does not say what the token may do");
    }
    match standing.missing().as_slice() {
        [] => Line::good(what, "all that the bot needs"),
        missing => Line::missing(what, format!("the app lacks {}", missing.join(", "))).mended_by(
            "agw manifest slack --url https://HOST, paste it into the app's manifest, and install the app again",
        ),
    }
}

/// The channels that alerts go to, each once.
fn channels(config: &Config) -> Vec<&String> {
    let routed = config.slack.routes.iter().flat_map(|route| &route.channels);
    let mut channels: Vec<&String> = config.slack.alert_channels.iter().chain(routed).collect();
    channels.sort();
    channels.dedup();
    channels
}

fn listed(channels: &[&String]) -> String {
    channels.iter().map(|channel| channel.as_str()).collect::<Vec<_>>().join(", ")
}

async fn in_channel(chat: &SlackChat, channel: &str) -> Line {
    let what = format!("Slack, channel {channel}");
    match chat.is_in(channel).await {
        Ok(true) => Line::good(what, "the bot is in it"),
        Ok(false) => {
            Line::missing(what, "the bot is not in it, and cannot post there").mended_by("/invite @agw")
        }
        Err(error) => Line::missing(what, error.to_string()),
    }
}
