//! The way out to Discord: its HTTP API.

use std::sync::Arc;

use async_trait::async_trait;
use domain::card::Card;
use domain::incident::MessageRef;
use domain::request::{Channel, Platform, ReplyTo, RequestId};
use reqwest::{Client, Method};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

use super::base::ApiBase;
use super::render;
use crate::chat::http::LazyClient;
use crate::ports::{Chat, ChatError, Clock};
use answer::Refused;
use limits::{EVERYTHING, Limits};

mod answer;
mod limits;
mod standing;

pub use standing::{Application, ChannelRights};

/// The bit of a message that one person alone sees.
const EPHEMERAL: u32 = 1 << 6;
/// What Discord takes for a nonce.
const NONCE: usize = 25;
/// Minutes without a word before Discord puts a thread aside: a day.
const ARCHIVE_AFTER_MIN: u32 = 1440;
/// Discord takes no longer name of a thread.
const THREAD_NAME: usize = 100;

/// Speaks as the bot of one application.
pub struct DiscordChat {
    base: ApiBase,
    application: String,
    token: SecretString,
    clock: Arc<dyn Clock>,
    limits: Limits,
    client: LazyClient,
}

/// A call of the API.
struct Call {
    method: Method,
    address: String,
    /// What Discord counts together.
    bucket: String,
    /// Whether the bot shows who it is. An answer to an interaction has its right in its address.
    as_bot: bool,
}

impl DiscordChat {
    /// A client with the bot's token.
    #[must_use]
    pub fn new(base: ApiBase, application: String, token: SecretString, clock: Arc<dyn Clock>) -> Self {
        Self { base, application, token, clock, limits: Limits::default(), client: LazyClient::default() }
    }

    fn client(&self) -> Result<&Client, Refused> {
        let agent = |client: reqwest::ClientBuilder| {
            // Discord wants an address and a version ("API Reference", User Agent).
            client.user_agent(format!(
                "DiscordBot (https://discord.com/developers/applications/{}, {})",
                self.application,
                env!("CARGO_PKG_VERSION")
            ))
        };
        self.client.get(agent).map_err(answer::unreachable)
    }

    /// A call as the bot. `bucket` is the part of the path that Discord counts by.
    fn bot(&self, method: Method, path: &str, bucket: &str) -> Call {
        let bucket = format!("{method} {bucket}");
        Call { method, address: self.base.at(path), bucket, as_bot: true }
    }

    async fn call(&self, call: Call, body: Option<&Value>) -> Result<Value, Refused> {
        if let Some(left) = self.limits.left(&call.bucket, self.clock.now()).filter(|_| call.as_bot) {
            #[expect(clippy::cast_precision_loss, reason = "at most a day of seconds")]
            return Err(Refused::Throttled { seconds: left as f64, global: false });
        }
        let request = self.client()?.request(call.method, call.address);
        let request = if call.as_bot {
            request.header("authorization", format!("Bot {}", self.token.expose_secret()))
        } else {
            request
        };
        let request = body.iter().fold(request, |request, body| request.json(body));
        let response = request.send().await.map_err(answer::unreachable)?;
        self.limits.learn(&call.bucket, &response, self.clock.now());
        let answered = answer::read(response).await;
        if let Err(Refused::Throttled { seconds, global }) = &answered {
            let bucket = if *global { EVERYTHING } else { &call.bucket };
            self.limits.begin(bucket, limits::wait(*seconds), self.clock.now());
        }
        answered
    }

    /// Posts into a channel or thread. For some minutes Discord gives back the message that it has with the same nonce
    /// instead of making a second one, so a post whose answer was lost is not there twice. What was sent the first time
    /// may be older: then it is changed.
    async fn post_to(&self, channel: &str, card: &Card, once: Option<&str>) -> Result<MessageRef, Refused> {
        let mut body = render::message(card);
        let content = body.get("content").cloned();
        let unique = once.map_or_else(|| body.to_string(), str::to_owned);
        let nonce = RequestId::of(&["discord", channel, &unique]);
        let nonce: String = nonce.as_str().chars().take(NONCE).collect();
        if let Some(fields) = body.as_object_mut() {
            fields.insert("nonce".to_owned(), json!(nonce));
            fields.insert("enforce_nonce".to_owned(), json!(true));
        }
        let call = self.bot(Method::POST, &format!("channels/{channel}/messages"), channel);
        let answer = self.call(call, Some(&body)).await?;
        let id = answer.get("id").and_then(Value::as_str);
        let id = id.ok_or_else(|| Refused::Failed("a new message has no id".to_owned()))?;
        let channel = Channel { platform: Platform::Discord, id: channel.to_owned() };
        let message = MessageRef { channel, id: id.to_owned() };
        if answer.get("content").is_some_and(|found| Some(found) != content.as_ref()) {
            self.change(&message, card).await?;
        }
        Ok(message)
    }

