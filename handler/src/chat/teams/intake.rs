//! The way in from Teams: what people type and press, and where the bot was installed.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::card::Card;
use domain::command::{self, Command};
use domain::request::{Ask, ReplyTo, RequestId};
use domain::say;

use super::activity::Activity;
use super::address::Address;
use super::chat::TeamsChat;
use super::verify::{Unverified, Verifier};
use crate::intake::Intake;
use crate::ports::{Chat as _, Store, StoreError};
use crate::routes::PublicRoutes;
use known::Known;
use sender::Sender;

mod click;
mod known;
mod sender;

/// Teams takes messages of 100 KB in UTF-16, and puts its own around them.
const LIMIT: usize = 256 * 1024;

/// What the route needs.
#[derive(Clone)]
pub struct TeamsIntake {
    intake: Intake,
    verifier: Arc<Verifier>,
    chat: Arc<TeamsChat>,
    known: Arc<Known>,
}

impl TeamsIntake {
    /// A way in that lets in what `verifier` admits, keeps it in `intake`, and notes in `store` how conversations
    /// are reached. Help is given through `chat`.
    pub fn new(intake: Intake, verifier: Verifier, chat: Arc<TeamsChat>, store: Arc<dyn Store>) -> Self {
        Self { intake, verifier: Arc::new(verifier), chat, known: Arc::new(Known::in_store(store)) }
    }
}

/// The route that the Bot Connector calls.
pub fn routes(teams: TeamsIntake) -> PublicRoutes {
    PublicRoutes::default().post_or_head("/api/teams/messages", receive).at_most(LIMIT).with_state(teams)
}

