//! A Slack that keeps what it is sent and refuses what the real one would.

mod content;
mod limits;
mod state;

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use handler::ports::Clock;
use serde_json::{Value, json};
use url::Url;

use crate::canary;
use crate::serve::Server;
use crate::traffic::kept;
pub use content::{Button, Content};
pub use state::{Mood, Posted};
use state::{Place, Shared};

/// A Slack on loopback.
#[derive(Debug)]
pub struct FakeSlack {
    shared: Arc<Shared>,
    server: Server,
}

impl FakeSlack {
    /// Opens a workspace with these channels.
    pub async fn start(clock: Arc<dyn Clock>, channels: &[&str]) -> Self {
        let shared = Arc::new(Shared::new(clock, channels));
        let router = Router::new()
            .route("/api/{method}", post(call))
            .route("/reply/{url}", post(reply))
            .with_state(Arc::clone(&shared));
        Self { shared, server: Server::start(kept("slack", router)).await }
    }

    /// What `slack.api` is set to.
    #[must_use]
    pub fn api(&self) -> Url {
        self.server.url().join("api").unwrap()
    }

    /// A new `response_url` for somebody in a channel.
    #[must_use]
    pub fn response_url(&self, user: &str, channel: &str) -> Url {
        let name = self.shared.place(Place { user: user.to_owned(), channel: channel.to_owned() });
        self.server.url().join(&format!("reply/{name}")).unwrap()
    }

    /// How the next call of a method is answered instead of well.
    pub fn next(&self, method: &str, mood: Mood) {
        self.shared.inner().moods.push((method.to_owned(), mood));
    }

    /// Every message of everybody, those in threads included.
    #[must_use]
    pub fn posted(&self) -> Vec<Posted> {
        self.shared.inner().posted.clone()
    }

    /// The messages that stand in a channel itself.
    #[must_use]
    pub fn messages(&self) -> Vec<Posted> {
        self.posted().into_iter().filter(|posted| posted.thread.is_none()).collect()
    }

    /// How often each method was called.
    #[must_use]
    pub fn calls(&self, method: &str) -> usize {
        self.shared.inner().calls.iter().filter(|called| *called == method).count()
    }

    /// Reads a message, and what it says now.
    pub fn read(&self, ts: &str) -> Content {
        let mut inner = self.shared.inner();
        let found = inner.posted.iter_mut().find(|posted| posted.ts == ts).expect("such a message");
        found.read = found.revisions.len();
        found.now().clone()
    }

    /// Reads what somebody was told that nobody else can see, and they had not read yet.
    #[must_use]
    pub fn read_private(&self, user: &str) -> Vec<Content> {
        self.shared.inner().private.extract_if(.., |(to, _)| to == user).map(|(_, content)| content).collect()
    }

    /// What is wrong with how Slack was used, and what nobody read.
    #[must_use]
    pub fn complaints(&self) -> Vec<String> {
        let inner = self.shared.inner();
        let unread = inner.posted.iter().filter(|posted| posted.is_unread());
        let unread = unread.map(|posted| format!("nobody read: {}", posted.now()));
        let private = inner.private.iter().map(|(to, content)| format!("{to} did not read: {content}"));
        inner.complaints.iter().cloned().chain(unread).chain(private).collect()
    }

    /// The dialog that was opened last, and is open still. Whoever takes it has it closed.
    #[must_use]
    pub fn take_dialog(&self) -> Option<Value> {
        self.shared.inner().dialog.take()
    }

    /// What somebody's home tab shows.
    #[must_use]
    pub fn home(&self, user: &str) -> Option<Content> {
        self.shared.inner().homes.get(user).cloned()
    }

    /// Puts somebody into a user group, or takes everybody out of it.
    pub fn group(&self, group: &str, members: &[&str]) {
        let members = members.iter().map(|name| (*name).to_owned()).collect();
        self.shared.inner().groups.insert(group.to_owned(), members);
    }

    /// The app was installed with these scopes, and no others.
    pub fn grant(&self, scopes: &[&str]) {
        self.shared.inner().scopes = scopes.join(",");
    }

    /// Takes the bot out of a channel.
    pub fn remove_from(&self, channel: &str) {
        self.shared.inner().left.push(channel.to_owned());
    }

    /// Everything that was ever sent here, as it was sent.
    #[must_use]
    pub fn everything(&self) -> String {
        self.shared.inner().bodies.join("\n")
    }
}

fn ok(more: Value) -> Value {
    let mut body = json!({ "ok": true });
    if let (Some(body), Some(more)) = (body.as_object_mut(), more.as_object()) {
        body.extend(more.clone());
    }
    body
}

fn refuse(error: &str) -> Value {
    json!({ "ok": false, "error": error })
}

async fn call(
    State(shared): State<Arc<Shared>>,
    Path(method): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    shared.inner().calls.push(method.clone());
    if let Some(mood) = shared.mood(&method) {
        return mood.response();
    }
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if bearer != format!("Bearer {}", canary::TOKEN) {
        shared.complain(format!("{method} without the token"));
        return axum::Json(refuse("invalid_auth")).into_response();
    }
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if method == "usergroups.users.list" {
        // One of the methods that take a form, and no JSON.
        let answer = shared.members(kind, &body).map(ok);
        return axum::Json(answer.unwrap_or_else(refuse)).into_response();
    }
    if method == "auth.test" {
        let scopes = [("x-oauth-scopes", shared.inner().scopes.clone())];
        let me = ok(json!({ "user": "agw", "team": "Example", "user_id": "U0AGW", "bot_id": "B0AGW" }));
        return (scopes, axum::Json(me)).into_response();
    }
    if method == "conversations.info" {
        let answer = shared.info(kind, &body).map(ok);
        return axum::Json(answer.unwrap_or_else(refuse)).into_response();
    }
    let Ok(body) = serde_json::from_slice::<Value>(&body) else {
        return axum::Json(refuse("invalid_json")).into_response();
    };
    if !kind.starts_with("application/json") {
        return axum::Json(refuse("invalid_post_type")).into_response();
    }
    shared.inner().bodies.push(body.to_string());
    let answer = match method.as_str() {
        "chat.postMessage" => shared.post(&body).map(ok),
        "chat.update" => shared.update(&body).map(ok),
        "chat.postEphemeral" => shared.whisper(&body).map(ok),
        "views.open" => shared.open(&body).map(ok),
        "views.publish" => shared.publish(&body).map(ok),
        _ => Err("unknown_method"),
    };
    axum::Json(answer.unwrap_or_else(|error| {
        // An unknown channel is a mistake of the configuration; everything else is one of the bot.
        if error != "channel_not_found" {
            shared.complain(format!("{method} was refused: {error}"));
        }
        refuse(error)
    }))
    .into_response()
}

async fn reply(State(shared): State<Arc<Shared>>, Path(name): Path<String>, body: Bytes) -> Response {
    shared.inner().calls.push("response_url".to_owned());
    if let Some(mood) = shared.mood("response_url") {
        return mood.response();
    }
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    match shared.answer(&name, &body) {
        Ok(()) => "ok".into_response(),
        Err(error) => (StatusCode::NOT_FOUND, axum::Json(refuse(error))).into_response(),
    }
}
