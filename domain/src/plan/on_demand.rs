//! Trying a probe through the gateway before it exists.
//!
//! The bodies are `ApplicationGatewayOnDemandProbe` for the operation `getBackendHealthOnDemand`, which has no
//! port, interval or threshold: it probes once, at the setting's port.

use serde_json::{Value, json};

use super::probe::{host_fields, host_for};
use super::{FixKind, Plan, ProbeDefaults};
use crate::evidence::TrialWanted;
use crate::gateway::json::SETTINGS;
use crate::gateway::{Gateway, ProbeHost, Protocol};
use crate::id::{GatewayId, Name};

/// The body that asks the servers of a pool for something, the way a probe of ours would. The pool and the
/// setting must exist on the gateway.
///
/// None if the gateway has no such HTTP setting.
#[must_use]
pub fn on_demand_probe(gateway: &Gateway, wanted: &TrialWanted, defaults: &ProbeDefaults) -> Option<Value> {
    let setting = gateway.setting(&wanted.setting)?;
    let host = wanted.host.clone().map_or_else(|| host_for(&setting), ProbeHost::Fixed);
    let own: Option<Vec<String>> = wanted.status_codes.as_ref().map(|codes| separated(codes));
    let ask = Ask {
        protocol: &setting.protocol,
        host: &host,
        path: &wanted.path,
        timeout_s: wanted.timeout_s.unwrap_or(defaults.timeout_s),
        status_codes: own.as_deref().unwrap_or(&defaults.status_codes),
        text: wanted.body.as_deref(),
    };
    Some(ask.body(gateway.id(), &setting.name, &wanted.pool))
}

impl Plan {
    /// The body that tries this plan's probe on the servers of a pool, before anything is written.
    ///
    /// None if the plan does not give the setting another probe, its settings do not serve the pool, or it is an
    /// undo: a probe on demand takes its host from the setting as it is, not as it will be.
    #[must_use]
    pub fn on_demand(&self, setting: &Name, pool: &Name) -> Option<Value> {
        let planned = self.probes.iter().find(|planned| planned.settings.contains(setting))?;
        let attaches = matches!(self.kind, FixKind::HealthProbe | FixKind::UseProbe);
        if self.undo || !attaches || !self.serves.pools.contains(pool) {
            return None;
        }
        let probe = &planned.probe;
        let ask = Ask {
            protocol: &probe.protocol,
            host: &probe.host,
            path: &probe.path,
            timeout_s: probe.timeout_s,
            status_codes: &probe.status_codes,
            text: None,
        };
        Some(ask.body(&self.gateway, setting, pool))
    }
}

fn separated(codes: &str) -> Vec<String> {
    codes.split(',').map(|codes| codes.trim().to_owned()).collect()
}

struct Ask<'a> {
    protocol: &'a Protocol,
    host: &'a ProbeHost,
    path: &'a str,
    timeout_s: u32,
    status_codes: &'a [String],
    text: Option<&'a str>,
}

impl Ask<'_> {
    fn body(&self, gateway: &GatewayId, setting: &Name, pool: &Name) -> Value {
        let id = |collection: &str, name: &Name| json!({ "id": gateway.resource().child(collection, name) });
        let wanted = match self.text {
            Some(text) => json!({ "statusCodes": self.status_codes, "body": text }),
            None => json!({ "statusCodes": self.status_codes }),
        };
        let mut body = json!({
            "protocol": self.protocol.to_string(),
            "path": self.path,
            "timeout": self.timeout_s,
            "match": wanted,
            "backendAddressPool": id("backendAddressPools", pool),
            "backendHttpSettings": id(SETTINGS, setting),
        });
        if let Some(body) = body.as_object_mut() {
            body.extend(host_fields(self.host));
        }
        body
    }
}
