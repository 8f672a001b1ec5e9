//! A Teams that keeps what it is sent: the Connector, the keys that requests are signed with, and the Entra ID that
//! gives the bot its token.

mod content;
mod state;
mod token;

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use domain::approval::Approver;
use domain::request::Platform;
use handler::config::Config;
use handler::ports::Clock as _;
use serde_json::{Value, json};

use crate::canary;
use crate::serve::Server;
use crate::talk::Sent;
use crate::traffic::kept;
use crate::world::World;
pub use content::TeamsMessage;
use state::{Inner, Shared};
use token::Issuer;

/// A channel of a team.
pub const TEAMS_CHANNEL: &str = "19:ops@thread.tacv2";
const APP: &str = "22222222-3333-4444-5555-666666666666";
const TENANT: &str = "33333333-4444-5555-6666-777777777777";
const BOT: &str = "28:22222222-3333-4444-5555-666666666666";
const PATH: &str = "/api/teams/messages";

/// Somebody's object id in Entra ID.
fn object(name: &str) -> String {
    let digits: String = name.bytes().map(|byte| format!("{byte:02x}")).collect();
    format!("aaaaaaaa-0000-0000-0000-{digits:0>12.12}")
}

/// A Teams on loopback.
pub struct FakeTeams {
    shared: Arc<Shared>,
    issuer: Issuer,
    server: Server,
}

impl FakeTeams {
    /// Opens a tenant with a team.
    pub async fn start() -> Self {
        let (issuer, shared) = (Issuer::new(), Arc::new(Shared::default()));
        let keys = json!({ "keys": [issuer.jwk()] });
        let router = Router::new()
            .route("/metadata", get(metadata))
            .route("/keys", get(async move || axum::Json(keys)))
            .route("/{tenant}/oauth2/v2.0/token", post(sign_in))
            .route("/connector/v3/conversations", post(open))
            .route("/connector/v3/conversations/{conversation}/activities", post(say))
            .route("/connector/v3/conversations/{conversation}/activities/{id}", put(change))
            .with_state(Arc::clone(&shared));
        let server = Server::start(kept("teams", router)).await;
        shared.inner().here = server.url().to_string();
        Self { shared, issuer, server }
    }

    /// A configuration that talks to this Teams alone, and in which these people may approve.
    pub fn config(&self, approvers: &'static [&str]) -> impl FnOnce(&mut Config) + use<> {
        let here = self.server.url();
        move |config| {
            let teams = &mut config.teams;
            (teams.app_id, teams.tenants) = (Some(APP.to_owned()), vec![TENANT.to_owned()]);
            teams.metadata = here.join("metadata").unwrap();
            teams.emulators = vec![here.join("connector").unwrap()];
            teams.login = here;
            teams.alert_channels = vec![TEAMS_CHANNEL.to_owned()];
            config.slack.alert_channels.clear();
            let person = |who: &&str| Approver::Person { platform: Platform::Teams, id: object(who) };
            config.approval.approvers = approvers.iter().map(person).collect();
        }
    }

    /// Somebody mentions the bot in the channel.
    pub async fn mention(&self, world: &World, who: &str, text: &str) -> Sent {
        self.send(world, &self.mentioning(who, text)).await.taken()
    }

    /// A mention of the bot in the channel; its conversation is the thread that it begins.
    #[must_use]
    pub fn mentioning(&self, who: &str, text: &str) -> Value {
        let mut activity = self.activity(who, "message");
        activity["text"] = json!(format!("<at>Gate Bot</at> {text}"));
        activity["entities"] =
            json!([{ "type": "mention", "mentioned": { "id": BOT }, "text": "<at>Gate Bot</at>" }]);
        activity
    }

    /// Somebody writes in their own chat with the bot.
    pub async fn whisper(&self, world: &World, who: &str, text: &str) -> Sent {
        let mut activity = self.activity(who, "message");
        activity["text"] = json!(text);
        activity["conversation"] =
            json!({ "conversationType": "personal", "tenantId": TENANT, "id": own_chat(who) });
        self.send(world, &activity).await.taken()
    }

    /// Somebody presses a button of a message. Gives what they read at once.
    pub async fn press(&self, world: &World, who: &str, message: &TeamsMessage, label: &str) -> String {
        let activity = self.pressing(who, message, label);
        let answer = self.send(world, &activity).await.taken().json();
        assert_eq!(
            (&answer["statusCode"], &answer["type"]),
            (&json!(200), &json!("application/vnd.microsoft.activity.message"))
        );
        answer["value"].as_str().expect("a text").to_owned()
    }

    /// The press of a button; sent twice, it is a redelivery.
    #[must_use]
    pub fn pressing(&self, who: &str, message: &TeamsMessage, label: &str) -> Value {
        let mut activity = self.activity(who, "invoke");
        let data = message.data(label).unwrap_or_else(|| panic!("there is no button {label} in:\n{message}"));
        activity["name"] = json!("adaptiveCard/action");
        activity["replyToId"] = json!(message.id);
        activity["value"] = json!({ "action": { "type": "Action.Execute", "title": label, "data": data } });
        let conversation = &mut activity["conversation"];
        conversation["id"] = json!(match message.conversation.as_str() {
            TEAMS_CHANNEL => format!("{TEAMS_CHANNEL};messageid={}", message.id),
            other => other.to_owned(),
        });
        if !message.conversation.starts_with(TEAMS_CHANNEL) {
            conversation["conversationType"] = json!("personal");
        }
        activity
    }

