//! A plan in Bicep: properties of the gateway's resource.

use serde_json::{Map, Value, json};

use super::quote::{bicep as quoted, comment};
use super::{Change, changes, presumed};
use crate::gateway::API_VERSION;
use crate::gateway::json::{PROBES, SETTINGS, name_of};
use crate::gateway::writable_child;
use crate::id::{GatewayId, Name};
use crate::plan::{Plan, Pointer, Step};

const TYPE: &str = "Microsoft.Network/applicationGateways";

/// The properties that a plan adds or changes, and in words those that go.
pub(super) fn pieces(plan: &Plan) -> Vec<String> {
    let wanted = wanted(plan);
    let mut pieces = vec![head(plan, &wanted)];
    for (key, value) in &wanted {
        let key = self::key(key);
        match value {
            Value::Array(entries) => {
                pieces.push(format!("{key}: ["));
                pieces.extend(
                    entries.iter().map(|entry| format!("  {}", self::value(plan.gateway(), entry, 1))),
                );
                pieces.push("]".to_owned());
            }
            other => pieces.push(format!("{key}: {}", self::value(plan.gateway(), other, 0))),
        }
    }
    pieces
}

fn head(plan: &Plan, wanted: &Map<String, Value>) -> String {
    let gateway = comment(plan.gateway().name().as_str());
    let mut lines = vec![format!("// Belongs in the properties of {gateway} ({TYPE}@{API_VERSION}).")];
    if !wanted.is_empty() {
        lines.push(
            "// Other entries of these lists stay, and so do the other properties of these entries."
                .to_owned(),
        );
    }
    lines.extend(presumed(plan).iter().map(|probe| {
        let probe = comment(probe.as_str());
        format!("// The gateway has the probe {probe} already; {PROBES} has to have it here, too.")
    }));
    lines.extend(changes(plan).iter().filter_map(gone));
    lines.join("\n")
}

/// What a plan takes away cannot be written down as a property; leaving it out is what takes it away.
fn gone(change: &Change<'_>) -> Option<String> {
    match change {
        Change::NoProbe { name } => Some(format!(
            "// Take {} out of {PROBES}, unless something else uses it.",
            comment(name.as_str())
        )),
        Change::Detached { setting } => {
            Some(format!("// Take the property probe out of {} in {SETTINGS}.", comment(setting.as_str())))
        }
        Change::Other { pointer, goes: true } => {
            Some(format!("// Take out {}", comment(&pointer.to_string())))
        }
        Change::Other { pointer, goes: false } if properties(pointer).is_none() => {
            Some(format!("// Not said here: {}", comment(&pointer.to_string())))
        }
        _ => None,
    }
}

/// The way to a place from the properties of the gateway, if that is where it lies.
fn properties(pointer: &Pointer) -> Option<&[Step]> {
    match pointer.steps() {
        [Step::Key(own), rest @ ..] if own == "properties" && !rest.is_empty() => Some(rest),
        _ => None,
    }
}

/// The properties of a gateway, as far as a plan gives them a value.
fn wanted(plan: &Plan) -> Map<String, Value> {
    let mut wanted = Value::Null;
    for edit in plan.edits() {
        let after = edit.after.as_ref().filter(|value| !value.is_null());
        if let (Some(after), Some(steps)) = (after, properties(&edit.pointer)) {
            put(&mut wanted, steps, &own_value(steps, after));
        }
    }
    wanted.as_object().cloned().unwrap_or_default()
}

/// An entry without what Azure gives it by itself.
fn own_value(steps: &[Step], value: &Value) -> Value {
    match steps {
        [Step::Key(collection), Step::Named { .. }] => {
            let mut value = writable_child(collection, value);
            if let Some(entry) = value.as_object_mut() {
                entry.remove("id");
            }
            value
        }
        _ => value.clone(),
    }
}

fn put(at: &mut Value, steps: &[Step], value: &Value) {
    match steps {
        [] => *at = value.clone(),
        [Step::Key(key), rest @ ..] => {
            if !at.is_object() {
                *at = Value::Object(Map::new());
            }
            if let Some(object) = at.as_object_mut() {
                put(object.entry(key).or_insert(Value::Null), rest, value);
            }
        }
        [Step::Named { named }, rest @ ..] => put(entry(at, named), rest, value),
    }
}

/// The entry of this name in a list, begun if there is none.
fn entry<'a>(list: &'a mut Value, name: &Name) -> &'a mut Value {
    if !list.is_array() {
        *list = Value::Array(Vec::new());
    }
    let entries = list.as_array().map(Vec::as_slice).unwrap_or_default();
    let index = entries.iter().position(|entry| name_of(entry).as_ref() == Some(name));
    let index = index.unwrap_or(entries.len());
    if let Some(entries) = list.as_array_mut()
        && index == entries.len()
    {
        entries.push(json!({ "name": name }));
    }
    &mut list[index]
}

fn value(gateway: &GatewayId, value: &Value, depth: usize) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        // Bicep has whole numbers only.
        Value::Number(number) if number.is_f64() => format!("json('{number}')"),
        Value::Number(number) => number.to_string(),
        Value::String(text) => reference(gateway, text).unwrap_or_else(|| quoted(text)),
        Value::Array(items) => {
            let line = |item| format!("{}\n", self::value(gateway, item, depth + 1));
            within(['[', ']'], items.iter().map(line), depth)
        }
        Value::Object(fields) => {
            let line = |(key, field): (&String, _)| {
                format!("{}: {}\n", self::key(key), self::value(gateway, field, depth + 1))
            };
            within(['{', '}'], fields.iter().map(line), depth)
        }
    }
}

fn within([open, close]: [char; 2], lines: impl Iterator<Item = String>, depth: usize) -> String {
    let (inner, outer) = ("  ".repeat(depth + 1), "  ".repeat(depth));
    let lines: String = lines.map(|line| format!("{inner}{line}")).collect();
    if lines.is_empty() { format!("{open}{close}") } else { format!("{open}\n{lines}{outer}{close}") }
}

/// The id of a part of this gateway, so that the code holds in any subscription.
fn reference(gateway: &GatewayId, id: &str) -> Option<String> {
    let start = id.get(..gateway.as_str().len())?;
    let rest = id.get(gateway.as_str().len()..)?.strip_prefix('/')?;
    let (collection, name) = rest.split_once('/').filter(|(_, name)| !name.contains('/'))?;
    start.eq_ignore_ascii_case(gateway.as_str()).then(|| {
        let kind = quoted(&format!("{TYPE}/{collection}"));
        format!("resourceId({kind}, {}, {})", quoted(gateway.name().as_str()), quoted(name))
    })
}

/// The name of a property: bare where it can be.
fn key(key: &str) -> String {
    let mut letters = key.chars();
    let starts = letters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    let bare = starts && letters.all(|c| c.is_ascii_alphanumeric() || c == '_');
    let literal = ["true", "false", "null"].contains(&key);
    if bare && !literal { key.to_owned() } else { quoted(key) }
}
