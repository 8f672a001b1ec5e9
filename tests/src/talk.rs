//! What people and Azure Monitor send to the bot, and what they read.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use handler::ports::Clock;
use reqwest::Client;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::time::{Instant, sleep};
use url::{Url, form_urlencoded};

use crate::alert::AlertBody;
use crate::canary;
use crate::slack::{Button, Content, FakeSlack, Posted};

/// The channel that everything happens in.
pub const CHANNEL: &str = "C05OPS0001";
/// Between two looks at what happens in real time.
pub(crate) const PAUSE: Duration = Duration::from_millis(20);
const TEAM: &str = "T04AGWTEAM";
const FORM: &str = "application/x-www-form-urlencoded";

/// Slack's id of somebody.
#[must_use]
pub fn user(name: &str) -> String {
    format!("U07{}", name.to_ascii_uppercase())
}

/// What the bot answered at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: String,
}

impl Sent {
    /// Fails unless it was taken.
    #[track_caller]
    pub fn taken(self) -> Self {
        assert_eq!(self.status, 200, "it was not taken: {}", self.body);
        self
    }

    /// The body as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }
}

/// The lines to the bot.
pub struct Talk {
    /// Slack.
    pub slack: FakeSlack,
    clock: Arc<dyn Clock>,
    http: Client,
    bot: Mutex<Url>,
    count: AtomicU64,
}

impl Talk {
    /// Lines to a bot that is somewhere else yet.
    pub async fn open(clock: Arc<dyn Clock>) -> Self {
        let slack = FakeSlack::start(Arc::clone(&clock), &[CHANNEL, "C09OTHER02"]).await;
        let http = Client::builder().no_proxy().build().unwrap();
        let bot = Mutex::new("http://127.0.0.1:9/".parse().unwrap());
        Self { slack, clock, http, bot, count: AtomicU64::new(1) }
    }

    /// Says where the bot is.
    pub fn bot_is_at(&self, url: Url) {
        *self.bot.lock().unwrap() = url;
    }

    fn next(&self) -> u64 {
        self.count.fetch_add(1, Ordering::Relaxed)
    }

    /// The bot's own page for health checks, or whatever else is at a path.
    pub async fn get(&self, path: &str) -> Sent {
        sent(self.http.get(self.at(path))).await
    }

    fn at(&self, path: &str) -> Url {
        self.bot.lock().unwrap().join(path).unwrap()
    }

