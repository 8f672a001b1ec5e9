//! Every entry of a timeline is in the audit trail, once and in order.

use std::sync::Arc;

use domain::incident::{Entry, Incident};
use futures::future::join_all;

use super::{Subject, at, incident, incident_id};
use crate::ports::{Saved, Store};

fn entry(what: impl Into<String>) -> Entry {
    Entry::new(at(1), what)
}

/// Opens an incident and adds to its timeline, one save each.
async fn opened_and_saved(store: &dyn Store, id: &str, gateway: &str, added: &[&str]) -> Incident {
    let mut incident = incident(id, gateway, 0);
    store.open(&incident).await.unwrap();
    for what in added {
        incident.timeline.push(entry(*what));
        let (_, version) = store.load(&incident.id).await.unwrap().unwrap();
        assert_eq!(store.save(&incident, version).await.unwrap(), Saved::Yes);
    }
    incident
}

pub(crate) async fn opening_and_saving_add_to_the_trail(subject: Subject) {
    assert_eq!(subject.store.trail(&incident_id("INC-AAAA")).await.unwrap(), []);
    let mut kept = opened_and_saved(&*subject.store, "INC-AAAA", "agw-shop", &["one", "two"]).await;
    assert_eq!(subject.store.trail(&kept.id).await.unwrap(), kept.timeline);
    assert_eq!(kept.timeline.len(), 3);
    // Several at once, and what no line of text should contain.
    kept.timeline.extend([entry("three\nlines\r\n{\"of\": \"text\"}"), entry("four ✓ – ünïcode"), entry("")]);
    let (_, version) = subject.store.load(&kept.id).await.unwrap().unwrap();
    subject.store.save(&kept, version).await.unwrap();
    assert_eq!(subject.store.trail(&kept.id).await.unwrap(), kept.timeline);
}

pub(crate) async fn a_save_that_lost_leaves_no_trace(subject: Subject) {
    let kept = opened_and_saved(&*subject.store, "INC-AAAA", "agw-shop", &[]).await;
    let (_, version) = subject.store.load(&kept.id).await.unwrap().unwrap();
    let (mut first, mut second) = (kept.clone(), kept);
    first.timeline.push(entry("the first"));
    second.timeline.push(entry("the second"));
    assert_eq!(subject.store.save(&first, version.clone()).await.unwrap(), Saved::Yes);
    assert_eq!(subject.store.save(&second, version).await.unwrap(), Saved::Conflict);
    assert_eq!(subject.store.trail(&first.id).await.unwrap(), first.timeline);
}

pub(crate) async fn savers_that_race_write_each_entry_once(subject: Subject) {
    let opened = opened_and_saved(&*subject.store, "INC-AAAA", "agw-shop", &[]).await;
    let savers = (0..8).map(|n| tokio::spawn(add_two(subject.store.clone(), format!("saver {n}"))));
    for saver in join_all(savers).await {
        saver.unwrap();
    }
    let (kept, _) = subject.store.load(&opened.id).await.unwrap().unwrap();
    assert_eq!(kept.timeline.len(), opened.timeline.len() + 16);
    assert_eq!(subject.store.trail(&opened.id).await.unwrap(), kept.timeline);
}

/// Adds two entries in one save, as often as it takes.
async fn add_two(store: Arc<dyn Store>, what: String) {
    loop {
        let (mut incident, version) = store.load(&incident_id("INC-AAAA")).await.unwrap().unwrap();
        incident.timeline.extend([entry(format!("{what} begins")), entry(format!("{what} ends"))]);
        if store.save(&incident, version).await.unwrap() == Saved::Yes {
            return;
        }
    }
}

pub(crate) async fn what_was_recorded_stays(subject: Subject) {
    let mut kept = opened_and_saved(&*subject.store, "INC-AAAA", "agw-shop", &["one", "two"]).await;
    let recorded = kept.timeline.clone();
    kept.timeline.truncate(1);
    kept.timeline.push(entry("another one"));
    let (_, version) = subject.store.load(&kept.id).await.unwrap().unwrap();
    assert_eq!(subject.store.save(&kept, version).await.unwrap(), Saved::Yes);
    assert_eq!(subject.store.trail(&kept.id).await.unwrap(), recorded);
}

pub(crate) async fn each_incident_has_its_own(subject: Subject) {
    let one = opened_and_saved(&*subject.store, "INC-AAAA", "agw-shop", &["one"]).await;
    let other = opened_and_saved(&*subject.store, "INC-BBBB", "agw-other", &["two", "three"]).await;
    assert_eq!(subject.store.trail(&one.id).await.unwrap(), one.timeline);
    assert_eq!(subject.store.trail(&other.id).await.unwrap(), other.timeline);
}
