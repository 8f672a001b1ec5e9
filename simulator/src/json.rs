//! Small readers over raw ARM JSON. A field that is absent or of another type reads as nothing:
//! the types were checked when the document came in.

use serde_json::{Map, Value};

/// The text at a JSON pointer.
pub(crate) fn text<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer)?.as_str()
}

/// The text at a JSON pointer, unless it is empty.
pub(crate) fn filled(value: &Value, pointer: &str) -> Option<String> {
    text(value, pointer).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// The whole number at a JSON pointer.
pub(crate) fn number(value: &Value, pointer: &str) -> Option<u64> {
    value.pointer(pointer)?.as_u64()
}

/// Whether the JSON pointer leads to `true`.
pub(crate) fn flag(value: &Value, pointer: &str) -> bool {
    value.pointer(pointer).and_then(Value::as_bool).unwrap_or_default()
}

/// The elements of the list at a JSON pointer.
pub(crate) fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The texts of the list at a JSON pointer.
pub(crate) fn texts(value: &Value, pointer: &str) -> Vec<String> {
    list(value, pointer).iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The last segment of the resource id at a JSON pointer, lower-case: the name of a sibling.
pub(crate) fn referred(value: &Value, pointer: &str) -> Option<String> {
    Some(text(value, &format!("{pointer}/id"))?.rsplit('/').next()?.to_lowercase())
}

/// Sets a member of an object; anything else stays as it is.
pub(crate) fn put(value: &mut Value, key: &str, member: impl Into<Value>) {
    if let Some(object) = value.as_object_mut() {
        object.insert(key.to_owned(), member.into());
    }
}

/// Takes a member out of an object.
pub(crate) fn take(value: &mut Value, key: &str) -> Option<Value> {
    value.as_object_mut()?.remove(key)
}

/// The member `properties`, made an empty object when there is none. Of something that is no object:
/// the thing itself.
pub(crate) fn properties(value: &mut Value) -> &mut Value {
    match value {
        Value::Object(members) => members.entry("properties").or_insert_with(|| Value::Object(Map::new())),
        other => other,
    }
}

/// The elements of the list `name` among the properties, to be changed in place.
pub(crate) fn children<'a>(gateway: &'a mut Value, name: &str) -> impl Iterator<Item = &'a mut Value> {
    properties(gateway).get_mut(name).and_then(Value::as_array_mut).into_iter().flatten()
}
