//! The story that the bot is for, told in Discord.

use std::time::{Duration, Instant};

use domain::alert::Condition::Fired;
use handler::ports::Clock as _;
use jiff::SignedDuration;
use serde_json::json;
use tests::{DISCORD_CHANNEL, DiscordAnswer, FakeDiscord, Stage, World, agw};

use crate::AGW;

async fn discord(approvers: &'static [&str]) -> (World, FakeDiscord) {
    let discord = FakeDiscord::start().await;
    let world = Stage::named("root-403").config(discord.config(approvers)).start().await;
    (world, discord)
}

#[tokio::test]
async fn an_alert_is_explained_approved_and_fixed_in_one_message() {
    let (world, discord) = discord(&["alex"]).await;
    world.alert(Fired).await;
    let offer = discord.message(&world).await;
    assert_eq!((offer.status(), offer.buttons()), ("Unhealthy", vec!["Approve".into(), "Reject".into()]));
    offer.says("403").says("/healthz");
    let details = discord.thread(&world, &offer).await;
    details[0].says("Received invalid status code: 403");
    assert_eq!((details.len(), world.azure.puts()), (1, 0));

    let heard = discord.press(&world, "alex", &offer, "Approve").await;
    assert!(heard.contains("Approving the plan of"), "{heard}");
    let end = discord.message(&world).await;
    assert_eq!(end.statuses, ["Diagnosing", "Unhealthy", "Writing", "Verifying", "Fixed"]);
    assert_eq!(end.buttons(), ["Undo"]);
    assert_eq!(discord.thread(&world, &offer).await.len(), 3);
    assert_eq!((world.azure.puts(), world.visit().await), (1, 200));
    discord.finish(world).await;
}

#[tokio::test]
async fn a_command_is_heard_at_once_and_a_typed_approval_does_what_the_button_does() {
    let (world, discord) = discord(&["alex"]).await;
    let heard = discord.command(&world, "bob", "/agw diagnose gateway:agw-prod").await;
    assert!(heard.contains("Diagnosing"), "{heard}");
    let offer = discord.message(&world).await;
    discord.thread(&world, &offer).await;
    let incident = offer.value("Reject").unwrap().split(':').nth(1).unwrap().to_owned();
    let typed = offer.to_string();
    let code = typed.split("Plan `").nth(1).or_else(|| typed.split("Plan ").nth(1)).unwrap();
    let code: String = code.chars().take_while(char::is_ascii_hexdigit).collect();
    discord.command(&world, "alex", &format!("/agw approve incident:{incident} code:{code}")).await;
    assert_eq!((discord.message(&world).await.status(), world.azure.puts()), ("Fixed", 1));
    discord.thread(&world, &offer).await;
    discord.finish(world).await;
}

#[tokio::test]
async fn a_question_is_answered_to_whoever_asked_and_to_nobody_else() {
    let (world, discord) = discord(&["alex"]).await;
    assert_eq!(discord.command(&world, "bob", "/agw list").await, "", "the answer follows");
    let told = discord.private(&world, "bob").await;
    assert_eq!(told.len(), 1);
    told[0].says("There is no open incident.");
    let help = discord.command(&world, "bob", "/agw help").await;
    assert!(help.contains("/agw diagnose") || help.contains("Help"), "{help}");
    assert!(discord.read(&world, DISCORD_CHANNEL).await.is_empty());
    discord.finish(world).await;
}

#[tokio::test]
async fn promise_1_who_may_not_approve_is_told_alone_and_nothing_is_written() {
    let (world, discord) = discord(&["alex"]).await;
    world.alert(Fired).await;
    let offer = discord.message(&world).await;
    discord.thread(&world, &offer).await;
    discord.press(&world, "bob", &offer, "Approve").await;
    let told = discord.private(&world, "bob").await;
    assert_eq!(told.len(), 1);
    told[0].says("You are not on the list of approvers for");
    assert_eq!(discord.message(&world).await, offer, "the message stays as it was");
    assert!(world.puts_sent().is_empty());
    discord.finish(world).await;
}

#[tokio::test]
async fn everybody_with_a_role_may_approve_and_nobody_by_saying_so() {
    let discord = FakeDiscord::start().await;
    let connect = discord.config(&[]);
    let stage = Stage::named("root-403").config(connect);
    let world =
        stage.config(|config| config.approval.approvers = vec![FakeDiscord::role("oncall")]).start().await;
    world.alert(Fired).await;
    let offer = discord.message(&world).await;
    discord.thread(&world, &offer).await;
    discord.press(&world, "alex", &offer, "Approve").await;
    discord.private(&world, "alex").await[0].says("You are not on the list");
    discord.give_role("alex", "oncall");
    discord.press(&world, "alex", &offer, "Approve").await;
    assert_eq!((discord.message(&world).await.status(), world.azure.puts()), ("Fixed", 1));
    discord.thread(&world, &offer).await;
    discord.finish(world).await;
}

