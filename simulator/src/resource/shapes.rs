//! The types of the fields this simulator knows. A field it does not know may hold anything.

use serde_json::Value;

use super::COLLECTIONS;
use crate::json::list;

#[derive(Clone, Copy)]
enum Shape {
    Text,
    Integer,
    Flag,
    List,
    Object,
    /// `{"id": "..."}`
    Reference,
}

use Shape::{Flag, Integer, List, Object, Reference, Text};

const ROOT: &[(&str, Shape)] = &[
    ("id", Text),
    ("name", Text),
    ("location", Text),
    ("tags", Object),
    ("zones", List),
    ("properties", Object),
];

const PROPERTIES: &[(&str, Shape)] =
    &[("sku", Object), ("sslPolicy", Object), ("enableHttp2", Flag), ("autoscaleConfiguration", Object)];

/// Field types of the parts (models of REST version 2025-07-01).
const PARTS: &[(&str, &[(&str, Shape)])] = &[
    (
        "probes",
        &[
            ("protocol", Text),
            ("host", Text),
            ("path", Text),
            ("interval", Integer),
            ("timeout", Integer),
            ("unhealthyThreshold", Integer),
            ("minServers", Integer),
            ("port", Integer),
            ("pickHostNameFromBackendHttpSettings", Flag),
            ("match", Object),
        ],
    ),
    (
        "backendHttpSettingsCollection",
        &[
            ("port", Integer),
            ("protocol", Text),
            ("requestTimeout", Integer),
            ("hostName", Text),
            ("path", Text),
            ("pickHostNameFromBackendAddress", Flag),
            ("probe", Reference),
        ],
    ),
    ("backendAddressPools", &[("backendAddresses", List)]),
    ("frontendPorts", &[("port", Integer)]),
    (
        "httpListeners",
        &[
            ("protocol", Text),
            ("hostName", Text),
            ("hostNames", List),
            ("frontendIPConfiguration", Reference),
            ("frontendPort", Reference),
        ],
    ),
    (
        "requestRoutingRules",
        &[
            ("ruleType", Text),
            ("priority", Integer),
            ("httpListener", Reference),
            ("backendAddressPool", Reference),
            ("backendHttpSettings", Reference),
            ("urlPathMap", Reference),
        ],
    ),
    (
        "urlPathMaps",
        &[
            ("defaultBackendAddressPool", Reference),
            ("defaultBackendHttpSettings", Reference),
            ("pathRules", List),
        ],
    ),
];

/// The first field of a wrong type, as the service's JSON reader words it.
pub(super) fn mistyped(body: &Value) -> Option<String> {
    let properties = body.get("properties").unwrap_or(&Value::Null);
    check(body, ROOT, "")
        .or_else(|| check(properties, PROPERTIES, "properties."))
        .or_else(|| COLLECTIONS.iter().find_map(|collection| mistyped_collection(properties, collection)))
}

fn mistyped_collection(properties: &Value, collection: &str) -> Option<String> {
    let value = properties.get(collection).filter(|value| !value.is_null())?;
    if !value.is_array() {
        return Some(message(value, List, &format!("properties.{collection}")));
    }
    let fields = PARTS.iter().find(|(name, _)| *name == collection).map_or(&[][..], |(_, fields)| fields);
    value.as_array().into_iter().flatten().enumerate().find_map(|(index, part)| {
        let path = format!("properties.{collection}[{index}]");
        if !part.is_object() {
            return Some(message(part, Object, &path));
        }
        let own = part.get("properties").unwrap_or(&Value::Null);
        check(part, &[("name", Text), ("id", Text), ("properties", Object)], &format!("{path}."))
            .or_else(|| check(own, fields, &format!("{path}.properties.")))
            .or_else(|| mistyped_address(own, &path))
    })
}

/// The servers of a pool are objects; Microsoft's own example has texts here, which the service refuses.
fn mistyped_address(pool: &Value, path: &str) -> Option<String> {
    let addresses = list(pool, "/backendAddresses").iter().enumerate();
    addresses
        .filter(|(_, address)| !address.is_object())
        .map(|(index, address)| {
            message(address, Object, &format!("{path}.properties.backendAddresses[{index}]"))
        })
        .next()
}

fn check(value: &Value, fields: &[(&str, Shape)], path: &str) -> Option<String> {
    fields.iter().find_map(|(field, shape)| {
        let found = value.get(field).filter(|found| !found.is_null() && !shape.fits(found))?;
        Some(message(found, *shape, &format!("{path}{field}")))
    })
}

impl Shape {
    fn fits(self, value: &Value) -> bool {
        match self {
            Text => value.is_string(),
            Integer => value.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
            Flag => value.is_boolean(),
            List => value.is_array(),
            Object => value.is_object(),
            Reference => value.get("id").is_some_and(Value::is_string),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Text => "System.String",
            Integer => "System.Nullable`1[System.Int32]",
            Flag => "System.Nullable`1[System.Boolean]",
            List => "System.Collections.Generic.List`1[System.Object]",
            Object => "System.Object",
            Reference => {
                "Microsoft.WindowsAzure.Networking.Nrp.Frontend.Contract.Csm.Public.ResourceReference"
            }
        }
    }
}

fn message(value: &Value, shape: Shape, path: &str) -> String {
    format!("Error converting value {value} to type '{}'. Path '{path}'.", shape.name())
}
