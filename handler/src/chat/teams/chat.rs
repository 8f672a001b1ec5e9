//! The bot in Teams, as the worker knows it.

use std::sync::Arc;

use async_trait::async_trait;
use azure_core::credentials::TokenCredential;
use domain::card::Card;
use domain::incident::MessageRef;
use domain::request::{Channel, Platform, ReplyTo};
use domain::say;

use super::activity::Kind;
use super::address::Address;
use super::connector::{Connector, refused};
use super::service::Services;
use crate::ports::{Chat, ChatError, Store};

/// Posts as one bot.
pub struct TeamsChat {
    connector: Connector,
    store: Arc<dyn Store>,
    /// Whose channels those are that nobody has written from yet.
    tenant: String,
}

impl TeamsChat {
    /// A bot with this app id, whose token comes from `credential`, and which finds the ways to its conversations in
    /// `store`. `tenant` is its own.
    pub fn new(
        app_id: String,
        tenant: String,
        services: Services,
        credential: Arc<dyn TokenCredential>,
        store: Arc<dyn Store>,
    ) -> Self {
        Self { connector: Connector::new(app_id, services, credential), store, tenant }
    }

    /// Whether the bot is in a channel or chat, and may post there.
    ///
    /// # Errors
    /// When it is not, or Teams does not tell.
    pub async fn is_in(&self, channel: &str) -> Result<(), ChatError> {
        let channel = Channel { platform: Platform::Teams, id: channel.to_owned() };
        self.connector.is_in(&self.way(&channel).await?).await
    }

    /// Says something where somebody has just spoken: in their thread.
    pub(super) async fn say(&self, at: &Address, card: &Card) -> Result<(), ChatError> {
        self.connector.post(at, card).await.map(drop)
    }

    /// The way to a channel: as it was kept, or, where nobody has written from it yet, through the service of all
    /// regions.
    async fn way(&self, channel: &Channel) -> Result<Address, ChatError> {
        let kept = self.store.conversation(channel).await.map_err(|error| {
            tracing::error!(%error, channel = channel.id, "the way to a conversation could not be looked up");
            ChatError::Unreachable {
                platform: Platform::Teams,
                what: "the bot's store did not answer".to_owned(),
            }
        })?;
        let kept = kept.and_then(|kept| serde_json::from_value(kept).ok());
        Ok(kept.unwrap_or_else(|| Address {
            service_url: self.connector.services.anywhere(),
            conversation: channel.id.clone(),
            kind: Kind::of_id(&channel.id),
            tenant: self.tenant.clone(),
            user: None,
        }))
    }

    /// Says in the thread, for everybody, that there is an answer which cannot be given in private. What the answer
    /// is stays untold.
    async fn cannot_whisper(&self, at: &Address, to: &ReplyTo) -> Result<(), ChatError> {
        self.say(at, &say::not_in_private(&to.person)).await
    }
}

#[async_trait]
impl Chat for TeamsChat {
    fn platform(&self) -> Platform {
        Platform::Teams
    }

    async fn post(&self, channel: &Channel, card: &Card) -> Result<MessageRef, ChatError> {
        let id = self.connector.post(&self.way(channel).await?, card).await?;
        Ok(MessageRef { channel: channel.clone(), id })
    }

    async fn update(&self, message: &MessageRef, card: &Card) -> Result<(), ChatError> {
        self.connector.put(&self.way(&message.channel).await?, &message.id, card).await
    }

    async fn thread(&self, message: &MessageRef, card: &Card) -> Result<(), ChatError> {
        let way = self.way(&message.channel).await?;
        self.connector.post(&way.thread(&message.id), card).await.map(drop)
    }

    /// In a thread where everybody may have it, an answer is given there; its address leads into that thread.
    /// Among others it goes to the person's own chat with the bot. A message that only one person sees within
    /// a channel is a preview of Teams, and one that does not know of it would show the answer to everybody.
    async fn reply(&self, to: &ReplyTo, card: &Card) -> Result<(), ChatError> {
        let given = to.url.as_deref().and_then(Address::from_text);
        let from = given.ok_or_else(|| refused("it is not known how to reach the person"))?;
        if from.kind == Kind::Personal || to.thread.is_some() {
            return self.say(&from, card).await;
        }
        let opened = self.connector.personal(&from).await;
        match opened {
            Ok(personal) => match self.say(&personal, card).await {
                Err(ChatError::Refused { .. }) => self.cannot_whisper(&from, to).await,
                said => said,
            },
            Err(ChatError::Refused { .. }) => self.cannot_whisper(&from, to).await,
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests;
