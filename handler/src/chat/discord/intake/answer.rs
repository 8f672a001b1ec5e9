//! The answers that are given at once (Discord, "Interaction Callback Type").

use axum::response::{IntoResponse, Response};
use domain::card::{Action, Card, Confirm, Question, Verb, Weight};
use serde_json::{Value, json};

use super::super::render;
use crate::chat::reason;

const PONG: u8 = 1;
const MESSAGE: u8 = 4;
const MESSAGE_LATER: u8 = 5;
const UPDATE_LATER: u8 = 6;
const UPDATE: u8 = 7;
const SUGGESTIONS: u8 = 8;
const MODAL: u8 = 9;
const EPHEMERAL: u32 = 1 << 6;
/// Discord takes no more.
const SUGGESTIONS_AT_MOST: usize = 25;
const CHOICE: usize = 100;
const TITLE: usize = 45;

fn answer(kind: u8, data: Value) -> Response {
    axum::Json(json!({ "type": kind, "data": data })).into_response()
}

/// The endpoint is there.
pub(super) fn pong() -> Response {
    axum::Json(json!({ "type": PONG })).into_response()
}

/// A card for this person alone.
pub(super) fn aside(card: &Card) -> Response {
    let mut message = render::message(card);
    if let Some(fields) = message.as_object_mut() {
        fields.insert("flags".to_owned(), json!(EPHEMERAL));
    }
    answer(MESSAGE, message)
}

/// Something for this person alone, that will follow.
pub(super) fn later() -> Response {
    answer(MESSAGE_LATER, json!({ "flags": EPHEMERAL }))
}

/// A press was taken in; the message changes when there is something to say.
pub(super) fn pressed() -> Response {
    axum::Json(json!({ "type": UPDATE_LATER })).into_response()
}

/// The same, in place of the question that was asked before.
pub(super) fn pressed_aside(card: &Card) -> Response {
    answer(UPDATE, render::message(card))
}

/// The second question before a button counts. None where it counts at once.
pub(super) fn sure(verb: Verb, value: &str, question: Confirm) -> Option<Response> {
    let action = Action {
        verb,
        label: question.yes.clone(),
        value: value.to_owned(),
        command: String::new(),
        weight: Weight::Primary,
        confirm: Some(question),
    };
    render::question(&action).map(|message| answer(MESSAGE, message))
}

/// A dialog that asks for a reason. What it is about comes back with the answer.
pub(super) fn dialog(value: &str, question: &Question) -> Response {
    let cut = |text: &str, most: usize| text.chars().take(most).collect::<String>();
    let input = json!({
        "type": 4, "style": 1, "custom_id": reason::FIELD, "label": cut(&question.label, TITLE), "required": false,
        "max_length": reason::LONGEST, "placeholder": cut(&question.hint, CHOICE),
    });
    let rows = json!([{ "type": 1, "components": [input] }]);
    answer(MODAL, json!({ "custom_id": value, "title": cut(&question.title, TITLE), "components": rows }))
}

/// What may be meant.
pub(super) fn suggestions(names: impl IntoIterator<Item = String>) -> Response {
    let fits = names.into_iter().filter(|name| name.chars().count() <= CHOICE && !name.is_empty());
    let choices: Vec<Value> =
        fits.take(SUGGESTIONS_AT_MOST).map(|name| json!({ "name": name, "value": name })).collect();
    answer(SUGGESTIONS, json!({ "choices": choices }))
}
