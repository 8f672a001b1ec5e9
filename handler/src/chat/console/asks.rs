//! What the person at the console types and presses.

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode};
use domain::command::{self, Command};
use domain::request::{Ask, Click, RequestId};
use domain::say as words;
use serde::Deserialize;

use super::guard::{Refusal, json};
use super::{Console, ConsoleChat};

/// A line that was typed.
#[derive(Deserialize)]
struct Line {
    text: String,
    nonce: Nonce,
}

/// A button that was pressed.
#[derive(Deserialize)]
struct Press {
    value: String,
    nonce: Nonce,
}

/// Tells one action from the next, so that a request that is sent again does nothing twice.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Nonce(String);

impl TryFrom<String> for Nonce {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let known = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let fits = (8..=64).contains(&text.len());
        if known && fits { Ok(Self(text)) } else { Err("a nonce has 8 to 64 letters, digits or dashes") }
    }
}

pub(super) async fn say(
    State(console): State<Console>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<StatusCode, Refusal> {
    let line: Line = json(&headers, body)?;
    console.chat.said(line.text.trim());
    let command = match command::parse(&line.text) {
        Ok(Command::Help { topic }) => return Ok(console.told(&words::help(topic.as_deref()))),
        Ok(command) => command,
        Err(error) => return Ok(console.told(&words::not_understood(&error))),
    };
    let ask = Ask::Command { command, from: ConsoleChat::reply_to() };
    Ok(console.keep("say", &line.nonce, ask).await)
}

pub(super) async fn click(
    State(console): State<Console>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<StatusCode, Refusal> {
    let press: Press = json(&headers, body)?;
    let Ok(click) = press.value.parse::<Click>() else {
        return Ok(console.told(&words::click_not_understood()));
    };
    let ask = Ask::Click { click, from: ConsoleChat::reply_to(), reason: None };
    Ok(console.keep("click", &press.nonce, ask).await)
}

impl Console {
    async fn keep(&self, what: &str, nonce: &Nonce, ask: Ask) -> StatusCode {
        let id = RequestId::of(&["console", what, &nonce.0]);
        match self.intake.accept(id, ask).await {
            Ok(_) => StatusCode::ACCEPTED,
            Err(error) => {
                tracing::error!(%error, "a request from the console was not kept");
                self.chat.tell(&words::not_accepted());
                StatusCode::SERVICE_UNAVAILABLE
            }
        }
    }

    fn told(&self, card: &domain::card::Card) -> StatusCode {
        self.chat.tell(card);
        StatusCode::OK
    }
}
