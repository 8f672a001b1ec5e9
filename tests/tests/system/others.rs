//! Gateways that the bot must not write, and permissions that it lacks.

use domain::alert::Condition::Fired;
use serde_json::json;
use simulator::{Fault, LockLevel, Scenario};
use tests::{Content, Stage, World};

use crate::approval::offered;

const WRITE: &str = "Microsoft.Network/applicationGateways/write";

fn root_403() -> Scenario {
    Scenario::named("root-403").unwrap()
}

/// What the bot says of a gateway that it must not write: never an Approve button, never a PUT.
async fn hands_off(scenario: Scenario) -> Content {
    let world = Stage::of(scenario).start().await;
    world.alert(Fired).await;
    let message = world.message().await;
    assert!(!message.buttons().contains(&"Approve".to_owned()), "{message}");
    assert!(world.puts_sent().is_empty());
    world.thread().await;
    world.finish().await;
    message
}

#[tokio::test]
async fn a_gateway_of_an_ingress_controller_is_not_written() {
    let tag = |gateway: &mut serde_json::Value| gateway["tags"]["managed-by-k8s-ingress"] = json!("1.8.0");
    hands_off(root_403().with_gateway(tag)).await.says("ingress controller").says("readinessProbe");
}

#[tokio::test]
async fn a_stopped_gateway_is_not_written() {
    let stop = |gateway: &mut serde_json::Value| gateway["properties"]["operationalState"] = json!("Stopped");
    hands_off(root_403().with_gateway(stop)).await.says("Stopped");
}

#[tokio::test]
async fn a_locked_gateway_is_not_written() {
    hands_off(root_403().with_lock("hands-off", LockLevel::ReadOnly)).await.says("lock");
}

#[tokio::test]
async fn a_lock_against_deletion_does_not_keep_the_bot_from_mending() {
    let (world, _) = offered(Stage::of(root_403().with_lock("keep", LockLevel::CanNotDelete))).await;
    world.click("alex", "Approve").await;
    assert_eq!(world.message().await.status(), "Fixed");
    world.thread().await;
    world.finish().await;
}

#[tokio::test]
async fn a_missing_permission_to_write_is_named() {
    let message = hands_off(root_403().with_denied(WRITE)).await;
    message.says(WRITE).says("will not write it");
    assert_eq!(message.buttons(), ["Re-check"]);
}

#[tokio::test]
async fn a_permission_to_write_that_azure_does_not_tell_of_is_missed_at_the_write() {
    let unknown = "Microsoft.Authorization/permissions/read";
    let (world, _) = offered(Stage::of(root_403().with_denied(WRITE).with_denied(unknown))).await;
    world.click("alex", "Approve").await;
    let end = world.message().await;
    assert_eq!(end.status(), "Failed");
    end.says(WRITE);
    assert_eq!((world.puts_sent().len(), world.azure.puts()), (1, 0));
    world.thread().await;
    world.finish().await;
}

#[tokio::test]
async fn a_missing_permission_to_read_is_named() {
    for (action, status) in [
        ("Microsoft.Network/applicationGateways/read", "Failed"),
        ("Microsoft.Network/applicationGateways/backendhealth/action", "Unclear"),
    ] {
        let message = hands_off(root_403().with_denied(action)).await;
        assert_eq!(message.status(), status);
        message.says(action);
    }
}

#[tokio::test]
async fn without_probes_on_demand_nothing_is_offered_that_was_not_tried() {
    let action = "Microsoft.Network/applicationGateways/getBackendHealthOnDemand/action";
    hands_off(root_403().with_denied(action)).await.says("getBackendHealthOnDemand/action");
}

#[tokio::test]
async fn a_missing_permission_to_read_locks_is_told_in_the_thread() {
    let (world, _) = offered_with_details(root_403().with_denied("Microsoft.Authorization/locks/read")).await;
    world.finish().await;
}

async fn offered_with_details(scenario: Scenario) -> (World, Content) {
    let world = Stage::of(scenario).start().await;
    world.alert(Fired).await;
    let message = world.message().await;
    world.thread().await[0].says("Microsoft.Authorization/locks/read");
    (world, message)
}

#[tokio::test]
async fn azure_that_stutters_is_asked_again() {
    let world = Stage::of(root_403()).start().await;
    world.azure.inject(Fault::GetServerError503);
    world.azure.inject(Fault::HealthThrottled429 { retry_after: 0 });
    world.alert(Fired).await;
    assert_eq!(world.message().await.buttons(), ["Approve", "Reject"]);
    world.thread().await;
    world.finish().await;
}

#[tokio::test]
async fn servers_in_a_state_that_nobody_knows_are_not_called_sick_or_well() {
    let world = Stage::of(root_403()).start().await;
    world.azure.inject(Fault::HealthUnknown);
    world.alert(Fired).await;
    let message = world.message().await;
    assert!(!message.buttons().contains(&"Approve".to_owned()), "{message}");
    message.does_not_say("confirmed");
    world.thread().await;
    world.finish().await;
}
