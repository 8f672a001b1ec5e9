//! The write, when Azure does not make it easy. Promises 2 and 3.

use serde_json::{Value, json};
use simulator::{Fault, LockLevel, Scenario};
use tests::{Content, Stage, World};

use crate::approval::offered;

/// Approves, and gives what came of it.
async fn approved(world: &World) -> Content {
    world.click("alex", "Approve").await;
    let end = world.message().await;
    world.thread().await;
    end
}

fn body(exchange: &simulator::Exchange) -> Value {
    serde_json::from_str(&exchange.body).unwrap()
}

/// Azure refuses the first PUT, and somebody changes something elsewhere before the second: it is kept.
async fn refused_once(fault: Fault) {
    let (world, _) = offered(Stage::named("root-403")).await;
    world.azure.inject(fault);
    let approve = world.button("Approve");
    world.press("alex", &approve).await;
    world.until(|world| world.puts_sent().len() == 1).await;
    assert_eq!(world.azure.puts(), 0);
    world.azure.change(|gateway| gateway["tags"]["touched"] = json!("meanwhile"));
    assert_eq!(world.message().await.status(), "Fixed");
    let puts = world.puts_sent();
    assert_eq!((puts.len(), world.azure.puts()), (2, 1), "one effective write");
    assert_eq!(body(&puts[1])["tags"]["touched"], "meanwhile", "the second PUT is not the first one again");
    assert_eq!(world.azure.gateway()["tags"]["touched"], "meanwhile");
    assert_eq!(world.visit().await, 200);
    world.thread().await;
    world.finish().await;
}

#[tokio::test]
async fn promise_3_after_429_the_gateway_is_read_again() {
    refused_once(Fault::PutThrottled429).await;
}

#[tokio::test]
async fn promise_3_after_409_the_gateway_is_read_again() {
    refused_once(Fault::PutConflict409).await;
}

#[tokio::test]
async fn promise_2_after_500_the_write_is_made_if_nobody_has_written() {
    let (world, _) = offered(Stage::named("root-403")).await;
    world.azure.inject(Fault::PutServerError500);
    assert_eq!(approved(&world).await.status(), "Fixed");
    assert_eq!((world.puts_sent().len(), world.azure.puts()), (2, 1));
    world.finish().await;
}

/// Whether the first PUT was carried out and taken back, or never carried out, cannot be told: the approval is
/// used up either way.
async fn unanswered(fault: Fault, taken: usize) {
    let (world, _) = offered(Stage::named("root-403")).await;
    let (before, approve) = (world.azure.gateway(), world.button("Approve"));
    world.azure.inject(fault);
    world.press("alex", &approve).await;
    world.until(|world| world.puts_sent().len() == 1).await;
    world.azure.change(|gateway| {
        *gateway = before;
        gateway["tags"]["touched"] = json!("meanwhile");
    });
    let again = world.message().await;
    assert_eq!(again.buttons(), ["Approve", "Reject"], "{again}");
    assert!(world.latest().revisions.iter().any(|revision| revision.contains("cannot be told")), "says why");
    assert_eq!((world.puts_sent().len(), world.azure.puts()), (1, taken), "one write for one approval");
    assert_eq!(world.azure.gateway()["tags"]["touched"], "meanwhile");
    world.thread().await;
    world.finish().await;
}

#[tokio::test]
async fn promise_2_what_somebody_took_back_before_the_bot_heard_of_it_is_not_made_again() {
    unanswered(Fault::PutDropsConnectionAfterAccept, 1).await;
}

#[tokio::test]
async fn promise_3_after_500_and_somebodys_change_a_new_approval_is_needed() {
    unanswered(Fault::PutServerError500, 0).await;
}

#[tokio::test]
async fn promise_2_a_lost_answer_to_the_put_is_found_out_by_reading() {
    let (world, _) = offered(Stage::named("root-403")).await;
    world.azure.inject(Fault::PutDropsConnectionAfterAccept);
    assert_eq!(approved(&world).await.status(), "Fixed");
    assert_eq!(world.puts_sent().len(), 1);
    world.finish().await;
}

