//! Wake-ups appear at their time, and are taken once.

use std::time::Duration;

use jiff::SignedDuration;

use super::{Subject, at, incident_id, request};
use crate::ports::Wake;

fn hint(name: &str) -> Wake {
    Wake::Request(request(name, 0).id)
}

pub(crate) async fn a_hint_is_visible_at_its_time_and_taken_once(subject: Subject) {
    let (one, two) = (hint("one"), Wake::Incident(incident_id("INC-AAAA")));
    assert_eq!(subject.wakeups.next().await.unwrap(), None);
    subject.wakeups.wake(&two, at(20)).await.unwrap();
    subject.wakeups.wake(&one, at(10)).await.unwrap();
    assert_eq!(subject.wakeups.next().await.unwrap(), Some(at(10)));
    assert_eq!(subject.wakeups.take(at(9)).await.unwrap(), []);
    assert_eq!(subject.wakeups.take(at(10)).await.unwrap(), [one]);
    assert_eq!(subject.wakeups.take(at(19)).await.unwrap(), []);
    assert_eq!(subject.wakeups.next().await.unwrap(), Some(at(20)));
    assert_eq!(subject.wakeups.take(at(99)).await.unwrap(), [two]);
    assert_eq!(subject.wakeups.next().await.unwrap(), None);
}

pub(crate) async fn a_hint_is_never_early(subject: Subject) {
    let due = at(0).checked_add(SignedDuration::from_nanos(1_234_567)).unwrap();
    subject.wakeups.wake(&hint("one"), due).await.unwrap();
    let before = due.checked_sub(SignedDuration::from_nanos(1)).unwrap();
    assert_eq!(subject.wakeups.take(before).await.unwrap(), []);
    let next = subject.wakeups.next().await.unwrap().unwrap();
    assert!(next >= due);
    assert_eq!(subject.wakeups.take(next).await.unwrap(), [hint("one")]);
}

pub(crate) async fn doubled_hints_come_once(subject: Subject) {
    for seconds in [10, 10, 11] {
        subject.wakeups.wake(&hint("one"), at(seconds)).await.unwrap();
    }
    assert_eq!(subject.wakeups.take(at(60)).await.unwrap(), [hint("one")]);
    assert_eq!(subject.wakeups.take(at(60)).await.unwrap(), []);
}

pub(crate) async fn a_later_hint_outlives_an_earlier_one(subject: Subject) {
    subject.wakeups.wake(&hint("one"), at(10)).await.unwrap();
    subject.wakeups.wake(&hint("one"), at(40)).await.unwrap();
    assert_eq!(subject.wakeups.take(at(10)).await.unwrap(), [hint("one")]);
    assert_eq!(subject.wakeups.take(at(40)).await.unwrap(), [hint("one")]);
}

pub(crate) async fn two_takers_share_the_hints(subject: Subject) {
    for n in 0..50 {
        subject.wakeups.wake(&hint(&n.to_string()), at(n)).await.unwrap();
    }
    let (one, other) = tokio::join!(subject.wakeups.take(at(99)), subject.wakeups.take(at(99)));
    let mut taken: Vec<String> =
        one.unwrap().into_iter().chain(other.unwrap()).map(|wake| format!("{wake:?}")).collect();
    taken.sort();
    taken.dedup();
    assert_eq!(taken.len(), 50);
}

pub(crate) async fn whoever_waits_is_told(subject: Subject) {
    let wakeups = subject.wakeups.clone();
    let waiting = tokio::spawn(async move { wakeups.sent().await });
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished());
    subject.wakeups.wake(&hint("one"), at(10)).await.unwrap();
    tokio::time::timeout(Duration::from_secs(10), waiting).await.unwrap().unwrap();
}

pub(crate) async fn a_hint_sent_before_the_wait_counts(subject: Subject) {
    subject.wakeups.wake(&hint("one"), at(10)).await.unwrap();
    tokio::time::timeout(Duration::from_secs(10), subject.wakeups.sent()).await.unwrap();
}
