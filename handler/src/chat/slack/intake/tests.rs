use domain::card::Verb;
use domain::request::{Person, Platform};
use jiff::Timestamp;
use serde_json::Value;

use super::*;
use crate::chat::fakes::{self, FakeStore, NOW};
use crate::chat::slack::fake::FakeSlack;
use crate::chat::slack::verify::sign;

mod dialogs;
mod events;

const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";
const OFFER: &str = "9f3a1c049f3a1c049f3a1c049f3a1c04";

struct Slack {
    port: u16,
    store: Arc<FakeStore>,
    api: FakeSlack,
}

impl Slack {
    async fn new() -> Self {
        let (intake, store) = fakes::intake();
        let verifier = Arc::new(Verifier::new([SECRET.into()]).expect("a secret"));
        let (api, chat, _) = FakeSlack::start().await;
        let chat = Arc::new(chat);
        let routes = routes(SlackIntake { intake, verifier, base: ApiBase::default(), chat });
        let port = fakes::serve(routes.router()).await;
        Self { port, store, api }
    }

    async fn send(&self, path: &str, body: &str) -> (u16, String) {
        let signature = sign(SECRET, Timestamp::from_second(NOW).expect("a time"), body);
        self.send_as(path, body, &signature, "application/x-www-form-urlencoded").await
    }

    async fn send_as(&self, path: &str, body: &str, signature: &str, kind: &str) -> (u16, String) {
        let url = format!("http://127.0.0.1:{}/api/slack/{path}", self.port);
        let request = reqwest::Client::new().post(url).body(body.to_owned());
        let request = request.header("x-slack-request-timestamp", NOW).header("x-slack-signature", signature);
        let response = request.header("content-type", kind).send().await.expect("an answer");
        (response.status().as_u16(), response.text().await.expect("text"))
    }

    async fn command(&self, text: &str) -> (u16, Value) {
        let (status, body) = self.send("commands", &typed(text)).await;
        (status, serde_json::from_str(&body).expect("JSON"))
    }

    async fn event(&self, body: &str) -> (u16, String) {
        let signature = sign(SECRET, Timestamp::from_second(NOW).expect("a time"), body);
        self.send_as("events", body, &signature, "application/json").await
    }

    async fn click(&self, payload: &Value) -> (u16, String) {
        self.send("interactions", &form(&[("payload", &payload.to_string())])).await
    }
}

