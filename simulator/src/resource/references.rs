//! The links between the parts of a gateway: those a client writes, and those Azure writes back.

use serde_json::{Value, json};

use super::COLLECTIONS;
use crate::json::{children, list, properties, put, take, text};

/// Reverse references: which part lists who refers to it, and under which name. A GET shows them, a PUT
/// ignores them.
pub(crate) const REVERSE: &[(&str, &str)] = &[
    ("backendAddressPools", "requestRoutingRules"),
    ("backendAddressPools", "urlPathMaps"),
    ("backendAddressPools", "pathRules"),
    ("backendHttpSettingsCollection", "requestRoutingRules"),
    ("backendHttpSettingsCollection", "urlPathMaps"),
    ("backendHttpSettingsCollection", "pathRules"),
    ("frontendIPConfigurations", "httpListeners"),
    ("frontendPorts", "httpListeners"),
    ("httpListeners", "requestRoutingRules"),
    ("probes", "backendHttpSettings"),
    ("redirectConfigurations", "requestRoutingRules"),
    ("rewriteRuleSets", "requestRoutingRules"),
    ("sslCertificates", "httpListeners"),
    ("trustedRootCertificates", "backendHttpSettings"),
    ("urlPathMaps", "requestRoutingRules"),
];

/// The collection whose members are listed under a reverse reference.
fn referrers(field: &str) -> &str {
    if field == "backendHttpSettings" { "backendHttpSettingsCollection" } else { field }
}

/// The member of a collection with this name, letter case aside.
pub(crate) fn child<'a>(gateway: &'a Value, collection: &str, name: &str) -> Option<&'a Value> {
    list(gateway, &format!("/properties/{collection}"))
        .iter()
        .find(|child| text(child, "/name").is_some_and(|found| found.eq_ignore_ascii_case(name)))
}

/// Every `{"id": ...}` inside a value, except its own `id` and what it lists as reverse references.
pub(crate) fn ids(part: &Value) -> Vec<&str> {
    fn walk<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("id").and_then(Value::as_str));
                members.values().for_each(|member| walk(member, found));
            }
            Value::Array(items) => items.iter().for_each(|item| walk(item, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    if let Some(own) = part.get("properties").and_then(Value::as_object) {
        own.iter()
            .filter(|(field, _)| field.as_str() != "pathRules")
            .for_each(|(_, member)| walk(member, &mut found));
    }
    found
}

/// The document as a GET shows it: each part lists the parts that refer to it.
pub(crate) fn with_reverse_references(gateway: &Value) -> Value {
    let links = links(gateway);
    let mut shown = gateway.clone();
    for (collection, field) in REVERSE {
        for part in children(&mut shown, collection) {
            let id = text(part, "/id").unwrap_or_default().to_lowercase();
            let here: Vec<Value> = links
                .iter()
                .filter(|link| link.collection == referrers(field) && link.to == id)
                .map(|link| json!({"id": link.from}))
                .collect();
            take(properties(part), field);
            if !here.is_empty() {
                put(properties(part), field, here);
            }
        }
    }
    shown
}

struct Link {
    /// The collection that the referring part is in.
    collection: &'static str,
    from: String,
    /// Lower-case id.
    to: String,
}

fn links(gateway: &Value) -> Vec<Link> {
    let mut links = Vec::new();
    let mut add = |collection: &'static str, part: &Value| {
        let from = text(part, "/id").unwrap_or_default();
        links.extend(ids(part).into_iter().map(|to| Link {
            collection,
            from: from.to_owned(),
            to: to.to_lowercase(),
        }));
    };
    for collection in COLLECTIONS {
        for part in list(gateway, &format!("/properties/{collection}")) {
            add(collection, part);
            list(part, "/properties/pathRules").iter().for_each(|rule| add("pathRules", rule));
        }
    }
    links
}
