//! Small documents: read as they were kept, and changed by compare-and-swap.

use futures::future::join_all;
use serde_json::json;

use super::Subject;
use crate::ports::{Saved, Version};

pub(crate) async fn a_note_reads_back_as_it_was(subject: Subject) {
    let name = "storm/slack/19:abc/def?x=1#ö";
    assert_eq!(subject.store.note(name).await.unwrap(), None);
    let note = json!([{"until": "2026-11-22T03:04:05Z", "list": [1, 2.5, null], "word": "✓"}]);
    assert_eq!(subject.store.keep_note(name, &note, None).await.unwrap(), Saved::Yes);
    let (found, version) = subject.store.note(name).await.unwrap().unwrap();
    assert_eq!(found, note);
    assert_eq!(subject.store.keep_note(name, &json!([]), Some(&version)).await.unwrap(), Saved::Yes);
    assert_eq!(subject.store.note(name).await.unwrap().unwrap().0, json!([]));
    assert_eq!(subject.store.note("another").await.unwrap(), None);
}

pub(crate) async fn of_two_who_change_a_note_the_second_must_read_again(subject: Subject) {
    let store = &subject.store;
    assert_eq!(store.keep_note("n", &json!(1), None).await.unwrap(), Saved::Yes);
    assert_eq!(store.keep_note("n", &json!(2), None).await.unwrap(), Saved::Conflict, "it is there");
    let (_, version) = store.note("n").await.unwrap().unwrap();
    assert_eq!(store.keep_note("n", &json!(3), Some(&version)).await.unwrap(), Saved::Yes);
    assert_eq!(store.keep_note("n", &json!(4), Some(&version)).await.unwrap(), Saved::Conflict);
    assert_eq!(store.note("n").await.unwrap().unwrap().0, json!(3));
    assert_eq!(store.keep_note("none", &json!(5), Some(&version)).await.unwrap(), Saved::Conflict);
    assert_eq!(store.note("none").await.unwrap(), None);
}

pub(crate) async fn a_note_with_a_version_of_another_store_is_a_conflict(subject: Subject) {
    assert_eq!(subject.store.keep_note("n", &json!(1), None).await.unwrap(), Saved::Yes);
    for version in ["*", "", "\"0x8D\"", "x", "999999"] {
        let version = Version(version.to_owned());
        assert_eq!(subject.store.keep_note("n", &json!(2), Some(&version)).await.unwrap(), Saved::Conflict);
    }
}

pub(crate) async fn sixteen_who_change_a_note_at_once_each_count(subject: Subject) {
    let store = &subject.store;
    let count = || async {
        loop {
            let (n, version) = match store.note("n").await.unwrap() {
                Some((n, version)) => (n.as_u64().unwrap(), Some(version)),
                None => (0, None),
            };
            if store.keep_note("n", &json!(n + 1), version.as_ref()).await.unwrap() == Saved::Yes {
                return;
            }
        }
    };
    join_all((0..16).map(|_| count())).await;
    assert_eq!(store.note("n").await.unwrap().unwrap().0, json!(16));
}
