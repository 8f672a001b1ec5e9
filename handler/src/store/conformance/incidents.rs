//! An incident is replaced by whoever read it last, and a gateway has one that is open.

use std::sync::Arc;

use domain::incident::Entry;
use futures::future::join_all;

use super::{Subject, at, claimed, gateway, incident, incident_id};
use crate::ports::{Opened, Saved, Store, Version, Wake};

pub(crate) async fn an_incident_reads_back_as_it_was(subject: Subject) {
    let opened = incident("INC-AAAA", "agw-shop", 0);
    assert_eq!(subject.store.load(&opened.id).await.unwrap(), None);
    assert_eq!(subject.store.open(&opened).await.unwrap(), Opened::New);
    let (loaded, _) = subject.store.load(&opened.id).await.unwrap().unwrap();
    assert_eq!(loaded, opened);
    let unknown =
        subject.store.save(&incident("INC-BBBB", "agw-shop", 0), Version("1".into())).await.unwrap();
    assert_eq!(unknown, Saved::Conflict);
}

pub(crate) async fn a_large_document_reads_back_as_well(subject: Subject) {
    let mut large = incident("INC-AAAA", "agw-shop", 0);
    large.timeline.push(Entry::new(at(1), "a long story – ".repeat(30_000)));
    subject.store.open(&large).await.unwrap();
    let (loaded, version) = subject.store.load(&large.id).await.unwrap().unwrap();
    assert_eq!(loaded, large);
    assert_eq!(subject.store.save(&large, version).await.unwrap(), Saved::Yes);
    assert_eq!(subject.store.trail(&large.id).await.unwrap(), large.timeline);
}

pub(crate) async fn of_two_writers_the_second_must_load_again(subject: Subject) {
    let opened = incident("INC-AAAA", "agw-shop", 0);
    subject.store.open(&opened).await.unwrap();
    let (_, version) = subject.store.load(&opened.id).await.unwrap().unwrap();
    let (mut first, mut second) = (opened.clone(), opened.clone());
    first.timeline.push(Entry::new(at(1), "the first"));
    second.timeline.push(Entry::new(at(1), "the second"));
    assert_eq!(subject.store.save(&first, version.clone()).await.unwrap(), Saved::Yes);
    assert_eq!(subject.store.save(&second, version.clone()).await.unwrap(), Saved::Conflict);
    let (kept, newer) = subject.store.load(&opened.id).await.unwrap().unwrap();
    assert_eq!(kept, first);
    assert_ne!(newer, version);
    assert_eq!(subject.store.save(&second, newer).await.unwrap(), Saved::Yes);
}

pub(crate) async fn a_version_of_another_store_is_a_conflict(subject: Subject) {
    let opened = incident("INC-AAAA", "agw-shop", 0);
    subject.store.open(&opened).await.unwrap();
    for foreign in ["7", "\"0x8DC0FFEE\"", ""] {
        let saved = subject.store.save(&opened, Version(foreign.into())).await.unwrap();
        assert_eq!(saved, Saved::Conflict, "{foreign}");
    }
}

pub(crate) async fn of_many_openers_at_once_one_is_first(subject: Subject) {
    let incidents: Vec<_> = (0..16).map(|n| incident(&format!("INC-AAA{n:X}"), "agw-shop", n)).collect();
    let opened = join_all(incidents.iter().map(|incident| subject.store.open(incident))).await;
    let opened: Vec<Opened> = opened.into_iter().map(Result::unwrap).collect();
    let first = opened.iter().position(|opened| *opened == Opened::New).unwrap();
    let joined = Opened::Joined(incidents[first].id.clone());
    assert_eq!(opened.iter().filter(|opened| **opened == joined).count(), 15);
    assert_eq!(subject.store.open_incidents().await.unwrap(), [incidents[first].clone()]);
}

pub(crate) async fn a_gateway_is_the_same_in_any_spelling(subject: Subject) {
    let opened = incident("INC-AAAA", "agw-shop", 0);
    subject.store.open(&opened).await.unwrap();
    let joined = subject.store.open(&incident("INC-BBBB", "AGW-Shop", 0)).await.unwrap();
    assert_eq!(joined, Opened::Joined(opened.id.clone()));
    assert_eq!(subject.store.open_for(&gateway("AGW-SHOP")).await.unwrap(), Some(opened.id));
    assert_eq!(subject.store.open_for(&gateway("agw-other")).await.unwrap(), None);
}

pub(crate) async fn closing_frees_the_gateway(subject: Subject) {
    let mut first = incident("INC-AAAA", "agw-shop", 0);
    subject.store.open(&first).await.unwrap();
    let (_, version) = subject.store.load(&first.id).await.unwrap().unwrap();
    first.closed_at = Some(at(60));
    subject.store.save(&first, version).await.unwrap();
    assert_eq!(subject.store.open_for(&first.gateway).await.unwrap(), None);
    let second = incident("INC-BBBB", "agw-shop", 120);
    assert_eq!(subject.store.open(&second).await.unwrap(), Opened::New);
    assert_eq!(subject.store.open_for(&first.gateway).await.unwrap(), Some(second.id));
    assert_eq!(subject.store.load(&first.id).await.unwrap().unwrap().0, first);
}

