//! What Slack remembers.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use handler::ports::Clock;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::content::{Button, Content};
use super::limits;
use crate::canary;

/// How Slack answers when it does not answer well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// 429, with the seconds to wait.
    Busy(u64),
    /// 200, `ok: false` and this error.
    Error(&'static str),
    /// 503.
    Down,
}

impl Mood {
    pub(super) fn response(self) -> Response {
        match self {
            Self::Busy(seconds) => {
                let wait = [(header::RETRY_AFTER, seconds.to_string())];
                (StatusCode::TOO_MANY_REQUESTS, wait, Json(super::refuse("ratelimited"))).into_response()
            }
            Self::Error(error) => Json(super::refuse(error)).into_response(),
            Self::Down => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        }
    }
}

/// A message of the bot's.
#[derive(Debug, Clone)]
pub struct Posted {
    /// The channel.
    pub channel: String,
    /// The message's id.
    pub ts: String,
    /// The message whose thread it is in.
    pub thread: Option<String>,
    /// What it said, the latest last.
    pub revisions: Vec<Content>,
    /// How many of them somebody has read.
    pub(super) read: usize,
}

impl Posted {
    /// What it says now.
    #[must_use]
    pub fn now(&self) -> &Content {
        self.revisions.last().unwrap()
    }

    /// Whether it says something that nobody has read.
    #[must_use]
    pub fn is_unread(&self) -> bool {
        self.read < self.revisions.len()
    }

    /// The button with this label, if it is there now.
    #[must_use]
    pub fn button(&self, label: &str) -> Option<Button> {
        self.now().button(label, &self.ts)
    }
}

/// Who gets what is posted to a `response_url`.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) user: String,
    pub(super) channel: String,
}

#[derive(Debug)]
struct Url {
    place: Place,
    since: Timestamp,
    uses: u32,
}

#[derive(Debug, Default)]
pub(super) struct Inner {
    pub(super) posted: Vec<Posted>,
    pub(super) private: Vec<(String, Content)>,
    pub(super) moods: Vec<(String, Mood)>,
    pub(super) calls: Vec<String>,
    pub(super) complaints: Vec<String>,
    pub(super) bodies: Vec<String>,
    pub(super) groups: HashMap<String, Vec<String>>,
    pub(super) dialog: Option<Value>,
    pub(super) homes: HashMap<String, Content>,
    /// What the app may do, separated by commas.
    pub(super) scopes: String,
    /// Channels that the bot is not in any more.
    pub(super) left: Vec<String>,
    channels: Vec<String>,
    urls: HashMap<String, Url>,
    count: usize,
}

pub(super) struct Shared {
    clock: Arc<dyn Clock>,
    inner: Mutex<Inner>,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl Shared {
    pub(super) fn new(clock: Arc<dyn Clock>, channels: &[&str]) -> Self {
        let channels = channels.iter().map(|id| (*id).to_owned()).collect();
        let scopes = "app_mentions:read,chat:write,commands,files:write,usergroups:read".to_owned();
        Self { clock, inner: Mutex::new(Inner { channels, scopes, ..Inner::default() }) }
    }

    pub(super) fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    pub(super) fn complain(&self, what: String) {
        self.inner().complaints.push(what);
    }

    pub(super) fn mood(&self, method: &str) -> Option<Mood> {
        let mut inner = self.inner();
        let index = inner.moods.iter().position(|(wanted, _)| wanted == method)?;
        Some(inner.moods.remove(index).1)
    }

    fn content(&self, body: &Value, updating: bool) -> Result<Content, &'static str> {
        if let Err(what) = limits::check(body, updating) {
            self.complain(format!("a message that Slack refuses: {what}"));
            return Err("invalid_blocks");
        }
        Ok(Content::of(body))
    }

