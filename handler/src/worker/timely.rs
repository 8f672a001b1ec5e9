//! A chat platform with a deadline: one that hangs is one that could not be reached.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::card::Card;
use domain::incident::MessageRef;
use domain::request::{Channel, Person, Platform, ReplyTo};
use tokio::time::timeout;

use crate::ports::{Chat, ChatError};

/// Longer than adapters wait by themselves, and much shorter than a worker's claim.
const DEADLINE: Duration = Duration::from_secs(30);

/// Gives up on calls that take too long. What was asked for may happen all the same.
pub(super) struct Timely(pub(super) Arc<dyn Chat>);

impl Timely {
    async fn within<T>(
        &self,
        call: impl Future<Output = Result<T, ChatError>> + Send,
    ) -> Result<T, ChatError> {
        let too_late = |_| {
            let what = format!("no answer within {} s", DEADLINE.as_secs());
            Err(ChatError::Unreachable { platform: self.0.platform(), what })
        };
        timeout(DEADLINE, call).await.unwrap_or_else(too_late)
    }
}

#[async_trait]
impl Chat for Timely {
    fn platform(&self) -> Platform {
        self.0.platform()
    }

    async fn post(&self, channel: &Channel, card: &Card) -> Result<MessageRef, ChatError> {
        self.within(self.0.post(channel, card)).await
    }

    async fn post_once(&self, channel: &Channel, card: &Card, once: &str) -> Result<MessageRef, ChatError> {
        self.within(self.0.post_once(channel, card, once)).await
    }

    async fn update(&self, message: &MessageRef, card: &Card) -> Result<(), ChatError> {
        self.within(self.0.update(message, card)).await
    }

    async fn thread(&self, message: &MessageRef, card: &Card) -> Result<(), ChatError> {
        self.within(self.0.thread(message, card)).await
    }

    async fn reply(&self, to: &ReplyTo, card: &Card) -> Result<(), ChatError> {
        self.within(self.0.reply(to, card)).await
    }

    async fn home(&self, person: &Person, cards: &[Card]) -> Result<(), ChatError> {
        self.within(self.0.home(person, cards)).await
    }

    async fn groups_of(&self, person: &Person, among: &[String]) -> Result<Vec<String>, ChatError> {
        self.within(self.0.groups_of(person, among)).await
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use domain::card::{Text, Tone};

    use super::*;

    struct Hanging;

    #[async_trait]
    impl Chat for Hanging {
        fn platform(&self) -> Platform {
            Platform::Teams
        }
        async fn post(&self, _: &Channel, _: &Card) -> Result<MessageRef, ChatError> {
            pending().await
        }
        async fn update(&self, _: &MessageRef, _: &Card) -> Result<(), ChatError> {
            pending().await
        }
        async fn thread(&self, _: &MessageRef, _: &Card) -> Result<(), ChatError> {
            pending().await
        }
        async fn reply(&self, _: &ReplyTo, _: &Card) -> Result<(), ChatError> {
            pending().await
        }
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_hangs_cannot_be_reached() {
        let channel = Channel { platform: Platform::Teams, id: "19:ops".to_owned() };
        let card = Card::new(Tone::Neutral, "Help", "agw", Text::of("…"));
        let posted = Timely(Arc::new(Hanging)).post(&channel, &card).await;
        let error = posted.unwrap_err();
        assert_eq!(error.to_string(), "Teams could not be reached: no answer within 30 s");
        assert!(!error.is_final());
    }
}
