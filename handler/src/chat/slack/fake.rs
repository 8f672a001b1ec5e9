//! A Web API for tests: it keeps what it is asked, and answers what it is told to.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};

use super::{ApiBase, SlackChat};
use crate::chat::fakes::{self, SetClock};

pub(super) const TOKEN: &str = "xoxb-secret";

/// Path, authorization and body of a request. A body that is no JSON is its text.
pub(super) type Asked = (String, Option<String>, Value);

/// What Slack was asked, and what it answers next.
#[derive(Clone, Default)]
pub(super) struct FakeSlack {
    asked: Arc<Mutex<Vec<Asked>>>,
    answers: Arc<Mutex<VecDeque<(u16, Value)>>>,
    pub(super) clock: Arc<SetClock>,
}

impl FakeSlack {
    /// A Slack, a client of it, and its origin.
    pub(super) async fn start() -> (Self, SlackChat, String) {
        let slack = Self::default();
        let router = Router::new().route("/{*path}", post(answer)).with_state(slack.clone());
        let origin = format!("http://127.0.0.1:{}", fakes::serve(router).await);
        let base = ApiBase::parse(&format!("{origin}/api")).expect("loopback");
        let chat = SlackChat::new(base, TOKEN.into(), slack.clock.clone());
        (slack, chat, origin)
    }

    pub(super) fn answers(&self, status: u16, body: Value) {
        self.answers.lock().expect("nobody panicked").push_back((status, body));
    }

    pub(super) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("nobody panicked").clone()
    }

    pub(super) fn paths(&self) -> Vec<String> {
        self.asked().into_iter().map(|(path, ..)| path).collect()
    }
}

async fn answer(
    State(slack): State<FakeSlack>,
    Path(path): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let token = headers.get("authorization").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let text = String::from_utf8_lossy(&body);
    let body = serde_json::from_str(&text).unwrap_or_else(|_| json!(text));
    slack.asked.lock().expect("nobody panicked").push((path, token, body));
    let next = slack.answers.lock().expect("nobody panicked").pop_front();
    let (status, body) = next.unwrap_or((200, json!({ "ok": true, "channel": "C1", "ts": "1.2" })));
    let status = StatusCode::from_u16(status).expect("a status");
    (status, [("retry-after", "7")], axum::Json(body)).into_response()
}
