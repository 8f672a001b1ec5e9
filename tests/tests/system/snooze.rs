//! `/agw snooze`: alerts that nobody wants to hear of for a while.

use domain::alert::Condition::{Fired, Resolved};
use domain::approval::{Approver, Mode};
use domain::request::Platform;
use jiff::SignedDuration;
use tests::{Stage, World, user};

async fn snoozed(length: &str) -> World {
    let world = World::stage("root-403").await;
    world.slack("alex", &format!("/agw snooze agw-prod {length}")).await;
    world.private("alex").await.says("kept and counted, and nothing is posted, until 2026-11-2");
    world
}

#[tokio::test]
async fn alerts_are_kept_and_what_still_fires_is_shown_when_it_is_over() {
    let world = snoozed("2h").await;
    for _ in 0..3 {
        world.alert(Fired).await;
        world.settle().await;
    }
    world.clock.advance(SignedDuration::from_mins(10));
    world.alert_on(0, Fired).await;
    world.settle().await;
    world.clock.advance(SignedDuration::from_mins(105));
    world.settle().await;
    assert!(world.slack.messages().is_empty(), "nothing is posted");
    assert!(world.azure.exchanges().iter().all(|one| !one.path.contains("backendhealth")), "nothing is read");

    world.clock.advance(SignedDuration::from_mins(6));
    let shown = world.message().await;
    assert_eq!(shown.buttons(), ["Approve", "Reject"]);
    shown.says("fired 2 times, latest 2026-11-22 18:32 UTC");
    world.thread().await;
    world.slack("bob", &format!("/agw audit {}", shown.incident())).await;
    world
        .private("bob")
        .await
        .says("Kept, and not shown: alex snoozed the gateway until 2026-11-22 20:22 UTC");
    world.finish().await;
}

#[tokio::test]
async fn what_resolved_meanwhile_is_never_shown() {
    let world = snoozed("30m").await;
    world.alert(Fired).await;
    world.settle().await;
    world.alert(Resolved).await;
    world.settle().await;
    assert!(world.incidents().await.is_empty());
    world.clock.advance(SignedDuration::from_mins(40));
    world.settle().await;
    assert!(world.slack.messages().is_empty());
    // And the next one is shown as ever.
    world.alert_on(0, Fired).await;
    assert_eq!(world.message().await.buttons(), ["Approve", "Reject"]);
    world.thread().await;
    world.finish().await;
}

#[tokio::test]
async fn off_shows_at_once_what_fires() {
    let world = snoozed("7d").await;
    world.alert(Fired).await;
    world.settle().await;
    assert!(world.slack.messages().is_empty());
    world.slack("alex", "/agw snooze agw-prod off").await;
    assert_eq!(world.message().await.buttons(), ["Approve", "Reject"]);
    world.private("alex").await.says("are shown again, from now on");
    world.thread().await;
    world.slack("alex", "/agw snooze agw-prod off").await;
    world.private("alex").await.says("are not snoozed");
    world.finish().await;
}

#[tokio::test]
async fn a_longer_snooze_keeps_quiet_what_waits_for_the_end_of_the_first() {
    let world = snoozed("30m").await;
    world.alert(Fired).await;
    world.settle().await;
    world.slack("alex", "/agw snooze agw-prod 2h").await;
    world.private("alex").await;
    world.clock.advance(SignedDuration::from_mins(60));
    world.settle().await;
    assert!(world.slack.messages().is_empty());
    world.clock.advance(SignedDuration::from_mins(61));
    world.message().await;
    world.thread().await;
    world.finish().await;
}

#[tokio::test]
async fn a_person_who_asks_gets_an_answer_all_the_same() {
    let world = snoozed("2h").await;
    world.alert(Fired).await;
    world.settle().await;
    world.slack("bob", "/agw diagnose agw-prod").await;
    let shown = world.message().await;
    assert_eq!(shown.buttons(), ["Approve", "Reject"]);
    world.thread().await;
    // It is the incident that the alert opened, and it can be approved.
    assert_eq!(world.incidents().await.len(), 1);
    world.click("alex", "Approve").await;
    assert_eq!(world.message().await.status(), "Fixed");
    world.thread().await;
    world.clock.advance(SignedDuration::from_mins(130));
    world.message().await;
    world.thread().await;
    assert_eq!(world.slack.messages().len(), 1);
    world.finish().await;
}

#[tokio::test]
async fn a_closed_incident_of_a_snooze_does_not_block_a_diagnosis() {
    let world = snoozed("2h").await;
    world.alert(Fired).await;
    world.settle().await;
    world.alert(Resolved).await;
    world.settle().await;
    world.slack("bob", "/agw diagnose agw-prod").await;
    assert_eq!(world.message().await.buttons(), ["Approve", "Reject"]);
    world.thread().await;
    world.finish().await;
}

#[tokio::test]
async fn an_incident_that_is_shown_already_is_not_added_to_until_it_is_over() {
    let world = World::stage("root-403").await;
    world.alert(Fired).await;
    let offer = world.message().await;
    world.thread().await;
    world.click("alex", "Reject").await;
    world.message().await;
    world.slack("alex", "/agw snooze agw-prod 30m").await;
    world.private("alex").await;
    world.alert(Resolved).await;
    world.settle().await;
    world.alert_on(0, Fired).await;
    world.message().await.says("fired 2 times");
    assert!(world.thread().await.is_empty(), "edited, and nothing posted");
    world.clock.advance(SignedDuration::from_mins(31));
    assert_eq!(world.message().await.buttons(), ["Approve", "Reject"]);
    assert_eq!((world.thread().await.len(), world.slack.messages().len()), (1, 1));
    world.slack("bob", &format!("/agw audit {}", offer.incident())).await;
    let trail = world.private("bob").await;
    trail.says("alex snoozed alerts about the gateway until 2026-11-22 18:").says("The snooze is over");
    world.finish().await;
}

