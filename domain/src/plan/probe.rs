//! When two probes do the same, and the probe that is wanted for a setting.

use serde_json::{Map, Value, json};

use super::ProbeDefaults;
use super::compare;
use crate::gateway::json::{self as raw, L4_SETTINGS, PROBES, SETTINGS};
use crate::gateway::{DEFAULT_CODES, HostChoice, HttpSetting, LOOPBACK, ProbeHost, Protocol, writable_child};
use crate::id::{GatewayId, Name};

/// Whether two probes do the same, whatever they are called.
///
/// The service adds its defaults on GET (`minServers: 0`, `match.statusCodes: ["200-399"]`,
/// `enableProbeProxyProtocolHeader: false`; see hashicorp/terraform-provider-azurerm#13197), and newer versions
/// of it add more; so a field that is empty, zero or false means the same as no field.
pub(super) fn same_probe(one: &Value, other: &Value) -> bool {
    compare::same(&essence(one), &essence(other))
}

fn essence(probe: &Value) -> Value {
    let child = writable_child(PROBES, probe);
    let mut own = telling(raw::properties(&child));
    let wanted = own.remove("match").map(|wanted| match_essence(&wanted)).filter(|wanted| !wanted.is_empty());
    if let Some(wanted) = wanted {
        own.insert("match".to_owned(), wanted.into());
    }
    for key in ["protocol", "host"] {
        if let Some(Value::String(text)) = own.get_mut(key) {
            text.make_ascii_lowercase();
        }
    }
    own.into()
}

fn match_essence(wanted: &Value) -> Map<String, Value> {
    let mut wanted = telling(wanted);
    if let Some(Value::Array(codes)) = wanted.get_mut("statusCodes") {
        codes.sort_by_key(Value::to_string);
        if codes.as_slice() == [json!(DEFAULT_CODES)] {
            wanted.remove("statusCodes");
        }
    }
    wanted
}

/// The fields that say something.
fn telling(object: &Value) -> Map<String, Value> {
    let fields = object.as_object().into_iter().flatten();
    fields.filter(|(_, value)| !is_empty(value)).map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// Whether a field says no more than its absence would.
pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(flag) => !flag,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.values().all(is_empty),
    }
}

/// Which host name a probe for this setting asks for.
///
/// The setting's own way to choose one, where it has any: then the probe sees what clients see. A setting that
/// passes on what the client asked for has none to offer, and ARM refuses a probe that picks there
/// (`ApplicationGatewayBackendHttpSettingsIncompatibleProbeSettingPickHostName`); for it, 127.0.0.1, which is
/// whom the default probe asks for too, so that only the path changes.
pub(super) fn host_for(setting: &HttpSetting) -> ProbeHost {
    match setting.host {
        HostChoice::Fixed(_) | HostChoice::FromPool => ProbeHost::FromSetting,
        HostChoice::Incoming => ProbeHost::Fixed(LOOPBACK.to_owned()),
    }
}

/// The fields by which a probe chooses its host.
pub(super) fn host_fields(host: &ProbeHost) -> Map<String, Value> {
    let mut fields = Map::new();
    match host {
        ProbeHost::Fixed(host) => {
            fields.insert("host".to_owned(), json!(host));
            fields.insert("pickHostNameFromBackendHttpSettings".to_owned(), json!(false));
        }
        ProbeHost::FromSetting => {
            fields.insert("pickHostNameFromBackendHttpSettings".to_owned(), json!(true));
        }
    }
    fields
}

/// A probe as it is written to ARM.
pub(super) fn new_probe(
    gateway: &GatewayId,
    name: &Name,
    protocol: &Protocol,
    host: &ProbeHost,
    defaults: &ProbeDefaults,
) -> Value {
    let mut own = json!({
        "protocol": protocol.to_string(),
        "path": defaults.path,
        "interval": defaults.interval_s,
        "timeout": defaults.timeout_s,
        "unhealthyThreshold": defaults.unhealthy_threshold,
        "minServers": 0,
        "match": { "statusCodes": defaults.status_codes },
    });
    if let Some(own) = own.as_object_mut() {
        own.extend(host_fields(host));
    }
    json!({ "name": name, "id": gateway.resource().child(PROBES, name), "properties": own })
}

/// Whether any setting refers to a probe, of the HTTP side or the TCP and TLS proxy.
pub(super) fn is_used(gateway: &Value, probe: &Name) -> bool {
    !users_of(gateway, probe).is_empty()
}

/// The settings that refer to a probe, of the HTTP side or the TCP and TLS proxy.
pub(super) fn users_of(gateway: &Value, probe: &Name) -> Vec<Name> {
    let settings = [SETTINGS, L4_SETTINGS].into_iter().flat_map(|list| raw::children(gateway, list));
    let refers = |setting: &Value| raw::reference_name(raw::properties(setting), "probe");
    settings.filter(|(_, setting)| refers(setting).as_ref() == Some(probe)).map(|(name, _)| name).collect()
}