async fn receive(
    State(teams): State<TeamsIntake>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Refusal> {
    let body = body.map_err(|rejection| Refusal::Unread(rejection.status()))?;
    let proven = teams.verifier.prove(&headers).await?;
    let activity: Activity =
        serde_json::from_slice(&body).map_err(|error| Refusal::Malformed(error.column()))?;
    let tenant = teams.verifier.admit(&proven, &activity)?;
    let sender = Sender::of(&activity, tenant, &teams.verifier);
    match activity.kind.as_str() {
        "message" => teams.message(&activity, &sender).await.map(IntoResponse::into_response),
        "invoke" => teams.invoke(&activity, &sender).await,
        "installationUpdate" => teams.installed(&activity, &sender).await.map(IntoResponse::into_response),
        // Somebody came or went: it shows a way to the conversation, and wants no answer.
        "conversationUpdate" => teams.remember(&sender).await.map(|()| StatusCode::OK.into_response()),
        _ => Ok(StatusCode::OK.into_response()),
    }
}

impl TeamsIntake {
    /// A text, or a button of a client that does not know `Action.Execute`.
    async fn message(&self, activity: &Activity, sender: &Sender<'_>) -> Result<StatusCode, Refusal> {
        let wordless = activity.text.as_deref().unwrap_or_default().trim().is_empty();
        if let Some(data) = activity.value.as_ref().filter(|_| wordless) {
            return self.submitted(data, sender).await;
        }
        if !activity.is_addressed() {
            return Ok(StatusCode::OK);
        }
        let from = sender.reply_to()?;
        let command = match command::parse(&activity.said()) {
            Ok(Command::Help { topic }) => {
                return self.say(activity, &from, &say::help(topic.as_deref())).await;
            }
            Ok(command) => command,
            Err(error) => return self.say(activity, &from, &say::not_understood(&error)).await,
        };
        // What is asked before everybody is answered before everybody. Who decides is told alone what they may not.
        let thread = sender.thread().filter(|_| !activity.is_targeted() && !command.decides());
        let ask = Ask::Command { command, from: ReplyTo { thread, ..from.clone() } };
        match self.keep(sender, "message", ask).await {
            Err(Refusal::NotKept) => {
                self.say(activity, &from, &say::not_accepted()).await?;
                Err(Refusal::NotKept)
            }
            kept => kept.map(|()| StatusCode::OK),
        }
    }

    async fn submitted(&self, data: &serde_json::Value, sender: &Sender<'_>) -> Result<StatusCode, Refusal> {
        let from = sender.reply_to()?;
        match click::read(data, &from) {
            Some(ask) => self.keep(sender, "submit", ask).await.map(|()| StatusCode::OK),
            None => self.whisper(&from, &say::click_not_understood()).await,
        }
    }

    /// A button. Its answer is shown to whoever pressed it; the card changes for everybody once the worker is done.
    async fn invoke(&self, activity: &Activity, sender: &Sender<'_>) -> Result<Response, Refusal> {
        if activity.name.as_deref() != Some("adaptiveCard/action") {
            return Ok(StatusCode::NOT_IMPLEMENTED.into_response());
        }
        let data = activity.value.as_ref().and_then(|value| value.get("action")?.get("data"));
        let from = sender.reply_to()?;
        let Some(ask) = data.and_then(|data| click::read(data, &from)) else {
            return Ok(click::shown(&say::click_not_understood()));
        };
        let heard = click::heard(&ask);
        match self.keep(sender, "invoke", ask).await {
            Ok(()) => Ok(click::shown(&heard)),
            Err(Refusal::NotKept) => Ok(click::failed(&say::not_accepted())),
            Err(refusal) => Err(refusal),
        }
    }

    /// The bot was installed somewhere: whoever did it is told, once, what can be asked for.
    async fn installed(&self, activity: &Activity, sender: &Sender<'_>) -> Result<StatusCode, Refusal> {
        if activity.action.as_deref() != Some("add") {
            return Ok(StatusCode::OK);
        }
        match sender.reply_to() {
            Ok(from) => {
                let hello = Ask::Command { command: Command::Help { topic: None }, from };
                self.keep(sender, "installation", hello).await?;
            }
            // Nobody is named who could be told.
            Err(_) => self.remember(sender).await?,
        }
        Ok(StatusCode::OK)
    }

    /// Keeps a request. How its conversation is reached is kept before: the worker may be quick.
    async fn keep(&self, sender: &Sender<'_>, kind: &str, ask: Ask) -> Result<(), Refusal> {
        let id: RequestId = sender.request(kind)?;
        self.remember(sender).await?;
        self.intake.accept(id, ask).await.map(drop).map_err(not_kept)
    }

    async fn remember(&self, sender: &Sender<'_>) -> Result<(), Refusal> {
        self.known.keep(&sender.channel(), &sender.way()).await.map_err(not_kept)
    }

    /// Answers on the spot, where it was asked: in private if it was asked in private.
    async fn say(&self, activity: &Activity, from: &ReplyTo, card: &Card) -> Result<StatusCode, Refusal> {
        if activity.is_targeted() {
            return self.whisper(from, card).await;
        }
        let at = from.url.as_deref().and_then(Address::from_text).ok_or(Refusal::NotSaid)?;
        self.chat.say(&at, card).await.map(|()| StatusCode::OK).map_err(|error| not_said(&error))
    }

    async fn whisper(&self, to: &ReplyTo, card: &Card) -> Result<StatusCode, Refusal> {
        self.chat.reply(to, card).await.map(|()| StatusCode::OK).map_err(|error| not_said(&error))
    }
}

fn not_kept(error: StoreError) -> Refusal {
    tracing::error!(%error, "an activity from Teams was not kept");
    Refusal::NotKept
}

fn not_said(error: &crate::ports::ChatError) -> Refusal {
    tracing::error!(%error, "somebody in Teams was not answered");
    Refusal::NotSaid
}

/// Why an activity was not taken.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("the body is larger than 256 KiB or could not be read")]
    Unread(StatusCode),
    #[error(transparent)]
    Unverified(#[from] Unverified),
    /// What stands there may be private, so only the place is told.
    #[error("not an activity, from column {0} on")]
    Malformed(usize),
    #[error("the activity has no id")]
    NoId,
    #[error("the sender has no account in Entra ID")]
    Anonymous,
    #[error("not kept; try again")]
    NotKept,
    #[error("not answered; try again")]
    NotSaid,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::Unread(status) => *status,
            Self::Unverified(unverified) => unverified.status(),
            Self::Malformed(_) | Self::NoId => StatusCode::BAD_REQUEST,
            Self::Anonymous => StatusCode::FORBIDDEN,
            Self::NotKept | Self::NotSaid => StatusCode::SERVICE_UNAVAILABLE,
        };
        tracing::warn!(%status, reason = %self, "a request to the Teams route was refused");
        (status, self.to_string()).into_response()
    }
}

#[cfg(test)]
mod tests;
