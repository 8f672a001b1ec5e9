//! A Discord that keeps what it is sent, enforces its limits, and signs what people type and press.

mod content;
mod contract;
mod outside;
mod rules;
mod second;
mod standing;
mod state;

use std::sync::Arc;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::{get, patch, post};
use domain::approval::Approver;
use domain::request::Platform;
use handler::config::Config;
use handler::ports::Clock as _;
use serde_json::{Value, json};

use crate::canary;
use crate::serve::Server;
use crate::talk::Sent;
use crate::traffic::{kept, overheard};
use crate::world::World;
pub use content::DiscordMessage;
pub use state::Answer as DiscordAnswer;
use state::{Answer, Shared};

/// The channel that everything happens in.
pub const DISCORD_CHANNEL: &str = "645027906669510667";
const APPLICATION: &str = "845027738276462632";
const GUILD: &str = "290926798626357999";
const PATH: &str = "/api/discord/interactions";
/// View Channel, Send Messages, Embed Links, Create Public Threads, Send Messages in Threads.
const ALL_PERMISSIONS: u64 = 1 << 10 | 1 << 11 | 1 << 14 | 1 << 35 | 1 << 38;

/// Discord's id of somebody, or of a role.
fn snowflake(name: &str) -> String {
    let sum = name.bytes().fold(7_u64, |sum, byte| sum.wrapping_mul(131).wrapping_add(u64::from(byte)));
    format!("5390823{:012}", sum % 1_000_000_000_000)
}

/// A Discord on loopback.
pub struct FakeDiscord {
    shared: Arc<Shared>,
    key: Ed25519KeyPair,
    server: Server,
}

impl FakeDiscord {
    /// Opens a server with a channel.
    pub async fn start() -> Self {
        let shared = Arc::new(Shared::default());
        let commands = get(commands).put(register);
        let router = Router::new()
            .route("/channels/{channel}/messages", post(say))
            .route("/channels/{channel}/messages/{id}", patch(change))
            .route("/channels/{channel}/messages/{id}/threads", post(thread))
            .route("/users/@me/channels", post(direct))
            .route("/users/@me", get(me))
            .route("/applications/@me", get(standing::application))
            .route("/channels/{channel}", get(standing::channel_info))
            .route("/guilds/{guild}/members/{member}", get(standing::member))
            .route("/guilds/{guild}/roles", get(standing::roles))
            .route("/webhooks/{application}/{token}", post(follow))
            .route("/applications/{application}/commands", commands.clone())
            .route("/applications/{application}/guilds/{guild}/commands", commands)
            .with_state(Arc::clone(&shared));
        let judge = Arc::clone(&shared);
        let judged = overheard(router, move |asked| judge.judge(&asked.method, &asked.path, &asked.body));
        let key = Ed25519KeyPair::generate().unwrap();
        {
            let mut inner = shared.inner();
            inner.verify_key = hex::encode(key.public_key().as_ref());
            inner.endpoint = Some(format!("https://bot.example.com{PATH}"));
            inner.permissions = ALL_PERMISSIONS;
        }
        Self { shared, key, server: Server::start(kept("discord", judged)).await }
    }

    /// A configuration that talks to this Discord alone, and in which these people may approve.
    pub fn config(&self, approvers: &'static [&str]) -> impl FnOnce(&mut Config) + use<> {
        let connect = self.connect();
        move |config| {
            connect(config);
            config.slack.alert_channels.clear();
            let person = |who: &&str| Approver::Person { platform: Platform::Discord, id: snowflake(who) };
            config.approval.approvers = approvers.iter().map(person).collect();
        }
    }

    /// A configuration that talks to this Discord, beside whatever else it talks to.
    pub fn connect(&self) -> impl FnOnce(&mut Config) + use<> {
        let (api, key) = (self.server.url(), hex::encode(self.key.public_key().as_ref()));
        move |config| {
            let discord = &mut config.discord;
            (discord.api, discord.public_key) = (api, Some(key));
            discord.application = Some(APPLICATION.to_owned());
            discord.alert_channels = vec![DISCORD_CHANNEL.to_owned()];
        }
    }

