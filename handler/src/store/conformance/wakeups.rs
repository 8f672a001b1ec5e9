//! Wake-ups appear at their time, and are taken once.
//!
//! A queue in real time may be up to a second late, so the moments here are seconds apart, and few.

use std::time::Duration;

use jiff::Timestamp;

use super::{Subject, incident_id, request};
use crate::ports::Wake;

/// Longer than any wait here takes, and shorter than a test may.
const PATIENCE: Duration = Duration::from_secs(20);

fn hint(name: &str) -> Wake {
    Wake::Request(request(name, 0).id)
}

async fn wake(subject: &Subject, name: &str, at: Timestamp) {
    subject.wakeups.wake(&hint(name), at).await.unwrap();
}

async fn take(subject: &Subject, now: Timestamp) -> Vec<Wake> {
    subject.wakeups.take(now).await.unwrap()
}

/// Takes until there is nothing more.
async fn take_all(subject: &Subject, now: Timestamp) -> Vec<String> {
    let mut taken = Vec::new();
    loop {
        let some = take(subject, now).await;
        if some.is_empty() {
            return taken;
        }
        taken.extend(some.iter().map(ToString::to_string));
    }
}

/// Waits, and panics if that takes longer than it may.
async fn wait(subject: &Subject, now: Timestamp, at_most: Duration) {
    tokio::time::timeout(PATIENCE, subject.wakeups.wait(now, at_most)).await.unwrap();
}

pub(crate) async fn a_hint_is_visible_at_its_time_and_taken_once(subject: Subject) {
    let two = Wake::Incident(incident_id("INC-AAAA"));
    subject.wakeups.wake(&two, subject.at(5)).await.unwrap();
    wake(&subject, "one", subject.at(2)).await;
    assert_eq!(take(&subject, subject.at(0)).await, []);
    let now = subject.reach(subject.at(2)).await;
    assert_eq!(take(&subject, now).await, [hint("one")]);
    assert_eq!(take(&subject, now).await, []);
    let now = subject.reach(subject.at(5)).await;
    assert_eq!(take(&subject, now).await, [two]);
    assert_eq!(take(&subject, now).await, []);
}

pub(crate) async fn a_hint_is_never_early(subject: Subject) {
    wake(&subject, "one", subject.at(2)).await;
    let before = subject.approach(subject.at(2)).await;
    assert_eq!(take(&subject, before).await, []);
    let now = subject.reach(subject.at(2)).await;
    assert_eq!(take(&subject, now).await, [hint("one")]);
}

pub(crate) async fn doubled_hints_come_once(subject: Subject) {
    for seconds in [1, 1, 2] {
        wake(&subject, "one", subject.at(seconds)).await;
    }
    let now = subject.reach(subject.at(2)).await;
    assert_eq!(take(&subject, now).await, [hint("one")]);
    assert_eq!(take(&subject, now).await, []);
}

pub(crate) async fn a_later_hint_outlives_an_earlier_one(subject: Subject) {
    wake(&subject, "one", subject.at(1)).await;
    wake(&subject, "one", subject.at(4)).await;
    let now = subject.reach(subject.at(1)).await;
    assert_eq!(take(&subject, now).await, [hint("one")]);
    let now = subject.reach(subject.at(4)).await;
    assert_eq!(take(&subject, now).await, [hint("one")]);
}

pub(crate) async fn two_takers_share_the_hints(subject: Subject) {
    for n in 0..50 {
        wake(&subject, &n.to_string(), subject.at(0)).await;
    }
    let now = subject.reach(subject.at(0)).await;
    let (one, other) = tokio::join!(take_all(&subject, now), take_all(&subject, now));
    let mut taken: Vec<String> = one.into_iter().chain(other).collect();
    assert_eq!(taken.len(), 50);
    taken.sort();
    taken.dedup();
    assert_eq!(taken.len(), 50);
}

pub(crate) async fn whoever_waits_is_told(subject: Subject) {
    let (wakeups, now) = (subject.wakeups.clone(), subject.at(0));
    let waiting = tokio::spawn(async move { wakeups.wait(now, PATIENCE * 2).await });
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished());
    wake(&subject, "one", now).await;
    tokio::time::timeout(PATIENCE, waiting).await.unwrap().unwrap();
}

pub(crate) async fn a_hint_sent_before_the_wait_counts(subject: Subject) {
    wake(&subject, "one", subject.at(0)).await;
    wait(&subject, subject.at(0), PATIENCE * 2).await;
}

pub(crate) async fn waiting_ends_when_a_hint_becomes_visible(subject: Subject) {
    wake(&subject, "one", subject.at(1)).await;
    wait(&subject, subject.at(0), PATIENCE * 2).await;
}

pub(crate) async fn waiting_ends_without_a_hint(subject: Subject) {
    wait(&subject, subject.at(0), Duration::from_millis(20)).await;
    wait(&subject, subject.at(0), Duration::ZERO).await;
}

/// A hint for later does not keep a waiter from the one that is there.
pub(crate) async fn other_hints_do_not_hide_one(subject: Subject) {
    wake(&subject, "later", subject.at(3_600)).await;
    wake(&subject, "one", subject.at(0)).await;
    wait(&subject, subject.at(0), PATIENCE * 2).await;
    let now = subject.reach(subject.at(0)).await;
    assert_eq!(take(&subject, now).await, [hint("one")]);
}
