//! Whether an alert is shown anywhere.

use super::Line;
use crate::config::Config;

/// Whether an alert about any gateway has a channel to be shown in, on any platform.
#[must_use]
pub fn line(config: &Config) -> Line {
    let what = "alert channels";
    let Config { slack, teams, discord, console, .. } = config;
    let general = slack.alert_channels.len() + teams.alert_channels.len() + discord.alert_channels.len();
    let routes = slack.routes.len() + teams.routes.len() + discord.routes.len();
    match (general, routes) {
        (0, 0) if console.enabled => Line::good(what, "none; alerts are shown on the console"),
        (0, 0) => Line::missing(what, "none, so nobody would see an alert")
            .mended_by("list alert_channels below [slack], [teams] or [discord] in agw.toml"),
        (0, _) => Line::warning(what, "by routes only; an alert about another gateway has no channel"),
        (count, _) => Line::good(what, format!("{count} for alerts that no route is for")),
    }
}
