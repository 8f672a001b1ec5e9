use std::sync::LazyLock;
use std::sync::atomic::Ordering;

use domain::request::{Person, Platform, Request};
use serde_json::{Value, json};

use super::super::fakes::{ALEX, APP, FakeConnector, Holder, OTHER_TENANT, TENANT, claims, token};
use super::super::service::Services;
use super::super::verify::Trust;
use super::*;
use crate::chat::fakes::{self, FakeStore, Frozen};
use crate::jwt::fakes::{Documents, Issuer};

const OFFER: &str = "9f3a1c049f3a1c049f3a1c049f3a1c04";
const BOT: &str = "28:bot";

static ISSUER: LazyLock<Issuer> = LazyLock::new(|| Issuer::new("k1"));

struct Teams {
    port: u16,
    store: Arc<FakeStore>,
    connector: FakeConnector,
    documents: Documents,
}

impl Teams {
    async fn start() -> Self {
        Self::with(&["msteams"], None).await
    }

    async fn with(endorsements: &[&str], services: Option<Services>) -> Self {
        let (intake, store) = fakes::intake();
        let (connector, documents) = (FakeConnector::start().await, Documents::default());
        documents.publish(&[ISSUER.jwk(endorsements)]);
        let services = services.unwrap_or_else(|| connector.services());
        let trust = Trust {
            app_id: APP.into(),
            tenants: vec![TENANT.to_uppercase(), OTHER_TENANT.into()],
            services: services.clone(),
            metadata: documents.serve().await,
        };
        let verifier = Verifier::new(trust, Arc::new(Frozen));
        let chat = TeamsChat::new(APP.into(), TENANT.into(), services, Arc::new(Holder(true)), store.clone());
        let teams = TeamsIntake::new(intake, verifier, Arc::new(chat), store.clone());
        let port = fakes::serve(routes(teams).router()).await;
        Self { port, store, connector, documents }
    }

    async fn send_as(&self, authorization: Option<String>, body: String) -> (u16, String) {
        let url = format!("http://127.0.0.1:{}/api/teams/messages", self.port);
        let request = reqwest::Client::new().post(url).header("content-type", "application/json").body(body);
        let request = match authorization {
            Some(authorization) => request.header("authorization", authorization),
            None => request,
        };
        let response = request.send().await.expect("an answer");
        (response.status().as_u16(), response.text().await.expect("text"))
    }

    async fn send(&self, activity: &Value) -> (u16, String) {
        let service = activity["serviceUrl"].as_str().unwrap_or_default();
        self.send_as(Some(format!("Bearer {}", token(&ISSUER, service))), activity.to_string()).await
    }

    /// What Alex says in their own chat with the bot.
    fn says(&self, text: &str) -> Value {
        json!({
            "type": "message", "id": "8d196f16", "channelId": "msteams", "textFormat": "plain", "text": text,
            "serviceUrl": self.connector.address, "locale": "en-US",
            "from": { "id": "29:alex", "name": "Alex Wilber", "aadObjectId": ALEX.to_uppercase() },
            "recipient": { "id": BOT, "name": "agw" },
            "conversation": { "conversationType": "personal", "tenantId": TENANT, "id": "a:1x" },
            "entities": [{ "type": "clientInfo", "locale": "en-US", "platform": "Web" }],
            "channelData": { "tenant": { "id": TENANT } },
        })
    }

    /// The same in a channel, where the bot is mentioned under whatever name.
    fn mentions(&self, text: &str) -> Value {
        let mut activity = self.says(text);
        activity["conversation"] = json!({
            "isGroup": true, "conversationType": "channel", "tenantId": TENANT,
            "id": "19:ops@thread.tacv2;messageid=1795376364427",
        });
        activity["entities"] = json!([
            { "type": "mention", "mentioned": { "id": "29:bo", "name": "agw" }, "text": "<at>agw</at>" },
            { "type": "mention", "mentioned": { "id": BOT, "name": "Gate Bot" }, "text": "<at>Gate Bot</at>" },
        ]);
        activity
    }

    fn presses(&self, data: Value) -> Value {
        let mut activity = self.mentions("");
        activity["type"] = json!("invoke");
        activity["name"] = json!("adaptiveCard/action");
        activity["replyToId"] = json!("1795376355741");
        activity["value"] =
            json!({ "action": { "type": "Action.Execute", "verb": "approve", "data": data } });
        activity
    }

    fn only_request(&self) -> Request {
        let kept = self.store.requests();
        assert_eq!(kept.len(), 1, "{kept:?}");
        kept[0].clone()
    }
}

fn approve() -> String {
    format!("approve:INC-7K2F:{OFFER}")
}

fn alex() -> Person {
    Person { platform: Platform::Teams, id: ALEX.into(), name: Some("Alex Wilber".into()) }
}

