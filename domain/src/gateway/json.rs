//! Small readers of raw ARM JSON, which never fail: what is not there, or has another type, is absent.

use serde_json::Value;

use crate::id::{Name, ResourceId};

/// The collection that holds HTTP settings.
pub(crate) const SETTINGS: &str = "backendHttpSettingsCollection";
/// The collection that holds the settings of the TCP and TLS proxy.
pub(crate) const L4_SETTINGS: &str = "backendSettingsCollection";
/// The collection that holds custom probes.
pub(crate) const PROBES: &str = "probes";

/// A value that stands for what is absent.
static NULL: Value = Value::Null;

/// The `properties` of a resource or child.
pub(crate) fn properties(resource: &Value) -> &Value {
    resource.get("properties").unwrap_or(&NULL)
}

/// A text that is there and not empty.
pub(crate) fn text<'a>(object: &'a Value, key: &str) -> Option<&'a str> {
    object.get(key).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// A flag; absent is false.
pub(crate) fn flag(object: &Value, key: &str) -> bool {
    object.get(key).and_then(Value::as_bool).unwrap_or(false)
}

/// A whole number that fits.
pub(crate) fn number<N: TryFrom<u64>>(object: &Value, key: &str) -> Option<N> {
    object.get(key).and_then(Value::as_u64).and_then(|n| N::try_from(n).ok())
}

/// The items of a list; absent is empty.
pub(crate) fn list<'a>(object: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    object.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default().iter()
}

/// The texts of a list, the empty ones left out.
pub(crate) fn texts(object: &Value, key: &str) -> Vec<String> {
    list(object, key).filter_map(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned).collect()
}

/// The name of a child: its `name`, else the last segment of its `id`.
pub(crate) fn name_of(child: &Value) -> Option<Name> {
    let from_id = || text(child, "id").and_then(|id| id.rsplit('/').next());
    text(child, "name").or_else(from_id).filter(|name| !name.is_empty()).map(Name::new)
}

/// The children of a gateway in one collection, with their names.
pub(crate) fn children<'a>(
    gateway: &'a Value,
    collection: &str,
) -> impl Iterator<Item = (Name, &'a Value)> + use<'a> {
    named(properties(gateway), collection)
}

/// The named objects of a list.
pub(crate) fn named<'a>(object: &'a Value, key: &str) -> impl Iterator<Item = (Name, &'a Value)> + use<'a> {
    list(object, key).filter_map(|child| Some((name_of(child)?, child)))
}

/// The child of a gateway with this name.
pub(crate) fn child<'a>(gateway: &'a Value, collection: &str, name: &Name) -> Option<&'a Value> {
    children(gateway, collection).find(|(child, _)| child == name).map(|(_, child)| child)
}

/// The id in a reference such as `{"probe": {"id": …}}`.
pub(crate) fn reference<'a>(object: &'a Value, key: &str) -> Option<&'a str> {
    object.get(key).and_then(|target| text(target, "id"))
}

/// The name of the child that a reference points at.
pub(crate) fn reference_name(object: &Value, key: &str) -> Option<Name> {
    reference(object, key)?.trim_end_matches('/').rsplit('/').next().map(Name::new)
}

/// The resource id in a reference to something outside the gateway.
pub(crate) fn reference_id(object: &Value, key: &str) -> Option<ResourceId> {
    ResourceId::parse(reference(object, key)?).ok()
}
