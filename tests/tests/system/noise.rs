//! One message an incident: what repeats is counted on it, and what is over is written into it.

use domain::alert::Condition::{Fired, Resolved};
use jiff::SignedDuration;
use tests::{AlertBody, Stage, World};

async fn again(world: &World, firing: u32) {
    world.clock.advance(SignedDuration::from_mins(3));
    let alert = AlertBody { firing, ..AlertBody::about(world.azure.gateway_id()) };
    world.talk.alert(&alert).await.taken();
}

#[tokio::test]
async fn repeats_are_counted_on_the_card_and_not_posted() {
    let world = World::stage("root-403").await;
    world.alert(Fired).await;
    world.message().await.does_not_say("times");
    let said_in_thread = world.thread().await.len();
    for firing in 2..=3 {
        again(&world, firing).await;
    }
    world.message().await.says("fired 3 times, latest 2026-11-22 18:28 UTC");
    assert_eq!((world.slack.messages().len(), world.thread().await.len()), (1, 0));
    assert_eq!(said_in_thread, 1);
    world.finish().await;
}

#[tokio::test]
async fn resolved_edits_the_message_and_posts_none() {
    let world = World::stage("root-403").await;
    world.alert(Fired).await;
    world.message().await;
    world.thread().await;
    world.click("alex", "Approve").await;
    world.message().await;
    world.thread().await;
    world.clock.advance(SignedDuration::from_mins(4));
    world.alert(Resolved).await;
    let end = world.message().await;
    assert_eq!(end.status(), "Fixed");
    end.says("resolved 2026-11-22 18:");
    assert_eq!((world.slack.messages().len(), world.incidents().await.len()), (1, 0));
    world.finish().await;
}

#[tokio::test]
async fn an_alert_is_shown_in_its_channels_though_somebody_asked_elsewhere_before() {
    let world = Stage::named("root-403").teams().start().await;
    world.types_on_teams("bob", "/agw diagnose agw-prod").await;
    world.settle().await;
    assert!(world.slack.messages().is_empty());
    world.alert(Fired).await;
    assert_eq!(world.message().await.buttons(), ["Approve", "Reject"]);
    assert_eq!((world.incidents().await.len(), world.teams().messages().len()), (1, 1));
    world.teams().read();
    world.teams().read_threads();
    world.thread().await;
    world.finish().await;
}
