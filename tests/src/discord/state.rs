//! What Discord remembers.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard};

use axum::Json;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::DISCORD_CHANNEL;
use super::content::DiscordMessage;
use super::contract::Contract;
use super::{rules, second};
use crate::board::Board;
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

#[derive(Default)]
pub(super) struct Inner {
    pub(super) moods: VecDeque<Answer>,
    pub(super) complaints: Vec<String>,
    pub(super) bodies: Vec<(String, Value)>,
    pub(super) commands: Value,
    pub(super) channels: Vec<String>,
    pub(super) roles: Vec<(String, String)>,
    pub(super) tokens_are_dead: bool,
    pub(super) board: Board<DiscordMessage>,
    /// Which message was posted with a nonce, by its channel.
    nonces: HashMap<(String, String), String>,
    /// What the developer portal says of the application.
    pub(super) verify_key: String,
    pub(super) endpoint: Option<String>,
    /// What the bot's role may do.
    pub(super) permissions: u64,
    count: u64,
}

#[derive(Default)]
pub(super) struct Shared(Mutex<Inner>);

impl Shared {
    pub(super) fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap()
    }

    /// Holds a request against what others say that Discord takes.
    pub(super) fn judge(&self, method: &str, path: &str, body: &Value) {
        let judged = [
            second::request(method, path, body),
            Contract::named().map_or(Ok(()), |contract| contract.judge(method, path, body)),
        ];
        self.inner().complaints.extend(judged.into_iter().filter_map(Result::err));
    }

    /// The same for an answer to an interaction, which might be sent as a request as well.
    pub(super) fn judge_answer(&self, answer: &Value) {
        let callback = "/interactions/1/token/callback";
        let judged = [
            second::answer(answer),
            Contract::named().map_or(Ok(()), |contract| contract.judge("POST", callback, answer)),
        ];
        self.inner().complaints.extend(judged.into_iter().filter_map(Result::err));
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
        let nonce = body["nonce"].as_str().map(|nonce| (channel.to_owned(), nonce.to_owned()));
        let same = nonce.as_ref().and_then(|nonce| self.board.find(channel, self.nonces.get(nonce)?));
        if let Some(known) = same {
            return Ok(json!({ "id": known.id, "channel_id": channel, "content": known.content() }));
        }
        let id = self.next();
        self.nonces.extend(nonce.map(|nonce| (nonce, id.clone())));
        self.board.post(DiscordMessage::of(channel, &id, body));
        Ok(json!({ "id": id, "channel_id": channel, "content": body["content"] }))
    }

    pub(super) fn change(&mut self, channel: &str, id: &str, body: &Value) -> Result<Value, Told> {
        self.checked(body)?;
        match self.board.change(DiscordMessage::of(channel, id, body)) {
            true => Ok(json!({ "id": id, "channel_id": channel })),
            false => Err((404, 10_008, "Unknown Message")),
        }
    }

    pub(super) fn begin(&mut self, channel: &str, id: &str, body: &Value) -> Result<Value, Told> {
        if self.board.find(channel, id).is_none() {
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
}
