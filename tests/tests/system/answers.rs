//! Promise 5: every accepted alert or command gets an answer, whatever Slack or the machine does meanwhile.

use domain::alert::Condition::Fired;
use jiff::SignedDuration;
use tests::{Mood, Stage, World};

use crate::approval::offered;

#[tokio::test]
async fn a_message_that_has_to_wait_for_its_turn_again_and_again_is_said_in_the_end() {
    let world = World::stage("root-403").await;
    for _ in 0..12 {
        world.slack.next("chat.postMessage", Mood::Busy(1));
    }
    world.alert(Fired).await;
    assert_eq!(world.message().await.status(), "Unhealthy");
    assert!(!world.thread().await.is_empty());
    world.finish().await;
}

#[tokio::test]
async fn promise_5_a_slack_that_asks_for_patience_is_waited_for() {
    let world = World::stage("root-403").await;
    world.slack.next("chat.postMessage", Mood::Busy(30));
    world.slack.next("chat.postMessage", Mood::Down);
    world.slack.next("chat.postMessage", Mood::Error("internal_error"));
    world.slack.next("chat.update", Mood::Busy(7));
    world.alert(Fired).await;
    assert_eq!(world.message().await.buttons(), ["Approve", "Reject"]);
    assert_eq!(world.slack.messages().len(), 1);
    assert_eq!(world.thread().await.len(), 1);
    world.finish().await;
}

#[tokio::test]
async fn promise_5_a_message_that_somebody_deleted_is_posted_anew() {
    let (world, _) = offered(Stage::named("root-403")).await;
    let approve = world.button("Approve");
    world.slack.next("chat.update", Mood::Error("message_not_found"));
    world.press("alex", &approve).await;
    let end = world.message().await;
    assert_eq!((end.status().as_str(), world.slack.messages().len()), ("Fixed", 2));
    assert_eq!(world.azure.puts(), 1);
    world.thread().await;
    world.finish().await;
}

#[tokio::test]
async fn promise_5_a_channel_that_cannot_be_written_does_not_stop_the_other() {
    let stage = Stage::named("root-403").config(|config| {
        config.slack.alert_channels.insert(0, "C00UNKNOWN".to_owned());
    });
    let world = stage.start().await;
    world.alert(Fired).await;
    assert_eq!(world.message().await.buttons(), ["Approve", "Reject"]);
    let noted = world.incidents().await.remove(0).timeline;
    assert!(noted.iter().any(|entry| entry.what.contains("channel_not_found")), "{noted:?}");
    world.thread().await;
    world.finish().await;
}

#[tokio::test]
async fn promise_5_what_was_accepted_before_a_crash_is_answered_after_it() {
    let mut world = World::stage("root-403").await;
    world.alert(Fired).await;
    world.slack("bob", "/agw list").await;
    // Nothing of it was worked on, and the wake-ups are lost.
    world.lose_wakeups().await;
    world.restart().await;
    assert_eq!(world.message().await.status(), "Unhealthy");
    world.private("bob").await;
    world.thread().await;
    world.finish().await;
}

#[tokio::test]
async fn promise_5_an_answer_that_comes_late_finds_another_way_than_the_dead_address() {
    let world = World::stage("root-403").await;
    world.slack("bob", "/agw list").await;
    world.clock.advance(SignedDuration::from_mins(31));
    world.private("bob").await.says("no open incident");
    assert_eq!(world.slack.calls("chat.postEphemeral"), 1);
    world.finish().await;
}

#[tokio::test]
async fn promise_5_an_answer_is_tried_again_when_slack_is_down() {
    let world = World::stage("root-403").await;
    for _ in 0..3 {
        world.slack.next("response_url", Mood::Down);
    }
    world.slack("bob", "/agw list").await;
    world.private("bob").await.says("no open incident");
    world.finish().await;
}

#[tokio::test]
async fn promise_5_an_incident_that_azure_would_not_tell_about_says_so_and_can_be_rechecked() {
    let world = World::stage("root-403").await;
    world.azure.inject(simulator::Fault::GetForbidden);
    world.alert(Fired).await;
    let failed = world.message().await;
    assert_eq!((failed.status().as_str(), failed.buttons()), ("Failed", vec!["Re-check".to_owned()]));
    failed.says("Microsoft.Network/applicationGateways/read");
    world.click("bob", "Re-check").await;
    assert_eq!(world.message().await.buttons(), ["Approve", "Reject"]);
    world.thread().await;
    world.finish().await;
}
