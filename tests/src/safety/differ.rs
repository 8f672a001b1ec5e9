//! What differs between two documents of a gateway: an opinion of its own, that shares nothing with the bot's.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// Fields that only the service writes: a GET shows them, and a PUT need not have them.
const SERVICE: [&str; 9] = [
    "etag",
    "provisioningState",
    "type",
    "resourceGuid",
    "id",
    "operationalState",
    "backendIPConfigurations",
    "privateEndpointConnections",
    "defaultPredefinedSslPolicy",
];

/// Every leaf of a document under its place, children of lists by their names.
fn leaves(document: &Value) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    walk(String::new(), document, &mut found);
    found
}

fn walk(at: String, value: &Value, found: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(fields) => {
            for (key, field) in fields {
                let reference = fields.len() == 1 && key == "id";
                let own_name = at.is_empty() && key == "name";
                if own_name {
                    continue;
                }
                if reference || !(SERVICE.contains(&key.as_str()) || is_back_reference(&at, key)) {
                    walk(format!("{at}/{key}"), field, found);
                }
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                let name = item.get("name").and_then(Value::as_str).map(str::to_lowercase);
                walk(format!("{at}[{}]", name.unwrap_or_else(|| index.to_string())), item, found);
            }
        }
        Value::Null => {}
        Value::String(text) if text.starts_with("/subscriptions/") => {
            drop(found.insert(at, text.to_lowercase()))
        }
        leaf => drop(found.insert(at, leaf.to_string())),
    }
}

/// Who uses a part: a GET lists it, and a PUT need not.
fn is_back_reference(at: &str, key: &str) -> bool {
    let deep = at.matches('[').count() == 1 && at.ends_with("/properties") && !at.contains("/urlPathMaps[");
    deep && ["requestRoutingRules", "httpListeners", "urlPathMaps", "pathRules", "backendHttpSettings"]
        .contains(&key)
}

/// The places where two documents differ.
pub(crate) fn differing(one: &Value, other: &Value) -> BTreeSet<String> {
    let (one, other) = (leaves(one), leaves(other));
    let places = one.keys().chain(other.keys());
    places.filter(|place| one.get(*place) != other.get(*place)).cloned().collect()
}

/// The places of `differing` that are not within one of these.
pub(crate) fn outside<'a>(places: &'a BTreeSet<String>, plan: &[String]) -> Vec<&'a String> {
    let within = |place: &str, pointer: &String| {
        let rest = place.to_lowercase().strip_prefix(&pointer.to_lowercase()).map(str::to_owned);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '[']))
    };
    places.iter().filter(|place| !plan.iter().any(|pointer| within(place, pointer))).collect()
}
