//! Who is not let in, and what is counted once.

use domain::alert::Condition::{Fired, Resolved};
use serde_json::json;
use tests::{AlertBody, World, canary};

const COMMANDS: &str = "/api/slack/commands";
const CLICKS: &str = "/api/slack/interactions";
const JSON: (&str, &str) = ("content-type", "application/json");

/// Nothing was kept, asked or said.
async fn nothing_happened(world: World) {
    world.settle().await;
    assert!(world.incidents().await.is_empty());
    assert!(world.azure.exchanges().is_empty());
    assert!(world.slack.posted().is_empty());
    world.finish().await;
}

#[tokio::test]
async fn promise_1_what_slack_did_not_sign_is_refused() {
    let world = World::stage("root-403").await;
    let body = world.command_body("alex", "/agw diagnose agw-prod");
    let form = ("content-type", "application/x-www-form-urlencoded");
    let stamp = ("x-slack-request-timestamp", "1795371720");
    let forged = ("x-slack-signature", "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503");
    for path in [COMMANDS, CLICKS] {
        assert_eq!(world.post(path, &[form, stamp, forged], body.clone()).await.status, 401, "forged");
        assert_eq!(world.post(path, &[form, stamp], body.clone()).await.status, 401, "unsigned");
        assert_eq!(world.post(path, &[form, forged], body.clone()).await.status, 401, "undated");
        assert_eq!(world.post(path, &[form], format!("{body}&ssl_check=1")).await.status, 401, "ssl_check");
        assert_eq!(world.signed(path, &body, 301).await.status, 401, "stale");
        assert_eq!(world.signed(path, &body, -301).await.status, 401, "from the future");
        let large = format!("{body}&more={}", "x".repeat(64 * 1024));
        assert_eq!(world.signed(path, &large, 0).await.status, 413, "oversized");
    }
    nothing_happened(world).await;
}

#[tokio::test]
async fn promise_1_an_alert_without_the_key_is_refused() {
    let world = World::stage("root-403").await;
    let body = AlertBody::about(world.azure.gateway_id()).json().to_string();
    let wrong = ("x-functions-key", "canary-alert-key-93d3");
    assert_eq!(world.post("/api/alerts", &[JSON], body.clone()).await.status, 401);
    assert_eq!(world.post("/api/alerts", &[JSON, wrong], body.clone()).await.status, 401);
    assert_eq!(world.post("/api/alerts?code=wrong", &[JSON], body.clone()).await.status, 401);
    assert_eq!(world.post("/api/alerts", &[JSON, ("x-functions-key", "")], body).await.status, 401);
    nothing_happened(world).await;
}

#[tokio::test]
async fn an_alert_that_is_none_is_answered_with_what_is_wrong() {
    let world = World::stage("root-403").await;
    let key = ("x-functions-key", canary::ALERT_KEY);
    let headers = [JSON, key];
    let post = |body: Vec<u8>| world.post("/api/alerts", &headers, body);
    assert_eq!(post(vec![b' '; 256 * 1024 + 1]).await.status, 413);
    assert_eq!(post(b"{ not json".to_vec()).await.status, 400);
    let old = post(json!({ "schemaId": "AzureMonitorMetricAlert", "data": {} }).to_string().into()).await;
    assert_eq!(old.status, 400);
    assert!(old.body.contains("common alert schema"), "{}", old.body);

    nothing_happened(world).await;
}

#[tokio::test]
async fn the_key_may_stand_in_the_address() {
    let world = World::stage("root-403").await;
    let body = AlertBody::about(world.azure.gateway_id()).json().to_string();
    let path = format!("/api/alerts?code={}", canary::ALERT_KEY);
    assert_eq!(world.post(&path, &[JSON], body).await.status, 200);
    assert_eq!(world.message().await.status(), "Unhealthy");
    world.thread().await;
    world.finish().await;
}

#[tokio::test]
async fn a_repeated_delivery_counts_once_and_a_second_firing_joins() {
    let world = World::stage("root-403").await;
    assert_eq!(world.alert(Fired).await.json()["result"], "accepted");
    assert_eq!(world.alert(Fired).await.json()["result"], "repeated");
    world.message().await;
    assert_eq!(world.alert(Fired).await.json()["result"], "repeated");
    world.message().await.does_not_say("fired 2 times");

    let second = AlertBody { firing: 2, ..AlertBody::about(world.azure.gateway_id()) };
    world.talk.alert(&second).await.taken();
    world.message().await.says("fired 2 times");
    let incidents = world.incidents().await;
    assert_eq!((incidents.len(), incidents[0].alerts.len(), incidents[0].alerts[0].count), (1, 1, 2));

    world.alert(Resolved).await;
    world.message().await.says("resolved");
    assert_eq!(world.slack.messages().len(), 1);
    world.thread().await;
    world.finish().await;
}

#[tokio::test]
async fn an_alert_that_resolves_after_the_fix_closes_the_incident_and_a_new_one_opens_another() {
    let world = World::stage("root-403").await;
    world.alert(Fired).await;
    world.click("alex", "Approve").await;
    assert_eq!(world.message().await.status(), "Fixed");
    world.alert(Resolved).await;
    world.message().await.says("resolved");
    assert!(world.incidents().await.is_empty(), "it is closed");
    world.thread().await;

    let later = AlertBody { firing: 2, ..AlertBody::about(world.azure.gateway_id()) };
    world.talk.alert(&later).await.taken();
    assert_eq!(world.message().await.status(), "Healthy");
    assert_eq!(world.slack.messages().len(), 2);
    world.thread().await;
    world.finish().await;
}

#[tokio::test]
async fn two_gateways_are_two_incidents_and_an_unknown_one_says_so() {
    let world = World::stage("root-403").await;
    world.alert(Fired).await;
    assert_eq!(world.message().await.status(), "Unhealthy");
    world.thread().await;
    let other = AlertBody {
        firing: 2,
        ..AlertBody::about(&world.azure.gateway_id().replace("agw-prod", "agw-gone"))
    };
    world.talk.alert(&other).await.taken();
    let answer = world.message().await;
    assert_eq!(answer.status(), "Failed");
    answer.says("agw-gone was not found");
    assert_eq!((world.slack.messages().len(), world.incidents().await.len()), (2, 2));
    world.finish().await;
}

#[tokio::test]
async fn an_alert_about_a_gateway_out_of_scope_is_left_alone() {
    let stage = tests::Stage::named("root-403").config(|config| {
        let other = "[azure]\ngateways = [\"agw-other\"]\n";
        config.azure.gateways = handler::config::Config::parse("t", other).unwrap().azure.gateways;
    });
    let world = stage.start().await;
    world.alert(Fired).await;
    world.settle().await;
    assert!(world.slack.posted().is_empty() && world.azure.exchanges().is_empty());
    world.finish().await;
}
