use domain::card::{Text, Tone};
use domain::request::Person;
use serde_json::{Value, json};

use super::super::fakes::{ALEX, APP, BEARER, FakeConnector, Holder, TENANT};
use super::*;
use crate::chat::fakes::{self, FakeStore};

const CHANNEL: &str = "19:ops@thread.tacv2";

struct Teams {
    connector: FakeConnector,
    store: Arc<FakeStore>,
    chat: TeamsChat,
}

impl Teams {
    async fn start() -> Self {
        Self::with(Holder(true)).await
    }

    async fn with(holder: Holder) -> Self {
        let (connector, store) = (FakeConnector::start().await, Arc::new(FakeStore::default()));
        let (app, tenant, services) = (APP.to_owned(), TENANT.to_owned(), connector.services());
        let chat = TeamsChat::new(app, tenant, services, Arc::new(holder), store.clone());
        Self { connector, store, chat }
    }

    /// The way to a conversation, kept.
    async fn knows(&self, id: &str, kind: Kind) -> Channel {
        let channel = channel(id);
        let way = serde_json::to_value(self.address(id, kind)).expect("JSON");
        self.store.keep_conversation(&channel, &way).await.expect("kept");
        channel
    }

    fn address(&self, conversation: &str, kind: Kind) -> Address {
        Address {
            service_url: self.connector.address.clone(),
            conversation: conversation.to_owned(),
            kind,
            tenant: TENANT.to_owned(),
            user: Some("29:alex".to_owned()),
        }
    }

    fn to_alex(&self, conversation: &str, kind: Kind) -> ReplyTo {
        let alex = Person { platform: Platform::Teams, id: ALEX.into(), name: Some("Alex".into()) };
        ReplyTo::new(alex, channel(conversation), self.address(conversation, kind).to_text())
    }
}

fn channel(id: &str) -> Channel {
    Channel { platform: Platform::Teams, id: id.to_owned() }
}

fn card() -> Card {
    Card::new(Tone::Good, "Fixed", "agw-prod", Text::of("All is well."))
}

fn message(channel: Channel) -> MessageRef {
    MessageRef { channel, id: "1795376355741".into() }
}

fn said(body: &Value) -> String {
    body.to_string()
}

#[tokio::test]
async fn a_post_goes_to_the_conversations_own_service_with_the_bots_token() {
    let teams = Teams::start().await;
    let channel = teams.knows(CHANNEL, Kind::Channel).await;
    assert_eq!(teams.chat.post(&channel, &card()).await, Ok(message(channel)));
    let (method, path, token, body) = teams.connector.asked().remove(0);
    assert_eq!(method, "POST");
    assert_eq!(path, "/teams/v3/conversations/19%3Aops%40thread.tacv2/activities");
    assert_eq!(token, Some(format!("Bearer {BEARER}")));
    assert_eq!(
        (&body["type"], &body["summary"]),
        (&json!("message"), &json!("agw-prod: Fixed. All is well."))
    );
    assert_eq!(body["attachments"][0]["contentType"], "application/vnd.microsoft.card.adaptive");
    assert!(said(&body["attachments"][0]["content"]).contains("All is well."));
}

#[tokio::test]
async fn an_update_replaces_the_message_itself() {
    let teams = Teams::start().await;
    let channel = teams.knows(CHANNEL, Kind::Channel).await;
    teams.chat.update(&message(channel), &card()).await.expect("updated");
    let (method, path, _, body) = teams.connector.asked().remove(0);
    assert_eq!(method, "PUT");
    assert_eq!(path, "/teams/v3/conversations/19%3Aops%40thread.tacv2/activities/1795376355741");
    assert_eq!(body["id"], "1795376355741");
}

