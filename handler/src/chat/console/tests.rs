use async_trait::async_trait;
use domain::card::{Card, Text, Tone};
use domain::command::Command;
use domain::incident::MessageRef;
use domain::request::{Ask, Platform};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::chat::fakes::{self, FakeStore};
use crate::ports::{Chat as _, ChatError};

const OFFER: &str = "9f3a1c049f3a1c049f3a1c049f3a1c04";

struct Still;

#[async_trait]
impl Live for Still {
    async fn look(&self) -> Result<Look, String> {
        Err("Azure is asleep".into())
    }
    async fn visit(&self, listener: Option<&str>) -> Result<Page, String> {
        let html = format!("<h1>{}</h1>", listener.unwrap_or("first"));
        Ok(Page { url: "http://127.0.0.1:1/".into(), status: 502, reason: "Bad Gateway".into(), html })
    }
}

struct World {
    port: u16,
    chat: Arc<ConsoleChat>,
    store: Arc<FakeStore>,
}

impl World {
    async fn new() -> Self {
        let (intake, store) = fakes::intake();
        let chat = Arc::new(ConsoleChat::new());
        let listener = fakes::listen().await;
        let port = fakes::port(&listener);
        fakes::serve_on(
            listener,
            router(Console {
                chat: chat.clone(),
                intake,
                live: Arc::new(Still),
                port,
                closing: CancellationToken::default(),
            }),
        );
        Self { port, chat, store }
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    async fn get(&self, path: &str) -> (u16, String) {
        answer(Client::new().get(self.url(path))).await
    }

    async fn post(&self, path: &str, body: &Value) -> (u16, String) {
        answer(Client::new().post(self.url(path)).json(body)).await
    }

    async fn say(&self, text: &str) -> u16 {
        self.post("/console/say", &json!({ "text": text, "nonce": "0123456789abcdef" })).await.0
    }
}

async fn answer(request: RequestBuilder) -> (u16, String) {
    let response = request.send().await.expect("an answer");
    (response.status().as_u16(), response.text().await.expect("text"))
}

fn card(status: &str) -> Card {
    Card::new(Tone::Neutral, status, "agw-prod", Text::of("Words."))
}

#[tokio::test]
async fn the_page_is_whole_and_locked_up() {
    let world = World::new().await;
    let response = Client::new().get(world.url("/")).send().await.expect("an answer");
    assert_eq!(response.url().path(), "/console");
    let policy = response.headers()["content-security-policy"].to_str().expect("text").to_owned();
    assert!(policy.contains("default-src 'none'") && policy.contains("script-src 'self'"));
    let page = response.text().await.expect("text");
    let parts = page.split('"').filter(|part| part.starts_with("/console/page/"));
    for part in parts {
        assert_eq!(world.get(part).await.0, 200, "{part}");
    }
    assert_eq!(world.get("/console/page/../log.rs").await.0, 404);
    assert!(!page.contains("https://"), "nothing comes from elsewhere");
    assert!(world.get("/console/hints").await.1.contains("/agw diagnose"));
}

#[tokio::test]
async fn scripts_never_take_data_for_markup() {
    let world = World::new().await;
    for file in ["main.js", "dom.js", "chat.js", "card.js", "composer.js", "path.js", "site.js"] {
        let (status, script) = world.get(&format!("/console/page/{file}")).await;
        assert_eq!(status, 200);
        for word in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("] {
            assert!(!script.contains(word), "{word} in {file}");
        }
    }
}

#[tokio::test]
async fn other_names_and_other_pages_are_refused() {
    let world = World::new().await;
    let port = world.port;
    let ask = |header: &'static str, value: String| {
        answer(Client::new().get(world.url("/console")).header(header, value))
    };
    for host in [format!("localhost:{port}"), format!("127.0.0.1:{port}"), format!("[::1]:{port}")] {
        assert_eq!(ask("host", host).await.0, 200);
    }
    for host in [
        format!("evil.example:{port}"),
        "127.0.0.1".into(),
        format!("127.0.0.1:{}", port ^ 1),
        format!("a@localhost:{port}"),
    ] {
        assert_eq!(ask("host", host.clone()).await.0, 403, "{host}");
    }
    assert_eq!(ask("origin", format!("http://127.0.0.1:{port}")).await.0, 200);
    for origin in ["null".into(), format!("http://localhost:{port}"), "https://evil.example".into()] {
        assert_eq!(ask("origin", origin).await.0, 403);
    }
}

#[tokio::test]
async fn only_small_json_is_taken() {
    let world = World::new().await;
    let post = |kind: &'static str, body: String| {
        answer(Client::new().post(world.url("/console/say")).header("content-type", kind).body(body))
    };
    let good = r#"{"text":"/agw list","nonce":"12345678"}"#;
    assert_eq!(post("text/plain", good.into()).await.0, 415);
    assert_eq!(post("application/x-www-form-urlencoded", good.into()).await.0, 415);
    assert_eq!(post("application/json", "x".repeat(LIMIT + 1)).await.0, 413);
    for bad in ["{", "{}", r#"{"text":"x","nonce":"short"}"#, r#"{"text":"x","nonce":"has a space"}"#] {
        assert_eq!(post("application/json", bad.into()).await.0, 400, "{bad}");
    }
    assert!(world.store.requests().is_empty() && world.chat.messages().is_empty());
    assert_eq!(post("application/json; charset=utf-8", good.into()).await.0, 202);
}

