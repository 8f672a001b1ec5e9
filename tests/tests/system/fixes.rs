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
async fn a_health_path_behind_a_login_is_let_through_first_and_probed_then() {
    for scenario in ["login-everywhere", "login-page"] {
        let world = World::stage(scenario).await;
        let found = world.azure.gateway();
        world.alert(Fired).await;
        let first = world.message().await;
        first.says("config/authsettingsV2").says("excludedPaths").says("restarts the app");
        world.click("bob", "Approve").await;
        world.private("bob").await.says("not on the list of approvers");
        assert!(world.azure.written().is_empty(), "{scenario}");

        world.click("alex", "Approve").await;
        let second = world.message().await;
        assert_eq!(second.buttons(), ["Approve", "Reject"], "{scenario}: {second}");
        second.says("/healthz").says("probes");
        let settings = &world.azure.written()[0]["properties"];
        assert_eq!(settings["globalValidation"]["excludedPaths"], json!(["/healthz"]), "{scenario}");
        assert_eq!(settings["platform"]["enabled"], json!(true), "the rest is kept");
        assert_eq!((world.visit().await, world.azure.puts()), (502, 0), "{scenario}");
        assert_eq!(differences(&found, &world.azure.gateway()), [].into(), "{scenario}");

        world.click("alex", "Approve").await;
        assert_eq!(world.message().await.status(), "Fixed", "{scenario}");
        assert_eq!((world.visit().await, world.azure.puts()), (200, 1), "{scenario}");
        world.thread().await;
        world.finish().await;
    }
}

#[tokio::test]
async fn a_path_that_was_let_through_is_taken_back_as_long_as_nothing_came_of_it() {
    let world = World::stage("login-everywhere").await;
    world.alert(Fired).await;
    world.click("alex", "Approve").await;
    assert_eq!(world.message().await.buttons(), ["Approve", "Reject"]);
    world.click("alex", "Reject").await;
    world.click("alex", "Undo").await;
    let undo = world.message().await;
    assert_eq!(undo.status(), "Undo?", "{undo}");
    undo.says("asks for a login on that path again");
    world.click("alex", "Approve").await;
    assert_eq!(world.message().await.status(), "Undone");
    let settings = &world.azure.written()[0]["properties"];
    assert_eq!(settings["globalValidation"]["excludedPaths"], json!([]));
    world.thread().await;
    world.finish().await;
}

#[tokio::test]
async fn promise_3_settings_that_somebody_changed_since_the_offer_are_not_replaced() {
    let world = World::stage("login-everywhere").await;
    world.alert(Fired).await;
    world.message().await;
    let app = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-web/providers/Microsoft.Web/sites/app-shop";
    let base = world.azure.base_url().as_str().trim_end_matches('/').to_owned();
    let url = format!("{base}{app}/config/authsettingsV2?api-version=2024-04-01");
    let theirs = json!({ "properties": {
        "platform": { "enabled": true, "runtimeVersion": "~1" },
        "globalValidation": {
            "requireAuthentication": true, "unauthenticatedClientAction": "Return401", "excludedPaths": ["/theirs"],
        },
    }});
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    client.put(&url).json(&theirs).send().await.unwrap().error_for_status().unwrap();

    world.click("alex", "Approve").await;
    let anew = world.message().await;
    assert!(world.latest().revisions.iter().any(|revision| revision.status() == "Plan void"), "{anew}");
    anew.says("/theirs").says("/healthz");
    let settings = &world.azure.written()[0]["properties"];
    assert_eq!(settings["globalValidation"]["excludedPaths"], json!(["/theirs"]), "theirs stands");
    world.thread().await;
    world.finish().await;
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
