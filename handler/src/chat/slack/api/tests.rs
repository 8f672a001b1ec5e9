use domain::card::{Text, Tone};
use domain::request::Person;

use super::super::fake::{FakeSlack, TOKEN};
use super::*;
use crate::chat::fakes;

mod files;

fn card() -> Card {
    Card::new(Tone::Good, "Fixed", "agw-prod", Text::of("All is well."))
}

fn channel() -> Channel {
    Channel { platform: Platform::Slack, id: "ops".into() }
}

fn message() -> MessageRef {
    MessageRef { channel: Channel { platform: Platform::Slack, id: "C1".into() }, id: "1.2".into() }
}

fn to(url: Option<String>) -> ReplyTo {
    ReplyTo::new(Person { platform: Platform::Slack, id: "U1".into(), name: None }, channel(), url)
}

#[tokio::test]
async fn a_post_gives_the_message_that_slack_names() {
    let (slack, chat, _) = FakeSlack::start().await;
    assert_eq!(chat.post(&channel(), &card()).await, Ok(message()));
    let (path, token, body) = slack.asked().remove(0);
    assert_eq!((path.as_str(), token.as_deref()), ("api/chat.postMessage", Some("Bearer xoxb-secret")));
    assert_eq!(
        (&body["channel"], &body["unfurl_links"], &body["unfurl_media"]),
        (&json!("ops"), &json!(false), &json!(false))
    );
    assert!(body.get("thread_ts").is_none());
    assert!(body["text"].as_str().is_some_and(|text| text.contains("All is well.")));
}

#[tokio::test]
async fn an_update_and_a_thread_name_the_message() {
    let (slack, chat, _) = FakeSlack::start().await;
    chat.update(&message(), &card()).await.expect("updated");
    chat.thread(&message(), &card()).await.expect("added");
    let asked = slack.asked();
    assert_eq!((asked[0].0.as_str(), &asked[0].2["ts"]), ("api/chat.update", &json!("1.2")));
    assert_eq!((asked[1].0.as_str(), &asked[1].2["thread_ts"]), ("api/chat.postMessage", &json!("1.2")));
}

#[tokio::test]
async fn a_reply_goes_where_the_command_came_from_without_the_token() {
    let (slack, chat, origin) = FakeSlack::start().await;
    chat.reply(&to(Some(format!("{origin}/hooks/1"))), &card()).await.expect("said");
    let (path, token, body) = slack.asked().remove(0);
    assert_eq!((path.as_str(), token), ("hooks/1", None));
    assert_eq!((&body["response_type"], &body["replace_original"]), (&json!("ephemeral"), &json!(false)));
}

#[tokio::test]
async fn a_reply_whose_address_is_spent_or_foreign_is_posted_to_the_person() {
    let (slack, chat, origin) = FakeSlack::start().await;
    slack.answers(404, json!({ "ok": false, "error": "used_url" }));
    chat.reply(&to(Some(format!("{origin}/hooks/1"))), &card()).await.expect("said");
    chat.reply(&to(Some("https://evil.example/x".into())), &card()).await.expect("said");
    chat.reply(&to(None), &card()).await.expect("said");
    let paths: Vec<_> = slack.asked().into_iter().map(|(path, ..)| path).collect();
    let private = "api/chat.postEphemeral";
    assert_eq!(paths, ["hooks/1", private, private, private]);
    assert_eq!(slack.asked()[1].2["user"], "U1");
}

#[tokio::test]
async fn an_answer_to_a_mention_stands_in_its_thread() {
    let (slack, chat, _) = FakeSlack::start().await;
    let asked = ReplyTo { thread: Some("1.1".into()), ..to(None) };
    chat.reply(&asked, &card()).await.expect("said");
    let (path, _, body) = slack.asked().remove(0);
    assert_eq!((path.as_str(), &body["thread_ts"]), ("api/chat.postMessage", &json!("1.1")));
}

