//! What Discord refuses in a message: its limits, and what it does not know (Discord, "Create Message", "Message
//! Components", "Embed Limits").

use std::collections::HashSet;

use serde_json::Value;

const KNOWN: [&str; 7] =
    ["content", "embeds", "components", "allowed_mentions", "flags", "nonce", "enforce_nonce"];
const EMBED: [&str; 6] = ["title", "url", "description", "color", "fields", "footer"];

fn length(value: &Value) -> usize {
    value.as_str().map_or(0, |text| text.encode_utf16().count())
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn known(value: &Value, keys: &[&str], what: &str) -> Result<(), String> {
    let unknown = value.as_object().into_iter().flatten().find(|(key, _)| !keys.contains(&key.as_str()));
    unknown.map_or(Ok(()), |(key, _)| Err(format!("{what} has no {key}")))
}

fn at_most(found: usize, most: usize, what: &str) -> Result<(), String> {
    if found <= most { Ok(()) } else { Err(format!("{what}: {found}, and {most} at the most")) }
}

/// Checks the body of a message.
pub(super) fn message(body: &Value) -> Result<(), String> {
    known(body, &KNOWN, "a message")?;
    if body["allowed_mentions"] != serde_json::json!({ "parse": [] }) {
        return Err("a message that may mention people".to_owned());
    }
    if length(&body["content"]) == 0 && list(&body["embeds"]).next().is_none() {
        return Err("an empty message".to_owned());
    }
    at_most(length(&body["content"]), 2000, "content")?;
    at_most(length(&body["nonce"]), 25, "a nonce")?;
    at_most(list(&body["embeds"]).count(), 10, "embeds")?;
    let sizes = list(&body["embeds"]).map(embed).collect::<Result<Vec<usize>, _>>()?;
    at_most(sizes.iter().sum(), 6000, "all embeds")?;
    rows(&body["components"])
}

fn embed(embed: &Value) -> Result<usize, String> {
    known(embed, &EMBED, "an embed")?;
    at_most(length(&embed["title"]), 256, "a title")?;
    at_most(length(&embed["description"]), 4096, "a description")?;
    at_most(length(&embed["footer"]["text"]), 2048, "a footer")?;
    at_most(list(&embed["fields"]).count(), 25, "fields")?;
    let mut sum = length(&embed["title"]) + length(&embed["description"]) + length(&embed["footer"]["text"]);
    for field in list(&embed["fields"]) {
        at_most(length(&field["name"]), 256, "a field's name")?;
        at_most(length(&field["value"]), 1024, "a field's value")?;
        if length(&field["name"]) == 0 || length(&field["value"]) == 0 {
            return Err("an empty field".to_owned());
        }
        sum += length(&field["name"]) + length(&field["value"]);
    }
    Ok(sum)
}

fn rows(rows: &Value) -> Result<(), String> {
    at_most(list(rows).count(), 5, "rows")?;
    let mut seen = HashSet::new();
    for row in list(rows) {
        if row["type"] != 1 || list(&row["components"]).next().is_none() {
            return Err(format!("no row of buttons: {row}"));
        }
        at_most(list(&row["components"]).count(), 5, "buttons in a row")?;
        for button in list(&row["components"]) {
            known(button, &["type", "style", "label", "custom_id"], "a button")?;
            at_most(length(&button["label"]), 80, "a label")?;
            at_most(length(&button["custom_id"]), 100, "a custom_id")?;
            if length(&button["custom_id"]) == 0 || !seen.insert(button["custom_id"].to_string()) {
                return Err(format!("a button that cannot be told from another: {button}"));
            }
        }
    }
    Ok(())
}