    /// Somebody who may approve.
    #[must_use]
    pub fn approver(who: &str) -> Approver {
        Approver::Person { platform: Platform::Discord, id: snowflake(who) }
    }

    /// Everybody with a role.
    #[must_use]
    pub fn role(name: &str) -> Approver {
        Approver::Group { platform: Platform::Discord, id: snowflake(name) }
    }

    /// Where its API is.
    #[must_use]
    pub fn api(&self) -> url::Url {
        self.server.url()
    }

    /// Somebody uses a command: `/agw diagnose gateway:agw-prod`. Gives what they read at once; nothing where that
    /// follows.
    pub async fn command(&self, world: &World, who: &str, command: &str) -> String {
        let body = self.typed(who, command);
        let answer = self.send(world, &body).await.taken().json();
        match answer["type"].as_u64() {
            Some(4) => {
                assert_eq!(answer["data"]["flags"], 64, "everybody sees {answer}");
                answer["data"]["content"].as_str().expect("a text").to_owned()
            }
            Some(5) => String::new(),
            _ => panic!("no answer to a command: {answer}"),
        }
    }

    /// The body of a command.
    #[must_use]
    pub fn typed(&self, who: &str, command: &str) -> Value {
        let mut words = command.strip_prefix("/agw ").expect("a command begins with /agw").split(' ');
        let name = words.next().unwrap();
        let option = |word: &str| {
            let (name, value) = word.split_once(':').expect("name:value");
            json!({ "type": 3, "name": name, "value": value.replace('_', " ") })
        };
        let options: Vec<Value> = words.map(option).collect();
        let mut body = self.interaction(who, 2);
        body["data"] = json!({ "type": 1, "id": "771825006014889984", "name": "agw",
            "options": [{ "type": 1, "name": name, "options": options }] });
        body
    }

    /// What is suggested while somebody types the value of an option.
    pub async fn suggested(&self, world: &World, command: &str, option: &str, typed: &str) -> Vec<String> {
        let mut body = self.interaction("bob", 4);
        let focused = json!({ "type": 3, "name": option, "value": typed, "focused": true });
        body["data"] = json!({ "type": 1, "id": "771825006014889984", "name": "agw",
            "options": [{ "type": 1, "name": command, "options": [focused] }] });
        let answer = self.send(world, &body).await.taken().json();
        assert_eq!(answer["type"], 8, "{answer}");
        let choices = answer["data"]["choices"].as_array().expect("choices").iter();
        choices.map(|choice| choice["value"].as_str().unwrap().to_owned()).collect()
    }

    /// Somebody presses a button of a message, and says yes to what is asked then. Gives what they read.
    pub async fn press(&self, world: &World, who: &str, message: &DiscordMessage, label: &str) -> String {
        let answer = self.send(world, &self.pressing(who, message, label)).await.taken().json();
        match answer["type"].as_u64() {
            Some(6) => String::new(),
            Some(4) => self.confirm(world, who, &answer["data"]).await,
            _ => panic!("no answer to a press: {answer}"),
        }
    }

    /// Somebody says yes to the question that they were asked.
    pub async fn confirm(&self, world: &World, who: &str, question: &Value) -> String {
        rules::message(question).unwrap();
        assert_eq!(question["flags"], 64, "everybody is asked: {question}");
        let mut body = self.interaction(who, 3);
        body["message"] = json!({ "id": "1", "flags": 64, "embeds": [{ "type": "of tomorrow" }] });
        let value = &question["components"][0]["components"][0]["custom_id"];
        body["data"] = json!({ "component_type": 2, "custom_id": value });
        let answer = self.send(world, &body).await.taken().json();
        assert_eq!(answer["type"], 7, "{answer}");
        rules::message(&answer["data"]).unwrap();
        answer["data"]["content"].as_str().expect("a text").to_owned()
    }

