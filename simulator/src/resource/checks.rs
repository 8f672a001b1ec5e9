//! What Azure refuses in a PUT, with its codes.
//!
//! The named codes are documented or were reported by users (the constants below say where). For a number
//! out of its range no public report names the code, so those come as `InvalidRequestFormat` with the range
//! in the details; a client should not build on that detail.

use std::collections::HashSet;

use serde_json::Value;

use super::{
    COLLECTIONS,
    references::{child, ids},
    shapes,
};
use crate::{
    arm::ArmError,
    gateway::config::status_codes,
    json::{filled, flag, list, number, referred, text},
};

/// Azure/azure-sdk-for-python#26840.
const DUPLICATE: &str = "DuplicateResourceName";
/// Microsoft's 502 article.
const NO_HOST_TO_PICK: &str = "ApplicationGatewayBackendHttpSettingsIncompatibleProbeSettingPickHostName";
/// Spelt like this by the service: AGIC#875, AGIC#851.
const PROTOCOL_MISMATCH: &str = "ApplicationGatewayProbeProtocolMustMatchBackendHttpSettinsProtocol";
/// hashicorp/terraform-provider-azurerm#14144.
const NO_CERTIFICATE: &str = "ApplicationGatewayCertificateDataOrKeyVaultSecretIdMustBeSpecified";

type Checked = Result<(), ArmError>;

/// Checks the body of a PUT to the gateway `id`, which is `before` now.
pub(crate) fn validate(body: &Value, id: &str, before: &Value) -> Checked {
    if !body.is_object() {
        return Err(ArmError::bad(
            "InvalidRequestContent",
            "The request content was invalid and could not be deserialized.",
        ));
    }
    if let Some(message) = shapes::mistyped(body) {
        return Err(ArmError::unreadable("InvalidJson", message));
    }
    required(body, id, before)?;
    names(body, id)?;
    references(body, id)?;
    each(body, "probes", probe)?;
    each(body, "frontendPorts", |port| range(port, "port", 1, 64_999))?;
    each(body, "backendHttpSettingsCollection", |setting| http_setting(body, setting))?;
    each(body, "sslCertificates", |certificate| ssl_certificate(certificate, before))?;
    each(body, "requestRoutingRules", |rule| range(rule, "priority", 1, 20_000))?;
    http_only(body)
}

/// The listeners of this simulator speak http only; the live service has no such limit.
pub(crate) fn http_only(body: &Value) -> Checked {
    each(body, "httpListeners", |part| match text(part, "/properties/protocol") {
        Some(protocol) if !protocol.eq_ignore_ascii_case("http") => Err(ArmError::bad(
            "SimulatorSpeaksHttpOnly",
            format!(
                "httpListeners/{} asks for {protocol}: the simulated data plane speaks http only.",
                text(part, "/name").unwrap_or_default()
            ),
        )),
        _ => Ok(()),
    })
}

fn each(body: &Value, collection: &str, check: impl Fn(&Value) -> Checked) -> Checked {
    list(body, &format!("/properties/{collection}")).iter().try_for_each(check)
}

fn required(body: &Value, id: &str, before: &Value) -> Checked {
    let Some(location) = filled(body, "/location") else {
        return Err(ArmError::bad(
            "LocationRequired",
            "The location property is required for this definition.",
        ));
    };
    let there = text(before, "/location").unwrap_or_default();
    let plain = |location: &str| location.replace(' ', "").to_lowercase();
    if !there.is_empty() && plain(&location) != plain(there) {
        let message = format!(
            "The resource '{}' already exists in location '{there}'. A resource with the same name cannot be \
             created in location '{location}'. Please select a new resource name.",
            id.rsplit('/').next().unwrap_or_default()
        );
        return Err(ArmError::conflict("InvalidResourceLocation", message));
    }
    let must = [
        "sku",
        "gatewayIPConfigurations",
        "frontendIPConfigurations",
        "frontendPorts",
        "httpListeners",
        "requestRoutingRules",
        "backendAddressPools",
    ];
    let missing = must.iter().find(|field| match body.pointer(&format!("/properties/{field}")) {
        Some(Value::Array(items)) => items.is_empty(),
        Some(value) => value.is_null(),
        None => true,
    });
    match missing {
        Some(field) => Err(ArmError::unreadable(
            "InvalidJson",
            format!("Required property '{field}' not found in JSON. Path 'properties'."),
        )),
        None => Ok(()),
    }
}

fn names(body: &Value, id: &str) -> Checked {
    for collection in COLLECTIONS {
        let mut seen = HashSet::new();
        for part in list(body, &format!("/properties/{collection}")) {
            let Some(name) = filled(part, "/name") else {
                let message =
                    format!("Required property 'name' not found in JSON. Path 'properties.{collection}'.");
                return Err(ArmError::unreadable("InvalidJson", message));
            };
            if !seen.insert(name.to_lowercase()) {
                let message = format!("Resource {id} has two child resources with the same name ({name}).");
                return Err(ArmError::unreadable(DUPLICATE, message));
            }
        }
    }
    Ok(())
}

/// Every id that points into this gateway has to lead to one of its parts.
fn references(body: &Value, id: &str) -> Checked {
    let prefix = format!("{}/", id.to_lowercase());
    for collection in COLLECTIONS {
        for part in list(body, &format!("/properties/{collection}")) {
            let rules = list(part, "/properties/pathRules").iter().flat_map(ids);
            let dangling = ids(part).into_iter().chain(rules).find(|target| {
                let target = target.to_lowercase();
                let own = target.strip_prefix(&prefix).map(str::to_owned);
                own.is_some_and(|own| !exists(body, &own) && !is_reverse(part, collection, &target))
            });
            if let Some(target) = dangling {
                let message = format!(
                    "Resource {target} referenced by resource {id} was not found. Please make sure that the \
                     referenced resource exists, and that both resources are in the same region."
                );
                return Err(ArmError::bad("InvalidResourceReference", message));
            }
        }
    }
    Ok(())
}

