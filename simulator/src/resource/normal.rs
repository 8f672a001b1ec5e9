//! From the body of a PUT to the document Azure keeps: ids, etags, read-only fields, defaults.

use serde_json::{Value, json};

use super::{COLLECTIONS, references::REVERSE};
use crate::{
    json::{children, filled, list, properties, put, take, text},
    random,
};

const KIND: &str = "Microsoft.Network/applicationGateways";

/// Read-only fields of the gateway itself, beside `provisioningState` (models of REST version 2025-07-01).
const READ_ONLY: &[&str] =
    &["operationalState", "resourceGuid", "defaultPredefinedSslPolicy", "privateEndpointConnections"];

/// Certificate collections, with the field that survives when it is left out, and what a client can
/// write but never read.
const CERTIFICATES: &[(&str, &[&str], &[&str])] = &[
    ("sslCertificates", &["publicCertData", "keyVaultSecretId"], &["data", "password"]),
    ("trustedRootCertificates", &["data", "keyVaultSecretId"], &[]),
    ("authenticationCertificates", &["data"], &[]),
    ("trustedClientCertificates", &["data", "validatedCertData", "clientCertIssuerDN"], &[]),
];

/// The document after a PUT was accepted: the body, with everything read-only made anew or taken over from
/// `before`, and in provisioning state `Updating`. A stopped gateway is started by it.
///
/// Fields this module knows nothing of are kept as sent.
pub(crate) fn accepted(mut body: Value, id: &str, before: &Value) -> Value {
    let name = id.rsplit('/').next().unwrap_or_default();
    put(&mut body, "id", id);
    put(&mut body, "name", name);
    put(&mut body, "type", KIND);
    if let Some(identity) = body.get_mut("identity") {
        for field in ["principalId", "tenantId"] {
            keep(identity, field, before.pointer(&format!("/identity/{field}")));
        }
    }
    let own = properties(&mut body);
    for field in READ_ONLY {
        keep(own, field, before.pointer(&format!("/properties/{field}")));
    }
    put(own, "operationalState", "Running");
    if own.get("resourceGuid").is_none() {
        put(own, "resourceGuid", random::guid());
    }
    keep_certificates(&mut body, before);
    for collection in COLLECTIONS {
        for child in children(&mut body, collection) {
            name_child(child, id, collection);
            fill_in(child, collection);
        }
    }
    stamp(&mut body, "Updating");
    body
}

/// The document after its operation has ended: every part in the given state, with a new etag.
pub(crate) fn settled(mut gateway: Value, state: &str) -> Value {
    stamp(&mut gateway, state);
    gateway
}

/// A new etag and a provisioning state, for the gateway and all its parts.
fn stamp(gateway: &mut Value, state: &str) {
    let etag = random::etag();
    let mark = |part: &mut Value| {
        put(part, "etag", etag.as_str());
        put(properties(part), "provisioningState", state);
    };
    mark(gateway);
    for collection in COLLECTIONS {
        for child in children(gateway, collection) {
            mark(child);
            children(child, "pathRules").for_each(mark);
        }
    }
}

fn keep(holder: &mut Value, field: &str, before: Option<&Value>) {
    take(holder, field);
    if let Some(value) = before {
        put(holder, field, value.clone());
    }
}

fn name_child(child: &mut Value, gateway: &str, collection: &str) {
    for (_, field) in REVERSE.iter().filter(|(owner, _)| *owner == collection) {
        take(properties(child), field);
    }
    let id = format!("{gateway}/{collection}/{}", text(child, "/name").unwrap_or_default());
    put(child, "id", id.as_str());
    // A rewrite set has no type in the models; every other part has one.
    if collection != "rewriteRuleSets" {
        put(child, "type", format!("{KIND}/{collection}"));
    }
    for path_rule in children(child, "pathRules") {
        let own = format!("{id}/pathRules/{}", text(path_rule, "/name").unwrap_or_default());
        put(path_rule, "id", own);
        put(path_rule, "type", format!("{KIND}/{collection}/pathRules"));
    }
}

/// The defaults the service adds to a probe (seen as drift in hashicorp/terraform-provider-azurerm#13197).
fn fill_in(child: &mut Value, collection: &str) {
    if collection != "probes" {
        return;
    }
    let probe = properties(child);
    if matches!(text(probe, "/protocol"), Some("Tcp" | "Tls")) {
        return;
    }
    let missing = |probe: &Value, field: &str| probe.get(field).is_none_or(Value::is_null);
    for (field, value) in [
        ("pickHostNameFromBackendHttpSettings", json!(false)),
        ("minServers", json!(0)),
        ("enableProbeProxyProtocolHeader", json!(false)),
        ("match", json!({})),
    ] {
        if missing(probe, field) {
            put(probe, field, value);
        }
    }
    if let Some(wanted) = probe.get_mut("match").filter(|wanted| list(wanted, "/statusCodes").is_empty()) {
        put(wanted, "statusCodes", json!(["200-399"]));
    }
}

/// The body of a PUT with the network interfaces that its pools have. They are read-only there: an interface is
/// put into a pool, and taken out of it, by itself.
pub(crate) fn with_members(mut body: Value, before: &Value) -> Value {
    for pool in children(&mut body, "backendAddressPools") {
        let name = filled(pool, "/name").unwrap_or_default();
        let known = super::references::child(before, "backendAddressPools", &name);
        let members = known.and_then(|known| known.pointer("/properties/backendIPConfigurations"));
        keep(properties(pool), "backendIPConfigurations", members);
    }
    body
}

/// A certificate named in the body without its data keeps the data it had.
fn keep_certificates(body: &mut Value, before: &Value) {
    for (collection, survive, secret) in CERTIFICATES {
        for certificate in children(body, collection) {
            let name = filled(certificate, "/name").unwrap_or_default();
            let known = super::references::child(before, collection, &name);
            let new = filled(certificate, "/properties/data").is_some();
            let own = properties(certificate);
            for field in *survive {
                let old = known.and_then(|known| known.pointer(&format!("/properties/{field}")));
                if let Some(old) = old.filter(|_| !new && own.get(*field).is_none()) {
                    put(own, field, old.clone());
                }
            }
            let dropped = secret.iter().filter_map(|field| take(own, field)).count();
            if dropped > 0 && new {
                put(own, "publicCertData", "MIIBSIMULATED");
            }
        }
    }
}