    /// The first press of a button; sent twice, it is a redelivery.
    #[must_use]
    pub fn pressing(&self, who: &str, message: &DiscordMessage, label: &str) -> Value {
        let value =
            message.value(label).unwrap_or_else(|| panic!("there is no button {label} in:\n{message}"));
        let mut body = self.interaction(who, 3);
        body["message"] = json!({ "id": message.id, "channel_id": message.channel, "flags": 0 });
        body["data"] = json!({ "component_type": 2, "custom_id": value });
        body
    }

    /// The answer to a dialog.
    #[must_use]
    pub fn filled_in(&self, who: &str, dialog: &Value, reason: &str) -> Value {
        assert_eq!(dialog["type"], 9, "{dialog}");
        let mut body = self.interaction(who, 5);
        body["data"] = json!({ "custom_id": dialog["data"]["custom_id"], "components": [
            { "type": 1, "components": [{ "type": 4, "custom_id": "reason", "value": reason }] },
        ]});
        body
    }

    /// Gives somebody a role.
    pub fn give_role(&self, who: &str, role: &str) {
        self.shared.inner().roles.push((who.to_owned(), snowflake(role)));
    }

    fn interaction(&self, who: &str, kind: u8) -> Value {
        let mut inner = self.shared.inner();
        let id = inner.next();
        let roles: Vec<&String> =
            inner.roles.iter().filter(|(name, _)| name == who).map(|(_, role)| role).collect();
        let token = format!("token-{id}-{}", snowflake(who));
        json!({
            "type": kind, "id": id, "application_id": APPLICATION, "token": token, "version": 1,
            "guild_id": GUILD, "channel_id": DISCORD_CHANNEL, "channel": { "id": DISCORD_CHANNEL, "type": 0 },
            "member": { "user": { "id": snowflake(who), "username": who, "global_name": who }, "roles": roles },
            "locale": "en-US",
        })
    }

    /// Sends an interaction as Discord does.
    pub async fn send(&self, world: &World, body: &Value) -> Sent {
        self.signed(world, &body.to_string(), 0).await
    }

    /// The same, signed so many seconds ago.
    pub async fn signed(&self, world: &World, body: &str, age: i64) -> Sent {
        let stamp = (world.clock.now().as_second() - age).to_string();
        let signature = hex::encode(self.key.sign(format!("{stamp}{body}").as_bytes()).as_ref());
        self.send_as(world, &stamp, &signature, body).await
    }

    /// The same, with whatever proves to be from Discord.
    pub async fn send_as(&self, world: &World, stamp: &str, signature: &str, body: &str) -> Sent {
        let headers = [
            ("content-type", "application/json"),
            ("x-signature-timestamp", stamp),
            ("x-signature-ed25519", signature),
        ];
        let answered = world.post(PATH, &headers, body.to_owned()).await;
        if answered.status == 200 {
            self.shared.judge_answer(&answered.json());
        }
        answered
    }

    /// The next request is answered like this instead of well.
    pub fn next(&self, answer: Answer) {
        self.shared.inner().moods.push_back(answer);
    }

    /// The tokens of interactions are dead from now on, as they are after fifteen minutes.
    pub fn forget_tokens(&self) {
        self.shared.inner().tokens_are_dead = true;
    }

    /// Somebody deletes a message.
    pub fn delete(&self, message: &DiscordMessage) {
        self.shared.inner().board.delete(&message.id);
    }

    /// Reads the only message of the channel, once the bot has come to rest.
    pub async fn message(&self, world: &World) -> DiscordMessage {
        let mut messages = self.read(world, DISCORD_CHANNEL).await;
        assert_eq!(messages.len(), 1, "{messages:#?}");
        messages.remove(0)
    }

    /// Reads what is in a channel now, once the bot has come to rest.
    pub async fn read(&self, world: &World, channel: &str) -> Vec<DiscordMessage> {
        world.settle().await;
        self.shared.inner().board.read(channel)
    }

