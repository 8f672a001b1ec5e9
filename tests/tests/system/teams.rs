//! The story that the bot is for, told in Teams.

use domain::alert::Condition::Fired;
use serde_json::json;
use tests::{FakeTeams, Stage, TEAMS_CHANNEL, World};

async fn teams(approvers: &'static [&str]) -> (World, FakeTeams) {
    let teams = FakeTeams::start().await;
    let world = Stage::named("root-403").config(teams.config(approvers)).start().await;
    (world, teams)
}

#[tokio::test]
async fn an_alert_in_a_channel_is_explained_approved_and_fixed_in_one_message() {
    let (world, teams) = teams(&["alex"]).await;
    world.alert(Fired).await;
    let offer = teams.message(&world).await;
    assert_eq!(offer.status(), "Unhealthy");
    assert_eq!(offer.buttons(), ["Approve", "Reject"]);
    offer.says("403").says("/healthz");
    let details = teams.thread(&world, &offer).await;
    assert_eq!(details.len(), 1);
    details[0].says("Received invalid status code: 403");
    assert_eq!(world.azure.puts(), 0);

    let heard = teams.press(&world, "alex", &offer, "Approve").await;
    assert!(heard.starts_with("Approving the plan of INC-"), "{heard}");
    let end = teams.message(&world).await;
    assert_eq!(end.statuses, ["Diagnosing", "Unhealthy", "Writing", "Verifying", "Fixed"]);
    assert_eq!(end.buttons(), ["Undo"]);
    end.says("all 2 servers are Healthy");
    assert_eq!(teams.thread(&world, &offer).await.len(), 3);
    assert_eq!((world.azure.puts(), world.visit().await), (1, 200));
    teams.finish(world).await;
}

#[tokio::test]
async fn a_diagnosis_asked_for_in_ones_own_chat_ends_there() {
    let (world, teams) = teams(&["alex"]).await;
    teams.whisper(&world, "alex", "diagnose agw-prod").await;
    let said = teams.private(&world, "alex").await;
    let offer = said.iter().find(|message| message.buttons() == ["Approve", "Reject"]).expect("an offer");
    teams.press(&world, "alex", offer, "Approve").await;
    let said = teams.private(&world, "alex").await;
    let end = said.iter().find(|message| message.id == offer.id).expect("the same message");
    assert_eq!((end.status(), world.azure.puts(), world.visit().await), ("Fixed", 1, 200));
    assert!(teams.read(&world, TEAMS_CHANNEL).await.is_empty());
    teams.finish(world).await;
}

#[tokio::test]
async fn a_mention_in_the_channel_is_a_command_and_a_typed_approval_does_what_the_button_does() {
    let (world, teams) = teams(&["alex"]).await;
    teams.mention(&world, "bob", "diagnose").await;
    let offer = teams.message(&world).await;
    offer.says("asked by");
    teams.thread(&world, &offer).await;
    let typed = offer.to_string();
    let at = typed.find("/agw approve ").expect("the command that does the same");
    let command: String =
        typed[at..].chars().take_while(|c| c.is_ascii_alphanumeric() || " /-".contains(*c)).collect();
    teams.mention(&world, "alex", &command).await;
    assert_eq!((teams.message(&world).await.status(), world.azure.puts()), ("Fixed", 1));
    teams.thread(&world, &offer).await;
    teams.finish(world).await;
}

#[tokio::test]
async fn what_is_asked_in_a_channel_is_answered_in_its_thread_and_a_refusal_is_not() {
    let (world, teams) = teams(&["alex"]).await;
    let asked = teams.mentioning("bob", "list");
    teams.send(&world, &asked).await.taken();
    let thread = asked["conversation"]["id"].as_str().unwrap();
    let answers = teams.read(&world, thread).await;
    assert_eq!(answers.len(), 1, "{answers:#?}");
    answers[0].says("There is no open incident.");

    let tried = teams.mentioning("bob", "approve INC-0000");
    teams.send(&world, &tried).await.taken();
    teams.private(&world, "bob").await[0].says("no incident");
    assert!(teams.read(&world, tried["conversation"]["id"].as_str().unwrap()).await.is_empty());
    assert!(teams.read(&world, TEAMS_CHANNEL).await.is_empty());
    teams.finish(world).await;
}

