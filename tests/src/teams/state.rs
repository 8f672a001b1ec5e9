//! What Teams remembers.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard};

use axum::Json;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::content::TeamsMessage;
use crate::board::Board;
use crate::canary;

/// For the whole payload, in bytes of UTF-16 (Teams, "Format your bot messages").
const LARGEST: usize = 100 * 1024;

#[derive(Default)]
pub(super) struct Inner {
    pub(super) here: String,
    pub(super) moods: VecDeque<u16>,
    pub(super) complaints: Vec<String>,
    pub(super) bodies: String,
    pub(super) board: Board<TeamsMessage>,
    /// Whether the bot's app was taken out of the team.
    pub(super) removed: bool,
    count: u64,
}

#[derive(Default)]
pub(super) struct Shared(Mutex<Inner>);

impl Shared {
    pub(super) fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap()
    }

    /// Answers a request to the Connector: with what `does` gives, or that there is no such thing.
    pub(super) fn answer(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        does: impl FnOnce(&mut Inner, &Value) -> Option<Value>,
    ) -> Response {
        let mut inner = self.inner();
        let bearer =
            headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if bearer != format!("Bearer {}", canary::TEAMS_TOKEN) {
            inner.complaints.push("a request without the bot's token".to_owned());
            return StatusCode::UNAUTHORIZED.into_response();
        }
        if let Some(status) = inner.moods.pop_front() {
            let status = StatusCode::from_u16(status).unwrap();
            return (status, [(header::RETRY_AFTER, "2")], Json(json!({ "error": { "code": "Moody" } })))
                .into_response();
        }
        let text = String::from_utf8_lossy(body);
        if text.encode_utf16().count() * 2 > LARGEST {
            inner.complaints.push("a message that is too large".to_owned());
            return StatusCode::PAYLOAD_TOO_LARGE.into_response();
        }
        inner.bodies.push_str(&text);
        let body: Value = serde_json::from_str(&text).unwrap_or_default();
        match does(&mut inner, &body) {
            Some(answer) => (StatusCode::CREATED, Json(answer)).into_response(),
            None => {
                inner.complaints.push(format!("refused: {body}"));
                (StatusCode::NOT_FOUND, Json(json!({ "error": { "code": "NotFound" } }))).into_response()
            }
        }
    }
}

impl Inner {
    pub(super) fn next(&mut self) -> u64 {
        self.count += 1;
        1_795_376_355_000 + self.count
    }

    pub(super) fn post(&mut self, conversation: &str, body: &Value) -> Value {
        let id = self.next().to_string();
        self.check(body);
        self.board.post(TeamsMessage::of(conversation, &id, body));
        json!({ "id": id })
    }

    pub(super) fn change(&mut self, conversation: &str, id: &str, body: &Value) -> Option<Value> {
        self.check(body);
        self.board.change(TeamsMessage::of(conversation, id, body)).then(|| json!({ "id": id }))
    }

    fn check(&mut self, body: &Value) {
        let attachment = &body["attachments"][0];
        let is_card = attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
            && attachment["content"]["type"] == "AdaptiveCard"
            && attachment["content"]["version"].is_string();
        if body["type"] != "message" || !is_card {
            self.complaints.push(format!("no message with a card: {body}"));
        }
    }
}