    /// Posts something with these headers and no others.
    pub async fn post(&self, path: &str, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Sent {
        let request = self.http.post(self.at(path)).body(body.into());
        sent(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))).await
    }

    /// Posts something as Slack does, signed so many seconds ago.
    pub async fn signed(&self, path: &str, body: &str, age: i64) -> Sent {
        let stamp = (self.clock.now().as_second() - age).to_string();
        let signature = sign(canary::SIGNING, &stamp, body);
        let headers = [
            ("content-type", FORM),
            ("x-slack-request-timestamp", stamp.as_str()),
            ("x-slack-signature", signature.as_str()),
        ];
        self.post(path, &headers, body).await
    }

    /// The body of a slash command, a new one each time.
    #[must_use]
    pub fn command_body(&self, who: &str, text: &str) -> String {
        let text = text.strip_prefix("/agw").expect("a command begins with /agw").trim_start();
        let user = user(who);
        let url = self.slack.response_url(&user, CHANNEL);
        let trigger = format!("13345224609.{}", self.next());
        form_urlencoded::Serializer::new(String::new())
            .append_pair("team_id", TEAM)
            .append_pair("team_domain", "example")
            .append_pair("channel_id", CHANNEL)
            .append_pair("channel_name", "ops")
            .append_pair("user_id", &user)
            .append_pair("user_name", who)
            .append_pair("command", "/agw")
            .append_pair("text", text)
            .append_pair("response_url", url.as_str())
            .append_pair("trigger_id", &trigger)
            .append_pair("api_app_id", "A06AGWAPP1")
            .append_pair("is_enterprise_install", "false")
            .finish()
    }

    /// Somebody types a command. Gives what they read at once.
    pub async fn slack(&self, who: &str, text: &str) -> String {
        let body = self.command_body(who, text);
        let sent = self.signed("/api/slack/commands", &body, 0).await.taken();
        let answer = sent.json();
        assert_eq!(answer["response_type"], "ephemeral", "everybody sees {answer}");
        answer["text"].as_str().expect("a text").to_owned()
    }

    /// The body of a click. Another `action_ts` is another click; the same one is a redelivery.
    #[must_use]
    pub fn click_body(&self, who: &str, button: &Button, action_ts: &str) -> String {
        self.click_body_in(CHANNEL, who, button, action_ts)
    }

    /// The body of a click on a message in some channel.
    #[must_use]
    pub fn click_body_in(&self, channel: &str, who: &str, button: &Button, action_ts: &str) -> String {
        let user = user(who);
        let payload = json!({
            "type": "block_actions",
            "user": { "id": user, "username": who, "name": who, "team_id": TEAM },
            "api_app_id": "A06AGWAPP1",
            "token": "deprecated",
            "container": {
                "type": "message", "message_ts": button.ts, "channel_id": channel, "is_ephemeral": false
            },
            "trigger_id": format!("9917745120481.{action_ts}"),
            "team": { "id": TEAM, "domain": "example" },
            "enterprise": null,
            "is_enterprise_install": false,
            "channel": { "id": channel, "name": "ops" },
            "state": { "values": {} },
            "response_url": self.slack.response_url(&user, channel).as_str(),
            "actions": [{
                "type": "button", "action_id": button.action_id, "block_id": "agw",
                "text": { "type": "plain_text", "text": button.label },
                "value": button.value, "action_ts": action_ts
            }],
        });
        let payload = payload.to_string();
        form_urlencoded::Serializer::new(String::new()).append_pair("payload", &payload).finish()
    }

    /// Slack tells the bot something by itself: an event, as somebody.
    pub async fn event(&self, who: &str, event: Value) -> Sent {
        let mut event = event;
        event["user"] = json!(user(who));
        let body = json!({
            "token": "deprecated", "type": "event_callback", "team_id": TEAM, "api_app_id": "A06AGWAPP1",
            "event_id": format!("Ev{:08}", self.next()), "event_time": self.clock.now().as_second(),
            "event": event,
            "authorizations": [{ "team_id": TEAM, "user_id": "U07AGWBOT", "is_bot": true }],
        });
        let stamp = self.clock.now().as_second().to_string();
        let body = body.to_string();
        let signature = sign(canary::SIGNING, &stamp, &body);
        let headers = [
            ("content-type", "application/json"),
            ("x-slack-request-timestamp", stamp.as_str()),
            ("x-slack-signature", signature.as_str()),
        ];
        self.post("/api/slack/events", &headers, body).await.taken()
    }

    /// Somebody mentions the bot, in a channel or in a thread of it.
    pub async fn mention(&self, who: &str, text: &str, thread: Option<&str>) -> Sent {
        let ts = format!("{}.{:06}", self.clock.now().as_second(), self.next());
        let text = format!("<@U07AGWBOT> {text}");
        let mut event =
            json!({ "type": "app_mention", "text": text, "ts": ts, "channel": CHANNEL, "event_ts": ts });
        if let Some(thread) = thread {
            event["thread_ts"] = json!(thread);
        }
        self.event(who, event).await
    }

    /// Somebody opens the bot's own tab.
    pub async fn open_home(&self, who: &str) -> Sent {
        self.event(who, json!({ "type": "app_home_opened", "channel": "D1", "tab": "home" })).await
    }

    /// Somebody presses a button in the bot's own tab.
    pub async fn press_at_home(&self, who: &str, button: &Button) -> Sent {
        let stamp = format!("{}.{:06}", self.clock.now().as_second(), self.next());
        let payload = json!({
            "type": "block_actions", "team": { "id": TEAM }, "user": { "id": user(who), "username": who },
            "container": { "type": "view", "view_id": "V1" }, "trigger_id": stamp,
            "view": { "id": "V1", "type": "home", "private_metadata": "", "callback_id": "" },
            "actions": [{ "type": "button", "action_id": button.action_id, "value": button.value, "action_ts": stamp }],
        });
        let payload = payload.to_string();
        let body = form_urlencoded::Serializer::new(String::new()).append_pair("payload", &payload).finish();
        self.signed("/api/slack/interactions", &body, 0).await.taken()
    }

    /// Somebody presses a button that they have before them, even if it is there no more.
    pub async fn press(&self, who: &str, button: &Button) -> Sent {
        self.press_in(CHANNEL, who, button).await
    }

    /// The same, on a copy of the message in another channel.
    pub async fn press_in(&self, channel: &str, who: &str, button: &Button) -> Sent {
        self.press_because(channel, who, button, None).await
    }

    /// Somebody presses a button, and if they are asked why, they say so, or leave it empty.
    pub async fn press_because(
        &self,
        channel: &str,
        who: &str,
        button: &Button,
        reason: Option<&str>,
    ) -> Sent {
        let stamp = format!("{}.{:06}", self.clock.now().as_second(), self.next());
        let body = self.click_body_in(channel, who, button, &stamp);
        let sent = self.signed("/api/slack/interactions", &body, 0).await.taken();
        let Some(mut dialog) = self.slack.take_dialog() else { return sent };
        dialog["state"] =
            json!({ "values": { "reason": { "reason": { "type": "plain_text_input", "value": reason } } } });
        let payload = json!({
            "type": "view_submission",
            "team": { "id": TEAM, "domain": "example" },
            "user": { "id": user(who), "username": who, "name": who, "team_id": TEAM },
            "view": dialog,
            "response_urls": [],
        });
        let payload = payload.to_string();
        let body = form_urlencoded::Serializer::new(String::new()).append_pair("payload", &payload).finish();
        self.signed("/api/slack/interactions", &body, 0).await.taken()
    }

    /// The button with this label in the latest message.
    #[track_caller]
    #[must_use]
    pub fn button(&self, label: &str) -> Button {
        let message = self.latest();
        let found = message.button(label);
        found.unwrap_or_else(|| panic!("there is no button {label} in:\n{}", message.now()))
    }

    /// The latest message of the channel.
    #[must_use]
    pub fn latest(&self) -> Posted {
        self.slack.messages().into_iter().rfind(|posted| posted.channel == CHANNEL).expect("a message")
    }

    /// Reads the channel's latest message, if it has this status.
    #[must_use]
    pub fn read_if(&self, status: &str) -> Option<Content> {
        let posted = self.slack.messages().into_iter().rfind(|posted| posted.channel == CHANNEL)?;
        (posted.now().status() == status).then(|| self.slack.read(&posted.ts))
    }

    /// Waits until something can be seen, and fails the test if it takes too long. `said` is what the bot said.
    pub(crate) async fn until<T>(
        &self,
        longest: Duration,
        what: &str,
        look: impl Fn() -> Option<T>,
        said: impl Fn() -> String,
    ) -> T {
        let start = Instant::now();
        loop {
            if let Some(found) = look() {
                return found;
            }
            let latest = || self.slack.messages().pop().map(|posted| posted.now().to_string());
            assert!(
                start.elapsed() < longest,
                "waited for {what} in vain. The latest message: {:?}. The bot said:\n{}",
                latest(),
                said()
            );
            sleep(PAUSE).await;
        }
    }

    /// Reads what is in the thread of the latest message, and has not been read.
    pub fn read_thread(&self) -> Vec<Content> {
        self.read_thread_of(&self.latest().ts)
    }

    /// Reads what is in the thread of a message, and has not been read.
    pub fn read_thread_of(&self, ts: &str) -> Vec<Content> {
        let posted = self.slack.posted().into_iter();
        let replies = posted.filter(|posted| posted.thread.as_deref() == Some(ts) && posted.is_unread());
        replies.map(|reply| self.slack.read(&reply.ts)).collect()
    }

    /// Azure Monitor posts an alert, with the right key.
    pub async fn alert(&self, alert: &AlertBody) -> Sent {
        let headers = [("content-type", "application/json"), ("x-functions-key", canary::ALERT_KEY)];
        self.post("/api/alerts", &headers, alert.json().to_string()).await
    }
}

async fn sent(request: reqwest::RequestBuilder) -> Sent {
    let answer = request.send().await.expect("the bot answers");
    Sent { status: answer.status().as_u16(), body: answer.text().await.expect("a body") }
}

/// Slack's signature, by the definition of HMAC (RFC 2104) and on its own.
fn sign(secret: &str, stamp: &str, body: &str) -> String {
    assert!(secret.len() <= 64, "a key of one block");
    let mut key = [0u8; 64];
    key[..secret.len()].copy_from_slice(secret.as_bytes());
    let pad = |with: u8| key.map(|byte| byte ^ with);
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(format!("v0:{stamp}:{body}")).finalize();
    format!("v0={}", hex::encode(Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize()))
}

#[cfg(test)]
mod tests {
    /// The vector in Slack's documentation, "Verifying requests from Slack".
    #[test]
    fn the_signature_is_slacks() {
        let body = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
        assert_eq!(
            super::sign("8f742231b10e8888abcd99yyyzzz85a5", "1531420618", body),
            "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
        );
    }
}
