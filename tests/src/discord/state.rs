//! What Discord remembers.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard};

use axum::Json;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::DISCORD_CHANNEL;
use super::content::DiscordMessage;
use super::rules;
use crate::canary;

/// How a request is answered instead of well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It is not carried out, with this status.
    Status(u16),
    /// Too many requests, for this many milliseconds; for everything, or for the bucket.
    Wait(u64, bool),
    /// It is carried out, and the answer gets lost.
    Lost,
    /// It is carried out, and none is left in its bucket for this many milliseconds.
    NoneLeft(u64),
}

/// An error as Discord tells it: status, code, message.
type Told = (u16, u64, &'static str);

struct Posted {
    now: DiscordMessage,
    nonce: Option<String>,
    read: bool,
}

#[derive(Default)]
pub(super) struct Inner {
    pub(super) moods: VecDeque<Answer>,
    pub(super) complaints: Vec<String>,
    pub(super) bodies: Vec<(String, Value)>,
    pub(super) commands: Value,
    pub(super) channels: Vec<String>,
    pub(super) roles: Vec<(String, String)>,
    pub(super) tokens_are_dead: bool,
    /// What the developer portal says of the application.
    pub(super) verify_key: String,
    pub(super) endpoint: Option<String>,
    /// What the bot's role may do.
    pub(super) permissions: u64,
    posted: Vec<Posted>,
    count: u64,
}

#[derive(Default)]
pub(super) struct Shared(Mutex<Inner>);

impl Shared {
    pub(super) fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap()
    }

    /// Answers a request: with what `does` gives, or how it refuses.
    pub(super) fn answer(
        &self,
        kind: &str,
        as_bot: bool,
        headers: &HeaderMap,
        body: &[u8],
        does: impl FnOnce(&mut Inner, &Value) -> Result<Value, Told>,
    ) -> Response {
        let mut inner = self.inner();
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        inner.bodies.push((kind.to_owned(), body.clone()));
        let header = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !header(header::USER_AGENT).starts_with("DiscordBot (https://") {
            inner.complaints.push(format!("{kind} by {}", header(header::USER_AGENT)));
        }
        let wanted = if as_bot { format!("Bot {}", canary::DISCORD_TOKEN) } else { String::new() };
        if header(header::AUTHORIZATION) != wanted {
            inner.complaints.push(format!("{kind} with another right than it needs"));
            return error((401, 0, "401: Unauthorized"));
        }
        let mood = inner.moods.pop_front();
        match mood {
            Some(Answer::Status(status)) => return error((status, 0, "moody")),
            Some(Answer::Wait(ms, global)) => return wait(ms, global),
            _ => {}
        }
        let done = does(&mut inner, &body);
        match (done, mood) {
            (Ok(_), Some(Answer::Lost)) => error((502, 0, "lost")),
            (Ok(done), Some(Answer::NoneLeft(ms))) => {
                let after = format!("{}.{:03}", ms / 1000, ms % 1000);
                let headers = [("x-ratelimit-remaining", "0".to_owned()), ("x-ratelimit-reset-after", after)];
                (headers, Json(done)).into_response()
            }
            (Ok(done), _) => Json(done).into_response(),
            (Err(told), _) => error(told),
        }
    }
}

fn error((status, code, message): Told) -> Response {
    let status = StatusCode::from_u16(status).unwrap();
    (status, Json(json!({ "code": code, "message": message }))).into_response()
}

fn wait(ms: u64, global: bool) -> Response {
    #[expect(clippy::cast_precision_loss, reason = "a few seconds")]
    let seconds = ms as f64 / 1000.0;
    let body = json!({ "message": "You are being rate limited.", "retry_after": seconds, "global": global });
    (StatusCode::TOO_MANY_REQUESTS, Json(body)).into_response()
}

impl Inner {
    pub(super) fn next(&mut self) -> String {
        self.count += 1;
        format!("78600872971{:07}", self.count)
    }

