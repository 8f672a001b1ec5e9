//! A pressed button, and what is answered to it at once (Adaptive Cards, "Universal Action Model").

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::card::{Card, Verb};
use domain::request::{Ask, Click, ReplyTo};
use domain::say;
use serde_json::{Value, json};

use crate::chat::reason;

/// The press of one of our buttons, if it is one. What was filled in on the card comes with it.
pub(super) fn read(data: &Value, from: &ReplyTo) -> Option<Ask> {
    let click: Click = data.get("agw")?.as_str()?.parse().ok()?;
    let given = data.get(reason::FIELD).filter(|_| click.verb == Verb::Reject).and_then(Value::as_str);
    Some(Ask::Click { click, from: from.clone(), reason: given.and_then(reason::given) })
}

/// A press was understood, and its outcome follows.
pub(super) fn heard(ask: &Ask) -> Card {
    match ask {
        Ask::Click { click, .. } => say::acknowledged(&click.as_command(None)),
        _ => say::click_not_understood(),
    }
}

/// What the person who pressed is shown, and nobody else.
pub(super) fn shown(card: &Card) -> Response {
    let body = json!({
        "statusCode": 200,
        "type": "application/vnd.microsoft.activity.message",
        "value": card.lead.plain(),
    });
    (StatusCode::OK, axum::Json(body)).into_response()
}

/// What they are shown when nothing will come of it.
pub(super) fn failed(card: &Card) -> Response {
    let value = json!({ "code": "NotKept", "message": card.lead.plain() });
    let body = json!({ "statusCode": 500, "type": "application/vnd.microsoft.error", "value": value });
    (StatusCode::OK, axum::Json(body)).into_response()
}
