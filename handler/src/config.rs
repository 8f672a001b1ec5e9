//! `agw.toml`: policy, which is reviewed like code. Secrets are not in it; see [`Secrets`].
//!
//! Every key has a default, and a key or value that is wrong stops the start with the file, the line and
//! what was expected.

mod approval;
mod channels;
mod deployed;
mod error;
mod places;
mod policy;
mod scope;
mod secrets;
mod sections;
mod storage;
mod value;

#[cfg(test)]
mod tests;

use std::path::Path;

use domain::card::Group;
use domain::id::GatewayId;
use domain::incident::{OnCall, Rules};
use domain::request::{Channel, Platform};
use serde::Deserialize;

pub use approval::{Approval, GatewayRule};
pub use channels::Route;
pub use error::ConfigError;
pub use secrets::{SecretError, Secrets};
pub use sections::{Alerts, Azure, Console, Discord, Monitoring, Probe, Server, Site, Slack, Teams, Timings};
pub use storage::{NoStorage, StorageAccount, Store};

/// The policy of `agw.toml`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Which gateways the bot looks after, and how it gets at them.
    pub azure: Azure,
    /// Who may approve a fix.
    pub approval: Approval,
    /// The health probe that is offered as a fix.
    pub probe: Probe,
    /// Where logs and alerts go that are set up on request.
    pub monitoring: Monitoring,
    /// How alerts are shown where many come at once.
    pub alerts: Alerts,
    /// Where Slack is, and which channels get which alerts.
    pub slack: Slack,
    /// Who the bot is to Teams, and which conversations get which alerts.
    pub teams: Teams,
    /// How the bot talks in Discord, and which channels get which alerts.
    pub discord: Discord,
    /// Where the bot listens.
    pub server: Server,
    /// The page that the bot itself serves.
    pub console: Console,
    /// How the bot visits the listeners of a gateway.
    pub site: Site,
    /// How long things may take.
    pub timing: Timings,
    /// Where incidents are kept with `--store azure`, outside of Azure Functions.
    pub store: Store,
}

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    /// When the file cannot be read, or something in it is wrong.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let file = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Unreadable { file: file.clone(), source })?;
        Self::parse(&file, &text)
    }

    /// Reads a text; errors say that it comes from the file `name`.
    ///
    /// # Errors
    /// When something in it is wrong.
    pub fn parse(name: &str, text: &str) -> Result<Self, ConfigError> {
        let config: Self = toml::from_str(text).map_err(|wrong| error::of_toml(name, text, &wrong))?;
        config.check().map_err(|wrong| error::of_policy(name, text, &wrong))?;
        Ok(config)
    }

    /// The rules that incidents move by.
    #[must_use]
    pub fn rules(&self) -> Rules {
        Rules {
            approval: self.approval.policies(),
            probe: self.probe.defaults(),
            timing: self.timing.incident(),
            oncall: self.oncall(),
        }
    }

    /// Who is called when nobody decides.
    fn oncall(&self) -> OnCall {
        let group = |id: &String| Group { platform: Platform::Slack, id: id.clone() };
        OnCall { groups: self.slack.oncall.iter().map(group).collect(), after: self.timing.escalate_after }
    }

    /// Where an alert about a gateway is posted: on each platform, the channels of the route that names it most
    /// exactly, or else those for everything.
    #[must_use]
    pub fn alert_channels(&self, gateway: &GatewayId) -> Vec<Channel> {
        let platforms = self.places().into_iter();
        platforms
            .flat_map(|(platform, routes, everything)| {
                channels::on(platform, channels::of(gateway, routes, everything))
            })
            .collect()
    }

    /// Where something is posted that is about no gateway.
    #[must_use]
    pub fn general_channels(&self) -> Vec<Channel> {
        let platforms = self.places().into_iter();
        platforms.flat_map(|(platform, _, everything)| channels::on(platform, everything)).collect()
    }

    /// Each platform's routes, and its channels for everything else.
    fn places(&self) -> [(Platform, &[Route], &[String]); 3] {
        let Self { slack, teams, discord, .. } = self;
        [
            (Platform::Slack, &slack.routes, &slack.alert_channels),
            (Platform::Teams, &teams.routes, &teams.alert_channels),
            (Platform::Discord, &discord.routes, &discord.alert_channels),
        ]
    }
}
