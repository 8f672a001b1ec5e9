//! Who may send alerts, and what a test alert is answered with.

use std::sync::Arc;

use handler::clock::SystemClock;
use handler::config::Config;
use handler::ports::Clock as _;
use jiff::SignedDuration;
use tests::{AlertBody, ELSEWHERE, FakeEntra, FakeSlack, Stage, Weather, World, canary};

const OTHER_APP: &str = "66666666-7777-8888-9999-aaaaaaaaaaaa";
const KEY: Option<&str> = Some(canary::ALERT_KEY);

/// What "Test action group" in the portal sends.
fn sample() -> AlertBody {
    AlertBody {
        rule: "test-metricAlertRule".to_owned(),
        ..AlertBody::about(
            "/subscriptions/11111111-1111-1111-1111-111111111111/resourcegroups/test-RG/providers/\
             Microsoft.Storage/storageAccounts/test-storageAccount",
        )
    }
}

#[tokio::test]
async fn a_key_and_a_token_are_both_wanted_where_both_are_configured() {
    let entra = FakeEntra::start().await;
    let world = Stage::named("root-403").config(entra.config()).start().await;
    let alert = AlertBody::about(world.azure.gateway_id());
    assert_eq!(world.talk.alert(&alert).await.status, 401, "a key alone");
    assert_eq!(entra.alert(&world, &alert, None).await.status, 401, "a token alone");
    let other = entra.alert_as(&world, OTHER_APP, &alert, KEY).await;
    assert_eq!(other.status, 403, "a token of another application: {}", other.body);
    world.settle().await;
    assert!(world.incidents().await.is_empty() && world.slack.posted().is_empty());

    entra.alert(&world, &alert, KEY).await.taken();
    assert_eq!(world.message().await.status(), "Unhealthy");
    world.thread().await;
    world.finish().await;
}

#[tokio::test]
async fn a_test_alert_is_told_in_the_channel_and_opens_nothing() {
    let world = World::stage("root-403").await;
    let answer = world.talk.alert(&sample()).await.taken();
    assert_eq!(answer.json()["result"], "test");
    let message = world.message().await;
    assert_eq!(message.status(), "Test alert");
    message.says("Real ones about 1 gateway are shown here").says("test-metricAlertRule");
    assert!(world.incidents().await.is_empty());

    // Sent again by Azure Monitor, it is the same; pressed again by a person, it is another.
    assert_eq!(world.talk.alert(&sample()).await.json()["result"], "repeated");
    world.clock.advance(SignedDuration::from_mins(1));
    world.talk.alert(&sample()).await.taken();
    assert_eq!(world.message().await.status(), "Test alert");
    assert_eq!(world.slack.messages().len(), 2);
    world.finish().await;
}

#[tokio::test]
async fn a_test_alert_says_how_many_gateways_each_channel_is_for() {
    let stage = Stage::named("root-403").gateways(3).teams().config(|config| {
        let routes = "[[slack.routes]]\ngateway = \"agw-prod-002\"\nchannels = [\"C0ELSEWHERE\"]";
        config.slack.routes = Config::parse("routes", routes).unwrap().slack.routes;
    });
    let world = stage.start().await;
    world.talk.alert(&sample()).await.taken();
    world.message().await.says("Real ones about 2 gateways are shown here");
    let there = world.teams().read();
    assert!(there.lead.plain().contains("Real ones about 3 gateways"), "{there:#?}");
    assert_eq!(world.teams().messages()[0].channel, ELSEWHERE);
    world.finish().await;
}

#[tokio::test]
async fn a_test_alert_survives_a_platform_that_is_down_and_is_told_all_the_same() {
    let world = Stage::named("root-403").teams().start().await;
    let back = world.clock.now() + SignedDuration::from_mins(10);
    world.teams().is(Weather::DownUntil(back));
    world.talk.alert(&sample()).await.taken();
    world.until(|world| !world.teams().messages().is_empty()).await;
    assert_eq!(world.teams().read().status, "Test alert");
    assert_eq!(world.message().await.status(), "Test alert");
    assert_eq!((world.slack.messages().len(), world.teams().messages().len()), (1, 1), "each once");
    world.finish().await;
}

#[tokio::test]
async fn a_test_alert_says_so_when_azure_cannot_be_read() {
    // Nothing is Azure there, and whoever answers says so.
    let slack = FakeSlack::start(Arc::new(SystemClock), &[]).await;
    let nothing = slack.api();
    let stage = Stage::named("root-403").config(move |config| config.azure.endpoint = nothing);
    let world = stage.start().await;
    world.talk.alert(&sample()).await.taken();
    world.message().await.says("could not be read from Azure just now");
    world.finish().await;
}