#[tokio::test]
async fn a_channel_has_threads_and_a_chat_has_none() {
    let teams = Teams::start().await;
    for (id, kind) in [(CHANNEL, Kind::Channel), ("19:chat@thread.v2", Kind::Group), ("a:1x", Kind::Personal)]
    {
        let channel = teams.knows(id, kind).await;
        teams.chat.thread(&message(channel), &card()).await.expect("added");
    }
    assert_eq!(
        teams.connector.paths(),
        [
            "POST conversations/19%3Aops%40thread.tacv2%3Bmessageid%3D1795376355741/activities",
            "POST conversations/19%3Achat%40thread.v2/activities",
            "POST conversations/a%3A1x/activities",
        ]
    );
}

#[tokio::test]
async fn a_channel_that_nobody_has_written_from_is_reached_all_the_same() {
    let teams = Teams::start().await;
    teams.chat.post(&channel(CHANNEL), &card()).await.expect("posted");
    teams.chat.thread(&message(channel(CHANNEL)), &card()).await.expect("added");
    assert_eq!(
        teams.connector.paths(),
        [
            "POST conversations/19%3Aops%40thread.tacv2/activities",
            "POST conversations/19%3Aops%40thread.tacv2%3Bmessageid%3D1795376355741/activities",
        ]
    );
}

#[tokio::test]
async fn in_a_personal_chat_a_reply_stays_there() {
    let teams = Teams::start().await;
    teams.chat.reply(&teams.to_alex("a:1x", Kind::Personal), &card()).await.expect("said");
    assert_eq!(teams.connector.paths(), ["POST conversations/a%3A1x/activities"]);
}

#[tokio::test]
async fn among_others_a_reply_goes_to_the_persons_own_chat_which_is_opened_once() {
    let teams = Teams::start().await;
    teams.connector.answers(201, json!({ "id": "a:alex" }));
    let to = teams.to_alex("19:ops@thread.tacv2;messageid=1", Kind::Channel);
    teams.chat.reply(&to, &card()).await.expect("said");
    teams.chat.reply(&teams.to_alex("19:chat@thread.v2", Kind::Group), &card()).await.expect("said");
    let private = "POST conversations/a%3Aalex/activities";
    assert_eq!(teams.connector.paths(), ["POST conversations", private, private]);
    let (_, _, _, opening) = teams.connector.asked().remove(0);
    let expected = json!({
        "bot": { "id": format!("28:{APP}") }, "members": [{ "id": "29:alex" }], "isGroup": false,
        "tenantId": TENANT, "channelData": { "tenant": { "id": TENANT } },
    });
    assert_eq!(opening, expected);
}

#[tokio::test]
async fn a_reply_that_cannot_be_private_is_not_shown_to_everybody() {
    let teams = Teams::start().await;
    let to = teams.to_alex("19:ops@thread.tacv2;messageid=1", Kind::Channel);
    let blocked = json!({ "error": { "code": "BotNotInConversationRoster", "message": "m" } });
    // First no conversation can be opened, then it can and nothing can be said in it.
    for answers in [vec![(403, blocked.clone())], vec![(201, json!({ "id": "a:alex" })), (403, blocked)]] {
        for (status, body) in answers {
            teams.connector.answers(status, body);
        }
        teams.chat.reply(&to, &card()).await.expect("said");
    }
    let thread = "POST conversations/19%3Aops%40thread.tacv2%3Bmessageid%3D1/activities";
    let private = "POST conversations/a%3Aalex/activities";
    assert_eq!(
        teams.connector.paths(),
        ["POST conversations", thread, "POST conversations", private, thread]
    );
    for (_, path, _, body) in teams.connector.asked() {
        if path.contains("ops") {
            assert!(said(&body).contains("I have an answer for Alex"), "{body}");
            assert!(!said(&body).contains("All is well."), "{body}");
        }
    }
}

#[tokio::test]
async fn a_reply_that_is_throttled_is_left_for_later() {
    let teams = Teams::start().await;
    teams.connector.answers(429, json!({}));
    let replied = teams.chat.reply(&teams.to_alex(CHANNEL, Kind::Channel), &card()).await;
    assert_eq!(replied, Err(ChatError::Throttled { platform: Platform::Teams, retry_after_s: 7 }));
    assert_eq!(teams.connector.paths(), ["POST conversations"]);
}

