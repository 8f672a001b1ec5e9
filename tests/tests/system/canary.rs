//! Promise 6, for every input and every output at once: texts that are unlike any other are planted in all that the bot
//! is told, and looked for in all that it says.

use serde_json::{Value, json};
use tests::{Exposed, FakeTeams, Setup, canary};

use crate::AGW;

/// Who approves, by name: an id is no secret, a name is nobody's business but the people's who read the chat.
const PERSON: &str = "canary-person-5e8a";
const MAIL: &str = "canary-person-5e8a@example.com";

/// Headers that proxies, hosts and strangers add.
const HEADERS: [(&str, &str); 8] = [
    ("cookie", "session=canary-cookie-77d1"),
    ("x-forwarded-for", "203.0.113.77, canary-address-12ab"),
    ("user-agent", "canary-agent-90cd/1.0"),
    ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
    ("tracestate", "vendor=canary-tracestate-3e3e"),
    ("x-azure-functions-invocationid", "canary-invocation-55aa"),
    ("x-ms-client-principal-name", "canary-principal-8f00"),
    ("x-slack-retry-reason", "canary-retry-reason-1c1c"),
];

fn plant_headers(here: &Exposed) {
    for (name, value) in HEADERS {
        if name != "traceparent" {
            let at = value.find("canary").unwrap();
            here.planted.secret(value[at..].split(['/', ',']).next().unwrap());
        }
    }
    here.planted.secret("203.0.113.77");
}

/// Azure Monitor's alert, with what people put into one.
fn alert(here: &Exposed) -> Value {
    let mut alert = here.usual_alert();
    alert["data"]["customProperties"] = json!({ "password": "canary-custom-property-6b2e", "owner": MAIL });
    alert["data"]["alertContext"]["properties"] = json!({ "apiKey": "canary-context-property-0aa1" });
    alert["data"]["essentials"]["investigationLink"] =
        json!("https://portal.example/?token=canary-link-4444");
    for secret in ["canary-custom-property-6b2e", "canary-context-property-0aa1", "canary-link-4444"] {
        here.planted.secret(secret);
    }
    alert
}

/// What Slack sends beside what is wanted of it.
async fn slack_says(here: &Exposed, path: &str, body: &str) -> u16 {
    for secret in ["canary-verification-81c4", "13345224609.", "9917745120481."] {
        here.planted.secret(secret);
    }
    let body = body.replace("user_name=alex", &format!("user_name={PERSON}"));
    let body = body.replace("deprecated", "canary-verification-81c4");
    // In the payload of a click, as it is encoded in a form.
    let body = body.replace(
        "%22name%22%3A%22alex%22",
        &format!("%22name%22%3A%22{PERSON}%22%2C%22email%22%3A%22{MAIL}%22"),
    );
    assert!(body.contains(PERSON), "{body}");
    here.talk
        .signed(path, &format!("{body}&token=canary-verification-81c4&user_email={MAIL}"), 0)
        .await
        .status
}

/// Somebody in Teams asks, with all that the Bot Connector sends about them.
async fn teams_says(here: &Exposed) -> u16 {
    let mut activity = here.teams.mentioning("dana", "status");
    activity["from"]["name"] = json!(PERSON);
    activity["from"]["email"] = json!(MAIL);
    activity["channelData"]["secret"] = json!("canary-channel-data-2222");
    here.planted.secret("canary-channel-data-2222");
    let bearer = here.teams.bearer();
    // Its signature is what makes it worth something.
    here.planted.secret(bearer.rsplit('.').next().unwrap());
    here.teams.tell(&here.talk, &bearer, &activity).await.status
}

/// Somebody in Discord asks; the token answers them for fifteen minutes.
async fn discord_says(here: &Exposed) -> u16 {
    let mut interaction = here.discord.typed("eve", "/agw status");
    interaction["member"]["user"]["global_name"] = json!(PERSON);
    interaction["member"]["user"]["email"] = json!(MAIL);
    here.planted.secret(interaction["token"].as_str().unwrap());
    here.discord.tell(&here.talk, &interaction).await.status
}

