//! What is too long for a message.

use super::*;

pub(super) fn long() -> Card {
    let mut card = card();
    card.evidence = (0..200).map(|number| Text::of(format!("server {number} {}", "x".repeat(200)))).collect();
    card
}

fn place(slack: &FakeSlack, url: &str) {
    slack.answers(200, json!({ "ok": true, "upload_url": url, "file_id": "F1" }));
}

#[tokio::test]
async fn what_a_thread_has_no_room_for_is_a_file_beside_it() {
    let (slack, chat, origin) = FakeSlack::start().await;
    place(&slack, &format!("{origin}/upload/1"));
    chat.thread(&message(), &long()).await.expect("said");
    let asked = slack.asked();
    let paths = [
        "api/files.getUploadURLExternal",
        "upload/1",
        "api/chat.postMessage",
        "api/files.completeUploadExternal",
    ];
    assert_eq!(slack.paths(), paths);
    let whole = long().plain() + "\n";
    assert_eq!(asked[0].2, json!(format!("filename=agw-prod-fixed.txt&length={}", whole.len())));
    assert_eq!((&asked[1].1, &asked[1].2), (&None, &json!(whole)), "without the token");
    let text = asked[2].2["blocks"].to_string();
    assert!(text.contains("more in the file below") && text.contains("server 0 "), "{text}");
    assert_eq!(
        asked[3].2,
        json!({ "files": [{ "id": "F1", "title": "agw-prod: Fixed" }], "channel_id": "C1", "thread_ts": "1.2" })
    );
}

#[tokio::test]
async fn what_fits_is_no_file() {
    let (slack, chat, _) = FakeSlack::start().await;
    chat.thread(&message(), &card()).await.expect("said");
    assert_eq!(slack.paths(), ["api/chat.postMessage"]);
}

#[tokio::test]
async fn a_file_goes_to_slack_and_nowhere_else() {
    let (slack, chat, _) = FakeSlack::start().await;
    place(&slack, "https://evil.example/upload/1");
    chat.thread(&message(), &long()).await.expect("said without it");
    assert_eq!(slack.paths(), ["api/files.getUploadURLExternal", "api/chat.postMessage"]);
    assert!(!slack.asked()[1].2["blocks"].to_string().contains("file below"), "it promises no file");
}

#[tokio::test]
async fn an_app_that_may_not_upload_says_what_it_can() {
    let (slack, chat, _) = FakeSlack::start().await;
    slack.answers(200, json!({ "ok": false, "error": "missing_scope", "needed": "files:write" }));
    chat.thread(&message(), &long()).await.expect("said without it");
    assert_eq!(slack.paths(), ["api/files.getUploadURLExternal", "api/chat.postMessage"]);
}

#[tokio::test]
async fn a_file_that_must_wait_keeps_the_message_waiting() {
    let (slack, chat, _) = FakeSlack::start().await;
    slack.answers(429, json!({}));
    assert_eq!(chat.thread(&message(), &long()).await, busy(7));
    assert_eq!(slack.asked().len(), 1, "nothing was said yet, so nothing is said twice");
}

#[tokio::test]
async fn a_message_says_that_the_rest_is_in_its_thread_and_a_private_answer_does_not() {
    let (slack, chat, _) = FakeSlack::start().await;
    chat.post(&channel(), &long()).await.expect("said");
    chat.reply(&to(None), &long()).await.expect("said");
    let said: Vec<String> = slack.asked().iter().map(|(.., body)| body["blocks"].to_string()).collect();
    assert!(said[0].contains("more in the thread"), "{}", said[0]);
    assert!(!said[1].contains("in the thread") && said[1].contains("do not fit"), "{}", said[1]);
}

#[tokio::test]
async fn a_picture_has_words_for_whoever_cannot_see_it() {
    let (slack, chat, origin) = FakeSlack::start().await;
    place(&slack, &format!("{origin}/upload/1"));
    let picture = Upload {
        name: "way.png".into(),
        title: "The way".into(),
        alt: Some("A link is broken".into()),
        bytes: vec![0, 255, 7],
    };
    let staged = chat.stage(picture).await.expect("staged");
    chat.share(staged, &channel(), "1.2").await.expect("shared");
    assert_eq!(slack.asked()[0].2, json!("filename=way.png&length=3&alt_txt=A+link+is+broken"));
}