#[tokio::test]
async fn teams_errors_say_what_can_be_done() {
    let teams = Teams::start().await;
    let channel = teams.knows(CHANNEL, Kind::Channel).await;
    let mut said = Vec::new();
    for status in [429, 412, 408, 500, 502, 503, 504, 400, 401, 403, 404, 413, 302] {
        teams.connector.answers(status, json!({ "error": { "code": "Some*Code", "message": "m" } }));
        said.push(teams.chat.post(&channel, &card()).await.expect_err("an error").to_string());
    }
    teams.connector.answers(404, json!({ "error": { "code": "ActivityNotFound" } }));
    said.push(teams.chat.update(&message(channel.clone()), &card()).await.expect_err("an error").to_string());
    teams.connector.answers(201, json!({}));
    said.push(teams.chat.post(&channel, &card()).await.expect_err("an error").to_string());
    insta::assert_snapshot!(said.join("\n"), @"
    Teams asks to wait 7 s
    Teams could not be reached: HTTP 412 SomeCode
    Teams could not be reached: HTTP 408 SomeCode
    Teams could not be reached: HTTP 500 SomeCode
    Teams could not be reached: HTTP 502 SomeCode
    Teams could not be reached: HTTP 503 SomeCode
    Teams could not be reached: HTTP 504 SomeCode
    Teams refused: HTTP 400 SomeCode
    Teams refused: HTTP 401 SomeCode: the bot's token was not taken; is teams.app_id the app of the Azure Bot, and does its secret, or the managed identity, belong to it?
    Teams refused: HTTP 403 SomeCode: add the app to that team or chat; somebody may have removed or blocked it
    Teams refused: HTTP 404 SomeCode: no such conversation; check its id in the configuration, and add the app to its team or chat
    Teams refused: HTTP 413 SomeCode: the message is larger than the 100 KB that Teams takes
    Teams refused: HTTP 302 SomeCode
    Teams has no such message any more: HTTP 404 ActivityNotFound
    Teams refused: unexpected answer: a message was posted and has no id
    ");
}

#[tokio::test]
async fn the_token_is_sent_to_no_other_service() {
    let teams = Teams::start().await;
    let thief = FakeConnector::start().await;
    let channel = channel(CHANNEL);
    let way = Address { service_url: thief.address.clone(), ..teams.address(CHANNEL, Kind::Channel) };
    teams.store.keep_conversation(&channel, &serde_json::to_value(&way).expect("JSON")).await.expect("kept");
    assert!(matches!(teams.chat.post(&channel, &card()).await, Err(ChatError::Refused { .. })));
    let alex = teams.to_alex(CHANNEL, Kind::Channel);
    let to = ReplyTo { url: way.to_text(), ..alex };
    assert!(matches!(teams.chat.reply(&to, &card()).await, Err(ChatError::Refused { .. })));
    let nowhere = ReplyTo { url: Some("https://evil.example/".into()), ..to };
    assert!(matches!(teams.chat.reply(&nowhere, &card()).await, Err(ChatError::Refused { .. })));
    assert!(thief.asked().is_empty() && teams.connector.asked().is_empty());
}

#[tokio::test]
async fn without_a_token_nothing_is_sent_and_it_is_tried_again() {
    let teams = Teams::with(Holder(false)).await;
    let posted = teams.chat.post(&channel(CHANNEL), &card()).await;
    assert!(matches!(posted, Err(ChatError::Unreachable { .. })), "{posted:?}");
    assert!(teams.connector.asked().is_empty());
    let closed = fakes::port(&fakes::listen().await);
    let services =
        Services::with(&[format!("http://127.0.0.1:{closed}").parse().expect("a URL")]).expect("loopback");
    let store = Arc::new(FakeStore::default());
    let chat = TeamsChat::new(APP.into(), TENANT.into(), services, Arc::new(Holder(true)), store);
    let error = chat.post(&channel(CHANNEL), &card()).await.expect_err("nobody listens");
    assert!(matches!(error, ChatError::Unreachable { .. }));
    assert!(!format!("{error:?} {error}").contains(BEARER));
}