#[tokio::test]
async fn promise_3_a_superseded_write_needs_a_new_approval() {
    let (world, first) = offered(Stage::named("root-403")).await;
    world.azure.inject(Fault::PutSuperseded);
    let second = approved(&world).await;
    assert_eq!(second.buttons(), ["Approve", "Reject"]);
    assert!(world.latest().revisions.iter().any(|revision| revision.status() == "Plan void"));
    assert_eq!(world.puts_sent().len(), 1, "not again by itself");
    assert_eq!(first.incident(), second.incident());
    assert_eq!(approved(&world).await.status(), "Fixed");
    assert_eq!(world.visit().await, 200);
    world.finish().await;
}

#[tokio::test]
async fn a_write_that_fails_in_azure_is_not_called_fixed_and_not_repeated() {
    let (world, _) = offered(Stage::named("root-403")).await;
    let (code, message) = ("InternalServerError".to_owned(), "An error occurred.".to_owned());
    world.azure.inject(Fault::PutFails { code, message });
    let end = approved(&world).await;
    assert_eq!(end.status(), "Unhealthy");
    end.says("Failed, not Succeeded");
    assert_eq!(end.buttons(), ["Re-check"]);
    assert!(world.latest().revisions.iter().any(|revision| revision.contains("InternalServerError")));
    assert_eq!(world.puts_sent().len(), 1);
    world.finish().await;
}

#[tokio::test]
async fn promise_3_somebodys_change_elsewhere_is_kept() {
    let (world, _) = offered(Stage::named("root-403")).await;
    let approve = world.button("Approve");
    world.press("alex", &approve).await;
    world.azure.change(|gateway| {
        gateway["tags"]["touched"] = json!("between approval and write");
        gateway["properties"]["requestRoutingRules"][0]["properties"]["priority"] = json!(77);
    });
    assert_eq!(world.message().await.status(), "Fixed");
    let after = world.azure.gateway();
    assert_eq!(after["tags"]["touched"], "between approval and write");
    assert_eq!(after["properties"]["requestRoutingRules"][0]["properties"]["priority"], 77);
    assert_eq!(world.azure.puts(), 1);
    world.thread().await;
    world.finish().await;
}

#[tokio::test]
async fn promise_3_a_change_of_what_the_plan_touches_voids_the_approval() {
    let (world, first) = offered(Stage::named("root-403")).await;
    let old = world.button("Approve");
    world.press("alex", &old).await;
    world.azure.change(|gateway| {
        gateway["properties"]["backendHttpSettingsCollection"][0]["properties"]["requestTimeout"] = json!(44);
    });
    let second = world.message().await;
    world.thread().await;
    assert_eq!(second.buttons(), ["Approve", "Reject"]);
    assert_ne!(first.code(), second.code(), "a new plan");
    assert!(world.latest().revisions.iter().any(|revision| revision.contains("requestTimeout")), "says why");
    assert!(world.puts_sent().is_empty());

    world.press("alex", &old).await;
    world.private("alex").await.says("not the one you named");
    assert!(world.puts_sent().is_empty(), "the old approval is worth nothing");
    assert_eq!(approved(&world).await.status(), "Fixed");
    let setting = &world.azure.gateway()["properties"]["backendHttpSettingsCollection"][0];
    assert_eq!(setting["properties"]["requestTimeout"], 44);
    world.finish().await;
}

#[tokio::test]
async fn promise_3_a_write_that_overtakes_ours_is_left_in_place() {
    let (world, _) = offered(Stage::named("root-403")).await;
    let approve = world.button("Approve");
    world.press("alex", &approve).await;
    world.until(|world| world.puts_sent().len() == 1).await;
    // Somebody who read before us writes after us: our change is gone, theirs is there.
    world.azure.change(|gateway| {
        gateway["properties"]["probes"] = json!([]);
        let setting = &mut gateway["properties"]["backendHttpSettingsCollection"][0]["properties"];
        setting.as_object_mut().unwrap().remove("probe");
        setting["requestTimeout"] = json!(55);
        gateway["properties"]["provisioningState"] = json!("Succeeded");
    });
    let again = world.message().await;
    assert_eq!(again.buttons(), ["Approve", "Reject"]);
    assert_eq!(world.puts_sent().len(), 1);
    let setting = &world.azure.gateway()["properties"]["backendHttpSettingsCollection"][0];
    assert_eq!(setting["properties"]["requestTimeout"], 55);
    world.thread().await;
    world.finish().await;
}

