//! Requests are accepted once, and stay until they are finished.

use futures::future::join_all;

use super::{Subject, at, request};
use crate::ports::{Reception, Wake};

pub(crate) async fn a_request_reads_back_as_it_was(subject: Subject) {
    let asked = request("one", 0);
    assert_eq!(subject.store.request(&asked.id).await.unwrap(), None);
    subject.store.accept(&asked).await.unwrap();
    assert_eq!(subject.store.request(&asked.id).await.unwrap(), Some(asked));
}

pub(crate) async fn a_request_is_kept_once(subject: Subject) {
    let first = request("one", 0);
    let again = request("one", 5);
    assert_eq!(subject.store.accept(&first).await.unwrap(), Reception::New);
    assert_eq!(subject.store.accept(&again).await.unwrap(), Reception::Repeated);
    assert_eq!(subject.store.request(&first.id).await.unwrap(), Some(first));
    assert_eq!(subject.store.accept(&request("two", 5)).await.unwrap(), Reception::New);
}

pub(crate) async fn of_many_deliveries_at_once_one_is_new(subject: Subject) {
    let asked = request("one", 0);
    let receptions = join_all((0..16).map(|_| subject.store.accept(&asked))).await;
    let new = receptions.into_iter().filter(|reception| *reception.as_ref().unwrap() == Reception::New);
    assert_eq!(new.count(), 1);
}

pub(crate) async fn a_finished_request_is_gone_and_its_id_known(subject: Subject) {
    let asked = request("one", 0);
    subject.store.accept(&asked).await.unwrap();
    subject.store.finish_request(&asked.id).await.unwrap();
    subject.store.finish_request(&asked.id).await.unwrap();
    assert_eq!(subject.store.request(&asked.id).await.unwrap(), None);
    assert_eq!(subject.store.due(at(23 * 3600)).await.unwrap(), []);
    assert_eq!(subject.store.accept(&asked).await.unwrap(), Reception::Repeated);
    let unknown = request("unknown", 0);
    subject.store.finish_request(&unknown.id).await.unwrap();
    assert_eq!(subject.store.accept(&unknown).await.unwrap(), Reception::New);
}

pub(crate) async fn a_failure_is_counted_and_delays(subject: Subject) {
    let asked = request("one", 0);
    subject.store.accept(&asked).await.unwrap();
    assert_eq!(subject.store.postpone_request(&asked.id, at(10)).await.unwrap(), 1);
    assert_eq!(subject.store.postpone_request(&asked.id, at(30)).await.unwrap(), 2);
    assert_eq!(subject.store.due(at(29)).await.unwrap(), []);
    assert_eq!(subject.store.due(at(30)).await.unwrap(), [Wake::Request(asked.id.clone())]);
    assert_eq!(subject.store.request(&asked.id).await.unwrap(), Some(asked));
}

pub(crate) async fn a_finished_request_cannot_be_postponed(subject: Subject) {
    let asked = request("one", 0);
    subject.store.accept(&asked).await.unwrap();
    subject.store.finish_request(&asked.id).await.unwrap();
    assert_eq!(subject.store.postpone_request(&asked.id, at(10)).await.unwrap(), 0);
    assert_eq!(subject.store.due(at(60)).await.unwrap(), []);
}

pub(crate) async fn the_sweep_finds_requests_that_nobody_was_woken_for(subject: Subject) {
    for (name, seconds) in [("late", 20), ("early", 10), ("future", 90)] {
        subject.store.accept(&request(name, seconds)).await.unwrap();
    }
    let due = subject.store.due(at(60)).await.unwrap();
    assert_eq!(due, [Wake::Request(request("early", 10).id), Wake::Request(request("late", 20).id)]);
}
