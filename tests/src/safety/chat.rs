//! A chat that takes everything, a site that nobody can reach, and what the bot looks after: all of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use domain::card::Card;
use domain::evidence::{Peer, Reading, Seen, WhyNot};
use domain::id::GatewayId;
use domain::incident::MessageRef;
use domain::request::{Channel, Platform, ReplyTo};
use handler::ports::{Chat, ChatError, Scope, Site};
use serde_json::Value;

use super::loom::{Life, Loom, Step};

/// Where everything is shown.
pub(crate) fn channel() -> Channel {
    Channel { platform: Platform::Slack, id: "C05OPS0001".to_owned() }
}

/// One life's way to the chat.
pub(crate) struct RaceChat {
    pub(crate) loom: Arc<Loom>,
    pub(crate) life: Life,
    pub(crate) posted: Arc<AtomicU64>,
}

impl RaceChat {
    async fn say(&self) {
        self.loom.turn(self.life, Step::Say, async {}).await;
    }
}

#[async_trait]
impl Chat for RaceChat {
    fn platform(&self) -> Platform {
        Platform::Slack
    }

    async fn post(&self, channel: &Channel, _: &Card) -> Result<MessageRef, ChatError> {
        self.say().await;
        let id = self.posted.fetch_add(1, Ordering::Relaxed).to_string();
        Ok(MessageRef { channel: channel.clone(), id })
    }

    async fn update(&self, _: &MessageRef, _: &Card) -> Result<(), ChatError> {
        self.say().await;
        Ok(())
    }

    async fn thread(&self, _: &MessageRef, _: &Card) -> Result<(), ChatError> {
        self.say().await;
        Ok(())
    }

    async fn reply(&self, _: &ReplyTo, _: &Card) -> Result<(), ChatError> {
        self.say().await;
        Ok(())
    }
}

/// The public side, as seen from where nothing of it can be seen.
pub(crate) struct Nowhere;

#[async_trait]
impl Site for Nowhere {
    async fn visit(&self, _: &str) -> Seen {
        Seen::GatewayError { status: 502 }
    }

    async fn handshake(&self, _: &Peer) -> Reading<Value> {
        Reading::NotRead(WhyNot::Failed { what: "no way there".to_owned() })
    }
}

/// Every gateway.
pub(crate) struct Everything;

impl Scope for Everything {
    fn covers(&self, _: &GatewayId) -> bool {
        true
    }

    fn alert_channels(&self, _: &GatewayId) -> Vec<Channel> {
        vec![channel()]
    }

    fn general_channels(&self) -> Vec<Channel> {
        vec![channel()]
    }
}