    /// Reads what is in the thread of a message.
    pub async fn thread(&self, world: &World, message: &DiscordMessage) -> Vec<DiscordMessage> {
        self.read(world, &message.id).await
    }

    /// Reads what somebody alone was told: beside what they typed, or in a channel of their own.
    pub async fn private(&self, world: &World, who: &str) -> Vec<DiscordMessage> {
        let mut told = self.read(world, &format!("aside-{}", snowflake(who))).await;
        told.extend(self.read(world, &direct_channel(&snowflake(who))).await);
        told
    }

    /// How many requests it got.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.shared.inner().bodies.len()
    }

    /// Every request that was sent, as kind and body.
    #[must_use]
    pub fn bodies(&self) -> Vec<(String, Value)> {
        self.shared.inner().bodies.clone()
    }

    /// Ends the test, as [`FakeDiscord::close`] does, and the world with it.
    pub async fn finish(self, world: World) {
        world.settle().await;
        self.close();
        world.finish().await;
    }

    /// The developer portal has another endpoint for interactions, or none.
    pub fn send_interactions_to(&self, url: Option<&str>) {
        self.shared.inner().endpoint = url.map(str::to_owned);
    }

    /// The bot's role loses a permission, by its bit.
    pub fn take_permission(&self, bit: u64) {
        self.shared.inner().permissions &= !bit;
    }

    /// The bot's commands were registered as they have to be.
    pub fn register_commands(&self) {
        self.shared.inner().commands = handler::chat::discord::commands::wanted();
    }

    /// Nothing may be unread, against the rules of Discord, or known that should not be.
    pub fn close(&self) {
        let inner = self.shared.inner();
        inner.board.close(&inner.complaints);
        for secret in [canary::DISCORD_TOKEN, canary::TOKEN, canary::SIGNING, canary::ALERT_KEY] {
            let told = inner.bodies.iter().any(|(_, body)| body.to_string().contains(secret));
            assert!(!told, "{secret} was sent to Discord");
        }
    }
}

fn direct_channel(user: &str) -> String {
    format!("9{}", user.get(1..).unwrap_or_default())
}

async fn say(
    State(shared): State<Arc<Shared>>,
    Path(channel): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    shared.answer("POST message", true, &headers, &body, |inner, body| inner.post(&channel, body, true))
}

async fn change(
    State(shared): State<Arc<Shared>>,
    Path((channel, id)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    shared.answer("PATCH message", true, &headers, &body, |inner, body| inner.change(&channel, &id, body))
}

async fn thread(
    State(shared): State<Arc<Shared>>,
    Path((channel, id)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    shared.answer("POST thread", true, &headers, &body, |inner, body| inner.begin(&channel, &id, body))
}

async fn direct(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    shared.answer("POST direct channel", true, &headers, &body, |inner, body| {
        let channel = direct_channel(body["recipient_id"].as_str().unwrap_or_default());
        inner.channels.push(channel.clone());
        Ok(json!({ "id": channel, "type": 1 }))
    })
}

async fn me(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    shared.answer("GET me", true, &headers, b"{}", |_, _| Ok(json!({ "id": APPLICATION, "username": "agw" })))
}

async fn follow(
    State(shared): State<Arc<Shared>>,
    Path((application, token)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    assert_eq!(application, APPLICATION);
    shared.answer("POST follow-up", false, &headers, &body, |inner, body| inner.aside(&token, body))
}

async fn commands(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    shared.answer("GET commands", true, &headers, b"{}", |inner, _| Ok(inner.commands.clone()))
}

async fn register(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    shared.answer("PUT commands", true, &headers, &body, |inner, body| {
        inner.commands = body.clone();
        for (id, command) in (1_u64..).zip(inner.commands.as_array_mut().into_iter().flatten()) {
            command["id"] = json!(id.to_string());
            command["version"] = json!("1");
            command["nsfw"] = json!(false);
        }
        Ok(inner.commands.clone())
    })
}