#[tokio::test]
async fn a_command_is_shown_and_kept_once() {
    let world = World::new().await;
    assert_eq!(world.say(" /agw diagnose agw-prod ").await, 202);
    assert_eq!(world.say("/agw diagnose agw-prod").await, 202);
    let said = Content::Said { text: "/agw diagnose agw-prod".into() };
    assert!(world.chat.messages().iter().all(|entry| entry.content == said));
    let kept = world.store.requests();
    assert_eq!(kept.len(), 1, "the same nonce is the same request");
    let ask = Ask::Command {
        command: Command::Diagnose { gateway: Some("agw-prod".into()) },
        from: ConsoleChat::reply_to(),
    };
    assert_eq!(kept[0].ask, ask);
}

#[tokio::test]
async fn help_and_mistakes_come_back_to_the_person_alone() {
    let world = World::new().await;
    assert_eq!((world.say("/agw help").await, world.say("/agw diagnoze").await), (200, 200));
    let private = |entry: &&Entry| matches!(entry.content, Content::Private { .. });
    assert_eq!(world.chat.messages().iter().filter(private).count(), 2);
    assert!(world.store.requests().is_empty());
}

#[tokio::test]
async fn a_store_that_fails_is_admitted() {
    let world = World::new().await;
    world.store.fail();
    assert_eq!(world.say("/agw list").await, 503);
    assert!(matches!(world.chat.messages()[1].content, Content::Private { .. }));
}

#[tokio::test]
async fn a_click_is_kept_if_the_button_is_ours() {
    let world = World::new().await;
    let press = |value: String| json!({ "value": value, "nonce": "0123456789abcdef" });
    assert_eq!(world.post("/console/click", &press(format!("approve:INC-7K2F:{OFFER}"))).await.0, 202);
    assert!(
        matches!(&world.store.requests()[0].ask, Ask::Click { from, .. } if from.person == ConsoleChat::operator())
    );
    assert_eq!(world.post("/console/click", &press("buy:now".into())).await.0, 200);
    assert_eq!(world.store.requests().len(), 1);
    assert!(matches!(world.chat.messages()[0].content, Content::Private { .. }));
}

#[tokio::test]
async fn messages_change_in_place_until_they_are_gone() {
    let chat = ConsoleChat::new();
    let message = chat.post(&ConsoleChat::channel(), &card("Diagnosing")).await.expect("posted");
    chat.update(&message, &card("Fixed")).await.expect("updated");
    chat.thread(&message, &card("Step")).await.expect("added");
    chat.reply(&ConsoleChat::reply_to(), &card("Only you")).await.expect("said");
    let posted = Content::Posted { card: Box::new(card("Fixed")), thread: vec![card("Step")] };
    assert_eq!(chat.messages()[0].content, posted);
    assert_eq!(chat.messages().len(), 2);
    let other = MessageRef { id: "m2".into(), ..message.clone() };
    let gone = |error| matches!(error, Err(ChatError::Gone { platform: Platform::Console, .. }));
    assert!(gone(chat.update(&other, &card("x")).await), "a private answer is not a message");
    (0..200).for_each(|number| chat.said(&number.to_string()));
    assert!(gone(chat.update(&message, &card("x")).await) && gone(chat.thread(&message, &card("x")).await));
    assert_eq!(chat.messages().len(), 200);
}

#[tokio::test]
async fn a_reader_gets_the_log_and_then_each_change() {
    let world = World::new().await;
    world.chat.said("before");
    let mut events = Client::new().get(world.url("/console/events")).send().await.expect("a stream");
    let mut next = async || {
        String::from_utf8(events.chunk().await.expect("open").expect("an event").to_vec()).expect("UTF-8")
    };
    let log = next().await;
    assert!(log.starts_with("event: log\n") && log.contains("before"), "{log}");
    let message = world.chat.post(&ConsoleChat::channel(), &card("Diagnosing")).await.expect("posted");
    let posted = next().await;
    assert!(posted.starts_with("event: entry\n") && posted.contains("Diagnosing"), "{posted}");
    world.chat.update(&message, &card("Fixed")).await.expect("updated");
    assert!(next().await.contains(r#""kind":"posted","card":{"tone":"neutral","status":"Fixed""#));
}

#[tokio::test]
async fn the_gateway_and_its_site_are_shown_as_they_are() {
    let world = World::new().await;
    assert_eq!(world.get("/console/look").await, (502, json!({ "error": "Azure is asleep" }).to_string()));
    let (status, page) = world.get("/console/visit?listener=public%20https").await;
    assert_eq!(status, 200);
    assert!(page.contains("public https") && page.contains("Bad Gateway"));
}