    pub(super) fn post(&self, body: &Value) -> Result<Value, &'static str> {
        let content = self.content(body, false)?;
        let mut inner = self.inner();
        let channel = body["channel"].as_str().unwrap_or_default().to_owned();
        if channel.starts_with('U') {
            // A message to a member is one in the direct messages between them and the bot.
            inner.private.push((channel, content));
            return Ok(json!({ "channel": "D0001", "ts": "1.000001" }));
        }
        if !inner.channels.contains(&channel) {
            return Err("channel_not_found");
        }
        let thread = body["thread_ts"].as_str().map(str::to_owned);
        if let Some(thread) = &thread
            && !inner.posted.iter().any(|posted| posted.ts == *thread)
        {
            return Err("thread_not_found");
        }
        inner.count += 1;
        let ts = format!("{}.{:06}", self.clock.now().as_second(), inner.count);
        let answer = json!({ "channel": channel, "ts": ts, "message": { "text": content.text } });
        inner.posted.push(Posted { channel, ts, thread, revisions: vec![content], read: 0 });
        Ok(answer)
    }

    pub(super) fn update(&self, body: &Value) -> Result<Value, &'static str> {
        let content = self.content(body, true)?;
        let (channel, ts) = (body["channel"].as_str(), body["ts"].as_str());
        let mut inner = self.inner();
        let found = inner
            .posted
            .iter_mut()
            .find(|posted| Some(posted.ts.as_str()) == ts && Some(posted.channel.as_str()) == channel);
        found.ok_or("message_not_found")?.revisions.push(content);
        Ok(json!({ "channel": channel, "ts": ts }))
    }

    pub(super) fn whisper(&self, body: &Value) -> Result<Value, &'static str> {
        let content = self.content(body, false)?;
        let mut inner = self.inner();
        if !inner.channels.iter().any(|known| body["channel"] == known.as_str()) {
            return Err("channel_not_found");
        }
        let user = body["user"].as_str().ok_or("user_not_found")?.to_owned();
        inner.private.push((user, content));
        Ok(json!({ "message_ts": "1.000001" }))
    }

    /// Opens a dialog, in place of the one that is open.
    pub(super) fn open(&self, body: &Value) -> Result<Value, &'static str> {
        body["trigger_id"].as_str().ok_or("invalid_trigger_id")?;
        if let Err(what) = limits::dialog(&body["view"]) {
            self.complain(format!("a dialog that Slack refuses: {what}"));
            return Err("invalid_arguments");
        }
        let mut inner = self.inner();
        inner.count += 1;
        let mut view = body["view"].clone();
        view["id"] = json!(format!("V{:06}", inner.count));
        inner.dialog = Some(view.clone());
        Ok(json!({ "view": view }))
    }

    /// Replaces somebody's home tab.
    pub(super) fn publish(&self, body: &Value) -> Result<Value, &'static str> {
        let user = body["user_id"].as_str().ok_or("invalid_arguments")?.to_owned();
        if let Err(what) = limits::home(&body["view"]) {
            self.complain(format!("a home tab that Slack refuses: {what}"));
            return Err("invalid_arguments");
        }
        self.inner().homes.insert(user, Content::of(&body["view"]));
        Ok(json!({}))
    }

    /// Who is in a user group.
    pub(super) fn members(&self, kind: &str, body: &[u8]) -> Result<Value, &'static str> {
        if kind != "application/x-www-form-urlencoded" {
            return Err("invalid_arguments");
        }
        let mut pairs = url::form_urlencoded::parse(body);
        let group = pairs.find(|(name, _)| name == "usergroup").map(|(_, group)| group.into_owned());
        let members = group.and_then(|group| self.inner().groups.get(&group).cloned());
        Ok(json!({ "users": members.ok_or("no_such_subteam")? }))
    }

    /// What a channel is, for an app that may know.
    pub(super) fn info(&self, kind: &str, body: &[u8]) -> Result<Value, &'static str> {
        let inner = self.inner();
        if !inner.scopes.contains("channels:read") {
            return Err("missing_scope");
        }
        if kind != "application/x-www-form-urlencoded" {
            return Err("invalid_arguments");
        }
        let mut pairs = url::form_urlencoded::parse(body);
        let channel = pairs.find(|(name, _)| name == "channel").map(|(_, id)| id.into_owned());
        let known = channel.filter(|id| inner.channels.contains(id)).ok_or("channel_not_found")?;
        Ok(json!({ "channel": { "id": known, "is_member": !inner.left.contains(&known) } }))
    }

    pub(super) fn place(&self, place: Place) -> String {
        let mut inner = self.inner();
        inner.count += 1;
        let name = format!("{}-{}", canary::REPLY, inner.count);
        inner.urls.insert(name.clone(), Url { place, since: self.clock.now(), uses: 0 });
        name
    }

    /// A `response_url` lives for 30 minutes and 5 uses.
    pub(super) fn answer(&self, name: &str, body: &Value) -> Result<(), &'static str> {
        let content = self.content(body, false)?;
        let now = self.clock.now();
        let mut inner = self.inner();
        inner.bodies.push(body.to_string());
        let url = inner.urls.get_mut(name).ok_or("no_such_url")?;
        url.uses += 1;
        if url.uses > 5 || now.duration_since(url.since) > SignedDuration::from_mins(30) {
            return Err("expired_url");
        }
        let Place { user, channel } = url.place.clone();
        if body["response_type"] != "ephemeral" || body["replace_original"] != false {
            inner.complaints.push(format!("a reply in {channel} that everybody sees"));
        }
        inner.private.push((user, content));
        Ok(())
    }
}
