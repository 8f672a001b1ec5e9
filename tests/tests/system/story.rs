//! The story that the bot is for.

use domain::alert::Condition::Fired;
use tests::{World, differences};

/// What the plan of root-403 changes, and nothing else.
pub(crate) const PLAN: [&str; 2] = [
    "/properties/backendHttpSettingsCollection/settings-web/properties/probe",
    "/properties/probes/custom-healthz",
];

#[tokio::test]
async fn an_alert_is_explained_approved_and_fixed_in_one_message() {
    let world = World::stage("root-403").await;
    let before = world.azure.gateway();
    assert_eq!(world.visit().await, 502);

    world.alert(Fired).await;
    let offer = world.message().await;
    assert_eq!(offer.status(), "Unhealthy");
    assert_eq!(offer.buttons(), ["Approve", "Reject"]);
    offer.says("probe-path-refused").says("403").says("/healthz").says("agw-unhealthy-hosts");
    let details = world.thread().await;
    assert_eq!(details.len(), 1);
    details[0].says("10.0.1.4").says("10.0.1.5").says("Received invalid status code: 403");
    assert_eq!(world.azure.puts(), 0);

    world.click("alex", "Approve").await;
    let end = world.message().await;
    assert_eq!(end.status(), "Fixed");
    assert_eq!(end.buttons(), ["Undo"]);
    end.says("<@U07ALEX>").says("all 2 servers are Healthy");
    let thread = world.thread().await;
    assert_eq!(thread.len(), 2);
    thread[0].says("approved plan").says(&offer.code());
    thread[1].says("The next deployment of this gateway would take the change back.");
    for code in
        ["resourceId(", "probe_name = \"custom-healthz\"", "az network application-gateway probe create"]
    {
        thread[1].says(code);
    }

    assert_eq!(world.azure.puts(), 1);
    assert_eq!(world.visit().await, 200);
    let changed = differences(&before, &world.azure.gateway());
    assert_eq!(changed.iter().map(String::as_str).collect::<Vec<_>>(), PLAN);
    assert_eq!(world.slack.messages().len(), 1, "one message, brought up to date");
    let statuses: Vec<String> = world.latest().revisions.iter().map(tests::Content::status).collect();
    assert_eq!(statuses, ["Diagnosing", "Unhealthy", "Writing", "Verifying", "Fixed"]);
    world.finish().await;
}

#[tokio::test]
async fn a_typed_diagnosis_ends_the_same_way() {
    let world = World::stage("root-403").await;
    let heard = world.slack("bob", "/agw diagnose agw-prod").await;
    assert!(heard.contains("agw-prod"), "{heard}");
    let offer = world.message().await;
    assert_eq!(offer.status(), "Unhealthy");
    offer.says("asked by <@U07BOB>");
    world.thread().await;
    world.click("alex", "Approve").await;
    let end = world.message().await;
    assert_eq!((end.status().as_str(), world.azure.puts(), world.visit().await), ("Fixed", 1, 200));
    world.thread().await;
    world.finish().await;
}

#[tokio::test]
async fn a_typed_approval_does_what_the_button_does() {
    let world = World::stage("root-403").await;
    world.slack("alex", "/agw diagnose").await;
    let offer = world.message().await;
    world.thread().await;
    world.slack("alex", &format!("/agw approve {} {}", offer.incident(), offer.code())).await;
    let end = world.message().await;
    assert_eq!((end.status().as_str(), world.azure.puts()), ("Fixed", 1));
    world.thread().await;
    world.finish().await;
}

#[tokio::test]
async fn a_missing_endpoint_is_added_then_rechecked_then_fixed() {
    let world = World::stage("missing-healthz").await;
    world.alert(Fired).await;
    let explained = world.message().await;
    assert_eq!(explained.buttons(), ["Re-check"]);
    explained.says("/healthz").says("MapHealthChecks");
    world.thread().await;

    world.azure.set_route("*", "/healthz", 200);
    world.click("bob", "Re-check").await;
    assert_eq!(world.message().await.buttons(), ["Approve", "Reject"]);
    world.thread().await;
    world.click("alex", "Approve").await;
    assert_eq!(world.message().await.status(), "Fixed");
    assert_eq!((world.azure.puts(), world.visit().await), (1, 200));
    world.thread().await;
    world.finish().await;
}

#[tokio::test]
async fn promise_7_fixed_is_said_only_after_the_servers_were_seen_healthy() {
    let world = World::stage("root-403").await;
    world.alert(Fired).await;
    world.settle().await;
    let approve = world.button("Approve");
    world.press("alex", &approve).await;
    // The application breaks between the approval and the write.
    world.azure.set_route("10.0.1.5", "/healthz", 500);
    let end = world.message().await;
    assert_eq!(end.status(), "Not fixed");
    assert_eq!(end.buttons(), ["Re-check", "Undo"]);
    end.says("1 of 2 servers Healthy").says("500");
    assert_eq!(world.azure.puts(), 1);
    assert!(world.latest().revisions.iter().all(|revision| revision.status() != "Fixed"));
    world.thread().await;
    world.finish().await;
}

#[tokio::test]
async fn promise_7_unread_health_is_never_called_fixed() {
    let world = World::stage("root-403").await;
    world.alert(Fired).await;
    world.message().await;
    world.thread().await;
    let approve = world.button("Approve");
    world.press("alex", &approve).await;
    world.until(|world| world.azure.puts() == 1).await;
    for _ in 0..3 {
        world.azure.inject(simulator::Fault::HealthForbidden);
    }
    world.until(|world| world.latest().now().contains("backendhealth/action")).await;
    assert_eq!(world.latest().now().status(), "Verifying");
    assert_eq!(world.message().await.status(), "Fixed");
    world.thread().await;
    world.finish().await;
}
