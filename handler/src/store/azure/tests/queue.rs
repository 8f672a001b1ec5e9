//! What is in the queue, and when.

use std::time::{Duration, Instant};

use azure_storage_queue::models::QueueMessage;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use jiff::SignedDuration;

use super::account::Account;
use crate::clock::SystemClock;
use crate::ports::{Clock, Wake, Wakeups};
use crate::store::AzureStore;
use crate::store::azure::queue::delay;
use crate::store::conformance::{incident_id, request};

fn hint() -> Wake {
    Wake::Incident(incident_id("INC-AAAA"))
}

fn in_seconds(seconds: i64) -> jiff::Timestamp {
    SystemClock.now() + SignedDuration::from_secs(seconds)
}

#[test]
fn delays_are_whole_seconds_and_never_too_short() {
    let now = SystemClock.now();
    let after = |milliseconds| delay(now + SignedDuration::from_millis(milliseconds), now);
    assert_eq!([-5_000, -1, 0, 1, 999, 1_000, 1_001].map(after), [0, 0, 0, 1, 1, 1, 2]);
    assert_eq!(after(30 * 24 * 3_600_000), 6 * 24 * 3_600, "no longer than a message lives");
    assert_eq!(delay(jiff::Timestamp::MAX, now), 6 * 24 * 3_600);
}

async fn texts(store: &AzureStore) -> Vec<String> {
    let peeked = store.queue.client.peek_messages(None).await.unwrap().into_model().unwrap();
    peeked.items.unwrap_or_default().into_iter().filter_map(|message| message.message_text).collect()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Azurite: cargo xtask test"]
async fn a_message_is_base64_of_the_wake_up() {
    let store = Account::new().store();
    store.wake(&hint(), SystemClock.now()).await.unwrap();
    assert_eq!(texts(&store).await, [BASE64_STANDARD.encode("incident:INC-AAAA")]);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Azurite: cargo xtask test"]
async fn a_message_that_is_no_wake_up_is_dropped() {
    let store = Account::new().store();
    store.warm().await;
    for text in ["incident:INC-AAAA", "?", "", &BASE64_STANDARD.encode("incident:?")] {
        let message = QueueMessage { message_text: Some(text.into()) };
        store.queue.client.send_message(message.try_into().unwrap(), None).await.unwrap();
    }
    store.wake(&hint(), SystemClock.now()).await.unwrap();
    assert_eq!(store.take(SystemClock.now()).await.unwrap(), [hint()]);
    assert_eq!(texts(&store).await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Azurite: cargo xtask test"]
async fn a_delay_is_honoured_and_waited_for() {
    let account = Account::new();
    let (here, there) = (account.store(), account.store());
    here.warm().await;
    let (due, begun) = (in_seconds(2), Instant::now());
    here.wake(&hint(), due).await.unwrap();
    while SystemClock.now() < due - SignedDuration::from_millis(200) {
        assert_eq!(there.take(SystemClock.now()).await.unwrap(), []);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let mut taken = Vec::new();
    while taken.is_empty() {
        here.wait(SystemClock.now(), Duration::from_secs(60)).await;
        taken = here.take(SystemClock.now()).await.unwrap();
    }
    assert_eq!(taken, [hint()]);
    assert!(begun.elapsed() >= Duration::from_millis(1_900) && begun.elapsed() < Duration::from_secs(6));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Azurite: cargo xtask test"]
async fn another_instance_notices_within_seconds() {
    let account = Account::new();
    let (here, there) = (account.store(), account.store());
    there.warm().await;
    here.wake(&hint(), SystemClock.now()).await.unwrap();
    let begun = Instant::now();
    while there.take(SystemClock.now()).await.unwrap().is_empty() {
        there.wait(SystemClock.now(), Duration::from_secs(60)).await;
    }
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Azurite: cargo xtask test"]
async fn what_is_on_its_way_is_not_sent_again() {
    let store = Account::new().store();
    store.warm().await;
    let due = in_seconds(1);
    for _ in 0..5 {
        store.wake(&hint(), due).await.unwrap();
    }
    store.wake(&Wake::Request(request("one", 0).id), due).await.unwrap();
    let sent = store.queue.client.get_properties(None).await.unwrap();
    let count = sent.headers().get_optional_str(&"x-ms-approximate-messages-count".into());
    assert_eq!(count, Some("2"));
}