pub(crate) async fn an_id_is_given_once(subject: Subject) {
    let first = incident("INC-AAAA", "agw-shop", 0);
    subject.store.open(&first).await.unwrap();
    assert_eq!(subject.store.open(&incident("INC-AAAA", "agw-other", 0)).await.unwrap(), Opened::IdTaken);
    assert_eq!(subject.store.load(&first.id).await.unwrap().unwrap().0, first);
    assert_eq!(subject.store.open_for(&gateway("agw-other")).await.unwrap(), None);
}

pub(crate) async fn opening_again_joins_itself(subject: Subject) {
    let opened = incident("INC-AAAA", "agw-shop", 0);
    subject.store.open(&opened).await.unwrap();
    assert_eq!(subject.store.open(&opened).await.unwrap(), Opened::Joined(opened.id));
}

pub(crate) async fn sixteen_writers_each_count(subject: Subject) {
    let opened = incident("INC-AAAA", "agw-shop", 0);
    subject.store.open(&opened).await.unwrap();
    let writers = (0..16).map(|n| tokio::spawn(add(subject.store.clone(), format!("writer {n}"))));
    for writer in join_all(writers).await {
        writer.unwrap();
    }
    let (kept, _) = subject.store.load(&opened.id).await.unwrap().unwrap();
    let mut seen: Vec<_> = kept.timeline.iter().filter(|entry| entry.what.starts_with("writer")).collect();
    seen.sort_by(|one, other| one.what.cmp(&other.what));
    seen.dedup();
    assert_eq!(seen.len(), 16);
    assert_eq!(kept.timeline.len(), opened.timeline.len() + 16);
}

/// Adds to the timeline, as often as it takes.
async fn add(store: Arc<dyn Store>, what: String) {
    loop {
        let (mut incident, version) = store.load(&incident_id("INC-AAAA")).await.unwrap().unwrap();
        incident.timeline.push(Entry::new(at(1), what.clone()));
        if store.save(&incident, version).await.unwrap() == Saved::Yes {
            return;
        }
    }
}

pub(crate) async fn open_incidents_come_newest_first(subject: Subject) {
    for (id, gateway, seconds) in [("INC-AAAA", "a", 10), ("INC-BBBB", "b", 30), ("INC-CCCC", "c", 20)] {
        subject.store.open(&incident(id, gateway, seconds)).await.unwrap();
    }
    let (mut closed, version) = subject.store.load(&incident_id("INC-CCCC")).await.unwrap().unwrap();
    closed.closed_at = Some(at(40));
    subject.store.save(&closed, version).await.unwrap();
    let open = subject.store.open_incidents().await.unwrap();
    let ids: Vec<_> = open.iter().map(|incident| incident.id.as_str()).collect();
    assert_eq!(ids, ["INC-BBBB", "INC-AAAA"]);
}

pub(crate) async fn the_sweep_finds_incidents_when_they_are_due(subject: Subject) {
    let opened = incident("INC-AAAA", "agw-shop", 10);
    let wake = [Wake::Incident(opened.id.clone())];
    subject.store.open(&opened).await.unwrap();
    assert_eq!(subject.store.due(at(9)).await.unwrap(), []);
    assert_eq!(subject.store.due(at(10)).await.unwrap(), wake);
    // Somebody works on it: not due until their claim runs out.
    let (_, version) = subject.store.load(&opened.id).await.unwrap().unwrap();
    subject.store.save(&claimed(opened, at(10), 120), version).await.unwrap();
    assert_eq!(subject.store.due(at(129)).await.unwrap(), []);
    assert_eq!(subject.store.due(at(130)).await.unwrap(), wake);
}

pub(crate) async fn a_closed_incident_is_still_swept(subject: Subject) {
    let mut opened = incident("INC-AAAA", "agw-shop", 0);
    subject.store.open(&opened).await.unwrap();
    let (_, version) = subject.store.load(&opened.id).await.unwrap().unwrap();
    opened.closed_at = Some(at(1));
    subject.store.save(&opened, version).await.unwrap();
    assert_eq!(subject.store.due(at(2)).await.unwrap(), [Wake::Incident(opened.id)]);
}

pub(crate) async fn a_sweep_is_bounded(subject: Subject) {
    let incidents: Vec<_> =
        (0..120).map(|n| incident(&format!("INC-{n:04}"), &format!("agw-{n}"), n)).collect();
    for some in incidents.chunks(8) {
        for opened in join_all(some.iter().map(|incident| subject.store.open(incident))).await {
            assert_eq!(opened.unwrap(), Opened::New);
        }
    }
    let due = subject.store.due(at(1_000)).await.unwrap();
    assert_eq!(due.len(), 100);
    assert_eq!(due.first(), Some(&Wake::Incident(incident_id("INC-0000"))), "the longest waiting first");
}
