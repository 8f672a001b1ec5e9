//! Changes of single places in a document.

use serde_json::{Map, Value};

use super::file::{Edit, Words};
use crate::json::text;

/// Carries out an edit, or says why that is impossible.
pub(super) fn apply(document: &mut Value, edit: &Edit, words: &Words) -> Result<(), String> {
    let mut steps = steps(&edit.at)?;
    let last = steps.pop().ok_or_else(|| "`at` is empty".to_owned())?;
    let mut place = document;
    for step in steps {
        place = into(place, &step).ok_or_else(|| nowhere(&edit.at, &step))?;
    }
    match (&edit.to, &edit.append, edit.remove) {
        (Some(value), None, false) => put(place, &last, json(value, words)?),
        (None, Some(value), false) => append(place, &last, json(value, words)?),
        (None, None, true) => remove(place, &last),
        _ => return Err("an edit needs one of `to`, `append` and `remove = true`".to_owned()),
    }
    .ok_or_else(|| nowhere(&edit.at, &last))
}

fn nowhere(at: &str, step: &str) -> String {
    format!("`{at}` leads nowhere: there is no `{step}`")
}

/// The steps of a JSON pointer.
fn steps(pointer: &str) -> Result<Vec<String>, String> {
    let rest = pointer.strip_prefix('/').ok_or_else(|| format!("`{pointer}` does not begin with a slash"))?;
    Ok(rest.split('/').map(|step| step.replace("~1", "/").replace("~0", "~")).collect())
}

/// The index of the element with this name or number.
fn index(items: &[Value], step: &str) -> Option<usize> {
    let named = |item: &Value| text(item, "/name").is_some_and(|name| name.eq_ignore_ascii_case(step));
    items.iter().position(named).or_else(|| step.parse().ok().filter(|index| *index < items.len()))
}

fn into<'a>(place: &'a mut Value, step: &str) -> Option<&'a mut Value> {
    match place {
        Value::Object(members) => members.get_mut(step),
        Value::Array(items) => index(items, step).and_then(|index| items.get_mut(index)),
        _ => None,
    }
}

fn put(place: &mut Value, step: &str, value: Value) -> Option<()> {
    match place {
        Value::Object(members) => {
            members.insert(step.to_owned(), value);
        }
        _ => *into(place, step)? = value,
    }
    Some(())
}

fn append(place: &mut Value, step: &str, value: Value) -> Option<()> {
    if let Value::Object(members) = place {
        members.entry(step).or_insert_with(|| Value::Array(Vec::new()));
    }
    into(place, step)?.as_array_mut()?.push(value);
    Some(())
}

fn remove(place: &mut Value, step: &str) -> Option<()> {
    match place {
        Value::Object(members) => members.remove(step).map(|_| ()),
        Value::Array(items) => index(items, step).map(|index| drop(items.remove(index))),
        _ => None,
    }
}

/// A value of TOML as JSON. A day or a time of day is its text.
fn json(value: &toml::Value, words: &Words) -> Result<Value, String> {
    Ok(match value {
        toml::Value::String(text) => Value::String(words.text(text)?),
        toml::Value::Integer(number) => Value::from(*number),
        toml::Value::Float(number) => Value::from(*number),
        toml::Value::Boolean(flag) => Value::Bool(*flag),
        toml::Value::Datetime(moment) => Value::String(moment.to_string()),
        toml::Value::Array(items) => {
            Value::Array(items.iter().map(|item| json(item, words)).collect::<Result<_, _>>()?)
        }
        toml::Value::Table(members) => {
            let members = members.iter().map(|(key, member)| Ok((key.clone(), json(member, words)?)));
            Value::Object(members.collect::<Result<Map<_, _>, String>>()?)
        }
    })
}

/// The resource with this id among these, or among their parts.
pub(super) fn find<'a>(value: &'a mut Value, id: &str) -> Option<&'a mut Value> {
    let named = text(value, "/id").is_some_and(|found| found.eq_ignore_ascii_case(id));
    // Without properties it is only a mention.
    if named && value.get("properties").is_some() {
        return Some(value);
    }
    let mut parts = value.get_mut("properties")?.as_object_mut()?.values_mut();
    parts.find_map(|part| part.as_array_mut()?.iter_mut().find_map(|item| find(item, id)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn edited(edit: &str) -> Result<Value, String> {
        let mut document = json!({"properties": {
            "probes": [{"name": "a", "properties": {"port": 1}}, {"name": "b"}], "sku": {"name": "x"}}});
        apply(&mut document, &toml::from_str(edit).unwrap(), &Words::of("agw"))?;
        Ok(document["properties"].clone())
    }

    #[test]
    fn elements_are_found_by_name_and_by_number() {
        let port = |at: &str| {
            let at = format!("at = \"/properties/probes/{at}/properties/port\"\nto = 2");
            edited(&at).unwrap()["probes"][0]["properties"]["port"].clone()
        };
        assert_eq!((port("a"), port("0")), (json!(2), json!(2)));
    }

    #[test]
    fn a_list_is_made_when_there_is_none_to_append_to() {
        let edit = "at = \"/properties/tags\"\nappend = {id = \"{gateway}/x\"}";
        let id = edited(edit).unwrap()["tags"][0]["id"].clone();
        assert!(id.as_str().unwrap().ends_with("/applicationGateways/agw/x"), "{id}");
        assert_eq!(edited("at = \"/properties/probes\"\nappend = 1").unwrap()["probes"][2], 1);
    }

    #[test]
    fn members_and_elements_can_be_removed() {
        let left = edited("at = \"/properties/probes/a\"\nremove = true").unwrap();
        assert_eq!(left["probes"], json!([{"name": "b"}]));
        assert_eq!(edited("at = \"/properties/sku\"\nremove = true").unwrap().get("sku"), None);
    }

    #[test]
    fn what_leads_nowhere_is_refused() {
        let error = edited("at = \"/properties/probes/c/name\"\nto = 1").unwrap_err();
        assert_eq!(error, "`/properties/probes/c/name` leads nowhere: there is no `c`");
        assert!(edited("at = \"/properties/gone\"\nremove = true").is_err());
        assert!(edited("at = \"/properties\"").unwrap_err().contains("needs one of"));
    }
}