fn form(fields: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

fn typed(text: &str) -> String {
    form(&[
        ("team_id", "T0001"),
        ("channel_id", "C05OPS0001"),
        ("user_id", "U07ALEX001"),
        ("user_name", "alex"),
        ("command", "/agw"),
        ("text", text),
        ("response_url", "https://hooks.slack.com/commands/T0001/2/x"),
        ("trigger_id", "13345224609.738474920.8088930838d88f008e0"),
    ])
}

fn click(value: &str) -> Value {
    json!({
        "type": "block_actions",
        "user": { "id": "U07ALEX001", "username": "alex", "name": "alex", "team_id": "T0001" },
        "team": { "id": "T0001", "domain": "example" },
        "enterprise": null,
        "channel": { "id": "C05OPS0001", "name": "ops" },
        "response_url": "https://evil.example/actions/x",
        "actions": [{ "type": "button", "value": value, "action_ts": "1763838655.118230" }],
    })
}

fn alex() -> Person {
    Person { platform: Platform::Slack, id: "U07ALEX001".into(), name: Some("alex".into()) }
}

#[tokio::test]
async fn a_command_is_kept_and_answered_to_the_person_alone() {
    let slack = Slack::new().await;
    let (status, answer) = slack.command("diagnose agw-prod").await;
    assert_eq!((status, &answer["response_type"]), (200, &json!("ephemeral")));
    assert!(answer["text"].as_str().is_some_and(|text| text.contains("agw-prod")));
    let kept = slack.store.requests();
    let [Ask::Command { command, from }] = [&kept[0].ask] else { panic!("a command") };
    assert_eq!(*command, Command::Diagnose { gateway: Some("agw-prod".into()) });
    assert_eq!((&from.person, from.channel.id.as_str()), (&alex(), "C05OPS0001"));
    assert_eq!(from.url.as_deref(), Some("https://hooks.slack.com/commands/T0001/2/x"));
}

#[tokio::test]
async fn a_command_that_comes_twice_is_kept_once() {
    let slack = Slack::new().await;
    slack.command("diagnose agw-prod").await;
    slack.command("diagnose agw-prod").await;
    assert_eq!(slack.store.requests().len(), 1);
}

#[tokio::test]
async fn help_and_mistakes_are_answered_at_once() {
    let slack = Slack::new().await;
    for text in ["help", "", "diagnoze agw"] {
        let (status, answer) = slack.command(text).await;
        assert_eq!((status, &answer["response_type"]), (200, &json!("ephemeral")), "{text}");
    }
    assert!(slack.store.requests().is_empty());
}

#[tokio::test]
async fn a_store_that_fails_is_admitted() {
    let slack = Slack::new().await;
    slack.store.fail();
    let (status, answer) = slack.command("diagnose agw-prod").await;
    let admitted = render::message(&say::not_accepted());
    assert_eq!((status, answer["text"].as_str()), (200, Some(admitted.text.as_str())));
    let (status, _) = slack.click(&click(&format!("approve:INC-7K2F:{OFFER}"))).await;
    assert_eq!(status, 503, "Slack marks the button");
}

#[tokio::test]
async fn nothing_unsigned_is_looked_at() {
    let slack = Slack::new().await;
    let form = "application/x-www-form-urlencoded";
    for body in
        [typed("diagnose x"), "ssl_check=1&token=x".into(), typed("x") + "&ssl_check=1", String::new()]
    {
        let (status, _) = slack.send_as("commands", &body, "v0=00", form).await;
        assert_eq!(status, 401, "{body}");
    }
    let (status, _) = slack.send_as("interactions", "payload={", "v0=00", form).await;
    assert_eq!(status, 401);
    assert!(slack.store.requests().is_empty());
}

#[tokio::test]
async fn slacks_certificate_check_is_answered() {
    let slack = Slack::new().await;
    assert_eq!(slack.send("commands", "ssl_check=1&token=x").await, (200, String::new()));
}

#[tokio::test]
async fn what_slack_would_not_send_is_refused() {
    let slack = Slack::new().await;
    let signature = sign(SECRET, Timestamp::from_second(NOW).expect("a time"), "{}");
    assert_eq!(slack.send_as("commands", "{}", &signature, "application/json").await.0, 415);
    assert_eq!(slack.send("commands", "text=diagnose").await.0, 400);
    assert_eq!(slack.send("interactions", "payload=%7B").await.0, 400);
    assert_eq!(slack.send("commands", &"a".repeat(LIMIT + 1)).await.0, 413);
}

#[tokio::test]
async fn a_click_is_kept_without_an_address_that_is_not_slacks() {
    let slack = Slack::new().await;
    let payload = click(&format!("approve:INC-7K2F:{OFFER}"));
    assert_eq!(slack.click(&payload).await, (200, String::new()));
    assert_eq!(slack.click(&payload).await, (200, String::new()));
    let kept = slack.store.requests();
    assert_eq!(kept.len(), 1, "a redelivery has the same action_ts");
    let Ask::Click { click, from, .. } = &kept[0].ask else { panic!("a click") };
    assert_eq!((click.verb, click.incident.as_str()), (Verb::Approve, "INC-7K2F"));
    assert_eq!((&from.person, from.url.as_deref()), (&alex(), None));
}

#[tokio::test]
async fn a_payload_with_only_what_is_always_there_is_enough() {
    let slack = Slack::new().await;
    let payload = json!({
        "type": "block_actions", "team": null,
        "user": { "id": "U07ALEX001", "team_id": "T0001" },
        "container": { "type": "message", "channel_id": "C05OPS0001" },
        "actions": [{ "value": "recheck:INC-7K2F", "action_ts": "1763838655.118230" }],
    });
    assert_eq!(slack.click(&payload).await.0, 200);
    assert_eq!(slack.store.requests().len(), 1);
}

#[tokio::test]
async fn interactions_that_are_not_ours_are_let_be() {
    let slack = Slack::new().await;
    let other = json!({ "type": "view_closed", "user": { "id": "U1" } });
    for payload in [click("buy:now"), click(""), click("approve:INC-7K2F:nonsense"), other] {
        assert_eq!(slack.click(&payload).await, (200, String::new()));
    }
    assert!(slack.store.requests().is_empty());
}
