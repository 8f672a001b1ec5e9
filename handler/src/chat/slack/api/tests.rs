use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use domain::card::{Text, Tone};
use domain::request::Person;

use super::*;
use crate::chat::fakes;

const TOKEN: &str = "xoxb-secret";

/// Path, authorization and body of a request.
type Asked = (String, Option<String>, Value);

/// What Slack was asked, and what it answers next.
#[derive(Clone, Default)]
struct FakeSlack {
    asked: Arc<Mutex<Vec<Asked>>>,
    answers: Arc<Mutex<VecDeque<(u16, Value)>>>,
}

impl FakeSlack {
    async fn start() -> (Self, SlackChat, String) {
        let slack = Self::default();
        let router = Router::new().route("/{*path}", post(answer)).with_state(slack.clone());
        let origin = format!("http://127.0.0.1:{}", fakes::serve(router).await);
        let base = ApiBase::parse(&format!("{origin}/api")).expect("loopback");
        (slack, SlackChat::new(base, TOKEN.into()), origin)
    }

    fn answers(&self, status: u16, body: Value) {
        self.answers.lock().expect("nobody panicked").push_back((status, body));
    }

    fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("nobody panicked").clone()
    }
}

async fn answer(
    State(slack): State<FakeSlack>,
    Path(path): Path<String>,
    headers: HeaderMap,
    axum::Json(body): axum::Json<Value>,
) -> Response {
    let token = headers.get("authorization").and_then(|value| value.to_str().ok()).map(str::to_owned);
    slack.asked.lock().expect("nobody panicked").push((path, token, body));
    let next = slack.answers.lock().expect("nobody panicked").pop_front();
    let (status, body) = next.unwrap_or((200, json!({ "ok": true, "channel": "C1", "ts": "1.2" })));
    let status = StatusCode::from_u16(status).expect("a status");
    (status, [("retry-after", "7")], axum::Json(body)).into_response()
}

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
        slack.answers(200, json!({ "ok": false, "error": error }));
        said.push(chat.update(&message(), &card()).await.expect_err("an error").to_string());
    }
    for status in [429, 500, 302, 404] {
        slack.answers(status, json!({}));
        said.push(chat.update(&message(), &card()).await.expect_err("an error").to_string());
    }
    insta::assert_snapshot!(said.join("\n"), @"
    Slack has no such message any more: message_not_found
    Slack has no such message any more: edit_window_closed
    Slack asks to wait 7 s
    Slack refused: not_in_channel: invite the bot with /invite, or give it the scope chat:write.public
    Slack refused: missing_scope: add the scopes chat:write and, for user groups, usergroups:read under OAuth & Permissions, and install the app again
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
    let chat = SlackChat::new(base, TOKEN.into());
    let error = chat.post(&channel(), &card()).await.expect_err("nobody listens");
    assert!(matches!(error, ChatError::Unreachable { .. }));
    assert!(!format!("{error:?} {error}").contains(TOKEN));
    let url = format!("http://127.0.0.1:{closed}/hooks/secret");
    let error = chat.reply(&to(Some(url)), &card()).await.expect_err("nobody listens");
    assert!(!format!("{error:?} {error}").contains("hooks/secret"));
}
