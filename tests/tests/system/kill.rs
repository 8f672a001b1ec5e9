//! Promise 2, under `kill -9`.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

use domain::alert::Condition::Fired;
use tests::{House, Moment, Stage};

use crate::AGW;

/// The bot is killed at a moment of the write, started again, and ends the story with one write.
async fn killed_at(moment: Moment) {
    let mut house = House::open(AGW, "root-403", "info").await;
    house.alert().await;
    house.until_status("Unhealthy").await;
    house.gate.cut(moment);
    let approve = house.talk.button("Approve");
    house.talk.press("alex", &approve).await;
    house.kill_at_the_cut().await;
    house.start().await;
    let end = house.until_status("Fixed").await;
    end.says("<@U07ALEX>");
    assert_eq!(house.azure.puts(), 1, "one write took effect");
    assert_eq!(house.talk.slack.messages().len(), 1);
}

#[tokio::test]
async fn promise_2_killed_when_the_put_is_on_its_way() {
    killed_at(Moment::PutOnItsWay).await;
}

#[tokio::test]
async fn promise_2_killed_when_azure_has_taken_the_put() {
    killed_at(Moment::PutTaken).await;
}

#[tokio::test]
async fn promise_2_killed_while_following_the_write() {
    killed_at(Moment::FirstPoll).await;
}

#[tokio::test]
async fn promise_2_killed_before_the_read_back() {
    killed_at(Moment::ReadBack).await;
}

#[tokio::test]
async fn promise_2_killed_five_times_at_random() {
    let mut house = House::open(AGW, "root-403", "info").await;
    let random = |salt: u64| usize::try_from(RandomState::new().hash_one(salt) % 8).unwrap();
    let moments: Vec<Moment> =
        (0..5)
            .map(|salt| {
                if salt % 2 == 0 { Moment::Before(1 + random(salt)) } else { Moment::After(1 + random(salt)) }
            })
            .collect();
    house.gate.cut(moments[0]);
    house.alert().await;
    house.until_status_through_kills("Unhealthy").await;
    for moment in &moments[1..3] {
        house.gate.cut(*moment);
        house.talk.slack("bob", "/agw diagnose agw-prod").await;
        house.until_status_through_kills("Unhealthy").await;
    }
    house.gate.cut(moments[3]);
    let approve = house.talk.button("Approve");
    house.talk.press("alex", &approve).await;
    house.until_status_through_kills("Fixed").await;
    house.gate.cut(moments[4]);
    house.talk.slack("bob", "/agw diagnose agw-prod").await;
    house.until_status_through_kills("Healthy").await;
    assert_eq!(house.azure.puts(), 1, "killed at {moments:?}");
}

/// The bot is dropped in the middle of the request of each number in turn, before or after Azure has heard of
/// it, until a story ends without.
async fn dropped_at_every_request(moment: impl Fn(usize) -> Moment) {
    for number in 1.. {
        let mut world = Stage::named("root-403").gate().start().await;
        world.gate.as_ref().unwrap().cut(moment(number));
        world.alert(Fired).await;
        if world.settle_or_die().await {
            world.restart().await;
        }
        assert_eq!(world.message().await.buttons(), ["Approve", "Reject"], "request {number}");
        let approve = world.button("Approve");
        world.press("alex", &approve).await;
        if world.settle_or_die().await {
            world.restart().await;
        }
        let end = world.message().await;
        assert_eq!(end.status(), "Fixed", "request {number}: {end}");
        assert_eq!(world.azure.puts(), 1, "request {number}");
        // Slack knows no way to say "this is the message that I may have posted already", so one that was on its
        // way when the bot died may stand there twice. Only the latter is brought up to date.
        let messages = world.slack.messages();
        assert!(messages.len() <= 2, "request {number}");
        messages.iter().for_each(|message| drop(world.slack.read(&message.ts)));
        world.thread().await;
        let over = world.gate.as_ref().unwrap().is_armed();
        world.finish().await;
        if over {
            assert!(number > 10, "there are more requests than {number}");
            return;
        }
    }
}

#[tokio::test]
async fn promise_2_dropped_before_every_request() {
    dropped_at_every_request(Moment::Before).await;
}

#[tokio::test]
async fn promise_2_dropped_after_every_request() {
    dropped_at_every_request(Moment::After).await;
}

#[tokio::test]
async fn what_kills_the_bot_each_time_is_given_up_in_the_end() {
    let mut world = Stage::named("root-403").gate().start().await;
    world.alert(Fired).await;
    for life in 1..=20 {
        world.gate.as_ref().unwrap().cut(Moment::Before(1));
        assert!(world.settle_or_die().await, "life {life}");
        world.restart().await;
    }
    let end = world.message().await;
    assert_eq!(end.status(), "Failed");
    end.says("begun 20 times");
    let messages = world.slack.messages();
    assert!(messages.len() <= 2, "one before the first death, and one after: {}", messages.len());
    messages.iter().for_each(|message| drop(world.slack.read(&message.ts)));
    world.finish().await;
}
