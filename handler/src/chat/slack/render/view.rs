//! What is no message: dialogs, and the home tab.

use domain::card::{Card, Question};
use serde_json::{Value, json};

use super::mrkdwn::{line, plain};
use super::{SECTION, message, section};
use crate::chat::reason;

/// A dialog's title and buttons (Slack, "Modal views").
const TITLE: usize = 24;
const WORDS: usize = 150;

/// The most blocks of a view.
const BLOCKS: usize = 100;

/// The home tab: one card below the other, each whole.
pub(in super::super) fn home(cards: &[Card]) -> Value {
    let mut blocks: Vec<Value> = Vec::new();
    for card in cards {
        let mut more = message(card).blocks;
        // In one view each block has a name of its own, or none.
        more.iter_mut().filter_map(Value::as_object_mut).for_each(|block| drop(block.remove("block_id")));
        if blocks.len() + more.len() > BLOCKS {
            break;
        }
        blocks.extend(more);
    }
    json!({ "type": "home", "blocks": blocks })
}

/// A dialog with one question, which may be left unanswered.
pub(in super::super) fn dialog(question: &Question, callback: &str, carried: &str) -> Value {
    let field = json!({
        "type": "input", "block_id": reason::FIELD, "optional": true,
        "label": plain(&question.label, WORDS), "hint": plain(&question.hint, WORDS),
        "element": { "type": "plain_text_input", "action_id": reason::FIELD, "max_length": reason::LONGEST },
    });
    let blocks: Vec<Value> = section(&line(&question.lead, SECTION)).into_iter().chain([field]).collect();
    json!({
        "type": "modal", "callback_id": callback, "private_metadata": carried,
        "title": plain(&question.title, TITLE),
        "submit": plain(&question.yes, TITLE), "close": plain(&question.no, TITLE),
        "blocks": blocks,
    })
}
