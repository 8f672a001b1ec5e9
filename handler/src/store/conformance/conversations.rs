//! How a channel is reached is kept for each channel of each platform.

use domain::request::{Channel, Platform};
use serde_json::json;

use super::Subject;

fn channel(platform: Platform, id: &str) -> Channel {
    Channel { platform, id: id.into() }
}

pub(crate) async fn a_channel_is_reached_as_it_was_kept(subject: Subject) {
    let ops = channel(Platform::Slack, "19:abc/def?x=1#ö@thread.tacv2");
    assert_eq!(subject.store.conversation(&ops).await.unwrap(), None);
    let reference = json!({"serviceUrl": "https://chat.example/emea/", "list": [1, 2.5, null], "word": "✓"});
    subject.store.keep_conversation(&ops, &reference).await.unwrap();
    assert_eq!(subject.store.conversation(&ops).await.unwrap(), Some(reference));
}

pub(crate) async fn the_latest_counts(subject: Subject) {
    let ops = channel(Platform::Slack, "C05OPS0001");
    for n in 0..3 {
        subject.store.keep_conversation(&ops, &json!({ "n": n })).await.unwrap();
    }
    assert_eq!(subject.store.conversation(&ops).await.unwrap(), Some(json!({"n": 2})));
}

pub(crate) async fn each_channel_of_each_platform_has_its_own(subject: Subject) {
    let channels =
        [channel(Platform::Slack, "one"), channel(Platform::Slack, "ONE"), channel(Platform::Console, "one")];
    for (n, channel) in channels.iter().enumerate() {
        subject.store.keep_conversation(channel, &json!(n)).await.unwrap();
    }
    for (n, channel) in channels.iter().enumerate() {
        assert_eq!(subject.store.conversation(channel).await.unwrap(), Some(json!(n)));
    }
}
