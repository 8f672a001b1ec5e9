//! Commands that only ask, and commands that are none.

use domain::alert::Condition::Fired;
use tests::{Stage, World};

use crate::approval::offered;

#[tokio::test]
async fn what_is_no_command_is_answered_at_once() {
    let world = World::stage("root-403").await;
    let answer = world.slack("bob", "/agw diagnoze agw-prod").await;
    assert!(answer.contains("diagnose"), "{answer}");
    let help = world.slack("bob", "/agw help").await;
    assert!(help.contains("/agw approve") || help.contains("approve"), "{help}");
    assert!(world.slack("bob", "/agw").await.contains("diagnose"));
    world.finish().await;
}

#[tokio::test]
async fn a_gateway_that_is_not_there_is_answered_with_the_one_that_is_meant() {
    let world = World::stage("root-403").await;
    world.slack("bob", "/agw diagnose agw-prdo").await;
    world.private("bob").await.says("Did you mean `agw-prod`");
    assert!(world.slack.messages().is_empty());
    world.finish().await;
}

#[tokio::test]
async fn open_incidents_are_listed_and_shown() {
    let (world, offer) = offered(Stage::named("root-403")).await;
    let id = offer.incident();
    world.slack("bob", "/agw list").await;
    world.private("bob").await.says(&id).says("agw-prod");
    world.slack("bob", "/agw status").await;
    world.private("bob").await.says(&id).says("agw-prod");
    world.slack("bob", &format!("/agw show {}", id.to_lowercase())).await;
    world.private("bob").await.says("probe-path-refused");
    world.slack("bob", "/agw show INC-ZZZZ").await;
    world.private("bob").await.says("no incident");
    assert!(world.puts_sent().is_empty());
    world.finish().await;
}

#[tokio::test]
async fn a_change_is_told_as_code_to_who_asks_whether_it_is_written_or_not() {
    let (world, offer) = offered(Stage::named("root-403")).await;
    let id = offer.incident();
    world.slack("bob", &format!("/agw code {id}")).await;
    world.private("bob").await.says("Nothing is written yet").says("resourceId(").says("settings-web");
    world.slack("bob", "/agw terraform INC-ZZZZ").await;
    world.private("bob").await.says("no incident");
    assert!(world.slack("bob", "/agw cod").await.contains("code"));
    world.click("alex", "Approve").await;
    assert_eq!(world.message().await.status(), "Fixed");
    world.thread().await;
    world.slack("bob", &format!("/agw code {id}")).await;
    world.private("bob").await.says("would take the change back");
    world.click("alex", "Undo").await;
    world.message().await;
    world.click("alex", "Approve").await;
    assert_eq!(world.message().await.status(), "Undone");
    world.slack("bob", &format!("/agw code {id}")).await;
    world.private("bob").await.says("The way back").says("--probe null").says("probe delete");
    world.thread().await;
    world.finish().await;
}

#[tokio::test]
async fn an_incident_without_a_change_has_none_as_code() {
    let world = World::stage("all-healthy").await;
    world.slack("bob", "/agw diagnose").await;
    let id = world.message().await.incident();
    world.thread().await;
    world.slack("bob", &format!("/agw code {id}")).await;
    world.private("bob").await.says("no change of this incident");
    world.finish().await;
}

#[tokio::test]
async fn a_pasted_message_is_explained_to_who_asks_and_to_nobody_else() {
    let world = World::stage("root-403").await;
    world.slack("bob", "/agw explain Received invalid status code: 403 in the backend’s response").await;
    world.private("bob").await.says("refused the probe with 403").says("probe-path-refused");
    world.slack("bob", "/agw explain the timeout on my dishwasher").await;
    world.private("bob").await.says("not known");
    assert!(world.slack("bob", "/agw explian Probe failed").await.contains("explain"));
    assert!(world.slack("bob", "/agw explain").await.contains("probe message"));
    assert!(world.slack.messages().is_empty() && world.incidents().await.is_empty());
    world.finish().await;
}

#[tokio::test]
async fn who_asks_again_joins_the_open_incident() {
    let (world, offer) = offered(Stage::named("root-403")).await;
    world.slack("bob", "/agw diagnose agw-prod").await;
    world.private("bob").await.says(&offer.incident());
    let again = world.message().await;
    assert_eq!((again.incident(), again.code()), (offer.incident(), offer.code()));
    assert_eq!(world.slack.messages().len(), 1);
    world.thread().await;
    world.finish().await;
}

#[tokio::test]
async fn a_command_delivered_twice_counts_once() {
    let world = World::stage("root-403").await;
    let body = world.command_body("bob", "/agw diagnose agw-prod");
    for _ in 0..2 {
        world.signed("/api/slack/commands", &body, 0).await.taken();
    }
    world.message().await;
    world.signed("/api/slack/commands", &body, 0).await.taken();
    world.message().await;
    assert_eq!(world.slack.messages().len(), 1);
    assert_eq!(world.thread().await.len(), 1);
    world.finish().await;
}

#[tokio::test]
async fn during_the_write_nothing_else_begins() {
    let (world, offer) = offered(Stage::named("root-403")).await;
    let approve = world.button("Approve");
    world.press("alex", &approve).await;
    world.until(|world| world.azure.puts() == 1).await;
    world.slack("bob", &format!("/agw recheck {}", offer.incident())).await;
    world.slack("alex", &format!("/agw undo {}", offer.incident())).await;
    assert_eq!(world.message().await.status(), "Fixed");
    world.private("bob").await.says("being made");
    world.private("alex").await;
    assert_eq!(world.azure.puts(), 1);
    world.thread().await;
    world.finish().await;
}

#[tokio::test]
async fn a_healthy_gateway_is_said_to_be_healthy() {
    let world = World::stage("all-healthy").await;
    world.alert(Fired).await;
    let message = world.message().await;
    assert_eq!(message.status(), "Healthy");
    assert!(message.buttons().is_empty());
    world.thread().await;
    world.finish().await;
}

#[tokio::test]
async fn without_permission_to_list_gateways_the_bot_says_that_it_sees_none() {
    let denied = simulator::Scenario::named("root-403").unwrap();
    let denied = denied.with_denied("Microsoft.Network/applicationGateways/read");
    let world = Stage::of(denied).start().await;
    world.slack("bob", "/agw diagnose agw-prod").await;
    world.private("bob").await.says("no Application Gateway").says("Reader");
    world.finish().await;
}
