//! Slack's limits (Slack's documentation, "Block Kit reference", "Button element", "Confirmation dialog
//! object", "chat.update"), checked on what the bot sends.

use std::collections::HashSet;

use serde_json::Value;

/// The first thing that Slack would refuse.
pub(super) fn check(body: &Value, updating: bool) -> Result<(), String> {
    let text = body["text"].as_str().unwrap_or_default();
    let longest = if updating { 4000 } else { 40_000 };
    within("text", Some(text), 1, longest)?;
    let blocks = body["blocks"].as_array().ok_or("no blocks")?;
    if !(1..=50).contains(&blocks.len()) {
        return Err(format!("{} blocks", blocks.len()));
    }
    blocks.iter().try_for_each(block)
}

/// The first thing in a home tab that Slack would refuse: names that two blocks have, among them.
pub(super) fn home(view: &Value) -> Result<(), String> {
    if view["type"] != "home" {
        return Err(format!("no home tab: {view}"));
    }
    let blocks = list(view, "blocks", 100)?;
    let names: Vec<&str> = blocks.iter().filter_map(|block| block["block_id"].as_str()).collect();
    if names.iter().collect::<HashSet<_>>().len() != names.len() {
        return Err("two blocks with one name".to_owned());
    }
    blocks.iter().try_for_each(block)
}

/// The first thing in a dialog that Slack would refuse (Slack, "Modal views", "Input block").
pub(super) fn dialog(view: &Value) -> Result<(), String> {
    if view["type"] != "modal" {
        return Err(format!("no dialog: {view}"));
    }
    for name in ["title", "submit", "close"] {
        object(name, &view[name], "plain_text", 24)?;
    }
    within("private_metadata", view["private_metadata"].as_str(), 1, 3000)?;
    within("callback_id", view["callback_id"].as_str(), 1, 255)?;
    let blocks = list(view, "blocks", 100)?;
    blocks.iter().try_for_each(|one| if one["type"] == "input" { input(one) } else { block(one) })
}

fn input(block: &Value) -> Result<(), String> {
    object("label", &block["label"], "plain_text", 2000)?;
    object("hint", &block["hint"], "plain_text", 2000)?;
    let element = &block["element"];
    if element["type"] != "plain_text_input"
        || !(1..=3000).contains(&element["max_length"].as_u64().unwrap_or(1))
    {
        return Err(format!("no field for text: {element}"));
    }
    within("action_id", element["action_id"].as_str(), 1, 255)
}

fn within(what: &str, text: Option<&str>, least: usize, most: usize) -> Result<(), String> {
    let length = text.ok_or_else(|| format!("no {what}"))?.chars().count();
    if (least..=most).contains(&length) { Ok(()) } else { Err(format!("{what} of {length} characters")) }
}

fn object(what: &str, value: &Value, kind: &str, most: usize) -> Result<(), String> {
    if value["type"] != kind {
        return Err(format!("{what} is not {kind}: {value}"));
    }
    within(what, value["text"].as_str(), 1, most)
}

fn block(block: &Value) -> Result<(), String> {
    match block["type"].as_str().unwrap_or_default() {
        "header" => object("header", &block["text"], "plain_text", 150),
        "section" => section(block),
        "context" => {
            let elements = list(block, "elements", 10)?;
            elements.iter().try_for_each(|element| object("context", element, "mrkdwn", 3000))
        }
        "actions" => actions(block),
        "divider" => Ok(()),
        other => Err(format!("unknown block '{other}'")),
    }
}

fn section(block: &Value) -> Result<(), String> {
    if block.get("text").is_none() && block.get("fields").is_none() {
        return Err("a section without text".to_owned());
    }
    if let Some(text) = block.get("text") {
        object("section", text, "mrkdwn", 3000)?;
    }
    if block.get("fields").is_some() {
        let fields = list(block, "fields", 10)?;
        fields.iter().try_for_each(|field| object("field", field, "mrkdwn", 2000))?;
    }
    Ok(())
}

fn list<'a>(block: &'a Value, name: &str, most: usize) -> Result<&'a Vec<Value>, String> {
    let list = block[name].as_array().ok_or_else(|| format!("no {name}"))?;
    if (1..=most).contains(&list.len()) { Ok(list) } else { Err(format!("{} {name}", list.len())) }
}

fn actions(block: &Value) -> Result<(), String> {
    let buttons = list(block, "elements", 25)?;
    buttons.iter().try_for_each(button)?;
    let ids: HashSet<&str> = buttons.iter().filter_map(|button| button["action_id"].as_str()).collect();
    let primary = buttons.iter().filter(|button| button["style"] == "primary").count();
    if ids.len() != buttons.len() || primary > 1 {
        return Err("buttons that cannot be told apart, or two primary ones".to_owned());
    }
    Ok(())
}

fn button(button: &Value) -> Result<(), String> {
    if button["type"] != "button" {
        return Err(format!("no button: {button}"));
    }
    object("button", &button["text"], "plain_text", 75)?;
    within("action_id", button["action_id"].as_str(), 1, 255)?;
    within("value", button["value"].as_str(), 1, 2000)?;
    within("accessibility_label", button["accessibility_label"].as_str(), 1, 75)?;
    if button.get("style").is_some_and(|style| style != "primary" && style != "danger") {
        return Err(format!("style {}", button["style"]));
    }
    let Some(confirm) = button.get("confirm") else { return Ok(()) };
    object("confirm title", &confirm["title"], "plain_text", 100)?;
    object("confirm text", &confirm["text"], "plain_text", 300)?;
    object("confirm button", &confirm["confirm"], "plain_text", 30)?;
    object("deny button", &confirm["deny"], "plain_text", 30)
}

/// Every text that somebody sees, in order.
pub(super) fn texts(value: &Value, words: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            if let Some(Value::String(text)) = object.get("text") {
                words.push(text.clone());
            }
            object.values().filter(|value| !value.is_string()).for_each(|value| texts(value, words));
        }
        Value::Array(items) => items.iter().for_each(|item| texts(item, words)),
        _ => {}
    }
}