#[tokio::test]
async fn promise_2_a_first_press_writes_nothing_and_one_that_comes_twice_writes_once() {
    let (world, discord) = discord(&["alex"]).await;
    world.alert(Fired).await;
    let offer = discord.message(&world).await;
    discord.thread(&world, &offer).await;
    let first = discord.pressing("alex", &offer, "Approve");
    let question = discord.send(&world, &first).await.taken().json();
    assert_eq!(question["type"], 4);
    assert_eq!(discord.message(&world).await, offer, "it is only asked whether they are sure");
    discord.confirm(&world, "alex", &question["data"]).await;
    discord.confirm(&world, "alex", &question["data"]).await;
    assert_eq!((discord.message(&world).await.status(), world.azure.puts()), ("Fixed", 1));
    discord.private(&world, "alex").await[0].says("Already approved by");
    discord.thread(&world, &offer).await;
    discord.finish(world).await;
}

#[tokio::test]
async fn an_undo_asks_why_and_the_reason_is_kept() {
    let (world, discord) = discord(&["alex"]).await;
    world.alert(Fired).await;
    let offer = discord.message(&world).await;
    discord.press(&world, "alex", &offer, "Approve").await;
    let fixed = discord.message(&world).await;
    discord.thread(&world, &offer).await;
    let dialog = discord.send(&world, &discord.pressing("alex", &fixed, "Undo")).await.taken().json();
    assert_eq!(discord.message(&world).await, fixed, "nothing happens before it is answered");
    let filled = discord.filled_in("alex", &dialog, "the checkout\ngot slower @everyone");
    assert_eq!(discord.send(&world, &filled).await.taken().json()["type"], 4);
    let undo = discord.message(&world).await;
    assert_eq!(undo.status(), "Undo?");
    undo.says("the checkout got slower");
    discord.press(&world, "alex", &undo, "Approve").await;
    assert_eq!((discord.message(&world).await.status(), world.azure.puts()), ("Undone", 2));
    discord.thread(&world, &offer).await;
    discord.finish(world).await;
}

#[tokio::test]
async fn names_are_suggested_while_somebody_types() {
    let (world, discord) = discord(&["alex"]).await;
    assert_eq!(discord.suggested(&world, "diagnose", "gateway", "").await, ["agw-prod"]);
    assert_eq!(discord.suggested(&world, "diagnose", "gateway", "PROD").await, ["agw-prod"]);
    assert!(discord.suggested(&world, "diagnose", "gateway", "other").await.is_empty());
    world.alert(Fired).await;
    let offer = discord.message(&world).await;
    discord.thread(&world, &offer).await;
    let incident = offer.value("Reject").unwrap().split(':').nth(1).unwrap().to_owned();
    assert_eq!(discord.suggested(&world, "show", "incident", "inc").await, [incident]);
    discord.finish(world).await;
}

#[tokio::test]
async fn a_token_that_has_died_is_no_reason_to_say_nothing() {
    let (world, discord) = discord(&["alex"]).await;
    world.alert(Fired).await;
    let offer = discord.message(&world).await;
    discord.thread(&world, &offer).await;
    discord.press(&world, "bob", &offer, "Approve").await;
    discord.forget_tokens();
    let told = discord.private(&world, "bob").await;
    assert_eq!(told.len(), 1, "in a channel of their own");
    told[0].says("You are not on the list");
    discord.finish(world).await;
}

#[tokio::test]
async fn a_post_whose_answer_was_lost_is_there_once() {
    let (world, discord) = discord(&["alex"]).await;
    discord.next(DiscordAnswer::Lost);
    world.alert(Fired).await;
    let offer = discord.message(&world).await;
    assert_eq!(offer.status(), "Unhealthy");
    discord.thread(&world, &offer).await;
    discord.finish(world).await;
}

#[tokio::test]
async fn discord_is_left_alone_for_as_long_as_it_says() {
    let (world, discord) = discord(&["alex"]).await;
    for pause in [DiscordAnswer::Wait(20_500, true), DiscordAnswer::NoneLeft(9_000)] {
        discord.next(pause);
    }
    let begun = world.clock.now();
    world.alert(Fired).await;
    let offer = discord.message(&world).await;
    assert_eq!(offer.status(), "Unhealthy");
    assert!(
        world.clock.now().duration_since(begun) >= SignedDuration::from_secs(29),
        "{:?}",
        world.clock.now()
    );
    discord.thread(&world, &offer).await;
    let posts = discord.bodies().iter().filter(|(kind, _)| kind == "POST message").count();
    assert!(posts <= 5, "{posts} posts: it was not left alone");
    discord.finish(world).await;
}

