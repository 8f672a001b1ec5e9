//! Buttons.

use std::collections::HashSet;

use domain::card::{Action, Verb, Weight};
use serde_json::{Value, json};

use super::markdown::{length, plain};

const IN_A_ROW: usize = 5;
const ROWS: usize = 5;
/// Discord takes no more; a longer value is none of ours.
const VALUE: usize = 100;
const LABEL: usize = 80;

/// The buttons of a card, in rows. Discord wants each value once, and one primary button in a group.
pub(super) fn rows(actions: &[Action]) -> Vec<Value> {
    let mut values = HashSet::new();
    let usable = actions.iter().filter(|action| (1..=VALUE).contains(&length(&action.value)));
    let usable: Vec<_> = usable.filter(|action| values.insert(&action.value)).take(IN_A_ROW * ROWS).collect();
    let primary = usable.iter().position(|action| action.weight == Weight::Primary);
    let buttons: Vec<_> = usable
        .iter()
        .enumerate()
        .map(|(index, action)| button(action, style(action, primary == Some(index))))
        .collect();
    buttons.chunks(IN_A_ROW).map(|row| json!({ "type": 1, "components": row })).collect()
}

/// Blurple, grey, green and red, as Discord numbers them.
fn style(action: &Action, is_first: bool) -> u8 {
    match action.weight {
        Weight::Primary if !is_first => 2,
        Weight::Primary if action.verb == Verb::Approve => 3,
        Weight::Primary => 1,
        Weight::Plain => 2,
        Weight::Danger => 4,
    }
}

fn button(action: &Action, style: u8) -> Value {
    let label = plain(action.label.trim(), LABEL);
    let label = if label.is_empty() { "…".to_owned() } else { label };
    json!({ "type": 2, "style": style, "label": label, "custom_id": action.value })
}