#[tokio::test]
async fn what_is_typed_in_a_personal_chat_is_kept() {
    let teams = Teams::start().await;
    assert_eq!(teams.send(&teams.says("diagnose agw-prod")).await, (200, String::new()));
    let Ask::Command { command, from } = teams.only_request().ask else { panic!("a command") };
    assert_eq!(command, Command::Diagnose { gateway: Some("agw-prod".into()) });
    assert_eq!((from.person, from.channel.id.as_str()), (alex(), "a:1x"));
    assert!(teams.connector.asked().is_empty(), "the worker answers");
}

#[tokio::test]
async fn in_a_channel_the_mention_of_the_bot_is_left_out_whatever_it_is_called() {
    let teams = Teams::start().await;
    teams.send(&teams.mentions("<at>Gate Bot</at>&nbsp;diagnose\u{a0}agw-prod\n")).await;
    let Ask::Command { command, from } = teams.only_request().ask else { panic!("a command") };
    assert_eq!(command, Command::Diagnose { gateway: Some("agw-prod".into()) });
    assert_eq!(from.channel.id, "19:ops@thread.tacv2", "a thread is no channel of its own");
}

#[tokio::test]
async fn what_is_said_to_others_is_not_listened_to() {
    let teams = Teams::start().await;
    let mut overheard = teams.mentions("<at>agw</at> diagnose agw-prod");
    overheard["entities"].as_array_mut().expect("entities").truncate(1);
    assert_eq!(teams.send(&overheard).await, (200, String::new()));
    assert!(teams.store.requests().is_empty());
}

#[tokio::test]
async fn a_slash_command_is_taken_and_answered_in_private() {
    let teams = Teams::start().await;
    let mut slash = teams.mentions("/agw diagnose agw-prod");
    slash["entities"] = Value::Null;
    slash["recipient"]["isTargeted"] = json!(true);
    assert_eq!(teams.send(&slash).await.0, 200);
    teams.only_request();
    slash["text"] = json!("/agw help");
    teams.connector.answers(201, json!({ "id": "a:alex" }));
    assert_eq!(teams.send(&slash).await.0, 200);
    assert_eq!(teams.connector.paths(), ["POST conversations", "POST conversations/a%3Aalex/activities"]);
}

#[tokio::test]
async fn help_and_mistakes_are_answered_at_once_where_they_were_said() {
    let teams = Teams::start().await;
    for text in ["help", "", "diagnoze agw"] {
        assert_eq!(teams.send(&teams.mentions(&format!("<at>Gate Bot</at> {text}"))).await.0, 200, "{text}");
    }
    let thread = "POST conversations/19%3Aops%40thread.tacv2%3Bmessageid%3D1795376364427/activities";
    assert_eq!(teams.connector.paths(), [thread; 3]);
    assert!(teams.store.requests().is_empty());
    teams.connector.answers(502, json!({}));
    assert_eq!(teams.send(&teams.says("help")).await.0, 503, "nobody was told");
}

#[tokio::test]
async fn a_button_is_kept_and_answered_to_whoever_pressed_it() {
    let teams = Teams::start().await;
    let press = teams.presses(json!({ "agw": approve(), "reason": "looks right" }));
    let (status, body) = teams.send(&press).await;
    let answer: Value = serde_json::from_str(&body).expect("JSON");
    let expected = json!({
        "statusCode": 200, "type": "application/vnd.microsoft.activity.message",
        "value": "Approving the plan of INC-7K2F …",
    });
    assert_eq!((status, answer), (200, expected));
    assert_eq!(teams.send(&press).await.0, 200);
    let Ask::Click { click, from, reason } = teams.only_request().ask else { panic!("a click") };
    assert_eq!((click.to_string(), from.person, reason), (approve(), alex(), None));
    assert!(teams.connector.asked().is_empty());
}

#[tokio::test]
async fn a_button_of_an_older_client_comes_as_a_message() {
    let teams = Teams::start().await;
    let mut press = teams.mentions("");
    press["value"] = json!({ "agw": format!("reject:INC-7K2F:{OFFER}"), "reason": "  we mend the app " });
    press["text"] = Value::Null;
    press["entities"] = Value::Null;
    assert_eq!(teams.send(&press).await, (200, String::new()));
    let Ask::Click { click, reason, .. } = teams.only_request().ask else { panic!("a click") };
    assert_eq!((click.verb.as_str(), reason.as_deref()), ("reject", Some("we mend the app")));
}

#[tokio::test]
async fn a_reason_is_cut_to_what_can_be_typed() {
    let teams = Teams::start().await;
    let endless = "ö".repeat(50_000);
    teams.send(&teams.presses(json!({ "agw": format!("reject:INC-7K2F:{OFFER}"), "reason": endless }))).await;
    let Ask::Click { reason, .. } = teams.only_request().ask else { panic!("a click") };
    assert_eq!(reason.map(|text| text.chars().count()), Some(500));
}

