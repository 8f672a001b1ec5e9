//! A platform that is down, busy or silent delays its own messages, and nothing else.

use std::sync::Arc;
use std::time::Duration;

use domain::alert::Condition::Fired;
use jiff::SignedDuration;
use tests::{Stage, Weather, World};
use tokio_util::sync::CancellationToken;

async fn both() -> World {
    Stage::named("root-403").teams().start().await
}

/// Lets time pass in pieces, and the bot do what is due in each.
async fn pass(world: &World, minutes: i64) {
    for _ in 0..minutes {
        world.clock.advance(SignedDuration::from_mins(1));
        world.settle().await;
    }
}

fn in_minutes(world: &World, minutes: i64) -> jiff::Timestamp {
    use handler::ports::Clock as _;
    world.clock.now() + SignedDuration::from_mins(minutes)
}

#[tokio::test]
async fn teams_is_down_for_two_hours_and_nothing_is_lost_or_doubled() {
    let world = both().await;
    world.teams().is(Weather::DownUntil(in_minutes(&world, 120)));
    world.alert(Fired).await;
    assert_eq!(world.message().await.buttons(), ["Approve", "Reject"]);
    world.thread().await;
    world.click("alex", "Approve").await;
    assert_eq!(world.message().await.status(), "Fixed");
    world.thread().await;
    assert_eq!((world.teams().messages().len(), world.puts_sent().len()), (0, 1));

    pass(&world, 130).await;
    assert_eq!(world.teams().messages().len(), 1, "posted once");
    let there = world.teams().read();
    assert_eq!(there.status, "Fixed", "as things are now, not as they were");
    let told: Vec<String> = world.teams().read_threads().into_iter().map(|card| card.status).collect();
    assert_eq!(told.len(), 3, "the details, the history and the code: {told:?}");
    world.finish().await;
}

#[tokio::test]
async fn the_waits_grow_so_that_a_platform_that_is_down_is_left_alone() {
    let world = both().await;
    world.teams().is(Weather::DownUntil(in_minutes(&world, 60)));
    world.alert(Fired).await;
    world.message().await;
    world.thread().await;
    pass(&world, 59).await;
    let calls = world.teams().calls().len();
    assert!((10..40).contains(&calls), "{calls} calls in an hour");
    pass(&world, 10).await;
    assert_eq!(world.message().await.status(), "Expired");
    world.teams().read();
    world.teams().read_threads();
    world.finish().await;
}

#[tokio::test]
async fn whoever_asks_for_patience_is_not_called_before_its_time() {
    let world = both().await;
    world.teams().is(Weather::BusyUntil(in_minutes(&world, 5), 45));
    world.alert(Fired).await;
    world.message().await;
    world.thread().await;
    pass(&world, 8).await;
    assert_eq!(world.teams().messages().len(), 1);
    let calls = world.teams().calls();
    let busy =
        calls.iter().take_while(|at| at.duration_since(calls[0]) < SignedDuration::from_mins(5)).count();
    assert!((4..=8).contains(&busy), "45 s and a little more between two calls: {calls:?}");
    world.teams().read();
    world.teams().read_threads();
    world.finish().await;
}

#[tokio::test]
async fn a_channel_that_is_out_of_reach_for_hours_is_given_up_and_the_trail_says_so() {
    let world = both().await;
    world.teams().is(Weather::DownUntil(in_minutes(&world, 60 * 24)));
    world.alert(Fired).await;
    let offer = world.message().await;
    world.thread().await;
    pass(&world, 60 * 7).await;
    let calls = world.teams().calls().len();
    pass(&world, 60).await;
    assert_eq!(world.teams().calls().len(), calls, "given up");
    assert_eq!(world.message().await.status(), "Expired");
    world.slack("carol", &format!("/agw audit {}", offer.incident())).await;
    world.private("carol").await.says("Teams could not be reached: HTTP 503; given up after 6 hours");
    world.finish().await;
}

#[tokio::test]
async fn who_comes_too_late_is_told_when_their_platform_is_back() {
    let world = both().await;
    world.alert(Fired).await;
    world.message().await;
    world.teams().read();
    let there = world.teams().button("Approve");
    world.click("alex", "Approve").await;
    world.message().await;
    world.teams().is(Weather::DownUntil(in_minutes(&world, 10)));
    world.presses_on_teams("alex", &there).await;
    world.settle().await;
    assert!(world.teams().read_private("alex").is_empty());
    pass(&world, 15).await;
    let told = world.teams().read_private("alex");
    assert_eq!(told.len(), 1);
    assert!(told[0].lead.plain().starts_with("Already approved by alex at"), "{}", told[0].plain());
    world.teams().read();
    world.thread().await;
    world.teams().read_threads();
    world.finish().await;
}

#[tokio::test]
async fn a_command_is_answered_when_the_platform_is_back() {
    let world = both().await;
    world.teams().is(Weather::DownUntil(in_minutes(&world, 10)));
    world.types_on_teams("bob", "/agw list").await;
    pass(&world, 25).await;
    let told = world.teams().read_private("bob");
    assert_eq!(told.iter().map(|card| card.status.as_str()).collect::<Vec<_>>(), ["Quiet"]);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_platform_that_never_answers_holds_up_neither_the_others_nor_the_write() {
    let world = both().await;
    world.teams().is(Weather::Silent);
    let stop = CancellationToken::new();
    let working = tokio::spawn(Arc::clone(&world.worker(0)).run(stop.clone()));
    world.alert(Fired).await;
    until("the offer", || world.read_if("Unhealthy").is_some_and(|offer| offer.buttons().len() == 2)).await;
    world.press("alex", &world.button("Approve")).await;
    until("the write", || world.puts_sent().len() == 1).await;
    until("the message", || world.read_if("Writing").or_else(|| world.read_if("Verifying")).is_some()).await;
    assert!(world.teams().messages().is_empty());

    world.teams().is(Weather::Fine);
    world.teams().hang_up();
    stop.cancel();
    working.await.unwrap();
    pass(&world, 5).await;
    assert_eq!(world.message().await.status(), "Fixed");
    assert_eq!((world.teams().messages().len(), world.teams().read().status.as_str()), (1, "Fixed"));
    world.thread().await;
    world.teams().read_threads();
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn after_a_crash_a_platform_that_never_answers_holds_up_the_write_for_seconds_at_the_most() {
    let mut world = both().await;
    world.alert(Fired).await;
    world.message().await;
    world.thread().await;
    world.teams().read();
    world.teams().read_threads();
    world.click("alex", "Approve").await;
    // Somebody claimed the write and the messages, and died.
    let incident = world.incidents().await.remove(0).id;
    world.work_once().await;
    world.dies_holding(&incident).await;
    world.teams().is(Weather::Silent);
    world.restart().await;
    let worker = world.worker(0);
    let stop = CancellationToken::new();
    let working = tokio::spawn(worker.run(stop.clone()));
    until("the write", || world.puts_sent().len() == 1).await;
    world.teams().is(Weather::Fine);
    world.teams().hang_up();
    stop.cancel();
    working.await.unwrap();
    pass(&world, 5).await;
    assert_eq!(world.message().await.status(), "Fixed");
    assert_eq!(world.teams().read().status, "Fixed");
    world.thread().await;
    world.teams().read_threads();
    world.finish().await;
}

/// Waits for something that happens in real time.
async fn until(what: &str, happened: impl Fn() -> bool) {
    for _ in 0..1500 {
        if happened() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("waited for {what} in vain");
}
