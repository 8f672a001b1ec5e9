//! Backend health: what a gateway says about each server it probes.
//!
//! The answer of `backendhealth` and of `getBackendHealthOnDemand` becomes plain types here, and the sentence
//! the gateway writes about a probe becomes a [`Symptom`]. A symptom is what was seen, not why: "cannot
//! connect" has been a firewall, a missing peering and an unlinked DNS zone.
//!
//! Shapes: azure-rest-api-specs, `ApplicationGatewayBackendHealth` and `…BackendHealthOnDemand`, 2025-07-01.
//! The live service deviates: it says `Healthy` where the specification says `Up`, adds
//! `healthProbeErrorName`, and spells ids with other casing than a GET does. Names here ignore case.

mod certificates;
mod codes;
mod folds;
mod read;
mod rules;
mod sentence;
mod stems;
mod symptom;
mod trade;
mod wording;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::Name;

pub use certificates::ReportedCertificate;
pub use symptom::Symptom;

/// The health of every server behind a gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackendHealth {
    /// The pools that a rule uses. A pool that no rule uses is not probed and not listed.
    pub pools: Vec<PoolHealth>,
}

/// The health of one pool, by each HTTP setting it is used with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolHealth {
    /// The pool's name.
    pub pool: Name,
    /// One entry for each HTTP setting: the same server can be healthy on one port and not on another.
    pub settings: Vec<SettingHealth>,
}

/// The health of one pool's servers, as probed for one HTTP setting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingHealth {
    /// The HTTP setting's name.
    pub setting: Name,
    /// The servers. None at all means that the pool is empty or is attached to nothing.
    pub servers: Vec<ServerHealth>,
}

/// The health of one server.
///
/// `health` follows the probe's threshold and `log` tells of the latest probe alone, so the two can disagree;
/// both are kept, and [`ServerHealth::log_disagrees`] says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerHealth {
    /// The address or FQDN that was probed; empty when the gateway named none.
    pub address: String,
    /// The state, from whichever vocabulary was used.
    pub health: Health,
    /// The state as the gateway spelled it.
    pub reported: String,
    /// What the gateway wrote about its latest probe, as sent, up to 4096 characters.
    pub log: String,
    /// The undocumented `healthProbeErrorName`, as sent. A hint only.
    pub error_name: Option<String>,
    /// What `log` says, typed.
    pub symptom: Symptom,
    /// What the gateway says about the certificates that the server presents, its own first; empty as a rule.
    #[serde(default)]
    pub certificates: Vec<ReportedCertificate>,
}

/// A server's state. The specification says `Up` and `Down`, the live service `Healthy` and `Unhealthy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// Gets traffic.
    Healthy,
    /// Gets no traffic.
    Unhealthy,
    /// The gateway does not know, or said something we do not know.
    Unknown,
    /// Some instances of the gateway reach it and others do not.
    Partial,
    /// Is being taken out of rotation.
    Draining,
}

/// Why a body is not backend health.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HealthError {
    /// The body, or the part at this JSON pointer, has the wrong type.
    #[error("the gateway's health answer has no {wanted} at '{at}'")]
    Shape {
        /// JSON pointer into the body.
        at: String,
        /// What belongs there.
        wanted: &'static str,
    },
    /// Azure answered with an error in place of a health report.
    #[error("Azure answered the health question with {code}: {message}")]
    Refused {
        /// Azure's error code.
        code: String,
        /// Azure's message.
        message: String,
    },
}

impl BackendHealth {
    /// Reads the answer of `POST …/backendhealth`. No pools at all is an answer: nothing is attached.
    ///
    /// # Errors
    /// When the body is an Azure error, or a pool or HTTP setting in it has no id to go by.
    pub fn parse(body: &Value) -> Result<Self, HealthError> {
        read::backend_health(body)
    }

    /// The report on one pool as used with one HTTP setting.
    #[must_use]
    pub fn of(&self, pool: &Name, setting: &Name) -> Option<&SettingHealth> {
        let pools = self.pools.iter().filter(|found| found.pool == *pool);
        pools.flat_map(|found| &found.settings).find(|found| found.setting == *setting)
    }

    /// Every server, with its pool and HTTP setting.
    pub fn servers(&self) -> impl Iterator<Item = (&Name, &Name, &ServerHealth)> {
        self.pools.iter().flat_map(|pool| {
            pool.settings.iter().flat_map(move |setting| {
                setting.servers.iter().map(move |server| (&pool.pool, &setting.setting, server))
            })
        })
    }

    /// Whether every server is healthy. False when there is no server.
    #[must_use]
    pub fn all_healthy(&self) -> bool {
        every_healthy(self.servers().map(|(_, _, server)| server))
    }
}

impl SettingHealth {
    /// Whether every server is healthy. False when there is no server.
    #[must_use]
    pub fn all_healthy(&self) -> bool {
        every_healthy(&self.servers)
    }
}

impl ServerHealth {
    /// Whether the state and the latest probe tell different stories, as they do for some probe intervals
    /// after a change.
    #[must_use]
    pub fn log_disagrees(&self) -> bool {
        match (self.health, &self.symptom) {
            (_, Symptom::NotReported | Symptom::Unrecognised { .. }) => false,
            (Health::Healthy, symptom) => !symptom.is_healthy(),
            (Health::Unhealthy, symptom) => symptom.is_healthy(),
            _ => false,
        }
    }
}

impl Health {
    /// Reads a state from either vocabulary, without regard to case. What we do not know is `Unknown`.
    #[must_use]
    pub fn read(text: &str) -> Self {
        match text.trim().to_ascii_lowercase().as_str() {
            "healthy" | "up" => Self::Healthy,
            "unhealthy" | "down" => Self::Unhealthy,
            "partial" => Self::Partial,
            "draining" => Self::Draining,
            _ => Self::Unknown,
        }
    }
}

/// Reads the answer of `POST …/getBackendHealthOnDemand`: the servers as one candidate probe finds them.
///
/// # Errors
/// When the body is an Azure error, or holds no report on an HTTP setting.
pub fn parse_on_demand(body: &Value) -> Result<Vec<ServerHealth>, HealthError> {
    read::on_demand(body)
}

fn every_healthy<'a>(servers: impl IntoIterator<Item = &'a ServerHealth>) -> bool {
    let mut servers = servers.into_iter().peekable();
    servers.peek().is_some() && servers.all(|server| server.health == Health::Healthy)
}
