//! A chat platform that is told of: how long each call took, and what came of it.

use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use domain::card::Card;
use domain::incident::MessageRef;
use domain::request::{Channel, Person, Platform, ReplyTo};
use tracing::Instrument;

use crate::ports::{Chat, ChatError};
use crate::telemetry::{events, spans};

/// Tells of each call. What is said, and to whom, is not told.
pub(super) struct Watched(pub(super) Arc<dyn Chat>);

impl Watched {
    async fn told<T>(
        &self,
        method: &'static str,
        call: impl Future<Output = Result<T, ChatError>> + Send,
    ) -> Result<T, ChatError> {
        let (platform, start) = (self.0.platform(), Instant::now());
        async {
            let result = call.await;
            events::posted(platform, method, start.elapsed(), &result);
            result
        }
        .instrument(spans::chat(platform, method))
        .await
    }
}

#[async_trait]
impl Chat for Watched {
    fn platform(&self) -> Platform {
        self.0.platform()
    }

    async fn post(&self, channel: &Channel, card: &Card) -> Result<MessageRef, ChatError> {
        self.told("post", self.0.post(channel, card)).await
    }

    async fn post_once(&self, channel: &Channel, card: &Card, once: &str) -> Result<MessageRef, ChatError> {
        self.told("post", self.0.post_once(channel, card, once)).await
    }

    async fn update(&self, message: &MessageRef, card: &Card) -> Result<(), ChatError> {
        self.told("update", self.0.update(message, card)).await
    }

    async fn thread(&self, message: &MessageRef, card: &Card) -> Result<(), ChatError> {
        self.told("thread", self.0.thread(message, card)).await
    }

    async fn reply(&self, to: &ReplyTo, card: &Card) -> Result<(), ChatError> {
        self.told("reply", self.0.reply(to, card)).await
    }

    async fn home(&self, person: &Person, cards: &[Card]) -> Result<(), ChatError> {
        self.told("home", self.0.home(person, cards)).await
    }

    async fn groups_of(&self, person: &Person, among: &[String]) -> Result<Vec<String>, ChatError> {
        self.told("groups", self.0.groups_of(person, among)).await
    }
}