#[tokio::test]
async fn promise_2_a_change_that_somebody_made_by_hand_is_not_made_again() {
    let (world, _) = offered(Stage::named("root-403")).await;
    let approve = world.button("Approve");
    let id = format!("{}/probes/custom-healthz", world.azure.gateway_id());
    world.press("alex", &approve).await;
    world.azure.change(|gateway| {
        gateway["properties"]["probes"] = json!([{
            "name": "custom-healthz",
            "properties": {
                "protocol": "Http", "path": "/healthz", "interval": 30, "timeout": 30, "unhealthyThreshold": 3,
                "pickHostNameFromBackendHttpSettings": true, "minServers": 0, "match": { "statusCodes": ["200-399"] }
            }
        }]);
        gateway["properties"]["backendHttpSettingsCollection"][0]["properties"]["probe"] = json!({ "id": id });
    });
    assert_eq!(world.message().await.status(), "Fixed");
    assert!(world.puts_sent().is_empty());
    world.thread().await;
    world.finish().await;
}

#[tokio::test]
async fn promise_3_a_lock_since_the_approval_voids_it_and_is_named() {
    let (world, _) = offered(Stage::named("root-403")).await;
    let approve = world.button("Approve");
    world.press("alex", &approve).await;
    world.azure.lock("hands-off", LockLevel::ReadOnly);
    let end = world.message().await;
    world.thread().await;
    let void = world.latest().revisions.into_iter().find(|revision| revision.status() == "Plan void");
    void.unwrap().says("the resource lock 'hands-off (ReadOnly)' forbids changing the gateway");
    assert!(!end.buttons().contains(&"Approve".to_owned()), "{:?}", end.buttons());
    assert!(world.puts_sent().is_empty(), "Azure need not refuse what is not sent");
    world.finish().await;
}

#[tokio::test]
async fn a_lock_does_not_hide_that_the_change_is_in_place() {
    let (world, _) = offered(Stage::named("root-403")).await;
    world.azure.inject(Fault::PutDropsConnectionAfterAccept);
    let approve = world.button("Approve");
    world.press("alex", &approve).await;
    world.until(|world| world.puts_sent().len() == 1).await;
    world.azure.lock("hands-off", LockLevel::ReadOnly);
    world.message().await;
    world.thread().await;
    assert!(world.latest().revisions.iter().all(|revision| revision.status() != "Plan void"));
    assert_eq!((world.puts_sent().len(), world.visit().await), (1, 200));
    world.finish().await;
}

#[tokio::test]
async fn a_lock_against_deletion_hinders_neither_the_write_nor_an_undo_that_drops_the_probe() {
    let (world, _) = offered(Stage::named("root-403")).await;
    let before = world.azure.gateway();
    world.azure.lock("keep", LockLevel::CanNotDelete);
    assert_eq!(approved(&world).await.status(), "Fixed");
    world.click("alex", "Undo").await;
    world.message().await;
    assert_eq!(approved(&world).await.status(), "Undone");
    assert_eq!(tests::differences(&before, &world.azure.gateway()), [].into());
    world.finish().await;
}

#[tokio::test]
async fn locks_that_may_not_be_read_are_left_to_azure() {
    let scenario = || Scenario::named("root-403").unwrap().with_denied("Microsoft.Authorization/locks/read");
    let (world, _) = offered(Stage::of(scenario())).await;
    assert_eq!(approved(&world).await.status(), "Fixed");
    world.finish().await;

    let (world, _) = offered(Stage::of(scenario())).await;
    world.azure.lock("hands-off", LockLevel::ReadOnly);
    let end = approved(&world).await;
    assert_eq!(end.status(), "Failed");
    end.says("ScopeLocked");
    assert_eq!((world.puts_sent().len(), world.azure.puts()), (1, 0));
    world.finish().await;
}

#[tokio::test]
async fn a_gateway_that_is_being_updated_is_waited_for() {
    let (world, _) = offered(Stage::named("root-403")).await;
    world.azure.change(|gateway| gateway["properties"]["provisioningState"] = json!("Updating"));
    let approve = world.button("Approve");
    world.press("alex", &approve).await;
    let start = handler::ports::Clock::now(world.clock.as_ref());
    world
        .until(|world| handler::ports::Clock::now(world.clock.as_ref()).duration_since(start).as_secs() >= 30)
        .await;
    assert!(world.puts_sent().is_empty(), "nobody writes into somebody else's write");
    world.azure.change(|gateway| gateway["properties"]["provisioningState"] = json!("Succeeded"));
    assert_eq!(world.message().await.status(), "Fixed");
    assert_eq!(world.azure.puts(), 1);
    world.thread().await;
    world.finish().await;
}