/// Strangers try.
async fn strangers_try(here: &Exposed) {
    let guess = [("x-functions-key", "canary-guess-aaaa"), ("content-type", "application/json")];
    here.planted.secret("canary-guess-aaaa");
    assert_eq!(here.talk.post("/api/alerts", &guess, "{\"canary-body-bbbb\": 1}").await.status, 401);
    here.planted.secret("canary-body-bbbb");
    let stale = here.talk.command_body("alex", "/agw list");
    assert_eq!(here.talk.signed("/api/slack/commands", &stale, 900).await.status, 401);
    let forged = FakeTeams::start().await.bearer();
    here.planted.secret(forged.rsplit('.').next().unwrap());
    assert_eq!(
        here.teams.tell(&here.talk, &forged, &here.teams.mentioning("mallory", "list")).await.status,
        401
    );
    let broken = here.alert(json!({ "data": "canary-broken-cccc" }), &[]).await.0;
    here.planted.secret("canary-broken-cccc");
    assert_eq!(broken.status, 400, "{}", broken.body);
}

#[tokio::test]
async fn promise_6_nothing_secret_leaves_and_nobodys_name_is_logged() {
    let mut here = Exposed::open(Setup::of(AGW)).await;
    plant_headers(&here);
    here.planted.person(PERSON);
    here.planted.secret(MAIL);

    here.alert(alert(&here), &HEADERS).await.0.taken();
    here.until_status("Unhealthy").await;
    assert_eq!(teams_says(&here).await, 200);
    assert_eq!(discord_says(&here).await, 200);
    let list = here.talk.command_body("alex", "/agw list");
    assert_eq!(slack_says(&here, "/api/slack/commands", &list).await, 200);
    strangers_try(&here).await;
    let approve = here.talk.click_body("alex", &here.talk.button("Approve"), "1795376355.000001");
    assert_eq!(slack_says(&here, "/api/slack/interactions", &approve).await, 200);
    here.until_status("Fixed").await;
    here.until("Teams and Discord show the end", |here| {
        let teams =
            here.teams.latest().filter(|message| message.statuses.iter().any(|status| status == "Fixed"));
        let discord =
            here.discord.latest().filter(|message| message.statuses.iter().any(|status| status == "Fixed"));
        teams.and(discord)
    })
    .await;
    here.stop().await;

    // All of it came in: what was refused would prove nothing.
    let (planted, _) = here.given();
    assert!(planted > 5, "{planted} of Azure's answers had secrets in them");
    assert!(here.collector.keys().iter().all(|key| key == canary::OTLP) && here.collector.keys().len() > 3);
    assert!(here.planted.count() > 30, "{}", here.planted.count());
    assert_eq!(here.talk.slack.complaints().iter().filter(|it| it.contains("token")).count(), 0);
    // And something came out everywhere.
    assert!(here.said().lines().count() > 50);
    assert!(here.collector.spans().len() > 50 && here.collector.lines().len() > 50);
    assert!(here.discord.requests() > 3 && here.teams.everything().len() > 1000);

    let leaks = here.leaks();
    assert!(leaks.is_empty(), "{}", leaks.join("\n\n"));
}

#[tokio::test]
async fn promise_6_azures_tokens_stay_between_the_bot_and_azure() {
    let mut here = Exposed::open(Setup { tls: true, ..Setup::of(AGW) }).await;
    here.alert(alert(&here), &[]).await.0.taken();
    here.until_status("Unhealthy").await;
    let approve = here.talk.button("Approve");
    here.talk.press("alex", &approve).await;
    here.until_status("Fixed").await;
    here.stop().await;
    assert!(here.given().1 > 0, "a token was given out, and Azure took it");
    let leaks = here.leaks();
    assert!(leaks.is_empty(), "{}", leaks.join("\n\n"));
}

#[tokio::test]
async fn what_is_logged_on_purpose_is_found() {
    let mut here = Exposed::open(Setup::of(AGW)).await;
    // A gateway's name is no secret: it is logged, told, shown and stored.
    here.planted.secret("agw-prod");
    here.alert(here.usual_alert(), &[]).await.0.taken();
    here.until_status("Unhealthy").await;
    here.stop().await;
    let leaks = here.leaks().join("\n");
    for place in ["Log", "Otlp", "Slack", "Teams", "Discord", "Store", "Azure"] {
        assert!(leaks.contains(&format!("agw-prod in {place}")), "{place}: {leaks}");
    }
}