#[tokio::test]
async fn buttons_that_are_not_ours_change_nothing() {
    let teams = Teams::start().await;
    for data in [json!({ "agw": "buy:now" }), json!({ "agw": 7 }), json!({}), json!("approve"), Value::Null] {
        let (status, body) = teams.send(&teams.presses(data)).await;
        assert!(status == 200 && body.contains("not one of mine"), "{status} {body}");
    }
    let mut other = teams.presses(json!({ "agw": approve() }));
    other["name"] = json!("task/fetch");
    assert_eq!(teams.send(&other).await.0, 501);
    assert!(teams.store.requests().is_empty());
}

#[tokio::test]
async fn a_store_that_fails_is_admitted() {
    let teams = Teams::start().await;
    teams.store.fail();
    assert_eq!(teams.send(&teams.says("diagnose agw-prod")).await.0, 503);
    let (_, _, _, said) = teams.connector.asked().remove(0);
    assert!(said.to_string().contains("could not be kept"), "{said}");
    let (status, body) = teams.send(&teams.presses(json!({ "agw": approve() }))).await;
    let answer: Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!((status, &answer["statusCode"]), (200, &json!(500)));
    assert_eq!(answer["type"], "application/vnd.microsoft.error");
}

#[tokio::test]
async fn a_known_conversation_costs_no_write() {
    let teams = Teams::start().await;
    for (number, text) in ["list", "status", "diagnose agw-prod"].iter().enumerate() {
        let mut activity = teams.mentions(&format!("<at>Gate Bot</at> {text}"));
        activity["id"] = json!(number.to_string());
        teams.send(&activity).await;
    }
    assert_eq!((teams.store.requests().len(), teams.store.ways_kept.load(Ordering::SeqCst)), (3, 1));
    let ways = teams.store.ways.lock().expect("nobody panicked").clone();
    let way = json!({
        "serviceUrl": teams.connector.address, "conversation": "19:ops@thread.tacv2", "kind": "channel",
        "tenant": TENANT,
    });
    assert_eq!(ways.get("19:ops@thread.tacv2"), Some(&way));
}

#[tokio::test]
async fn an_installation_is_greeted_once() {
    let teams = Teams::start().await;
    let mut installed = teams.mentions("");
    installed["type"] = json!("installationUpdate");
    installed["action"] = json!("add");
    let mut members = installed.clone();
    members["type"] = json!("conversationUpdate");
    members["membersAdded"] = json!([{ "id": BOT }]);
    for activity in [&members, &installed, &installed] {
        assert_eq!(teams.send(activity).await, (200, String::new()));
    }
    let Ask::Command { command, from } = teams.only_request().ask else { panic!("a command") };
    assert_eq!((command, from.person), (Command::Help { topic: None }, alex()));
    assert_eq!(teams.store.ways_kept.load(Ordering::SeqCst), 1);
    for action in ["remove", "add-upgrade"] {
        installed["action"] = json!(action);
        installed["id"] = json!(action);
        assert_eq!(teams.send(&installed).await.0, 200);
    }
    teams.only_request();
}

#[tokio::test]
async fn nothing_is_taken_without_a_good_token() {
    let teams = Teams::start().await;
    let activity = teams.says("diagnose agw-prod");
    let service = teams.connector.address.clone();
    let signed = |header: &Value, claims: &Value| Some(format!("Bearer {}", ISSUER.sign(header, claims)));
    let but = |name: &str, value: Value| {
        let mut claims = claims(&service);
        claims[name] = value;
        signed(&ISSUER.header(), &claims)
    };
    let unknown = json!({ "alg": "RS256", "kid": "k9" });
    let cases = [
        (None, 401),
        (Some("Bearer x".into()), 401),
        (but("iss", json!("https://issuer.example")), 401),
        (but("iss", json!("https://api.botframework.us")), 401),
        (but("iss", json!("https://api.botframework.com/")), 401),
        (but("iss", json!("https://sts.windows.net/x/")), 401),
        (but("iss", json!("")), 401),
        (but("iss", Value::Null), 401),
        (but("aud", json!("another-app")), 401),
        (but("aud", json!("")), 401),
        (but("aud", json!(format!("api://{APP}"))), 401),
        (but("aud", json!(format!("api://botid-{APP}"))), 401),
        (but("aud", json!([APP, "another-app"])), 401),
        (but("aud", Value::Null), 401),
        (but("serviceurl", Value::Null), 401),
        (but("exp", json!(fakes::NOW - 3600)), 401),
        (but("nbf", json!(fakes::NOW + 3600)), 401),
        (signed(&unknown, &claims(&service)), 401),
        (signed(&json!({ "alg": "none", "kid": "k1" }), &claims(&service)), 401),
        (Some(format!("Bearer {}", token(&Issuer::new("k1"), &service))), 401),
        (but("serviceurl", json!("https://smba.trafficmanager.net/emea/")), 403),
    ];
    for (authorization, expected) in cases {
        let (status, body) = teams.send_as(authorization.clone(), activity.to_string()).await;
        assert_eq!(status, expected, "{authorization:?}: {body}");
    }
    // What is in the body is not even read.
    assert_eq!(teams.send_as(None, "{".into()).await.0, 401);
    assert!(teams.store.requests().is_empty() && teams.connector.asked().is_empty());
    assert_eq!(teams.documents.count(), 1);
}

