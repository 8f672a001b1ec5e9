//! What is set up on request: logs and alerts, from the command to the way back.

use domain::alert::Condition::Fired;
use domain::id::ResourceId;
use serde_json::Value;
use simulator::Fault;
use tests::{Stage, World, differences};

const OPS: &str = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-ops/providers";

fn named(stage: Stage) -> Stage {
    let id = |kind: &str| Some(ResourceId::parse(&format!("{OPS}/{kind}")).unwrap());
    stage.config(move |config| {
        config.monitoring.workspace = id("Microsoft.OperationalInsights/workspaces/log-ops");
        config.monitoring.action_group = id("Microsoft.Insights/actionGroups/ag-ops");
    })
}

async fn world(scenario: &str) -> World {
    named(Stage::named(scenario)).start().await
}

fn names(world: &World) -> Vec<String> {
    world.azure.written().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
}

/// The writes and deletions beside the gateway that were sent.
fn sent(world: &World, method: &str) -> usize {
    world.azure.exchanges().iter().filter(|exchange| exchange.method == method).count()
}

#[tokio::test]
async fn logs_are_offered_written_read_back_and_deleted_again() {
    let world = world("all-healthy").await;
    let gateway = world.azure.gateway();
    world.slack("bob", "/agw logs agw-prod").await;
    let offer = world.message().await;
    assert_eq!(
        (offer.status().as_str(), offer.buttons()),
        ("Set up?", vec!["Approve".into(), "Reject".into()])
    );
    offer.says("log-ops").says("ApplicationGatewayAccessLog");
    world.click("bob", "Approve").await;
    world.private("bob").await.says("not on the list of approvers");
    assert!(names(&world).is_empty(), "nothing is written without an approval");

    world.click("alex", "Approve").await;
    let end = world.message().await;
    assert_eq!((end.status().as_str(), end.buttons()), ("Set up", vec!["Undo".to_owned()]), "{end}");
    assert_eq!((names(&world), sent(&world, "PUT")), (vec!["agw-logs".to_owned()], 1));
    let own: &Value = &world.azure.written()[0]["properties"];
    assert_eq!(own["logAnalyticsDestinationType"], "Dedicated");
    assert!(world.incidents().await.is_empty(), "it is over");

    world.click("alex", "Undo").await;
    assert_eq!(world.message().await.status(), "Undo?");
    world.click("alex", "Approve").await;
    assert_eq!(world.message().await.status(), "Undone");
    assert_eq!((names(&world).len(), sent(&world, "DELETE")), (0, 1));
    assert_eq!(differences(&gateway, &world.azure.gateway()), [].into(), "the gateway was never touched");
    world.thread().await;
    world.finish().await;
}

#[tokio::test]
async fn alerts_that_are_missing_are_made_and_asked_for_again_there_are_none() {
    let world = world("all-healthy").await;
    world.slack("bob", "/agw watch").await;
    let offer = world.message().await;
    offer.says("9 metric alerts").says("ag-ops").says("agw-prod-UnhealthyHostCount");
    world.click("alex", "Approve").await;
    assert_eq!(world.message().await.status(), "Set up");
    assert_eq!((names(&world).len(), sent(&world, "PUT")), (9, 9));
    world.thread().await;

    world.slack("bob", "/agw watch agw-prod").await;
    let none = world.message().await;
    assert_eq!((none.status().as_str(), none.buttons()), ("Nothing set up", vec![]), "{none}");
    world.finish().await;
}

#[tokio::test]
async fn promise_2_a_write_beside_the_gateway_that_was_never_answered_is_not_sent_again() {
    for carried_out in [true, false] {
        let world = world("all-healthy").await;
        world.slack("bob", "/agw logs").await;
        world.message().await;
        world.azure.inject(Fault::BesideDropsConnection { carried_out });
        world.click("alex", "Approve").await;
        let after = world.message().await;
        if carried_out {
            assert_eq!((after.status().as_str(), sent(&world, "PUT")), ("Set up", 1), "{after}");
        } else {
            assert_eq!((after.status().as_str(), sent(&world, "PUT")), ("Set up?", 1), "{after}");
            after.says("whether it was made and taken back cannot be told").says("needs approval anew");
            world.click("alex", "Approve").await;
            assert_eq!(world.message().await.status(), "Set up");
        }
        assert_eq!(names(&world), ["agw-logs"]);
        world.thread().await;
        world.finish().await;
    }
}

