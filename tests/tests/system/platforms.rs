//! One incident, shown on several platforms: whatever is decided on one is seen on all.

use domain::alert::Condition::Fired;
use domain::approval::Approver;
use domain::request::Platform;
use handler::config::Route;
use tests::{Content, Stage, Told, World};

/// An alert is shown in Slack and in Teams, with a plan on offer in both.
async fn offered_on_both(stage: Stage) -> World {
    let world = stage.teams().start().await;
    world.alert(Fired).await;
    assert_eq!(world.message().await.buttons(), ["Approve", "Reject"]);
    let there = world.teams().read();
    assert_eq!(
        there.actions.iter().map(|action| action.label.as_str()).collect::<Vec<_>>(),
        ["Approve", "Reject"]
    );
    world.thread().await;
    assert_eq!(world.teams().read_threads().len(), 1);
    world
}

#[tokio::test]
async fn a_decision_in_slack_is_shown_in_teams() {
    let world = offered_on_both(Stage::named("root-403")).await;
    world.click("alex", "Approve").await;
    let here = world.message().await;
    here.says("Approved by").says("<@U07ALEX>");
    let there = world.teams().read();
    assert_eq!((here.status(), there.status.as_str()), ("Fixed".to_owned(), "Fixed"));
    // There is nothing left to approve in either.
    assert!(there.actions.iter().all(|action| action.label == "Undo"), "{}", there.plain());
    assert_eq!((world.teams().messages().len(), world.puts_sent().len()), (1, 1));
    world.thread().await;
    world.teams().read_threads();
    world.finish().await;
}

#[tokio::test]
async fn somebody_of_another_platform_is_named_and_not_mentioned() {
    let world = offered_on_both(Stage::named("root-403")).await;
    world.presses_on_teams("alex", &world.teams().button("Approve")).await;
    world.message().await.says("Approved by").says("alex").does_not_say("<@");
    world.teams().read();
    world.thread().await;
    world.teams().read_threads();
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn promise_2_of_two_who_press_at_once_on_two_platforms_one_wins_and_the_other_is_told() {
    for round in 0..4 {
        let folder = tempfile::tempdir().unwrap();
        let stage = Stage::named("root-403").file(folder.path().join("agw.db")).workers(3);
        let world = offered_on_both(stage).await;
        let (here, there) = (world.button("Approve"), world.teams().button("Approve"));
        if round % 2 == 0 {
            tokio::join!(world.press("alex", &here), world.presses_on_teams("alex", &there));
        } else {
            tokio::join!(world.presses_on_teams("alex", &there), world.press("alex", &here));
        }
        let end = world.message().await;
        assert_eq!((end.status().as_str(), world.puts_sent().len()), ("Fixed", 1));
        assert_eq!(world.teams().read().status, "Fixed");
        let told_here: Vec<Content> = world.slack.read_private("U07ALEX");
        let told_there = world.teams().read_private("alex");
        assert_eq!(told_here.len() + told_there.len(), 1, "exactly one comes too late");
        for told in &told_here {
            told.says("lready approved by alex at 2026-11-22 18:").does_not_say("<@");
        }
        for told in &told_there {
            let lead = told.lead.plain();
            assert!(lead.starts_with("Already approved by alex at 2026-11-22 18:"), "{lead}");
        }
        world.thread().await;
        world.teams().read_threads();
        world.finish().await;
    }
}

#[tokio::test]
async fn a_command_on_another_platform_joins_the_incident_and_shows_it_there() {
    let world =
        Stage::named("root-403").teams().config(|config| config.teams.alert_channels.clear()).start().await;
    world.alert(Fired).await;
    world.message().await;
    world.thread().await;
    assert!(world.teams().messages().is_empty());
    world.types_on_teams("bob", "/agw diagnose agw-prod").await;
    world.settle().await;
    let there = world.teams().read();
    assert_eq!((there.status.as_str(), there.actions.len()), ("Unhealthy", 2));
    assert_eq!(world.incidents().await.len(), 1, "it is the same incident");
    // From now on both are kept up to date.
    world.click("alex", "Reject").await;
    world.message().await.says("<@U07ALEX>");
    let there = world.teams().read();
    assert!(there.lead.plain().starts_with("Rejected by alex"), "{}", there.plain());
    assert_eq!(world.slack.messages().len() + world.teams().messages().len(), 2);
    world.finish().await;
}

#[tokio::test]
async fn who_approves_by_command_from_elsewhere_sees_what_comes_of_it_there() {
    let world =
        Stage::named("root-403").teams().config(|config| config.teams.alert_channels.clear()).start().await;
    world.alert(Fired).await;
    let offer = world.message().await;
    world.thread().await;
    world.types_on_teams("alex", &format!("/agw approve {} {}", offer.incident(), offer.code())).await;
    assert_eq!(world.message().await.status(), "Fixed");
    assert_eq!(world.teams().read().status, "Fixed");
    // Somebody who may not is told so, and nothing is shown.
    world.thread().await;
    world.teams().read_threads();
    world.finish().await;
}

#[tokio::test]
async fn a_refusal_shows_nothing_where_the_incident_was_not_shown() {
    let world =
        Stage::named("root-403").teams().config(|config| config.teams.alert_channels.clear()).start().await;
    world.alert(Fired).await;
    let offer = world.message().await;
    world.thread().await;
    world.types_on_teams("bob", &format!("/agw approve {} {}", offer.incident(), offer.code())).await;
    world.settle().await;
    assert!(world.teams().read_private("bob")[0].lead.plain().contains("not on the list of approvers"));
    assert!(world.teams().messages().is_empty());
    world.finish().await;
}

#[tokio::test]
async fn each_gateway_has_its_own_channels_on_each_platform() {
    let stage = Stage::named("root-403").teams().config(|config| {
        let to =
            |channel: &str| Route { gateway: "agw-pr*".parse().unwrap(), channels: vec![channel.to_owned()] };
        config.slack.routes = vec![to("C09OTHER02")];
        config.teams.routes = vec![to("19:web@thread.tacv2")];
    });
    let world = stage.start().await;
    world.alert(Fired).await;
    world.settle().await;
    let here = world.slack.messages();
    assert_eq!(here.iter().map(|posted| posted.channel.as_str()).collect::<Vec<_>>(), ["C09OTHER02"]);
    let there: Vec<Told> = world.teams().messages();
    assert_eq!(there.iter().map(|told| told.channel.as_str()).collect::<Vec<_>>(), ["19:web@thread.tacv2"]);
    let _ = world.slack.read(&here[0].ts);
    world.read_thread_of(&here[0].ts);
    world.teams().read();
    world.teams().read_threads();
    world.finish().await;
}

#[tokio::test]
async fn an_approver_of_one_platform_is_nobody_on_the_other() {
    // The id of Teams, claimed in Slack.
    let stranger = Approver::Person { platform: Platform::Teams, id: tests::user("mallory") };
    let world =
        offered_on_both(Stage::named("root-403").config(|config| config.approval.approvers.push(stranger)))
            .await;
    world.click("mallory", "Approve").await;
    world.private("mallory").await.says("not on the list of approvers");
    assert!(world.puts_sent().is_empty());
    world.finish().await;
}