#[tokio::test]
async fn a_key_that_is_not_for_teams_says_nothing_about_teams() {
    let teams = Teams::with(&["webchat"], None).await;
    let mut activity = teams.says("diagnose agw-prod");
    assert_eq!(teams.send(&activity).await.0, 403);
    activity["channelId"] = json!("webchat");
    assert_eq!(teams.send(&activity).await.0, 403, "the bot is for Teams alone");
    assert!(teams.store.requests().is_empty());
}

#[tokio::test]
async fn a_foreign_service_is_refused_though_it_is_signed() {
    let teams = Teams::with(&["msteams"], Some(Services::default())).await;
    for service in [
        teams.connector.address.as_str(),
        "https://evil.example/",
        "https://smba.trafficmanager.net@evil.example/",
    ] {
        let mut activity = teams.says("help");
        activity["serviceUrl"] = json!(service);
        assert_eq!(teams.send(&activity).await.0, 403, "{service}");
    }
    assert!(teams.connector.asked().is_empty());
}

#[tokio::test]
async fn every_tenant_that_is_named_has_to_be_on_the_list() {
    let teams = Teams::start().await;
    let foreign = json!("99999999-0000-0000-0000-000000000000");
    for path in ["/from/tenantId", "/conversation/tenantId", "/channelData/tenant/id"] {
        let mut activity = teams.says("diagnose agw-prod");
        activity["from"]["tenantId"] = json!(TENANT);
        *activity.pointer_mut(path).expect("a tenant") = foreign.clone();
        assert_eq!(teams.send(&activity).await.0, 403, "{path}");
    }
    let mut nowhere = teams.says("diagnose agw-prod");
    nowhere["conversation"]["tenantId"] = json!("");
    nowhere["channelData"] = Value::Null;
    assert_eq!(teams.send(&nowhere).await.0, 403);
    assert!(teams.store.requests().is_empty());
}

#[tokio::test]
async fn somebody_of_another_tenant_is_somebody_else() {
    let teams = Teams::start().await;
    let mut guest = teams.says("diagnose agw-prod");
    guest["from"]["tenantId"] = json!(OTHER_TENANT);
    assert_eq!(teams.send(&guest).await.0, 200);
    let Ask::Command { from, .. } = teams.only_request().ask else { panic!("a command") };
    assert_eq!(from.person.id, format!("{ALEX}@{OTHER_TENANT}"));
}

#[tokio::test]
async fn whoever_has_no_account_cannot_act() {
    let teams = Teams::start().await;
    let mut anonymous = teams.says("diagnose agw-prod");
    anonymous["from"]["aadObjectId"] = Value::Null;
    assert_eq!(teams.send(&anonymous).await.0, 403);
    let mut press = teams.presses(json!({ "agw": approve() }));
    press["from"]["aadObjectId"] = json!("");
    assert_eq!(teams.send(&press).await.0, 403);
    assert!(teams.store.requests().is_empty());
}

#[tokio::test]
async fn what_teams_would_not_send_is_refused() {
    let teams = Teams::start().await;
    let authorization = || Some(format!("Bearer {}", token(&ISSUER, &teams.connector.address)));
    for body in ["", "{", "[]", "{\"type\":\"message\"}"] {
        assert_eq!(teams.send_as(authorization(), body.into()).await.0, 400, "{body}");
    }
    let mut nameless = teams.says("diagnose agw-prod");
    nameless["id"] = Value::Null;
    assert_eq!(teams.send(&nameless).await.0, 400, "a redelivery could not be told");
    assert_eq!(teams.send_as(authorization(), "a".repeat(LIMIT + 1)).await.0, 413);
    let mut typing = teams.says("");
    typing["type"] = json!("typing");
    assert_eq!(teams.send(&typing).await, (200, String::new()));
    let url = format!("http://127.0.0.1:{}/api/teams/messages", teams.port);
    assert_eq!(reqwest::Client::new().head(url).send().await.expect("an answer").status().as_u16(), 200);
    assert!(teams.store.requests().is_empty());
}
