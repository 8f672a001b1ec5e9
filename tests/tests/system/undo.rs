//! The way back.

use domain::alert::Condition::{Fired, Resolved};
use tests::{Stage, World, differences};

use crate::approval::offered;

#[tokio::test]
async fn a_fix_is_undone_and_the_gateway_is_as_before() {
    let world = World::stage("root-403").await;
    let before = world.azure.gateway();
    world.alert(Fired).await;
    world.click("alex", "Approve").await;
    assert_eq!(world.message().await.status(), "Fixed");
    world.thread().await;

    world.click("bob", "Undo").await;
    world.private("bob").await.says("not on the list of approvers");
    world.click("alex", "Undo").await;
    let offer = world.message().await;
    assert_eq!(offer.status(), "Undo?");
    assert_eq!(offer.buttons(), ["Approve", "Reject"]);
    assert_eq!(world.azure.puts(), 1, "an undo needs an approval as well");

    world.click("alex", "Approve").await;
    let end = world.message().await;
    assert_eq!(end.status(), "Undone");
    assert_eq!(end.buttons(), [""; 0]);
    assert_eq!(world.azure.puts(), 2);
    assert_eq!(differences(&before, &world.azure.gateway()), [].into());
    assert_eq!(world.visit().await, 502);
    world.thread().await;
    world.finish().await;
}

#[tokio::test]
async fn whoever_undoes_may_say_why_and_everybody_reads_it() {
    let (world, offer) = offered(Stage::named("root-403")).await;
    world.click("alex", "Approve").await;
    world.message().await;
    let undo = world.button("Undo");
    world.press_because(tests::CHANNEL, "alex", &undo, Some("the checkout <!channel> got slower")).await;
    world.message().await.says("the checkout &lt;!channel&gt; got slower").says("Asked for by");
    world.slack("bob", &format!("/agw audit {}", offer.incident())).await;
    world.private("bob").await.says("asked to undo the change: the checkout");
    // Where no dialog opens, the click counts as it is.
    world.click("alex", "Reject").await;
    world.message().await;
    world.slack.next("views.open", tests::Mood::Error("trigger_expired"));
    world.click("alex", "Undo").await;
    assert_eq!(world.message().await.status(), "Undo?");
    world.thread().await;
    world.finish().await;
}

#[tokio::test]
async fn an_undo_that_nobody_takes_leaves_the_fix() {
    let (world, _) = offered(Stage::named("root-403")).await;
    world.click("alex", "Approve").await;
    world.message().await;
    world.click("alex", "Undo").await;
    world.message().await;
    world.clock.advance(jiff::SignedDuration::from_mins(31));
    let end = world.message().await;
    assert_eq!((end.status().as_str(), end.buttons()), ("Fixed", vec!["Undo".to_owned()]));
    assert_eq!((world.azure.puts(), world.visit().await), (1, 200));
    world.thread().await;
    world.finish().await;
}

#[tokio::test]
async fn what_did_not_help_can_be_undone() {
    let (world, _) = offered(Stage::named("root-403")).await;
    let before = world.azure.gateway();
    let approve = world.button("Approve");
    world.press("alex", &approve).await;
    world.azure.set_route("*", "/healthz", 503);
    let end = world.message().await;
    assert_eq!((end.status().as_str(), end.buttons()), ("Not fixed", vec!["Re-check".into(), "Undo".into()]));
    world.click("alex", "Undo").await;
    world.message().await;
    world.click("alex", "Approve").await;
    assert_eq!(world.message().await.status(), "Undone");
    assert_eq!(differences(&before, &world.azure.gateway()), [].into());
    world.thread().await;
    world.finish().await;
}

#[tokio::test]
async fn promise_3_an_undo_keeps_what_others_changed_since() {
    let (world, _) = offered(Stage::named("root-403")).await;
    world.click("alex", "Approve").await;
    assert_eq!(world.message().await.status(), "Fixed");
    world.thread().await;
    world.azure.change(|gateway| {
        gateway["tags"]["since"] = serde_json::json!("the fix");
        let setting = &mut gateway["properties"]["backendHttpSettingsCollection"][0]["properties"];
        setting["requestTimeout"] = serde_json::json!(61);
    });
    let before = world.azure.gateway();
    world.click("alex", "Undo").await;
    world.message().await;
    world.click("alex", "Approve").await;
    assert_eq!(world.message().await.status(), "Undone");
    let changed = differences(&before, &world.azure.gateway());
    assert_eq!(changed.iter().map(String::as_str).collect::<Vec<_>>(), crate::story::PLAN);
    world.thread().await;
    world.finish().await;
}

#[tokio::test]
async fn a_fix_can_be_undone_after_its_alert_has_resolved() {
    let (world, _) = offered(Stage::named("root-403")).await;
    let before = world.azure.gateway();
    world.click("alex", "Approve").await;
    assert_eq!(world.message().await.status(), "Fixed");
    world.thread().await;
    world.alert(Resolved).await;
    assert_eq!(world.message().await.buttons(), ["Undo"]);
    assert!(world.incidents().await.is_empty());
    world.click("alex", "Undo").await;
    assert_eq!(world.message().await.status(), "Undo?");
    world.click("alex", "Approve").await;
    assert_eq!(world.message().await.status(), "Undone");
    assert_eq!(differences(&before, &world.azure.gateway()), [].into());
    assert_eq!(world.azure.puts(), 2);
    world.thread().await;
    world.finish().await;
}