#[tokio::test]
async fn only_who_may_approve_may_snooze() {
    let world = World::stage("root-403").await;
    world.alert(Fired).await;
    let offer = world.message().await;
    world.thread().await;
    world.slack("bob", "/agw snooze agw-prod 7d").await;
    world.private("bob").await.says("Only who may approve changes of").says("approval.approvers");
    world.slack("bob", "/agw snooze agw-prod off").await;
    world.private("bob").await.says("Only who may approve");
    world.slack("carol", "/agw list").await;
    world.private("carol").await.does_not_say("Snoozed");
    world.slack("carol", &format!("/agw audit {}", offer.incident())).await;
    world.private("carol").await.says("bob tried to snooze, refused: not an approver");
    world.finish().await;
}

#[tokio::test]
async fn the_members_of_a_group_may_and_so_may_who_decides_where_the_bot_observes() {
    let group = Approver::Group { platform: Platform::Slack, id: "SONCALL01".to_owned() };
    let stage = Stage::named("root-403").config(|config| {
        config.approval.approvers = vec![group];
        config.approval.mode = Mode::Observe;
    });
    let world = stage.start().await;
    world.slack.group("SONCALL01", &[&user("carol")]);
    world.slack("alex", "/agw snooze agw-prod 1d").await;
    world.private("alex").await.says("Only who may approve");
    world.slack("carol", "/agw snooze agw-prod 1d").await;
    world.private("carol").await.says("until 2026-11-23 18:22 UTC");
    world.finish().await;
}

#[tokio::test]
async fn lists_say_who_snoozed_and_until_when() {
    let world = snoozed("1d").await;
    world.slack("bob", "/agw list").await;
    world.private("bob").await.says("Snoozed").says("until 2026-11-23 18:22 UTC, by <@U07ALEX>");
    world.slack("bob", "/agw status agw-prod").await;
    world.private("bob").await.says("snoozed until 2026-11-23 18:22 UTC, by <@U07ALEX>");
    world.clock.advance(SignedDuration::from_hours(25));
    world.slack("bob", "/agw list").await;
    world.private("bob").await.does_not_say("Snoozed");
    world.finish().await;
}

#[tokio::test]
async fn other_gateways_are_heard_of() {
    let world = Stage::named("root-403").gateways(2).start().await;
    world.slack("alex", "/agw snooze agw-prod 2h").await;
    world.private("alex").await;
    world.alert_on(0, Fired).await;
    world.alert_on(1, Fired).await;
    world.message().await.says("agw-prod-002");
    assert_eq!(world.slack.messages().len(), 1);
    world.thread().await;
    world.finish().await;
}

#[tokio::test]
async fn a_snooze_outlives_the_worker_that_was_told() {
    let mut world = snoozed("30m").await;
    world.alert(Fired).await;
    world.restart().await;
    world.settle().await;
    assert!(world.slack.messages().is_empty());
    world.lose_wakeups().await;
    world.clock.advance(SignedDuration::from_mins(31));
    world.sweep().await;
    assert_eq!(world.message().await.buttons(), ["Approve", "Reject"]);
    world.thread().await;
    world.finish().await;
}

/// An alert's fix is on offer, and nobody decides about it while its gateway is snoozed for so long.
async fn undecided(length: &str) -> World {
    let stage = Stage::named("root-403").config(|config| config.slack.oncall = Some("SONCALL01".to_owned()));
    let world = stage.start().await;
    world.alert(Fired).await;
    assert_eq!(world.message().await.buttons(), ["Approve", "Reject"]);
    world.thread().await;
    world.slack("alex", &format!("/agw snooze agw-prod {length}")).await;
    world.private("alex").await;
    world.clock.advance(SignedDuration::from_mins(15));
    assert!(world.thread().await.is_empty(), "nobody is called while it lasts");
    world
}

/// Whoever is on call was called, once.
async fn called(world: &World) {
    let thread = world.thread().await;
    let [call] = thread.as_slice() else { panic!("one call, not {thread:#?}") };
    call.says("Nobody has decided").says("SONCALL01");
}

#[tokio::test]
async fn whoever_is_on_call_is_left_alone_and_called_after_it_if_still_nobody_decided() {
    let world = undecided("20m").await;
    world.clock.advance(SignedDuration::from_mins(6));
    called(&world).await;
    world.clock.advance(SignedDuration::from_mins(5));
    assert!(world.thread().await.is_empty());
    world.finish().await;
}

#[tokio::test]
async fn whoever_is_on_call_is_called_at_once_when_it_is_ended_early() {
    let world = undecided("7d").await;
    world.slack("alex", "/agw snooze agw-prod off").await;
    world.private("alex").await;
    called(&world).await;
    world.finish().await;
}

#[tokio::test]
async fn an_offer_that_ends_during_it_calls_nobody() {
    let world = undecided("2h").await;
    world.clock.advance(SignedDuration::from_mins(20));
    assert_eq!(world.message().await.status(), "Expired");
    world.clock.advance(SignedDuration::from_mins(100));
    assert!(world.thread().await.is_empty());
    world.message().await;
    world.finish().await;
}
