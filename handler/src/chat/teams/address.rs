//! How a conversation is reached: what is kept for each, and what a reply is sent by.

use serde::{Deserialize, Serialize};

use super::activity::{Activity, Kind, THREAD};

/// The way to a conversation. Read from a store it proves nothing: whether the service is believed is asked before
/// each use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Address {
    pub(super) service_url: String,
    /// The conversation's id. In a channel it may name a thread: `…;messageid=…`.
    pub(super) conversation: String,
    pub(super) kind: Kind,
    /// Whose conversation it is.
    pub(super) tenant: String,
    /// The person who wrote from there, by the id that they have for the bot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) user: Option<String>,
}

impl Address {
    /// Where an activity came from, its thread and its author included.
    pub(super) fn of(activity: &Activity, tenant: &str) -> Self {
        Self {
            service_url: activity.service_url.clone(),
            conversation: activity.conversation.id.clone(),
            kind: activity.conversation.kind(),
            tenant: tenant.to_owned(),
            user: Some(activity.from.id.clone()),
        }
    }

    /// The conversation itself, to speak in it without being asked.
    pub(super) fn of_channel(activity: &Activity, tenant: &str) -> Self {
        let conversation = activity.conversation.channel().to_owned();
        Self { conversation, user: None, ..Self::of(activity, tenant) }
    }

    /// The thread below a message. Chats have none: there it is the chat itself.
    pub(super) fn thread(mut self, message: &str) -> Self {
        if self.kind == Kind::Channel {
            self.conversation = format!("{}{THREAD}{message}", self.conversation);
        }
        self
    }

    /// As a [`domain::request::ReplyTo`] keeps it.
    pub(super) fn to_text(&self) -> Option<String> {
        serde_json::to_string(self).ok()
    }

    pub(super) fn from_text(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}
