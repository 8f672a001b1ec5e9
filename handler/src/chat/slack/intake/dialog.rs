//! The dialog behind Undo, which asks for a reason: what it carries, and what comes back.

use domain::command::Command;
use domain::incident::IncidentId;
use domain::request::{Ask, Click, ReplyTo, RequestId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::click::Payload;
use super::form::reply_to;
use crate::chat::reason;

/// The dialog's name: what Slack says was submitted.
pub(super) const UNDO: &str = "agw.undo";

/// What the dialog carries: the click that opened it, without the address for answers, which is a secret.
#[derive(Serialize, Deserialize)]
struct Carried {
    incident: IncidentId,
    channel: String,
}

/// A dialog that came back.
#[derive(Deserialize)]
pub(super) struct View {
    id: String,
    callback_id: Option<String>,
    private_metadata: Option<String>,
    #[serde(default)]
    state: Value,
}

/// The click, as the dialog carries it. Slack hands it back as it is, in a body that it signs.
pub(super) fn carried(click: &Click, from: &ReplyTo) -> Option<String> {
    let carried = Carried { incident: click.incident.clone(), channel: from.channel.id.clone() };
    serde_json::to_string(&carried).ok()
}

/// What a submitted dialog asks for: what the command with the same reason does.
pub(super) fn read(payload: &Payload) -> Option<(RequestId, Ask)> {
    let view = payload.view.as_ref().filter(|_| payload.kind == "view_submission")?;
    if view.callback_id.as_deref() != Some(UNDO) {
        return None;
    }
    let carried: Carried = serde_json::from_str(view.private_metadata.as_deref()?).ok()?;
    let user = payload.user.as_ref()?;
    let id = RequestId::of(&["slack", "dialog", payload.team()?, &user.id, &view.id]);
    let from = reply_to(&user.id, user.called(), &carried.channel, None);
    let command = Command::Undo { incident: carried.incident.to_string(), reason: view.reason() };
    Some((id, Ask::Command { command, from }))
}

impl View {
    /// What was answered.
    fn reason(&self) -> Option<String> {
        let values = self.state.get("values")?;
        reason::given(values.get(reason::FIELD)?.get(reason::FIELD)?.get("value")?.as_str()?)
    }
}
