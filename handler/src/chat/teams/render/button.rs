//! Buttons.

use domain::card::{Action, Confirm, Text, Weight};
use serde_json::{Value, json};

use super::text::{Look, block, length, words};

/// Teams shows six and hides the rest behind a menu.
const MOST: usize = 6;
/// Longer values are none of ours.
const VALUE: usize = 128;
const TITLE: usize = 80;
const QUESTION: usize = 600;

/// The buttons of a card.
pub(super) fn all(actions: &[Action]) -> Vec<Value> {
    let primary = actions.iter().position(|action| action.weight == Weight::Primary);
    let style = |index, weight| match weight {
        Weight::Primary => (primary == Some(index)).then_some("positive"),
        Weight::Danger => Some("destructive"),
        Weight::Plain => None,
    };
    let usable =
        actions.iter().enumerate().filter(|(_, action)| (1..=VALUE).contains(&length(&action.value)));
    usable.take(MOST).map(|(index, action)| button(action, style(index, action.weight))).collect()
}

fn button(action: &Action, style: Option<&str>) -> Value {
    match &action.confirm {
        Some(confirm) => asking(action, confirm, style),
        None => pressed(action, &action.label, style),
    }
}

/// A button that comes back, and the same for clients that know no `Action.Execute`.
fn pressed(action: &Action, title: &str, style: Option<&str>) -> Value {
    let (title, data) = (label(title), json!({ "agw": action.value }));
    let submit = json!({ "type": "Action.Submit", "title": title, "data": data });
    let execute = json!({
        "type": "Action.Execute",
        "title": title,
        "tooltip": label(&action.command),
        "verb": action.verb.as_str(),
        "data": data,
        "fallback": styled(submit, style),
    });
    styled(execute, style)
}

/// A button that opens a second question; only what is pressed there comes back.
fn asking(action: &Action, confirm: &Confirm, style: Option<&str>) -> Value {
    let again = format!("{}: press {} again.", confirm.no, action.label);
    let body = [
        block(&Text::of(&confirm.title), QUESTION, Look::bold()),
        block(&Text::of(&confirm.body), QUESTION, Look::listed()),
        block(&Text::of(again), QUESTION, Look::small()),
    ];
    let button = json!({
        "type": "Action.ShowCard",
        "title": label(&action.label),
        "tooltip": label(&action.command),
        "card": {
            "type": "AdaptiveCard",
            "version": "1.5",
            "body": body.into_iter().flatten().collect::<Vec<_>>(),
            "actions": [pressed(action, &confirm.yes, style)],
        },
    });
    styled(button, style)
}

fn styled(mut button: Value, style: Option<&str>) -> Value {
    if let (Some(fields), Some(style)) = (button.as_object_mut(), style) {
        fields.insert("style".to_owned(), json!(style));
    }
    button
}

/// What is written on a button; never nothing.
fn label(text: &str) -> String {
    let text = words(text.trim(), TITLE);
    if text.is_empty() { "…".to_owned() } else { text }
}
