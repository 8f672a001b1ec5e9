//! What Slack has beside slash commands and messages: mentions, and the bot's own tab.

use domain::alert::Condition::Fired;
use domain::request::{Channel, Platform};
use tests::{Stage, World, user};

use crate::approval::offered;

#[tokio::test]
async fn a_mention_in_a_thread_is_answered_there() {
    let (world, _) = offered(Stage::named("root-403")).await;
    let message = world.latest().ts;
    world.thread().await;
    world.mention("bob", "status", Some(&message)).await;
    world.mention("bob", "diagnoze agw-prod", Some(&message)).await;
    let answers = world.thread().await;
    let said = |words: &str| answers.iter().any(|answer| answer.contains(words));
    assert!(said("1 gateway, 1 open incident") && said("Did you mean"), "{answers:?}");
    // Who may not decide is told so alone.
    world.mention("bob", "reject INC-0000", Some(&message)).await;
    world.private("bob").await.says("no incident");
    world.finish().await;
}

#[tokio::test]
async fn a_mention_diagnoses_like_a_command() {
    let world = World::stage("root-403").await;
    world.mention("alex", "diagnose agw-prod", None).await;
    assert_eq!(world.message().await.status(), "Unhealthy");
    world.thread().await;
    world.finish().await;
}

#[tokio::test]
async fn what_waits_is_approved_in_the_home_tab() {
    let (world, _) = offered(Stage::named("root-403")).await;
    world.open_home("alex").await;
    world.settle().await;
    let home = world.slack.home(&user("alex")).expect("a home tab");
    home.says("1 open incident; 1 waits for a decision.").says("/agw approve INC-");
    let approve = home.button("Approve", "V1").expect("a button");
    world.press_at_home("alex", &approve).await;
    assert_eq!(world.message().await.status(), "Fixed");
    let home = world.slack.home(&user("alex")).expect("a home tab");
    assert!(home.button("Approve", "V1").is_none(), "the tab is brought up to date: {home:?}");
    world.thread().await;
    world.finish().await;
}

#[tokio::test]
async fn whoever_is_on_call_is_mentioned_once_where_nobody_decides() {
    let stage = Stage::named("root-403").config(|config| config.slack.oncall = Some("S0614TZR7".to_owned()));
    let world = stage.start().await;
    world.alert(Fired).await;
    assert_eq!(world.message().await.buttons(), ["Approve", "Reject"]);
    let called = |said: &[tests::Content]| {
        said.iter().filter(|content| content.seen().contains("<!subteam^S0614TZR7>: a fix for")).count()
    };
    let before = world.thread().await;
    world.clock.advance(jiff::SignedDuration::from_mins(10));
    world.settle().await;
    let after = world.thread().await;
    assert_eq!((called(&before), called(&after)), (0, 1), "{after:?}");
    world.click("alex", "Approve").await;
    assert_eq!(world.message().await.status(), "Fixed");
    assert_eq!(called(&world.thread().await), 0);
    world.finish().await;
}

#[tokio::test]
async fn the_home_tab_is_no_channel_in_which_anything_can_be_decided() {
    let only_here = |config: &mut handler::config::Config| {
        config.approval.channels = vec![Channel { platform: Platform::Slack, id: tests::CHANNEL.to_owned() }];
    };
    let (world, _) = offered(Stage::named("root-403").config(only_here)).await;
    world.open_home("alex").await;
    world.settle().await;
    let approve =
        world.slack.home(&user("alex")).and_then(|home| home.button("Approve", "V1")).expect("a button");
    world.press_at_home("alex", &approve).await;
    world.private("alex").await.says("but not from here");
    assert!(world.puts_sent().is_empty());
    world.thread().await;
    world.finish().await;
}
