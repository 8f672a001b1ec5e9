//! The body of a PUT, made from the body of a GET.
//!
//! What goes is what the Azure CLI leaves out: the difference between the read and the write model of
//! api-version 2025-07-01 in Azure/aaz, and the lists by which a child says who refers to it. It goes at
//! its known places only, and an unknown field stays wherever it is: to the service, a field left out is a
//! field deleted.

use serde_json::{Map, Value};

/// Read-only beside every child's `name`.
const CHILD: [&str; 2] = ["etag", "type"];
/// Read-only at the top. `name` is: the gateway is named by its URL.
const ROOT: [&str; 3] = ["name", "type", "etag"];
/// Read-only in the gateway's `properties`.
const ROOT_PROPERTIES: [&str; 5] = [
    "provisioningState",
    "operationalState",
    "resourceGuid",
    "defaultPredefinedSslPolicy",
    "privateEndpointConnections",
];

/// What is read-only in one collection of children.
struct Collection {
    name: &'static str,
    /// Read-only properties.
    read_only: &'static [&'static str],
    /// Lists of references to this child, which the service computes.
    reverse: &'static [&'static str],
    /// A collection of children within.
    nested: Option<&'static str>,
}

const fn plain(name: &'static str, reverse: &'static [&'static str]) -> Collection {
    Collection { name, read_only: &[], reverse, nested: None }
}

const ROUTING: &[&str] =
    &["requestRoutingRules", "routingRules", "urlPathMaps", "pathRules", "loadDistributionPolicies"];
const LISTENERS: &[&str] = &["httpListeners", "listeners"];
const SETTINGS: &[&str] = &["backendHttpSettings", "backendSettings"];

/// Every collection of the model. Those lists of `redirectConfigurations` that look like reverse references
/// are part of the write model and stay.
const COLLECTIONS: [Collection; 22] = [
    plain("authenticationCertificates", SETTINGS),
    Collection {
        name: "backendAddressPools",
        read_only: &["backendIPConfigurations"],
        reverse: ROUTING,
        nested: None,
    },
    plain("backendHttpSettingsCollection", ROUTING),
    plain("backendSettingsCollection", ROUTING),
    plain("entraJWTValidationConfigs", ROUTING),
    plain("frontendIPConfigurations", LISTENERS),
    plain("frontendPorts", LISTENERS),
    plain("gatewayIPConfigurations", &[]),
    plain("httpListeners", ROUTING),
    plain("listeners", ROUTING),
    Collection {
        name: "loadDistributionPolicies",
        read_only: &[],
        reverse: ROUTING,
        nested: Some("loadDistributionTargets"),
    },
    Collection {
        name: "privateLinkConfigurations",
        read_only: &[],
        reverse: &[],
        nested: Some("ipConfigurations"),
    },
    plain("probes", SETTINGS),
    plain("redirectConfigurations", &[]),
    plain("requestRoutingRules", &[]),
    plain("rewriteRuleSets", ROUTING),
    plain("routingRules", &[]),
    Collection { name: "sslCertificates", read_only: &["publicCertData"], reverse: LISTENERS, nested: None },
    plain("sslProfiles", LISTENERS),
    Collection {
        name: "trustedClientCertificates",
        read_only: &["clientCertIssuerDN", "validatedCertData"],
        reverse: &["sslProfiles"],
        nested: None,
    },
    plain("trustedRootCertificates", SETTINGS),
    Collection {
        name: "urlPathMaps",
        read_only: &[],
        reverse: &["requestRoutingRules"],
        nested: Some("pathRules"),
    },
];

/// The body of the PUT that would leave a gateway as it is: its raw JSON less what only the service may
/// write. Unknown fields stay, at every level.
#[must_use]
pub fn writable(raw: &Value) -> Value {
    let mut body = raw.clone();
    let Some(root) = body.as_object_mut() else { return body };
    drop_keys(root, &ROOT);
    if let Some(identity) = object(root, "identity") {
        strip_identity(identity);
    }
    if let Some(properties) = object(root, "properties") {
        drop_keys(properties, &ROOT_PROPERTIES);
        for collection in &COLLECTIONS {
            strip_children(properties, collection);
        }
    }
    body
}

/// A child of a collection less what only the service may write.
pub(crate) fn writable_child(collection: &str, child: &Value) -> Value {
    let mut child = child.clone();
    if let Some(known) = COLLECTIONS.iter().find(|known| known.name == collection) {
        strip_child(&mut child, known);
    }
    child
}

fn strip_identity(identity: &mut Map<String, Value>) {
    drop_keys(identity, &["principalId", "tenantId"]);
    let Some(users) = object(identity, "userAssignedIdentities") else { return };
    for user in users.values_mut().filter_map(Value::as_object_mut) {
        drop_keys(user, &["principalId", "clientId"]);
    }
}

fn strip_children(properties: &mut Map<String, Value>, collection: &Collection) {
    let children = properties.get_mut(collection.name).and_then(Value::as_array_mut);
    children.into_iter().flatten().for_each(|child| strip_child(child, collection));
}

fn strip_child(child: &mut Value, collection: &Collection) {
    let Some(child) = child.as_object_mut() else { return };
    drop_keys(child, &CHILD);
    let Some(own) = object(child, "properties") else { return };
    drop_keys(own, &["provisioningState"]);
    drop_keys(own, collection.read_only);
    own.retain(|key, value| !(collection.reverse.contains(&key.as_str()) && is_reference_list(value)));
    if let Some(nested) = collection.nested {
        strip_children(own, &plain(nested, &[]));
    }
}

/// Whether a value is a list of `{"id": …}` and nothing else: what a reverse reference looks like.
fn is_reference_list(value: &Value) -> bool {
    let is_reference = |item: &Value| {
        item.as_object().is_some_and(|item| item.len() == 1 && item.get("id").is_some_and(Value::is_string))
    };
    value.as_array().is_some_and(|items| items.iter().all(is_reference))
}

fn drop_keys(object: &mut Map<String, Value>, keys: &[&str]) {
    object.retain(|key, _| !keys.contains(&key.as_str()));
}

fn object<'a>(parent: &'a mut Map<String, Value>, key: &str) -> Option<&'a mut Map<String, Value>> {
    parent.get_mut(key).and_then(Value::as_object_mut)
}
