//! Discord, put together.

use std::sync::Arc;

use anyhow::Context;

use super::{Azure, Parts, in_scope};
use crate::chat::discord::{ApiBase, DiscordChat, DiscordIntake, Names, Verifier, routes};
use crate::config::{Config, Secrets};
use crate::ports::{Chat, Clock, Store};

impl Parts {
    pub(super) fn discord(
        &mut self,
        config: &Config,
        secrets: &Secrets,
        azure: &Azure,
        store: &Arc<dyn Store>,
        clock: &Arc<dyn Clock>,
    ) -> anyhow::Result<()> {
        let Some(application) = &config.discord.application else { return Ok(()) };
        let key = config.discord.public_key.as_deref();
        let key = key.context("discord.application is set, and discord.public_key is not")?;
        let verifier = Verifier::new(key).context("discord.public_key")?;
        let chat = chat(config, secrets, clock)?;
        self.chats.push(Arc::new(chat) as Arc<dyn Chat>);
        let scope = config.clone();
        let covers = move |gateway: &_| in_scope(&scope, gateway);
        self.open_to_all(routes(DiscordIntake {
            intake: self.intake.clone(),
            verifier: Arc::new(verifier),
            base: base(config)?,
            application: application.clone(),
            names: Arc::new(Names::new(Arc::clone(&azure.arm), Arc::clone(store), covers)),
        }));
        Ok(())
    }
}

/// The way out to Discord.
///
/// # Errors
/// When something that it needs is not set.
pub fn chat(config: &Config, secrets: &Secrets, clock: &Arc<dyn Clock>) -> anyhow::Result<DiscordChat> {
    let application = config.discord.application.clone().context("discord.application is not set")?;
    let token = secrets.discord_bot_token.clone();
    let token = token.context("discord.application is set, and AGW_DISCORD_BOT_TOKEN is not")?;
    Ok(DiscordChat::new(base(config)?, application, token, Arc::clone(clock)))
}

fn base(config: &Config) -> anyhow::Result<ApiBase> {
    ApiBase::parse(config.discord.api.as_str()).context("discord.api")
}
