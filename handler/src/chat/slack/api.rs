//! The way out to Slack: its Web API.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use domain::card::Card;
use domain::incident::MessageRef;
use domain::request::{Channel, Person, Platform, ReplyTo};
use jiff::SignedDuration;
use reqwest::{Client, RequestBuilder};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use serde_json::{Value, json};
use url::Url;

use super::base::ApiBase;
use super::method::Method;
use super::render::{self, Rest, SlackMessage};
use crate::chat::http::LazyClient;
use crate::chat::rest::Resting;
use crate::ports::{Chat, ChatError, Clock};
use groups::Groups;

pub use files::Upload;
pub use standing::Standing;

mod answer;
mod files;
mod groups;
mod standing;
mod views;

/// The body of `chat.postMessage`.
#[derive(Serialize)]
struct Post<'a> {
    channel: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    thread_ts: Option<&'a str>,
    #[serde(flatten)]
    message: SlackMessage,
    unfurl_links: bool,
    unfurl_media: bool,
}

/// Posts as the bot of one Slack workspace.
pub struct SlackChat {
    base: ApiBase,
    token: SecretString,
    groups: Groups,
    /// Slack counts calls by method and workspace (Slack, "Rate limits"), and a token belongs to one workspace. While
    /// one method rests, the others go on.
    resting: Resting<Method>,
    clock: Arc<dyn Clock>,
    client: LazyClient,
}

impl SlackChat {
    /// A client with the bot's token (`xoxb-…`).
    #[must_use]
    pub fn new(base: ApiBase, token: SecretString, clock: Arc<dyn Clock>) -> Self {
        let (groups, resting) = (Groups::default(), Resting::default());
        Self { base, token, groups, resting, clock, client: LazyClient::default() }
    }

    fn client(&self) -> Result<&Client, ChatError> {
        self.client.get(|client| client).map_err(answer::unreachable)
    }

    async fn call(&self, method: Method, body: &(impl Serialize + Sync)) -> Result<Value, ChatError> {
        self.send(method, |request| request.json(body)).await
    }

    /// Calls a method, unless Slack asked for patience with it a moment ago.
    async fn send(
        &self,
        method: Method,
        fill: impl FnOnce(RequestBuilder) -> RequestBuilder + Send,
    ) -> Result<Value, ChatError> {
        if let Some(seconds) = self.resting.left(&method, self.clock.now()) {
            return Err(answer::resting(seconds));
        }
        let request = self.client()?.post(self.base.method(method)).bearer_auth(self.token.expose_secret());
        let response = fill(request).send().await.map_err(answer::unreachable)?;
        let answered = answer::read(response).await;
        if let Err(ChatError::Throttled { retry_after_s, .. }) = &answered {
            let wait = SignedDuration::from_secs(i64::try_from(*retry_after_s).unwrap_or(i64::MAX));
            self.resting.begin(method, wait, self.clock.now());
        }
        answered
    }

    async fn post_to(
        &self,
        channel: &str,
        thread: Option<&str>,
        message: SlackMessage,
    ) -> Result<MessageRef, ChatError> {
        let body = Post { channel, thread_ts: thread, message, unfurl_links: false, unfurl_media: false };
        let answer = self.call(Method::PostMessage, &body).await?;
        let field = |name| answer.get(name).and_then(Value::as_str).map(str::to_owned);
        let (Some(id), Some(channel)) = (field("ts"), field("channel")) else {
            return Err(answer::unexpected("chat.postMessage gave no channel and ts"));
        };
        Ok(MessageRef { channel: Channel { platform: Platform::Slack, id: channel }, id })
    }

    /// Adds to a thread: a message, and a file with the whole of it where it does not fit. The file is handed over
    /// first, so that a failure there says nothing twice; only one between the message and the file's showing does.
    async fn add(&self, channel: &Channel, thread: &str, card: &Card) -> Result<(), ChatError> {
        let (message, whole) = render::draw(card, Rest::File);
        if whole {
            return self.post_to(&channel.id, Some(thread), message).await.map(drop);
        }
        let Some(file) = self.stage_whole(card).await? else {
            let message = render::draw(card, Rest::Nowhere).0;
            return self.post_to(&channel.id, Some(thread), message).await.map(drop);
        };
        self.post_to(&channel.id, Some(thread), message).await?;
        self.share(file, channel, thread).await
    }

    /// Who is in a user group now. Slack wants this one as a form.
    async fn members(&self, group: &str) -> Result<Vec<String>, ChatError> {
        let answer = self.send(Method::GroupMembers, |request| request.form(&[("usergroup", group)])).await?;
        let users = answer.get("users").and_then(Value::as_array);
        let users = users.ok_or_else(|| answer::unexpected("usergroups.users.list gave no users"))?;
        Ok(users.iter().filter_map(Value::as_str).map(str::to_owned).collect())
    }

    /// Answers through the address that came with the command. False when Slack does not take it any more.
    async fn respond(&self, url: Url, card: &Card) -> Result<bool, ChatError> {
        let message = render::draw(card, Rest::Nowhere).0;
        let body = json!({
            "response_type": "ephemeral", "replace_original": false,
            "text": message.text, "blocks": message.blocks,
        });
        let response = self.client()?.post(url).json(&body).send().await.map_err(answer::unreachable)?;
        answer::taken(&response)
    }
}

impl fmt::Debug for SlackChat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SlackChat").field("base", &self.base).finish_non_exhaustive()
    }
}

#[async_trait]
impl Chat for SlackChat {
    fn platform(&self) -> Platform {
        Platform::Slack
    }

    async fn post(&self, channel: &Channel, card: &Card) -> Result<MessageRef, ChatError> {
        self.post_to(&channel.id, None, render::message(card)).await
    }

    async fn update(&self, message: &MessageRef, card: &Card) -> Result<(), ChatError> {
        let new = render::message(card);
        let body = json!({
            "channel": message.channel.id, "ts": message.id, "text": new.text, "blocks": new.blocks,
        });
        self.call(Method::UpdateMessage, &body).await.map(drop)
    }

    async fn thread(&self, message: &MessageRef, card: &Card) -> Result<(), ChatError> {
        self.add(&message.channel, &message.id, card).await
    }

    async fn reply(&self, to: &ReplyTo, card: &Card) -> Result<(), ChatError> {
        // Checked again: what comes from a store is not taken at its word.
        let url = to.url.as_deref().and_then(|url| self.base.response_url(url));
        if let Some(url) = url
            && self.respond(url, card).await?
        {
            return Ok(());
        }
        // In the home tab nothing can be said to one person alone, in the messages beside it there is nobody else.
        if to.is_home() {
            let message = render::draw(card, Rest::Nowhere).0;
            return self.post_to(&to.channel.id, None, message).await.map(drop);
        }
        if let Some(thread) = &to.thread {
            return self.add(&to.channel, thread, card).await;
        }
        let message = render::draw(card, Rest::Nowhere).0;
        let body = json!({
            "channel": to.channel.id, "user": to.person.id, "text": message.text, "blocks": message.blocks,
        });
        self.call(Method::PostEphemeral, &body).await.map(drop)
    }

    async fn home(&self, person: &Person, cards: &[Card]) -> Result<(), ChatError> {
        self.publish(&person.id, cards).await
    }

    async fn groups_of(&self, person: &Person, among: &[String]) -> Result<Vec<String>, ChatError> {
        let mut found = Vec::new();
        for group in among {
            let members = match self.groups.known(group) {
                Some(members) => members,
                None => self.groups.keep(group, self.members(group).await?),
            };
            if members.contains(&person.id) {
                found.push(group.clone());
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests;