#[tokio::test]
async fn promise_3_what_somebody_made_meanwhile_is_not_overwritten_nor_deleted() {
    let world = world("all-healthy").await;
    world.slack("bob", "/agw logs").await;
    world.message().await;
    let path =
        format!("{}/providers/Microsoft.Insights/diagnosticSettings/agw-logs", world.azure.gateway_id());
    let theirs = format!(
        "{}{path}?api-version=2021-05-01-preview",
        world.azure.base_url().as_str().trim_end_matches('/')
    );
    let body = |category: &str| {
        serde_json::json!({"properties": {
            "workspaceId": format!("{OPS}/Microsoft.OperationalInsights/workspaces/theirs"),
            "logs": [{"category": category, "enabled": true}],
        }})
    };
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let put = |body: Value| client.put(&theirs).json(&body).send();
    put(body("ApplicationGatewayAccessLog")).await.unwrap().error_for_status().unwrap();

    world.click("alex", "Approve").await;
    let end = world.message().await;
    assert_eq!(end.status(), "Nothing set up", "{end}");
    end.says("agw-logs").says("is there already");
    assert!(world.latest().revisions.iter().any(|revision| revision.status() == "Plan void"));
    assert_eq!(sent(&world, "PUT"), 1, "only theirs");
    assert!(world.azure.written()[0].to_string().contains("workspaces/theirs"));
    world.thread().await;
    world.finish().await;
}

#[tokio::test]
async fn promise_3_an_undo_does_not_delete_what_somebody_changed_since() {
    let world = world("all-healthy").await;
    world.slack("bob", "/agw logs").await;
    world.message().await;
    world.click("alex", "Approve").await;
    assert_eq!(world.message().await.status(), "Set up");
    let id = world.azure.written()[0]["id"].as_str().unwrap().to_owned();
    let url = format!(
        "{}{id}?api-version=2021-05-01-preview",
        world.azure.base_url().as_str().trim_end_matches('/')
    );
    let changed = serde_json::json!({"properties": {
        "workspaceId": format!("{OPS}/Microsoft.OperationalInsights/workspaces/log-ops"),
        "logAnalyticsDestinationType": "Dedicated",
        "logs": [{"category": "ApplicationGatewayFirewallLog", "enabled": true}],
    }});
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    client.put(&url).json(&changed).send().await.unwrap().error_for_status().unwrap();
    world.click("alex", "Undo").await;
    world.click("alex", "Approve").await;
    let end = world.message().await;
    assert_eq!((names(&world).len(), sent(&world, "DELETE")), (1, 0), "{end}");
    world.thread().await;
    world.finish().await;
}

#[tokio::test]
async fn without_a_place_in_the_configuration_nothing_is_offered() {
    let world = World::stage("all-healthy").await;
    world.slack("bob", "/agw logs").await;
    let told = world.message().await;
    assert_eq!(told.status(), "Nothing set up");
    told.says("monitoring.workspace");
    world.slack("bob", "/agw watch").await;
    world.message().await.says("monitoring.action_group");
    world.finish().await;
}

#[tokio::test]
async fn trouble_comes_before_what_is_to_be_set_up() {
    let world = world("root-403").await;
    world.slack("bob", "/agw logs").await;
    assert_eq!(world.message().await.status(), "Set up?");
    world.alert(Fired).await;
    let found = world.message().await;
    assert_eq!(
        (found.status().as_str(), found.buttons()),
        ("Unhealthy", vec!["Approve".into(), "Reject".into()])
    );
    world.slack("bob", "/agw watch").await;
    world.private("bob").await.says("is open for").says("/agw watch");
    world.click("alex", "Approve").await;
    assert_eq!(world.message().await.status(), "Fixed");
    assert!(names(&world).is_empty());
    world.thread().await;
    world.finish().await;
}

#[tokio::test]
async fn a_gateway_that_must_not_be_written_is_left_alone() {
    let world = world("agic-login").await;
    for command in ["/agw logs", "/agw watch"] {
        world.slack("bob", command).await;
        let told = world.message().await;
        assert_eq!(told.status(), "Nothing set up", "{told}");
        told.says("ingress controller");
    }
    assert!(names(&world).is_empty());
    world.finish().await;
}
