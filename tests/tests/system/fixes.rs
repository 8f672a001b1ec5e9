//! Every kind of fix beside the health probe, from the alert to Healthy and back.

use domain::alert::Condition::Fired;
use serde_json::json;
use tests::{Stage, World, differences};

/// What each of them looks like: scenario, what visitors get before and after, and what the offer has to say.
const STORIES: [(&str, u16, u16, &str); 5] = [
    ("probe-there-already", 502, 200, "…/probes/probe-new"),
    ("impatient-probe", 502, 200, "This mends the probe and not the application"),
    ("impatient-default-probe", 502, 200, "settings-web-probe"),
    ("probe-asks-for-loopback", 502, 200, "a cookie may be lost"),
    ("visitors-host-unknown", 404, 200, "add that name to the app as a custom domain"),
];

#[tokio::test]
async fn each_is_offered_written_measured_and_taken_back() {
    for (scenario, before, after, says) in STORIES {
        let world = World::stage(scenario).await;
        let found = world.azure.gateway();
        world.alert(Fired).await;
        let offer = world.message().await;
        assert_eq!(offer.buttons(), ["Approve", "Reject"], "{scenario}: {offer}");
        offer.says(says);
        assert_eq!((world.visit().await, world.azure.puts()), (before, 0), "{scenario}");

        world.click("alex", "Approve").await;
        let end = world.message().await;
        assert_eq!(end.status(), "Fixed", "{scenario}: {end}");
        assert_eq!((world.visit().await, world.azure.puts()), (after, 1), "{scenario}");
        world.thread().await;

        world.click("alex", "Undo").await;
        assert_eq!(world.message().await.status(), "Undo?", "{scenario}");
        world.click("alex", "Approve").await;
        assert_eq!(world.message().await.status(), "Undone", "{scenario}");
        assert_eq!(differences(&found, &world.azure.gateway()), [].into(), "{scenario}");
        assert_eq!((world.visit().await, world.azure.puts()), (before, 2), "{scenario}");
        world.thread().await;
        world.finish().await;
    }
}

#[tokio::test]
async fn promise_3_an_undo_of_each_keeps_what_others_changed_since() {
    for (scenario, ..) in STORIES {
        let world = World::stage(scenario).await;
        let found = world.azure.gateway();
        world.alert(Fired).await;
        world.click("alex", "Approve").await;
        assert_eq!(world.message().await.status(), "Fixed", "{scenario}");
        world.azure.change(|gateway| {
            gateway["tags"]["since"] = json!("the fix");
            let setting = &mut gateway["properties"]["backendHttpSettingsCollection"][0]["properties"];
            setting["cookieBasedAffinity"] = json!("Enabled");
        });
        world.click("alex", "Undo").await;
        world.click("alex", "Approve").await;
        assert_eq!(world.message().await.status(), "Undone", "{scenario}");
        let left = differences(&found, &world.azure.gateway());
        let theirs = |pointer: &String| pointer.contains("tags") || pointer.contains("cookieBasedAffinity");
        assert!(!left.is_empty() && left.iter().all(theirs), "{scenario}: {left:?}");
        world.thread().await;
        world.finish().await;
    }
}

#[tokio::test]
async fn promise_3_a_probe_that_changed_since_the_offer_is_not_written() {
    let world = Stage::named("impatient-probe").start().await;
    world.alert(Fired).await;
    let approve = {
        world.settle().await;
        world.button("Approve")
    };
    world.press("alex", &approve).await;
    world.azure.change(|gateway| gateway["properties"]["probes"][0]["properties"]["timeout"] = json!(7));
    let second = world.message().await;
    assert!(world.latest().revisions.iter().any(|revision| revision.status() == "Plan void"));
    assert!(world.puts_sent().is_empty(), "{second}");
    world.thread().await;
    world.finish().await;
}
