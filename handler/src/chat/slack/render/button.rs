//! Buttons.

use domain::card::{Action, Confirm, Weight};
use serde::Serialize;
use serde_json::Value;

use super::LABEL;
use super::mrkdwn::{filled, plain};

const MOST: usize = 25;
const VALUE: usize = 2000;

/// A button as Block Kit has it.
#[derive(Serialize)]
pub(super) struct Button {
    r#type: &'static str,
    action_id: String,
    text: Value,
    value: String,
    accessibility_label: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    style: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    confirm: Option<Dialog>,
}

/// The second question.
#[derive(Serialize)]
struct Dialog {
    title: Value,
    text: Value,
    confirm: Value,
    deny: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    style: Option<&'static str>,
}

/// The buttons of a card. A value that is longer than Slack takes is none of ours.
pub(super) fn all(actions: &[Action]) -> Vec<Button> {
    // Slack wants one primary button in a set.
    let primary = actions.iter().position(|action| action.weight == Weight::Primary);
    let style = |index, weight| match weight {
        Weight::Primary => (primary == Some(index)).then_some("primary"),
        Weight::Danger => Some("danger"),
        Weight::Plain => None,
    };
    let usable = actions.iter().enumerate().filter(|(_, action)| (1..=VALUE).contains(&action.value.len()));
    usable.take(MOST).map(|(index, action)| button(index, action, style(index, action.weight))).collect()
}

fn button(index: usize, action: &Action, style: Option<&'static str>) -> Button {
    Button {
        r#type: "button",
        action_id: format!("agw.{}.{index}", action.verb.as_str()),
        text: plain(&action.label, LABEL),
        value: action.value.clone(),
        accessibility_label: filled(&format!("{}: {}", action.label, action.command), LABEL),
        style,
        confirm: action.confirm.as_ref().map(|confirm| dialog(confirm, style)),
    }
}

fn dialog(confirm: &Confirm, style: Option<&'static str>) -> Dialog {
    Dialog {
        title: plain(&confirm.title, 100),
        text: plain(&confirm.body, 300),
        confirm: plain(&confirm.yes, 30),
        deny: plain(&confirm.no, 30),
        style,
    }
}
