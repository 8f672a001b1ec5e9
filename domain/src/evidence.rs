//! What was read before a verdict is given, and what could not be read and why.

mod certificates;
#[cfg(test)]
pub(crate) mod fixture;
mod inquiry;
mod machines;
mod memory;
mod monitoring;
mod names;
mod permission;
mod question;
mod scope;
pub(crate) mod search;
mod terrain;
mod trial;
pub(crate) mod visited;
mod web;

use std::collections::HashSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::gateway::{Gateway, HttpSetting, Target};
use crate::health::{BackendHealth, Health, ServerHealth};
use crate::id::{Name, ResourceId};

pub use certificates::{AskedHost, Handshake, is_about_tls};
pub use inquiry::Inquiry;
pub use machines::Holder;
pub(crate) use machines::{machine_in_words, may_be_off};
pub use monitoring::Logged;
pub use names::{Answer, Resolution, Sighting};
pub(crate) use names::{EndpointView, may_be_its_name};
pub(crate) use permission::WRITE;
pub use permission::{Permissions, permissions, permissions_at};
pub use question::{ArmRead, Asker, Facts, Lookup, Peer, Question};
pub use scope::Scope;
pub use terrain::{Asked, Place, Unknown, Whereabouts, is_out_of_reach};
pub use trial::{Trial, TrialWanted, trials_wanted};
pub use web::App;

/// Something that was asked for: its value, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reading<T> {
    /// It was read.
    Read(T),
    /// It was not.
    NotRead(WhyNot),
}

impl<T> Reading<T> {
    /// The value, if it was read.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Read(value) => Some(value),
            Self::NotRead(_) => None,
        }
    }

    /// Why it was not read.
    pub fn why_not(&self) -> Option<&WhyNot> {
        match self {
            Self::Read(_) => None,
            Self::NotRead(why) => Some(why),
        }
    }
}

/// Why something was not read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
pub enum WhyNot {
    /// The bot's identity may not.
    #[error("the bot needs the permission {action}")]
    Forbidden {
        /// The missing action, such as `Microsoft.Network/applicationGateways/backendhealth/action`.
        action: String,
    },
    /// It is not there, which is an answer too.
    #[error("{what} was not found")]
    Missing {
        /// What was asked for.
        what: String,
    },
    /// It took too long.
    #[error("no answer within {seconds} s")]
    TooSlow {
        /// The deadline, in seconds.
        seconds: u64,
    },
    /// More was asked than one diagnosis looks up.
    #[error("a diagnosis looks up {limit} things at most")]
    TooMany {
        /// How many that are.
        limit: usize,
    },
    /// It failed.
    #[error("{what}")]
    Failed {
        /// In words for a person.
        what: String,
    },
}

/// Everything that a diagnosis rests on.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// When it was read.
    pub at: Timestamp,
    /// The gateway's configuration.
    pub gateway: Gateway,
    /// What the gateway says about its servers.
    pub health: Reading<BackendHealth>,
    /// What its listeners answered.
    pub visits: Vec<Visit>,
    /// Probes that were run on demand, through the gateway.
    pub trials: Vec<Trial>,
    /// Names of the resource locks on the gateway.
    pub locks: Reading<Vec<String>>,
    /// What causes asked about beside.
    pub facts: Facts,
}

/// One request to a listener, as any visitor would send it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    /// The listener.
    pub listener: Name,
    /// What was requested.
    pub url: String,
    /// What came of it.
    pub seen: Seen,
}

/// What a visitor sees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Seen {
    /// The gateway's own error page: no server answered the request.
    GatewayError {
        /// 502, 504 when a server did not answer in time, or 403 when the gateway let nobody through.
        status: u16,
    },
    /// An answer from behind the gateway.
    Answer {
        /// The HTTP status.
        status: u16,
    },
    /// Nothing: the listener could not be reached from where the bot runs.
    Nothing {
        /// Why, in words for a person.
        why: String,
    },
}

/// The name of a public IP address, or its number where it has no name, so that visitors find it.
#[must_use]
pub fn public_address(id: &ResourceId) -> Question<Option<String>> {
    let action = "Microsoft.Network/publicIPAddresses/read";
    Question::network(id, action, "public IP address", |raw| {
        let read = |pointer| raw.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        Ok(read("/properties/dnsSettings/fqdn").or_else(|| read("/properties/ipAddress")))
    })
}

/// The HTTP settings that some rule uses: the others are not probed at all.
#[must_use]
pub fn used_settings(gateway: &Gateway) -> Vec<HttpSetting> {
    let used: HashSet<&Name> = gateway
        .routes()
        .iter()
        .filter_map(|route| match &route.target {
            Target::Backend { setting, .. } => Some(setting),
            Target::Redirect | Target::Unknown => None,
        })
        .collect();
    let mut settings = gateway.settings();
    settings.retain(|setting| used.contains(&setting.name));
    settings
}

/// Whether a server is anything but Healthy. A draining one leaves on purpose.
#[must_use]
pub fn is_sick(server: &ServerHealth) -> bool {
    !matches!(server.health, Health::Healthy | Health::Draining)
}

/// The pools that a rule sends visitors to.
#[must_use]
pub fn routed_pools(gateway: &Gateway) -> Vec<Name> {
    let mut pools: Vec<Name> = Vec::new();
    for route in gateway.routes() {
        if let Target::Backend { pool, .. } = &route.target
            && !pools.contains(pool)
        {
            pools.push(pool.clone());
        }
    }
    pools
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_public_address_is_known_by_its_name_or_else_its_number() {
        let id = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/publicIPAddresses/p";
        let question = public_address(&ResourceId::parse(id).unwrap());
        assert_eq!(question.lookup.request(), format!("GET {id}?api-version=2025-07-01"));
        let read = |properties: Value| (question.read)(&json!({ "properties": properties })).unwrap();
        let named = json!({"ipAddress": "203.0.113.5", "dnsSettings": {"fqdn": "shop.example"}});
        assert_eq!(read(named).as_deref(), Some("shop.example"));
        assert_eq!(read(json!({"ipAddress": "203.0.113.5"})).as_deref(), Some("203.0.113.5"));
        assert_eq!(read(json!({})), None);
    }
}