#[tokio::test]
async fn promise_1_who_may_not_approve_is_told_alone_and_nothing_is_written() {
    let (world, teams) = teams(&["alex"]).await;
    world.alert(Fired).await;
    let offer = teams.message(&world).await;
    teams.thread(&world, &offer).await;
    teams.press(&world, "bob", &offer, "Approve").await;
    let told = teams.private(&world, "bob").await;
    assert_eq!(told.len(), 1);
    told[0].says("You are not on the list of approvers for");
    assert_eq!(teams.message(&world).await, offer, "the message stays as it was");
    assert_eq!(teams.thread(&world, &offer).await.len(), 1, "nobody else hears of it");
    assert!(world.puts_sent().is_empty());
    teams.finish(world).await;
}

#[tokio::test]
async fn promise_1_a_refusal_that_cannot_be_private_is_not_shown_to_everybody() {
    let (world, teams) = teams(&["alex"]).await;
    world.alert(Fired).await;
    let offer = teams.message(&world).await;
    teams.thread(&world, &offer).await;
    teams.press(&world, "bob", &offer, "Approve").await;
    teams.next(403);
    let said = teams.thread(&world, &offer).await;
    let [_, hint] = said.as_slice() else { panic!("a hint in the thread, not {said:#?}") };
    hint.says("I have an answer for");
    assert!(!hint.to_string().contains("approvers"), "{hint}");
    assert!(teams.private(&world, "bob").await.is_empty());
    teams.finish(world).await;
}

#[tokio::test]
async fn promise_2_a_press_that_comes_twice_writes_once() {
    let (world, teams) = teams(&["alex"]).await;
    world.alert(Fired).await;
    let offer = teams.message(&world).await;
    let press = teams.pressing("alex", &offer, "Approve");
    for _ in 0..3 {
        teams.send(&world, &press).await.taken();
    }
    teams.press(&world, "alex", &offer, "Approve").await;
    assert_eq!((teams.message(&world).await.status(), world.azure.puts()), ("Fixed", 1));
    let told = teams.private(&world, "alex").await;
    assert_eq!(told.len(), 1, "of the second press only: {told:#?}");
    teams.thread(&world, &offer).await;
    teams.finish(world).await;
}

#[tokio::test]
async fn promise_1_what_the_connector_did_not_sign_is_refused() {
    let (world, teams) = teams(&["alex"]).await;
    world.alert(Fired).await;
    let offer = teams.message(&world).await;
    teams.thread(&world, &offer).await;
    let press = teams.pressing("alex", &offer, "Approve");
    let forged = teams.forged(&world);
    for bearer in [forged.as_str(), "Bearer e30.e30.", "Bearer ", ""] {
        assert_eq!(teams.send_as(&world, bearer, &press).await.status, 401, "{bearer}");
    }
    let mut foreign = press.clone();
    foreign["channelData"]["tenant"]["id"] = json!("99999999-0000-0000-0000-000000000000");
    assert_eq!(teams.send(&world, &foreign).await.status, 403);
    let mut elsewhere = press;
    elsewhere["serviceUrl"] = json!("https://smba.trafficmanager.net/emea/");
    assert_eq!(teams.send(&world, &elsewhere).await.status, 403);
    assert_eq!(teams.message(&world).await, offer);
    assert!(world.puts_sent().is_empty());
    teams.finish(world).await;
}

#[tokio::test]
async fn promise_5_a_teams_that_stutters_is_told_in_the_end() {
    let (world, teams) = teams(&["alex"]).await;
    for status in [429, 412, 502, 504] {
        teams.next(status);
    }
    world.alert(Fired).await;
    let offer = teams.message(&world).await;
    assert_eq!(offer.buttons(), ["Approve", "Reject"]);
    teams.thread(&world, &offer).await;
    teams.finish(world).await;
}