#[tokio::test]
async fn a_message_that_somebody_deleted_is_posted_anew() {
    let (world, discord) = discord(&["alex"]).await;
    world.alert(Fired).await;
    let offer = discord.message(&world).await;
    discord.thread(&world, &offer).await;
    let approve = discord.pressing("alex", &offer, "Reject");
    discord.delete(&offer);
    assert_eq!(discord.send(&world, &approve).await.taken().json()["type"], 6);
    let anew = discord.message(&world).await;
    assert_eq!(anew.status(), "Rejected");
    assert_ne!(anew.id, offer.id);
    discord.thread(&world, &anew).await;
    discord.finish(world).await;
}

#[tokio::test]
async fn discords_own_probes_are_answered_as_it_wants() {
    let (world, discord) = discord(&["alex"]).await;
    let ping =
        json!({ "type": 1, "id": "1", "application_id": "845027738276462632", "token": "t", "version": 1 });
    assert_eq!(discord.send(&world, &ping).await.taken().json(), json!({ "type": 1 }));
    assert_eq!(discord.send_as(&world, "0", "00", &ping.to_string()).await.status, 401);
    assert_eq!(discord.signed(&world, &ping.to_string(), 301).await.status, 401);
    let mut foreign = ping.clone();
    foreign["application_id"] = json!("1");
    assert_eq!(discord.send(&world, &foreign).await.status, 400);
    for broken in ["", "{", "[]", r#"{"type":2}"#, r#"{"type":"1","id":1}"#] {
        assert_eq!(discord.signed(&world, broken, 0).await.status, 400, "{broken}");
    }
    let large = format!("{}{}", ping, " ".repeat(300 * 1024));
    assert_eq!(discord.signed(&world, &large, 0).await.status, 413);
    discord.finish(world).await;
}

#[tokio::test]
async fn ten_thousand_forged_requests_are_refused_and_store_nothing() {
    let (world, discord) = discord(&["alex"]).await;
    let body = discord.typed("alex", "/agw diagnose gateway:agw-prod").to_string();
    let stamp = world.clock.now().as_second().to_string();
    let begun = Instant::now();
    for number in 0_u32..10_000 {
        let signature = hex(number);
        assert_eq!(discord.send_as(&world, &stamp, &signature, &body).await.status, 401, "{number}");
    }
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(120), "{took:?} for ten thousand");
    assert!(discord.read(&world, DISCORD_CHANNEL).await.is_empty() && world.incidents().await.is_empty());
    discord.finish(world).await;
}

/// A signature that nobody made.
fn hex(number: u32) -> String {
    format!("{number:08x}").repeat(16)
}

#[tokio::test]
async fn the_commands_are_registered_once_and_the_second_time_nothing_changes() {
    let (world, discord) = discord(&["alex"]).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("agw.toml");
    let api = discord.api();
    std::fs::write(&file, format!("[discord]\napplication = \"845027738276462632\"\napi = \"{api}\"\n"))
        .unwrap();
    let file = file.to_str().unwrap();
    let environment = [("AGW_DISCORD_BOT_TOKEN", tests::canary::DISCORD_TOKEN)];
    let register = async |more: &[&str]| {
        let words = [&["discord", "register", "--config", file][..], more].concat();
        agw(AGW, &words, &environment).await.out
    };
    assert!(register(&["--dry-run"]).await.ends_with("1 would change.\n"));
    assert!(register(&[]).await.contains("+ /agw\nRegistered; 1 changed."));
    assert!(register(&[]).await.starts_with("Nothing to change"));
    let puts = discord.bodies().iter().filter(|(kind, _)| kind == "PUT commands").count();
    assert_eq!(puts, 1);
    discord.finish(world).await;
}

#[tokio::test]
async fn an_incident_on_slack_and_discord_is_decided_on_either() {
    let discord = FakeDiscord::start().await;
    let world = Stage::named("root-403").config(discord.connect()).start().await;
    world.alert(Fired).await;
    let there = discord.message(&world).await;
    assert_eq!(there.buttons(), ["Approve", "Reject"]);
    world.click("alex", "Approve").await;
    assert_eq!(world.message().await.status(), "Fixed");
    let there = discord.message(&world).await;
    assert_eq!((there.status(), there.buttons()), ("Fixed", vec!["Undo".to_owned()]));
    there.says("alex");
    discord.thread(&world, &there).await;
    world.thread().await;
    discord.finish(world).await;
}
