//! Comparing gateways, on its own terms: it shares nothing with the bot's comparison.

use std::collections::BTreeSet;

use serde_json::{Value, json};

/// What the service alone writes, wherever it stands.
const SERVICE: [&str; 2] = ["etag", "provisioningState"];

/// Where two documents differ, as pointers in which a member of a list is called by its `name`. Etags and
/// provisioning states do not count.
#[must_use]
pub fn differences(before: &Value, after: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    compare("", before, after, &mut found);
    found
}

fn compare(at: &str, before: &Value, after: &Value, found: &mut BTreeSet<String>) {
    match (before, after) {
        (Value::Object(one), Value::Object(other)) => {
            let keys: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
            for key in keys.into_iter().filter(|key| !SERVICE.contains(&key.as_str())) {
                let gone = &Value::Null;
                let (one, other) = (one.get(key), other.get(key));
                let same = one.is_some() == other.is_some();
                if same {
                    compare(&format!("{at}/{key}"), one.unwrap_or(gone), other.unwrap_or(gone), found);
                } else {
                    found.insert(format!("{at}/{key}"));
                }
            }
        }
        (Value::Array(one), Value::Array(other)) if named(one) && named(other) => {
            let names: BTreeSet<&str> = one.iter().chain(other).filter_map(name).collect();
            for wanted in names {
                let of = |list: &[Value]| list.iter().find(|item| name(item) == Some(wanted)).cloned();
                match (of(one), of(other)) {
                    (Some(one), Some(other)) => compare(&format!("{at}/{wanted}"), &one, &other, found),
                    _ => drop(found.insert(format!("{at}/{wanted}"))),
                }
            }
        }
        _ if before == after => {}
        _ => drop(found.insert(at.to_owned())),
    }
}

fn name(item: &Value) -> Option<&str> {
    item.get("name").and_then(Value::as_str)
}

fn named(list: &[Value]) -> bool {
    list.iter().all(|item| name(item).is_some())
}

/// Puts a field that no model knows into every object of a gateway, references and places that the service
/// alone writes left aside; gives how many.
pub fn put_unknown_everywhere(gateway: &mut Value) -> usize {
    match gateway {
        Value::Object(object) => {
            let reference = object.len() == 1 && object.contains_key("id");
            let mut count: usize = object.values_mut().map(put_unknown_everywhere).sum();
            if !reference {
                let field = json!({ "since": "2031-01-01", "list": [1, 2.50, null, { "deep": true }], "big": 9_007_199_254_740_993_u64 });
                object.insert("fieldFromTheFuture".to_owned(), field);
                count += 1;
            }
            count
        }
        Value::Array(items) => items.iter_mut().map(put_unknown_everywhere).sum(),
        _ => 0,
    }
}
