//! What differs between two readings of a gateway, as a person would see it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::pointer::Pointer;
use crate::id::Name;

/// Lists whose order means something: the first rule that fits wins.
const ORDERED: [&str; 2] = ["requestRoutingRules", "pathRules"];

/// One place where two documents differ.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// Where, as a [`Pointer`] is written.
    pub pointer: String,
    /// What was there; none if nothing was.
    pub before: Option<Value>,
    /// What is there; none if nothing is.
    pub after: Option<Value>,
}

/// A difference that still knows its place.
#[derive(Debug)]
pub(super) struct Change {
    pub(super) pointer: Pointer,
    pub(super) before: Option<Value>,
    pub(super) after: Option<Value>,
}

impl From<Change> for Difference {
    fn from(change: Change) -> Self {
        Self { pointer: change.pointer.to_string(), before: change.before, after: change.after }
    }
}

/// Every place where two values differ. Nothing, null and an empty list are the same; resource ids compare
/// without case, because ARM is not consistent about theirs; children of lists are compared by name.
pub(super) fn changes(at: &Pointer, before: Option<&Value>, after: Option<&Value>) -> Vec<Change> {
    let mut found = Vec::new();
    walk(at, before, after, &mut found);
    found
}

/// Whether two values are the same in the sense of [`changes`].
pub(super) fn same(one: &Value, other: &Value) -> bool {
    changes(&Pointer::root(), Some(one), Some(other)).is_empty()
}

fn walk(at: &Pointer, before: Option<&Value>, after: Option<&Value>, found: &mut Vec<Change>) {
    match (present(before), present(after)) {
        (None, None) => {}
        (Some(Value::Object(one)), Some(Value::Object(other))) => walk_objects(at, one, other, found),
        (one, other) if is_list(one) && is_list(other) => walk_lists(at, one, other, found),
        (Some(one), Some(other)) if scalar_same(one, other) => {}
        (one, other) => found.push(change(at, one, other)),
    }
}

fn change(at: &Pointer, before: Option<&Value>, after: Option<&Value>) -> Change {
    Change { pointer: at.clone(), before: before.cloned(), after: after.cloned() }
}

/// A value unless it says nothing.
fn present(value: Option<&Value>) -> Option<&Value> {
    value.filter(|value| !value.is_null() && value.as_array().is_none_or(|list| !list.is_empty()))
}

fn is_list(value: Option<&Value>) -> bool {
    value.is_none_or(Value::is_array)
}

fn scalar_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::String(one), Value::String(other)) => {
            one == other || (is_id(one) && one.eq_ignore_ascii_case(other))
        }
        _ => one == other,
    }
}

fn is_id(text: &str) -> bool {
    text.get(..15).is_some_and(|head| head.eq_ignore_ascii_case("/subscriptions/"))
}

fn walk_objects(at: &Pointer, one: &Map<String, Value>, other: &Map<String, Value>, found: &mut Vec<Change>) {
    for (key, before) in one {
        walk(&at.key(key), Some(before), other.get(key), found);
    }
    for (key, after) in other.iter().filter(|(key, _)| !one.contains_key(*key)) {
        walk(&at.key(key), None, Some(after), found);
    }
}

fn walk_lists(at: &Pointer, one: Option<&Value>, other: Option<&Value>, found: &mut Vec<Change>) {
    let (before, after) = (items(one), items(other));
    let (Some(old), Some(new)) = (children(before), children(after)) else {
        if !alike(before, after) {
            found.push(change(at, one, other));
        }
        return;
    };
    for (name, child) in &old {
        walk(&at.named(name), Some(*child), find(&new, name), found);
    }
    for (name, child) in new.iter().filter(|(name, _)| find(&old, name).is_none()) {
        walk(&at.named(name), None, Some(*child), found);
    }
    if is_ordered(at) && order(&old, &new) != order(&new, &old) {
        found.push(Change {
            pointer: at.clone(),
            before: Some(order(&old, &new).into_iter().map(Name::as_str).collect()),
            after: Some(order(&new, &old).into_iter().map(Name::as_str).collect()),
        });
    }
}

fn items(list: Option<&Value>) -> &[Value] {
    list.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn alike(one: &[Value], other: &[Value]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
}

type Children<'a> = Vec<(Name, &'a Value)>;

/// The items by name, if all of them have one of their own.
fn children(items: &[Value]) -> Option<Children<'_>> {
    let mut children: Children<'_> = Vec::with_capacity(items.len());
    for item in items {
        let name = Name::new(item.get("name")?.as_str()?);
        if find(&children, &name).is_some() {
            return None;
        }
        children.push((name, item));
    }
    Some(children)
}

fn find<'a>(children: &Children<'a>, name: &Name) -> Option<&'a Value> {
    children.iter().find(|(child, _)| child == name).map(|(_, value)| *value)
}

fn is_ordered(at: &Pointer) -> bool {
    let text = at.to_string();
    ORDERED.iter().any(|list| text.ends_with(&format!("/{list}")))
}

/// The names that both have, in the order of the first.
fn order<'a>(of: &'a Children<'_>, with: &Children<'_>) -> Vec<&'a Name> {
    of.iter().map(|(name, _)| name).filter(|name| find(with, name).is_some()).collect()
}
