//! One edit of a gateway's raw JSON.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::apply::ApplyError;
use super::compare;
use super::pointer::{Pointer, Step, index_of};
use super::probe::{is_empty, is_used, same_probe};

/// One place, what is there before the edit, and what is there after it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Edit {
    /// Where.
    pub pointer: Pointer,
    /// What has to be there; none if there must be nothing.
    pub before: Option<Value>,
    /// What will be there; none if there will be nothing.
    pub after: Option<Value>,
}

impl Edit {
    /// The edit that takes this one back.
    pub(super) fn reversed(&self) -> Self {
        Self { pointer: self.pointer.clone(), before: self.after.clone(), after: self.before.clone() }
    }

    /// Whether the document is as after this edit. So it is, too, if the edit removes a probe which something
    /// still uses: such a probe stays.
    pub(super) fn is_in_effect(&self, document: &Value) -> bool {
        self.holds(self.after.as_ref(), document) || self.spares(document)
    }

    /// Whether the document is as before this edit.
    pub(super) fn stands(&self, document: &Value) -> bool {
        self.holds(self.before.as_ref(), document)
    }

    fn holds(&self, value: Option<&Value>, document: &Value) -> bool {
        // What a document does not say the service fills in with what says nothing: `false`, or an empty name.
        let there = self.pointer.get(document).filter(|value| !is_empty(value));
        match (value.filter(|value| !is_empty(value)), there) {
            (None, None) => true,
            (Some(value), Some(there)) if self.pointer.as_probe().is_some() => same_probe(value, there),
            (Some(value), Some(there)) => compare::same(value, there),
            (None, Some(_)) | (Some(_), None) => false,
        }
    }

    fn spares(&self, document: &Value) -> bool {
        self.after.is_none() && self.pointer.as_probe().is_some_and(|probe| is_used(document, probe))
    }

    /// Makes the edit, unless it is in effect already.
    pub(super) fn apply(&self, document: &mut Value) -> Result<(), ApplyError> {
        if self.is_in_effect(document) {
            return Ok(());
        }
        if !self.stands(document) {
            return Err(ApplyError::Conflict {
                pointer: self.pointer.to_string(),
                found: self.pointer.get(document).cloned(),
            });
        }
        let missing = || ApplyError::Missing { pointer: self.pointer.to_string() };
        let (parent, last) = self.pointer.split().ok_or_else(missing)?;
        let done = match last {
            Step::Key(key) => {
                object_at(document, &parent).map(|object| put(object, key, self.after.as_ref()))
            }
            Step::Named { .. } => {
                list_at(document, &parent).map(|list| put_child(list, last, self.after.as_ref()))
            }
        };
        done.ok_or_else(missing)
    }
}

fn put(object: &mut Map<String, Value>, key: &str, value: Option<&Value>) {
    match value {
        Some(value) => drop(object.insert(key.to_owned(), value.clone())),
        None => drop(object.remove(key)),
    }
}

fn put_child(list: &mut Value, step: &Step, value: Option<&Value>) {
    let Step::Named { named } = step else { return };
    let index = index_of(list, named);
    let Some(items) = list.as_array_mut() else { return };
    match (index, value) {
        (Some(index), None) => drop(items.remove(index)),
        (None, Some(value)) => items.push(value.clone()),
        (Some(index), Some(value)) => {
            items.iter_mut().skip(index).take(1).for_each(|item| *item = value.clone())
        }
        (None, None) => {}
    }
}

fn object_at<'a>(document: &'a mut Value, pointer: &Pointer) -> Option<&'a mut Map<String, Value>> {
    let plain = pointer.resolve(document)?;
    document.pointer_mut(&plain)?.as_object_mut()
}

/// The list at a place; begun there if there is none.
fn list_at<'a>(document: &'a mut Value, pointer: &Pointer) -> Option<&'a mut Value> {
    let (parent, last) = pointer.split()?;
    let Step::Key(key) = last else { return None };
    let list = object_at(document, &parent)?.entry(key).or_insert(Value::Null);
    if list.is_null() {
        *list = Value::Array(Vec::new());
    }
    list.is_array().then_some(list)
}
