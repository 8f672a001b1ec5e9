//! Discord around a bot that is a process of its own, in real time.

use aws_lc_rs::signature::KeyPair as _;
use handler::clock::SystemClock;
use handler::ports::Clock as _;
use serde_json::Value;

use super::{APPLICATION, DISCORD_CHANNEL, DiscordMessage, FakeDiscord, PATH};
use crate::talk::{Sent, Talk};

impl FakeDiscord {
    /// The section of `agw.toml` that connects a bot to this Discord.
    #[must_use]
    pub fn toml(&self) -> String {
        let key = hex::encode(self.key.public_key().as_ref());
        format!(
            "[discord]\napi = \"{}\"\npublic_key = \"{key}\"\napplication = \"{APPLICATION}\"\n\
             alert_channels = [\"{DISCORD_CHANNEL}\"]\n",
            self.server.url()
        )
    }

    /// Sends an interaction as Discord does.
    pub async fn tell(&self, talk: &Talk, body: &Value) -> Sent {
        let (stamp, body) = (SystemClock.now().as_second().to_string(), body.to_string());
        let signature = hex::encode(self.key.sign(format!("{stamp}{body}").as_bytes()).as_ref());
        let headers = [
            ("content-type", "application/json"),
            ("x-signature-timestamp", stamp.as_str()),
            ("x-signature-ed25519", signature.as_str()),
        ];
        talk.post(PATH, &headers, body).await
    }

    /// What stands in the channel now, if anything does.
    #[must_use]
    pub fn latest(&self) -> Option<DiscordMessage> {
        self.shared.inner().board.read(DISCORD_CHANNEL).pop()
    }
}
