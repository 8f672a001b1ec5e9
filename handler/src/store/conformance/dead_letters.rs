//! Dead letters are shown for a week.

use domain::dead_letter::{About, DeadLetter};
use jiff::Timestamp;

use super::{Subject, at, incident_id, request};

const DAY: i64 = 24 * 3600;

fn letter(id: &str, at: Timestamp) -> DeadLetter {
    let about = About::Request(request(id, 0).id);
    DeadLetter { id: id.into(), at, about, what: format!("the command {id}"), told: false }
}

async fn ids(subject: &Subject, now: Timestamp) -> Vec<String> {
    let letters = subject.store.dead_letters(now).await.unwrap();
    letters.into_iter().map(|letter| letter.id).collect()
}

pub(crate) async fn a_letter_reads_back_as_it_was(subject: Subject) {
    assert_eq!(subject.store.dead_letters(at(0)).await.unwrap(), []);
    let mut sent = letter("8f1f8c1e/…\n?", at(0));
    sent.about = About::Incident(incident_id("INC-AAAA"));
    subject.store.bury(&sent).await.unwrap();
    assert_eq!(subject.store.dead_letters(at(1)).await.unwrap(), [sent]);
}

pub(crate) async fn the_newest_comes_first(subject: Subject) {
    for (id, seconds) in [("b", 20), ("a", 10), ("c", 30)] {
        subject.store.bury(&letter(id, at(seconds))).await.unwrap();
    }
    assert_eq!(ids(&subject, at(60)).await, ["c", "b", "a"]);
}

pub(crate) async fn one_with_the_same_id_is_replaced(subject: Subject) {
    let mut sent = letter("one", at(0));
    subject.store.bury(&sent).await.unwrap();
    sent.told = true;
    subject.store.bury(&sent).await.unwrap();
    assert_eq!(subject.store.dead_letters(at(1)).await.unwrap(), [sent]);
}

pub(crate) async fn after_seven_days_it_is_forgotten(subject: Subject) {
    subject.store.bury(&letter("old", at(0))).await.unwrap();
    subject.store.bury(&letter("new", at(DAY))).await.unwrap();
    assert_eq!(ids(&subject, at(7 * DAY)).await, ["new", "old"]);
    assert_eq!(ids(&subject, at(7 * DAY + 1)).await, ["new"]);
    assert_eq!(ids(&subject, at(DAY)).await, ["new"], "it is gone for good");
}
