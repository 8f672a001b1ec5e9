//! Trying a probe through the gateway before it exists.
//!
//! The bodies are `ApplicationGatewayOnDemandProbe` for the operation `getBackendHealthOnDemand`, which has no
//! port, interval or threshold: it probes once, at the setting's port.

use serde_json::{Value, json};

use super::Plan;
use super::probe::{host_fields, host_for};
use crate::gateway::json::SETTINGS;
use crate::gateway::{Gateway, HttpSetting, ProbeHost, Protocol};
use crate::id::{GatewayId, Name};

/// The body that asks the servers of a pool for any path, the way a probe for this setting would.
///
/// `timeout_s` is in seconds, 1 to 86400; `status_codes` are what counts as healthy, such as `200-399`. The pool
/// and the setting must exist on the gateway.
#[must_use]
pub fn on_demand_probe(
    gateway: &Gateway,
    setting: &HttpSetting,
    pool: &Name,
    path: &str,
    timeout_s: u32,
    status_codes: &[String],
) -> Value {
    let ask = Ask { protocol: &setting.protocol, host: &host_for(setting), path, timeout_s, status_codes };
    ask.body(gateway.id(), &setting.name, pool)
}

impl Plan {
    /// The body that tries this plan's probe on the servers of a pool, before anything is written.
    ///
    /// None if the plan does not change the setting, its settings do not serve the pool, or it is an undo.
    #[must_use]
    pub fn on_demand(&self, setting: &Name, pool: &Name) -> Option<Value> {
        let planned = self.probes.iter().find(|planned| planned.settings.contains(setting))?;
        if self.undo || !self.serves.pools.contains(pool) {
            return None;
        }
        let probe = &planned.probe;
        let ask = Ask {
            protocol: &probe.protocol,
            host: &probe.host,
            path: &probe.path,
            timeout_s: probe.timeout_s,
            status_codes: &probe.status_codes,
        };
        Some(ask.body(&self.gateway, setting, pool))
    }
}

struct Ask<'a> {
    protocol: &'a Protocol,
    host: &'a ProbeHost,
    path: &'a str,
    timeout_s: u32,
    status_codes: &'a [String],
}

impl Ask<'_> {
    fn body(&self, gateway: &GatewayId, setting: &Name, pool: &Name) -> Value {
        let id = |collection: &str, name: &Name| json!({ "id": gateway.resource().child(collection, name) });
        let mut body = json!({
            "protocol": self.protocol.to_string(),
            "path": self.path,
            "timeout": self.timeout_s,
            "match": { "statusCodes": self.status_codes },
            "backendAddressPool": id("backendAddressPools", pool),
            "backendHttpSettings": id(SETTINGS, setting),
        });
        if let Some(body) = body.as_object_mut() {
            body.extend(host_fields(self.host));
        }
        body
    }
}
