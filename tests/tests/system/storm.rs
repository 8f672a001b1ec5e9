//! Alerts on many gateways at once share one message a channel.

use domain::alert::Condition::Fired;
use jiff::SignedDuration;
use tests::{CHANNEL, Content, Mood, Posted, Stage, Weather, World};

const MANY: usize = 7;

async fn storm(stage: Stage) -> World {
    let world = stage.gateways(MANY).start().await;
    for nth in 0..MANY {
        world.alert_on(nth, Fired).await;
    }
    world.settle().await;
    world
}

fn messages(world: &World) -> Vec<Posted> {
    world.slack.messages().into_iter().filter(|posted| posted.channel == CHANNEL).collect()
}

/// The ids of the incidents that a digest names.
fn listed(digest: &Content) -> Vec<String> {
    let seen = digest.seen();
    let mut ids: Vec<String> = seen
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
        .filter(|word| word.starts_with("INC-"))
        .map(str::to_owned)
        .collect();
    ids.sort();
    ids.dedup();
    ids
}

#[tokio::test]
async fn many_gateways_at_once_share_one_message() {
    let world = storm(Stage::named("root-403")).await;
    let digest = world.message().await;
    assert_eq!((digest.status().as_str(), messages(&world).len()), ("Storm", 1));
    assert!(world.knows_of_a_storm().await);
    digest.says("7 gateways").says("7 Unhealthy").says("agw-prod-007").says("/agw show INC-");
    assert_eq!((listed(&digest).len(), world.incidents().await.len()), (MANY, MANY));
    assert!(world.thread().await.is_empty(), "details are shown to whoever asks");
    world.finish().await;
}

#[tokio::test]
async fn forty_gateways_fit_into_one_message() {
    let world = Stage::named("root-403").gateways(40).start().await;
    for nth in 0..40 {
        world.alert_on(nth, Fired).await;
    }
    let digest = world.message().await;
    assert_eq!((digest.status().as_str(), messages(&world).len()), ("Storm", 1));
    digest.says("40 gateways").says("40 Unhealthy").says("and 15 more");
    world.finish().await;
}

#[tokio::test]
async fn each_can_be_looked_at_and_decided_by_command() {
    let world = storm(Stage::named("root-403")).await;
    let digest = world.message().await;
    let id = listed(&digest).remove(3);
    world.slack("alex", &format!("/agw show {id}")).await;
    let offer = world.private("alex").await;
    assert_eq!(offer.buttons(), ["Approve", "Reject"]);
    world.slack("alex", &format!("/agw approve {id} {}", offer.code())).await;
    world.settle().await;
    assert_eq!(world.azure.puts_of(&offer.about()), 1);
    // What was decided has a message of its own from then on, and its line says how it ended.
    let posted = messages(&world);
    assert_eq!(posted.len(), 2);
    assert_eq!(world.slack.read(&posted[1].ts).status(), "Fixed");
    world.read_thread_of(&posted[1].ts);
    world.slack.read(&posted[0].ts).says("6 Unhealthy, 1 Fixed");
    world.finish().await;
}

#[tokio::test]
async fn whoever_asks_about_one_of_them_gets_a_message_about_it() {
    let world = storm(Stage::named("root-403")).await;
    world.message().await;
    world.slack("bob", "/agw diagnose agw-prod-002").await;
    world.settle().await;
    let posted = messages(&world);
    assert_eq!(posted.len(), 2);
    assert_eq!(world.slack.read(&posted[1].ts).buttons(), ["Approve", "Reject"]);
    world.read_thread_of(&posted[1].ts);
    world.slack.read(&posted[0].ts);
    assert_eq!(world.incidents().await.len(), MANY);
    world.finish().await;
}

#[tokio::test]
async fn what_was_shown_before_the_storm_was_noticed_keeps_its_message() {
    let world = Stage::named("root-403").gateways(MANY).start().await;
    for nth in 0..MANY {
        world.alert_on(nth, Fired).await;
        world.settle().await;
        world.clock.advance(SignedDuration::from_secs(5));
    }
    let posted = messages(&world);
    let statuses: Vec<String> = posted.iter().map(|posted| world.slack.read(&posted.ts).status()).collect();
    assert_eq!(statuses, ["Unhealthy", "Unhealthy", "Unhealthy", "Unhealthy", "Storm"]);
    assert_eq!(listed(posted[4].now()).len(), 3);
    for posted in &posted {
        world.read_thread_of(&posted.ts);
    }
    world.finish().await;
}

