//! The way in from Discord: commands, buttons, dialogs, and suggestions while somebody types.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::card::Verb;
use domain::command::{self, Command};
use domain::request::{Ask, Click, ReplyTo, RequestId};
use domain::say;

use super::base::ApiBase;
use super::verify::Verifier;
use crate::chat::Unverified;
use crate::intake::Intake;
use crate::routes::PublicRoutes;
use interaction::{Data, Interaction};

pub use names::Names;

mod answer;
mod interaction;
mod names;

/// An interaction holds the message that a button sits on: 6000 characters of embeds, and what is around them.
const LIMIT: usize = 256 * 1024;

/// What the route needs.
#[derive(Clone)]
pub struct DiscordIntake {
    /// Where requests are kept.
    pub intake: Intake,
    /// Tells Discord from everybody else.
    pub verifier: Arc<Verifier>,
    /// Whose addresses for answers are believed.
    pub base: ApiBase,
    /// The id of the application: what is meant for another one is refused.
    pub application: String,
    /// What is suggested.
    pub names: Arc<Names>,
}

/// The route that Discord calls.
pub fn routes(discord: DiscordIntake) -> PublicRoutes {
    PublicRoutes::default().post("/api/discord/interactions", receive).at_most(LIMIT).with_state(discord)
}

async fn receive(
    State(discord): State<DiscordIntake>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Refusal> {
    let body = body.map_err(|rejection| Refusal::Unread(rejection.status()))?;
    discord.verifier.verify(discord.intake.clock().now(), &headers, &body)?;
    let interaction: Interaction = serde_json::from_slice(&body).map_err(|_| Refusal::Malformed)?;
    if interaction.application_id != discord.application {
        return Err(Refusal::AnotherApplication);
    }
    // Discord, "Interaction Type".
    match interaction.kind {
        1 => Ok(answer::pong()),
        2 => discord.command(&interaction).await,
        3 => discord.button(&interaction).await,
        4 => Ok(discord.suggest(&interaction).await),
        5 => discord.filled_in(&interaction).await,
        _ => Err(Refusal::Malformed),
    }
}

impl DiscordIntake {
    async fn command(&self, interaction: &Interaction) -> Result<Response, Refusal> {
        let (data, from) = self.read(interaction)?;
        let typed = data.typed().unwrap_or_default();
        let command = match command::parse(&typed) {
            Ok(Command::Help { topic }) => return Ok(answer::aside(&say::help(topic.as_deref()))),
            Ok(command) => command,
            Err(error) => return Ok(answer::aside(&say::not_understood(&error))),
        };
        let heard =
            if is_question(&command) { answer::later() } else { answer::aside(&say::acknowledged(&command)) };
        Ok(self.keep(interaction, Ask::Command { command, from }).await.unwrap_or(heard))
    }

    /// A button. One that has a second question is asked it first, and Undo is asked for a reason: neither is kept
    /// before it is answered.
    async fn button(&self, interaction: &Interaction) -> Result<Response, Refusal> {
        let (data, from) = self.read(interaction)?;
        let value = data.custom_id.as_deref().unwrap_or_default();
        let Ok(click) = value.parse::<Click>() else {
            return Ok(answer::aside(&say::click_not_understood()));
        };
        match click.verb {
            Verb::Undo => Ok(answer::dialog(value, &say::why_undo(&click.incident))),
            Verb::Approve if !interaction.is_aside() => {
                let question = say::sure_to_approve(&click.incident);
                Ok(answer::sure(Verb::Approve, value, question).unwrap_or_else(answer::pressed))
            }
            _ => {
                let heard = match interaction.is_aside() {
                    true => answer::pressed_aside(&say::acknowledged(&click.as_command(None))),
                    false => answer::pressed(),
                };
                let ask = Ask::Click { click, from, reason: None };
                Ok(self.keep(interaction, ask).await.unwrap_or(heard))
            }
        }
    }

    /// The dialog behind Undo came back.
    async fn filled_in(&self, interaction: &Interaction) -> Result<Response, Refusal> {
        let (data, from) = self.read(interaction)?;
        let click = data.custom_id.as_deref().and_then(|value| value.parse::<Click>().ok());
        let Some(click) = click.filter(|click| click.verb == Verb::Undo) else {
            return Ok(answer::aside(&say::click_not_understood()));
        };
        let command = click.as_command(data.reason());
        let heard = answer::aside(&say::acknowledged(&command));
        Ok(self.keep(interaction, Ask::Command { command, from }).await.unwrap_or(heard))
    }

    async fn suggest(&self, interaction: &Interaction) -> Response {
        let focused = interaction.data.as_ref().and_then(Data::focused);
        answer::suggestions(match focused {
            Some(("gateway", typed)) => self.names.gateways(typed).await,
            Some(("incident", typed)) => self.names.incidents(typed).await,
            _ => Vec::new(),
        })
    }

    fn read<'a>(&self, interaction: &'a Interaction) -> Result<(&'a Data, ReplyTo), Refusal> {
        let data = interaction.data.as_ref().ok_or(Refusal::Malformed)?;
        let from = interaction.from(&self.base).ok_or(Refusal::Malformed)?;
        Ok((data, from))
    }

    /// Keeps a request: one interaction is one, however often it is delivered. Gives what to answer if it was not kept.
    async fn keep(&self, interaction: &Interaction, ask: Ask) -> Option<Response> {
        let id = RequestId::of(&["discord", &interaction.application_id, &interaction.id]);
        let error = self.intake.accept(id, ask).await.err()?;
        tracing::error!(%error, "an interaction from Discord was not kept");
        Some(answer::aside(&say::not_accepted()))
    }
}

/// Whether a command only asks: then its answer follows, for this person alone.
fn is_question(command: &Command) -> bool {
    use Command as C;
    matches!(
        command,
        C::List
            | C::Status { .. }
            | C::Show { .. }
            | C::Audit { .. }
            | C::Code { .. }
            | C::Explain { .. }
            | C::Snooze { .. }
    )
}

/// Why a request was not taken.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("the body is larger than 256 KiB or could not be read")]
    Unread(StatusCode),
    #[error("not signed by Discord: {0}")]
    Unverified(#[from] Unverified),
    #[error("meant for another application: is discord.application right?")]
    AnotherApplication,
    #[error("not an interaction")]
    Malformed,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::Unread(status) => *status,
            // Discord sends badly signed requests of its own, and wants exactly this.
            Self::Unverified(_) => StatusCode::UNAUTHORIZED,
            Self::AnotherApplication | Self::Malformed => StatusCode::BAD_REQUEST,
        };
        tracing::warn!(%status, reason = %self, "a request to the Discord route was refused");
        (status, self.to_string()).into_response()
    }
}