    fn activity(&self, who: &str, kind: &str) -> Value {
        let mut inner = self.shared.inner();
        let id = inner.next();
        json!({
            "type": kind, "id": format!("f:{id}"), "channelId": "msteams",
            "serviceUrl": self.service(),
            "from": { "id": format!("29:{who}"), "name": who, "aadObjectId": object(who) },
            "recipient": { "id": BOT, "name": "Gate Bot" },
            "conversation": {
                "isGroup": true, "conversationType": "channel", "tenantId": TENANT,
                "id": format!("{TEAMS_CHANNEL};messageid={id}"),
            },
            "channelData": { "tenant": { "id": TENANT } },
        })
    }

    fn service(&self) -> String {
        self.server.url().join("connector").unwrap().to_string()
    }

    /// Sends an activity as the Bot Connector does.
    pub async fn send(&self, world: &World, activity: &Value) -> Sent {
        let now = world.clock.now().as_second();
        let bearer = format!("Bearer {}", self.issuer.token(APP, &self.service(), now));
        self.send_as(world, &bearer, activity).await
    }

    /// The same, with whatever proves to be from Teams.
    pub async fn send_as(&self, world: &World, bearer: &str, activity: &Value) -> Sent {
        let headers = [("content-type", "application/json; charset=utf-8"), ("authorization", bearer)];
        world.post(PATH, &headers, activity.to_string()).await
    }

    /// A token that somebody else signed.
    #[must_use]
    pub fn forged(&self, world: &World) -> String {
        format!("Bearer {}", Issuer::new().token(APP, &self.service(), world.clock.now().as_second()))
    }

    /// The next request is answered with this status instead of well.
    pub fn next(&self, status: u16) {
        self.shared.inner().moods.push_back(status);
    }

    /// Reads the only message of the channel itself, once the bot has come to rest.
    pub async fn message(&self, world: &World) -> TeamsMessage {
        let mut messages = self.read(world, TEAMS_CHANNEL).await;
        assert_eq!(messages.len(), 1, "{messages:#?}");
        messages.remove(0)
    }

    /// Reads what is in a conversation now, once the bot has come to rest.
    pub async fn read(&self, world: &World, conversation: &str) -> Vec<TeamsMessage> {
        world.settle().await;
        self.shared.inner().board.read(conversation)
    }

    /// Reads what is in the thread of a message.
    pub async fn thread(&self, world: &World, message: &TeamsMessage) -> Vec<TeamsMessage> {
        self.read(world, &format!("{};messageid={}", message.conversation, message.id)).await
    }

    /// Reads somebody's own chat with the bot.
    pub async fn private(&self, world: &World, who: &str) -> Vec<TeamsMessage> {
        self.read(world, &own_chat(who)).await
    }

    /// Ends the test: nothing may be unread, against the rules of Teams, or known that should not be.
    pub async fn finish(self, world: World) {
        world.settle().await;
        {
            let inner = self.shared.inner();
            inner.board.close(&inner.complaints);
            for secret in [canary::TEAMS_SECRET, canary::TEAMS_TOKEN, canary::SIGNING, canary::ALERT_KEY] {
                assert!(!inner.bodies.contains(secret), "{secret} was sent to Teams");
            }
        }
        world.finish().await;
    }
}

fn own_chat(who: &str) -> String {
    format!("a:{who}")
}

async fn metadata(State(shared): State<Arc<Shared>>) -> axum::Json<Value> {
    let keys = format!("{}keys", shared.inner().here);
    axum::Json(json!({ "issuer": "https://api.botframework.com", "jwks_uri": keys }))
}

async fn sign_in(State(shared): State<Arc<Shared>>, Path(tenant): Path<String>, form: String) -> Response {
    let expected = format!(
        "grant_type=client_credentials&client_id={APP}&client_secret={}\
         &scope=https%3A%2F%2Fapi.botframework.com%2F.default",
        canary::TEAMS_SECRET
    );
    if (tenant.as_str(), form.as_str()) != (TENANT, expected.as_str()) {
        shared.inner().complaints.push(format!("{tenant} was asked for a token with {form}"));
        return (StatusCode::UNAUTHORIZED, axum::Json(json!({ "error": "invalid_client" }))).into_response();
    }
    let token = json!({ "token_type": "Bearer", "expires_in": 3599, "access_token": canary::TEAMS_TOKEN });
    axum::Json(token).into_response()
}

async fn open(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    shared.answer(&headers, &body, |_, body| {
        let user = body["members"][0]["id"].as_str()?.strip_prefix("29:")?;
        (body["tenantId"] == TENANT).then(|| json!({ "id": own_chat(user) }))
    })
}

async fn say(
    State(shared): State<Arc<Shared>>,
    Path(conversation): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    shared.answer(&headers, &body, |inner: &mut Inner, body| Some(inner.post(&conversation, body)))
}

async fn change(
    State(shared): State<Arc<Shared>>,
    Path((conversation, id)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    shared.answer(&headers, &body, |inner, body| inner.change(&conversation, &id, body))
}