#[tokio::test]
async fn slacks_errors_say_what_can_be_done() {
    let (slack, chat, _) = FakeSlack::start().await;
    let mut said = Vec::new();
    for error in [
        "message_not_found",
        "edit_window_closed",
        "ratelimited",
        "not_in_channel",
        "missing_scope",
        "internal_error",
        "odd",
    ] {
        slack.answers(200, json!({ "ok": false, "error": error, "needed": "files:write" }));
        said.push(chat.update(&message(), &card()).await.expect_err("an error").to_string());
        slack.clock.pass(7);
    }
    for status in [429, 500, 302, 404] {
        slack.answers(status, json!({}));
        said.push(chat.update(&message(), &card()).await.expect_err("an error").to_string());
        slack.clock.pass(7);
    }
    insta::assert_snapshot!(said.join("\n"), @"
    Slack has no such message any more: message_not_found
    Slack has no such message any more: edit_window_closed
    Slack asks to wait 7 s
    Slack refused: not_in_channel: invite the bot with /invite, or give it the scope chat:write.public
    Slack refused: missing_scope: the app lacks the scope files:write; bring its manifest up to date with agw manifest slack, and install the app again
    Slack could not be reached: internal_error
    Slack refused: odd
    Slack asks to wait 7 s
    Slack could not be reached: HTTP 500
    Slack refused: unexpected answer: HTTP 302
    Slack refused: unexpected answer: HTTP 404
    ");
}

#[tokio::test]
async fn nothing_gives_the_token_away() {
    let (_, chat, _) = FakeSlack::start().await;
    assert!(!format!("{chat:?}").contains(TOKEN));
    let closed = fakes::port(&fakes::listen().await);
    let base = ApiBase::parse(&format!("http://127.0.0.1:{closed}/api")).expect("loopback");
    let chat = SlackChat::new(base, TOKEN.into(), Arc::default() as Arc<fakes::SetClock>);
    let error = chat.post(&channel(), &card()).await.expect_err("nobody listens");
    assert!(matches!(error, ChatError::Unreachable { .. }));
    assert!(!format!("{error:?} {error}").contains(TOKEN));
    let url = format!("http://127.0.0.1:{closed}/hooks/secret");
    let error = chat.reply(&to(Some(url)), &card()).await.expect_err("nobody listens");
    assert!(!format!("{error:?} {error}").contains("hooks/secret"));
}

fn busy(seconds: u64) -> Result<(), ChatError> {
    Err(ChatError::Throttled { platform: Platform::Slack, retry_after_s: seconds })
}

#[tokio::test]
async fn a_method_that_slack_wants_no_more_of_rests_and_the_others_go_on() {
    let (slack, chat, _) = FakeSlack::start().await;
    slack.answers(429, json!({ "ok": false, "error": "ratelimited" }));
    assert_eq!(chat.post(&channel(), &card()).await.map(drop), busy(7));
    slack.clock.pass(4);
    assert_eq!(chat.post(&channel(), &card()).await.map(drop), busy(3));
    assert_eq!(chat.thread(&message(), &card()).await, busy(3), "a reply in a thread is the same method");
    assert_eq!(slack.asked().len(), 1, "nothing is sent meanwhile");
    assert_eq!(chat.update(&message(), &card()).await, Ok(()));
    slack.clock.pass(3);
    assert_eq!(chat.post(&channel(), &card()).await, Ok(message()));
    assert_eq!(slack.paths(), ["api/chat.postMessage", "api/chat.update", "api/chat.postMessage"]);
}

#[tokio::test]
async fn an_answer_that_says_ratelimited_without_429_is_one_as_well() {
    let (slack, chat, _) = FakeSlack::start().await;
    slack.answers(200, json!({ "ok": false, "error": "ratelimited" }));
    assert_eq!(chat.update(&message(), &card()).await, busy(7));
    assert_eq!(chat.update(&message(), &card()).await, busy(7));
    assert_eq!(slack.asked().len(), 1);
}

#[tokio::test]
async fn who_is_in_a_group_is_asked_as_a_form() {
    let (slack, chat, _) = FakeSlack::start().await;
    slack.answers(200, json!({ "ok": true, "users": ["U1", "U2"] }));
    let person = Person { platform: Platform::Slack, id: "U1".into(), name: None };
    assert_eq!(chat.groups_of(&person, &["S1".into()]).await, Ok(vec!["S1".to_owned()]));
    assert_eq!(slack.asked()[0].2, json!("usergroup=S1"));
}

#[tokio::test]
async fn an_answer_to_the_home_tab_is_a_message_to_the_person() {
    let (slack, chat, _) = FakeSlack::start().await;
    let home = Channel { platform: Platform::Slack, id: "U1".into() };
    let asked = ReplyTo { channel: home, ..to(None) };
    chat.reply(&asked, &card()).await.expect("said");
    chat.home(&asked.person, &[card(), card()]).await.expect("shown");
    let (posted, shown) = (slack.asked().remove(0), slack.asked().remove(1));
    assert_eq!((posted.0.as_str(), &posted.2["channel"]), ("api/chat.postMessage", &json!("U1")));
    assert_eq!((shown.0.as_str(), &shown.2["user_id"]), ("api/views.publish", &json!("U1")));
    assert_eq!(shown.2["view"]["type"], "home");
}