    async fn change(&self, message: &MessageRef, card: &Card) -> Result<(), Refused> {
        let channel = &message.channel.id;
        let path = format!("channels/{channel}/messages/{}", message.id);
        self.call(self.bot(Method::PATCH, &path, channel), Some(&render::message(card))).await.map(drop)
    }

    /// Begins the thread of a message. Its id is that of the message (Discord, "Start Thread from Message").
    async fn begin_thread(&self, message: &MessageRef, card: &Card) -> Result<(), Refused> {
        let name = if card.title.trim().is_empty() { "agw" } else { card.title.as_str() };
        let name: String = name.chars().take(THREAD_NAME).collect();
        let body = json!({ "name": name, "auto_archive_duration": ARCHIVE_AFTER_MIN });
        let channel = &message.channel.id;
        let path = format!("channels/{channel}/messages/{}/threads", message.id);
        match self.call(self.bot(Method::POST, &path, channel), Some(&body)).await {
            Err(refused) if !refused.is_there_already() => Err(refused),
            _ => Ok(()),
        }
    }

    /// Answers by the token of an interaction, which lives for fifteen minutes. False when it does not any more.
    async fn respond(&self, address: &str, card: &Card) -> Result<bool, Refused> {
        let mut body = render::message(card);
        if let Some(fields) = body.as_object_mut() {
            fields.insert("flags".to_owned(), json!(EPHEMERAL));
        }
        let (method, address) = (Method::POST, address.to_owned());
        let call = Call { method, bucket: address.clone(), address, as_bot: false };
        match self.call(call, Some(&body)).await {
            Err(refused) if refused.is_unknown() => Ok(false),
            answered => answered.map(|_| true),
        }
    }

    /// Writes to one person: what is for them alone, once their interaction has ended.
    async fn write_to(&self, person: &str, card: &Card) -> Result<(), Refused> {
        let body = json!({ "recipient_id": person });
        let call = self.bot(Method::POST, "users/@me/channels", "users/@me/channels");
        let channel = self.call(call, Some(&body)).await?;
        match channel.get("id").and_then(Value::as_str) {
            Some(channel) => self.post_to(channel, card, None).await.map(drop),
            None => Err(Refused::Failed("a direct channel has no id".to_owned())),
        }
    }

    /// The commands that are registered for a guild, or for all.
    ///
    /// # Errors
    /// When Discord does not tell.
    pub async fn commands(&self, guild: Option<&str>) -> Result<Value, ChatError> {
        let path = self.commands_path(guild);
        Ok(self.call(self.bot(Method::GET, &path, &path), None).await?)
    }

    /// Registers commands in place of all that are there.
    ///
    /// # Errors
    /// When Discord does not take them.
    pub async fn register(&self, guild: Option<&str>, commands: &Value) -> Result<Value, ChatError> {
        let path = self.commands_path(guild);
        Ok(self.call(self.bot(Method::PUT, &path, &path), Some(commands)).await?)
    }

    /// Who the bot is to Discord: its name.
    ///
    /// # Errors
    /// When the token is not taken, or Discord cannot be reached.
    pub async fn whoami(&self) -> Result<String, ChatError> {
        let me = self.call(self.bot(Method::GET, "users/@me", "users/@me"), None).await?;
        Ok(me.get("username").and_then(Value::as_str).unwrap_or("a bot without a name").to_owned())
    }

    fn commands_path(&self, guild: Option<&str>) -> String {
        let application = &self.application;
        match guild {
            Some(guild) => format!("applications/{application}/guilds/{guild}/commands"),
            None => format!("applications/{application}/commands"),
        }
    }
}

#[async_trait]
impl Chat for DiscordChat {
    fn platform(&self) -> Platform {
        Platform::Discord
    }

    async fn post(&self, channel: &Channel, card: &Card) -> Result<MessageRef, ChatError> {
        Ok(self.post_to(&channel.id, card, None).await?)
    }

    async fn post_once(&self, channel: &Channel, card: &Card, once: &str) -> Result<MessageRef, ChatError> {
        Ok(self.post_to(&channel.id, card, Some(once)).await?)
    }

    async fn update(&self, message: &MessageRef, card: &Card) -> Result<(), ChatError> {
        Ok(self.change(message, card).await?)
    }

    async fn thread(&self, message: &MessageRef, card: &Card) -> Result<(), ChatError> {
        match self.post_to(&message.id, card, None).await {
            Err(refused) if refused.is_unknown() => {
                self.begin_thread(message, card).await?;
                self.post_to(&message.id, card, None).await?;
            }
            posted => drop(posted?),
        }
        Ok(())
    }

    async fn reply(&self, to: &ReplyTo, card: &Card) -> Result<(), ChatError> {
        let url = to.url.as_deref().filter(|url| self.base.is_answers(&self.application, url));
        if let Some(url) = url
            && self.respond(url, card).await?
        {
            return Ok(());
        }
        Ok(self.write_to(&to.person.id, card).await?)
    }
}