#[tokio::test]
async fn a_few_gateways_or_many_over_an_hour_are_no_storm_and_write_nothing_more() {
    let world = Stage::named("root-403").gateways(MANY).start().await;
    for nth in 0..MANY {
        world.alert_on(nth, Fired).await;
        world.settle().await;
        world.clock.advance(SignedDuration::from_mins(8));
    }
    world.settle().await;
    let posted = messages(&world);
    assert_eq!(posted.len(), MANY);
    assert!(!world.knows_of_a_storm().await, "nothing is written where there is no storm");
    for posted in &posted {
        world.slack.read(&posted.ts);
        world.read_thread_of(&posted.ts);
    }
    world.finish().await;
}

#[tokio::test]
async fn the_digest_is_posted_when_the_platform_is_back_and_once() {
    let world = Stage::named("root-403")
        .teams()
        .gateways(MANY)
        .config(|config| config.slack.alert_channels.clear())
        .start()
        .await;
    use handler::ports::Clock as _;
    world.teams().is(Weather::DownUntil(world.clock.now() + SignedDuration::from_mins(30)));
    for nth in 0..MANY {
        world.alert_on(nth, Fired).await;
    }
    world.settle().await;
    for _ in 0..60 {
        world.clock.advance(SignedDuration::from_mins(1));
        world.settle().await;
    }
    assert_eq!(world.teams().messages().len(), 1);
    let digest = world.teams().read();
    assert_eq!((digest.status.as_str(), digest.evidence.len()), ("Storm", MANY));
    world.finish().await;
}

#[tokio::test]
async fn a_digest_that_somebody_deleted_is_posted_anew() {
    let world = storm(Stage::named("root-403")).await;
    let digest = world.message().await;
    world.slack.next("chat.update", Mood::Error("message_not_found"));
    world.slack("bob", &format!("/agw recheck {}", listed(&digest)[0])).await;
    world.settle().await;
    for posted in messages(&world) {
        world.slack.read(&posted.ts);
        world.read_thread_of(&posted.ts);
    }
    let statuses: Vec<String> = messages(&world).iter().map(|posted| posted.now().status()).collect();
    // The old one, which only this Slack still has; the new one; and what was looked at again.
    let digests = statuses.iter().filter(|status| *status == "Storm").count();
    assert_eq!((digests, statuses.len()), (2, 3), "{statuses:?}");
    world.finish().await;
}

#[tokio::test]
async fn a_worker_that_dies_while_it_posts_the_digest_is_replaced() {
    let mut world = Stage::named("root-403").gateways(MANY).start().await;
    for nth in 0..MANY {
        world.alert_on(nth, Fired).await;
    }
    // The requests are routed, and everything that the incidents want is claimed by somebody who dies.
    world.work_once().await;
    for incident in world.incidents().await {
        world.dies_holding(&incident.id).await;
    }
    world.restart().await;
    let digest = world.message().await;
    assert_eq!((digest.status().as_str(), messages(&world).len()), ("Storm", 1));
    assert_eq!(listed(&digest).len(), MANY);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn several_bots_post_one_digest() {
    let folder = tempfile::tempdir().unwrap();
    let world = storm(Stage::named("root-403").file(folder.path().join("agw.db")).workers(3)).await;
    let digest = world.message().await;
    assert_eq!((digest.status().as_str(), messages(&world).len()), ("Storm", 1), "{digest}");
    digest.says("7 Unhealthy");
    world.finish().await;
}

#[tokio::test]
async fn it_can_be_switched_off() {
    let world = storm(Stage::named("root-403").config(|config| config.alerts.storm_after = 0)).await;
    let posted = messages(&world);
    assert_eq!(posted.len(), MANY);
    for posted in &posted {
        world.slack.read(&posted.ts);
        world.read_thread_of(&posted.ts);
    }
    world.finish().await;
}
