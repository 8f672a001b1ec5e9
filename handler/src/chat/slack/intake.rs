//! The way in from Slack: slash commands, button clicks, and events such as a mention of the bot.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::card::{Card, Verb};
use domain::command::{self, Command};
use domain::request::{Ask, Click, ReplyTo, RequestId};
use domain::say;
use serde_json::json;

use super::api::SlackChat;
use super::base::ApiBase;
use super::render;
use super::verify::Verifier;
use form::Form;

use crate::chat::Unverified;
use crate::intake::Intake;
use crate::ports::StoreError;
use crate::routes::PublicRoutes;

mod click;
mod dialog;
mod event;
mod form;

/// Where Slack sends slash commands.
pub(super) const COMMANDS: &str = "/api/slack/commands";
/// Where Slack sends what people press.
pub(super) const INTERACTIONS: &str = "/api/slack/interactions";

/// Where Slack tells what happens in the workspace.
pub(super) const EVENTS: &str = "/api/slack/events";

/// Slack's own bodies are a few kilobytes.
const LIMIT: usize = 64 * 1024;

/// What the routes need.
#[derive(Clone)]
pub struct SlackIntake {
    /// Where requests are kept.
    pub intake: Intake,
    /// Tells Slack from everybody else.
    pub verifier: Arc<Verifier>,
    /// Whose reply addresses are believed.
    pub base: ApiBase,
    /// Opens dialogs.
    pub chat: Arc<SlackChat>,
}

/// The routes that Slack calls.
pub fn routes(slack: SlackIntake) -> PublicRoutes {
    PublicRoutes::default()
        .post(COMMANDS, command)
        .post(INTERACTIONS, interaction)
        .post(EVENTS, event)
        .at_most(LIMIT)
        .with_state(slack)
}

async fn command(
    State(slack): State<SlackIntake>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Refusal> {
    let form = slack.form(&headers, body)?;
    if form.get("ssl_check") == Some("1") {
        return Ok(StatusCode::OK.into_response());
    }
    let typed = form::TypedCommand::read(&form, &slack.base).ok_or(Refusal::Malformed)?;
    let command = match command::parse(&typed.text) {
        Ok(Command::Help { topic }) => return Ok(ephemeral(&say::help(topic.as_deref()))),
        Ok(command) => command,
        Err(error) => return Ok(ephemeral(&say::not_understood(&error))),
    };
    let card = say::acknowledged(&command);
    let ask = Ask::Command { command, from: typed.from };
    Ok(ephemeral(&match slack.intake.accept(typed.id, ask).await {
        Ok(_) => card,
        Err(error) => {
            tracing::error!(%error, "a command from Slack was not kept");
            say::not_accepted()
        }
    }))
}

async fn interaction(
    State(slack): State<SlackIntake>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<StatusCode, Refusal> {
    let form = slack.form(&headers, body)?;
    let payload = form.get("payload").ok_or(Refusal::Malformed)?;
    let payload = serde_json::from_str(payload).map_err(|_| Refusal::Malformed)?;
    if let Some((id, ask)) = dialog::read(&payload) {
        return slack.keep(id, ask).await;
    }
    // What is none of our buttons is taken note of and nothing else: an error would only trouble the person.
    let Some((id, click, from)) = click::read(&payload, &slack.base) else { return Ok(StatusCode::OK) };
    if click.verb == Verb::Undo && slack.asks_why(payload.trigger_id.as_deref(), &click, &from).await {
        return Ok(StatusCode::OK);
    }
    slack.keep(id, Ask::Click { click, from, reason: None }).await
}

async fn event(
    State(slack): State<SlackIntake>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Refusal> {
    let body = slack.signed(&headers, body, "application/json")?;
    let told: event::Told = serde_json::from_slice(&body).map_err(|_| Refusal::Malformed)?;
    if let Some(challenge) = told.challenge() {
        return Ok(axum::Json(json!({ "challenge": challenge })).into_response());
    }
    let retry = event::Retry::of(&headers);
    let Some((id, ask)) = told.ask() else { return Ok(StatusCode::OK.into_response()) };
    let kept = slack.intake.accept(id, ask).await;
    tracing::debug!(?retry, ?kept, "an event from Slack");
    // A failure makes Slack send it again, up to three times.
    kept.map_err(|error| SlackIntake::not_kept("an event", &error))?;
    Ok(StatusCode::OK.into_response())
}

impl SlackIntake {
    fn form(&self, headers: &HeaderMap, body: Result<Bytes, BytesRejection>) -> Result<Form, Refusal> {
        Ok(Form::read(&self.signed(headers, body, "application/x-www-form-urlencoded")?))
    }

    /// Lets in what Slack signed, and only then looks inside.
    fn signed(
        &self,
        headers: &HeaderMap,
        body: Result<Bytes, BytesRejection>,
        expected: &'static str,
    ) -> Result<Bytes, Refusal> {
        let body = body.map_err(|rejection| Refusal::Unread(rejection.status()))?;
        self.verifier.verify(self.intake.clock().now(), headers, &body)?;
        let kind =
            headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case(expected) {
            return Err(Refusal::AnotherKind(expected));
        }
        Ok(body)
    }

    /// Opens the dialog that asks why. False when it is not open: then the click counts as it is.
    async fn asks_why(&self, trigger: Option<&str>, click: &Click, from: &ReplyTo) -> bool {
        let (Some(trigger), Some(carried)) = (trigger, dialog::carried(click, from)) else { return false };
        let asked = self.chat.ask(trigger, &say::why_undo(&click.incident), dialog::UNDO, &carried).await;
        if let Err(error) = &asked {
            tracing::warn!(%error, "a reason could not be asked for; the click counts without one");
        }
        asked.is_ok()
    }

    /// Keeps a click. A failure makes Slack mark the button, so that the person presses it again.
    async fn keep(&self, id: RequestId, ask: Ask) -> Result<StatusCode, Refusal> {
        self.intake.accept(id, ask).await.map_err(|error| Self::not_kept("a click", &error))?;
        Ok(StatusCode::OK)
    }

    fn not_kept(what: &str, error: &StoreError) -> Refusal {
        tracing::error!(%error, "{what} from Slack was not kept");
        Refusal::NotKept
    }
}

/// An answer that only the person who typed the command sees.
fn ephemeral(card: &Card) -> Response {
    let message = render::message(card);
    let body = json!({ "response_type": "ephemeral", "text": message.text, "blocks": message.blocks });
    axum::Json(body).into_response()
}

/// Why a request was not taken.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("the body is larger than 64 KiB or could not be read")]
    Unread(StatusCode),
    #[error("not signed by Slack: {0}")]
    Unverified(#[from] Unverified),
    #[error("expected {0}")]
    AnotherKind(&'static str),
    #[error("a field that Slack always sends is missing")]
    Malformed,
    #[error("not kept; try again")]
    NotKept,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::Unread(status) => *status,
            Self::Unverified(_) => StatusCode::UNAUTHORIZED,
            Self::AnotherKind(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Malformed => StatusCode::BAD_REQUEST,
            Self::NotKept => StatusCode::SERVICE_UNAVAILABLE,
        };
        tracing::warn!(%status, reason = %self, "a request to the Slack routes was refused");
        let mut response = (status, self.to_string()).into_response();
        if matches!(self, Self::Malformed | Self::AnotherKind(_) | Self::Unread(_)) {
            // The same bytes would be refused again.
            response.headers_mut().insert(event::NO_RETRY, HeaderValue::from_static("1"));
        }
        response
    }
}

#[cfg(test)]
mod tests;