    fn checked(&mut self, body: &Value) -> Result<(), Told> {
        rules::message(body).map_err(|complaint| {
            self.complaints.push(complaint);
            (400, 50_035, "Invalid Form Body")
        })
    }

    fn is_there(&self, channel: &str) -> bool {
        channel == DISCORD_CHANNEL || self.channels.iter().any(|known| known == channel)
    }

    pub(super) fn post(&mut self, channel: &str, body: &Value, checks: bool) -> Result<Value, Told> {
        if checks {
            self.checked(body)?;
            if body["enforce_nonce"] != true {
                self.complaints.push("a message without a nonce that is enforced".to_owned());
            }
            if !self.is_there(channel) {
                return Err((404, 10_003, "Unknown Channel"));
            }
        }
        let nonce = body["nonce"].as_str().map(str::to_owned);
        let same =
            |posted: &&Posted| posted.now.channel == channel && nonce.is_some() && posted.nonce == nonce;
        if let Some(known) = self.posted.iter().find(same) {
            return Ok(json!({ "id": known.now.id, "channel_id": channel, "content": known.now.content() }));
        }
        let id = self.next();
        let now = DiscordMessage::of(channel, &id, body);
        self.posted.push(Posted { now, nonce, read: false });
        Ok(json!({ "id": id, "channel_id": channel, "content": body["content"] }))
    }

    pub(super) fn change(&mut self, channel: &str, id: &str, body: &Value) -> Result<Value, Told> {
        self.checked(body)?;
        let found =
            self.posted.iter_mut().find(|posted| posted.now.channel == channel && posted.now.id == id);
        let posted = found.ok_or((404, 10_008, "Unknown Message"))?;
        let mut new = DiscordMessage::of(channel, id, body);
        let mut statuses = posted.now.statuses.clone();
        if statuses.last() != new.statuses.last() {
            statuses.append(&mut new.statuses);
        }
        new.statuses = statuses;
        (posted.now, posted.read) = (new, false);
        Ok(json!({ "id": id, "channel_id": channel }))
    }

    pub(super) fn begin(&mut self, channel: &str, id: &str, body: &Value) -> Result<Value, Told> {
        if !self.posted.iter().any(|posted| posted.now.channel == channel && posted.now.id == id) {
            return Err((404, 10_008, "Unknown Message"));
        }
        if self.is_there(id) {
            return Err((400, 160_004, "A thread has already been created for this message"));
        }
        let name = body["name"].as_str().unwrap_or_default();
        if !(1..=100).contains(&name.chars().count()) {
            self.complaints.push(format!("a thread called {name:?}"));
        }
        self.channels.push(id.to_owned());
        Ok(json!({ "id": id, "parent_id": channel }))
    }

    /// A message for whoever has the token, which ends with their id here.
    pub(super) fn aside(&mut self, token: &str, body: &Value) -> Result<Value, Told> {
        if self.tokens_are_dead {
            return Err((401, 50_027, "Invalid Webhook Token"));
        }
        self.checked(body)?;
        if body["flags"] != 64 {
            self.complaints.push(format!("everybody sees {body}"));
        }
        let user = token.rsplit('-').next().unwrap_or_default();
        self.post(&format!("aside-{user}"), body, false)
    }

    pub(super) fn delete(&mut self, id: &str) {
        self.posted.retain(|posted| posted.now.id != id);
    }

    pub(super) fn read(&mut self, channel: &str) -> Vec<DiscordMessage> {
        let here = self.posted.iter_mut().filter(|posted| posted.now.channel == channel);
        here.map(|posted| {
            posted.read = true;
            posted.now.clone()
        })
        .collect()
    }

    pub(super) fn unread(&self) -> impl Iterator<Item = &DiscordMessage> {
        self.posted.iter().filter(|posted| !posted.read).map(|posted| &posted.now)
    }
}