/// `probes/healthz` within the gateway.
fn exists(body: &Value, own: &str) -> bool {
    let Some((collection, name)) = own.split_once('/') else { return false };
    let known = COLLECTIONS.iter().find(|known| known.eq_ignore_ascii_case(collection));
    let name = name.split('/').next().unwrap_or_default();
    known.is_none_or(|known| child(body, known, name).is_some())
}

/// A reverse reference is read-only: what a client sends there does not count, not even when it dangles.
fn is_reverse(part: &Value, collection: &str, target: &str) -> bool {
    super::references::REVERSE.iter().filter(|(owner, _)| *owner == collection).any(|(_, field)| {
        list(part, &format!("/properties/{field}"))
            .iter()
            .any(|entry| text(entry, "/id").is_some_and(|id| id.eq_ignore_ascii_case(target)))
    })
}

fn refuse(part: &Value, what: impl std::fmt::Display) -> Checked {
    let name = text(part, "/name").unwrap_or_default();
    Err(ArmError::unreadable("InvalidParameter", format!("Invalid value for {name}: {what}")))
}

fn range(part: &Value, field: &str, from: u64, to: u64) -> Checked {
    match part.pointer(&format!("/properties/{field}")).filter(|value| !value.is_null()) {
        Some(value) if !value.as_u64().is_some_and(|number| (from..=to).contains(&number)) => {
            refuse(part, format_args!("{field} is {value} and must be between {from} and {to}."))
        }
        _ => Ok(()),
    }
}

/// Ranges of the swagger's descriptions; exactly one of host and pick for http probes.
fn probe(probe: &Value) -> Checked {
    range(probe, "interval", 1, 86_400)?;
    range(probe, "timeout", 1, 86_400)?;
    range(probe, "unhealthyThreshold", 1, 20)?;
    range(probe, "port", 1, 65_535)?;
    for field in ["protocol", "interval", "timeout", "unhealthyThreshold"] {
        if probe.pointer(&format!("/properties/{field}")).is_none_or(Value::is_null) {
            return refuse(probe, format_args!("{field} is required."));
        }
    }
    if matches!(text(probe, "/properties/protocol"), Some("Tcp" | "Tls")) {
        return Ok(());
    }
    let Some("Http" | "Https" | "http" | "https") = text(probe, "/properties/protocol") else {
        return refuse(probe, "protocol must be Http, Https, Tcp or Tls.");
    };
    if !text(probe, "/properties/path").is_some_and(|path| path.starts_with('/')) {
        return refuse(probe, "path is required and must start with '/'.");
    }
    let host = filled(probe, "/properties/host").is_some();
    if host == flag(probe, "/properties/pickHostNameFromBackendHttpSettings") {
        return refuse(probe, "exactly one of host and pickHostNameFromBackendHttpSettings must be given.");
    }
    let codes = list(probe, "/properties/match/statusCodes").iter();
    for code in codes.filter_map(Value::as_str) {
        if !status_codes(code)
            .is_some_and(|codes| *codes.start() >= 200 && *codes.end() <= 599 && !codes.is_empty())
        {
            return refuse(probe, format_args!("{code} is no status code or range of them."));
        }
    }
    Ok(())
}

fn http_setting(body: &Value, setting: &Value) -> Checked {
    range(setting, "port", 1, 65_535)?;
    range(setting, "requestTimeout", 1, 86_400)?;
    if number(setting, "/properties/port").is_none() || filled(setting, "/properties/protocol").is_none() {
        return refuse(setting, "port and protocol are required.");
    }
    let picks = flag(setting, "/properties/pickHostNameFromBackendAddress");
    let host = filled(setting, "/properties/hostName").is_some();
    if picks && host {
        return refuse(setting, "only one of hostName and pickHostNameFromBackendAddress may be given.");
    }
    let Some(probe) = referred(setting, "/properties/probe").and_then(|name| child(body, "probes", &name))
    else {
        return Ok(());
    };
    let (setting_name, probe_name) =
        (text(setting, "/id").or(text(setting, "/name")), text(probe, "/id").or(text(probe, "/name")));
    let (setting_name, probe_name) = (setting_name.unwrap_or_default(), probe_name.unwrap_or_default());
    let protocol = |part| text(part, "/properties/protocol").unwrap_or_default();
    if !protocol(setting).eq_ignore_ascii_case(protocol(probe)) {
        let message = format!(
            "Probe {probe_name} has protocol {}, backend HTTP settings {setting_name} have {}. They must match.",
            protocol(probe),
            protocol(setting)
        );
        return Err(ArmError::bad(PROTOCOL_MISMATCH, message));
    }
    if flag(probe, "/properties/pickHostNameFromBackendHttpSettings") && !picks && !host {
        let message = format!(
            "Probe {probe_name} picks its host name from backend HTTP settings {setting_name}, which have \
             neither a hostName nor pickHostNameFromBackendAddress."
        );
        return Err(ArmError::bad(NO_HOST_TO_PICK, message));
    }
    Ok(())
}

fn ssl_certificate(certificate: &Value, before: &Value) -> Checked {
    let name = text(certificate, "/name").unwrap_or_default();
    let given = ["data", "keyVaultSecretId"]
        .iter()
        .any(|field| filled(certificate, &format!("/properties/{field}")).is_some());
    if given || child(before, "sslCertificates", name).is_some() {
        return Ok(());
    }
    let message = format!("Either Data or KeyVaultSecretId must be specified for certificate {name}.");
    Err(ArmError::bad(NO_CERTIFICATE, message))
}
