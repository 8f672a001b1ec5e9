//! What the bot is to a workspace: who it is, what it may do, and where it was invited.

use std::collections::BTreeSet;

use secrecy::ExposeSecret as _;
use serde_json::Value;

use super::super::manifest;
use super::super::method::Method;
use super::{SlackChat, answer};
use crate::ports::ChatError;

/// Tells what the token may do (Slack, "Using OAuth scopes").
const SCOPES: &str = "x-oauth-scopes";

/// What the bot is to a workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Its name there.
    pub name: String,
    /// The workspace's name.
    pub team: String,
    /// What its token may do; none where Slack did not say.
    pub scopes: Option<BTreeSet<String>>,
}

impl Standing {
    /// What the bot needs and the token may not do.
    #[must_use]
    pub fn missing(&self) -> Vec<&'static str> {
        let Some(scopes) = &self.scopes else { return Vec::new() };
        manifest::scopes().into_iter().filter(|scope| !scopes.contains(*scope)).collect()
    }

    /// Whether the token may be asked where the bot is.
    #[must_use]
    pub fn may_see_channels(&self) -> bool {
        let may = |scope: &str| self.scopes.as_ref().is_some_and(|scopes| scopes.contains(scope));
        may("channels:read") || may("groups:read")
    }
}

impl SlackChat {
    /// Who the bot is, and what it may do.
    ///
    /// # Errors
    /// When the token is not taken, or Slack cannot be reached.
    pub async fn standing(&self) -> Result<Standing, ChatError> {
        let address = self.base.method(Method::WhoAmI);
        let request = self.client()?.post(address).bearer_auth(self.token.expose_secret());
        let response = request.send().await.map_err(answer::unreachable)?;
        let scopes = response.headers().get(SCOPES).and_then(|value| value.to_str().ok());
        let scopes = scopes.map(|list| list.split(',').map(|scope| scope.trim().to_owned()).collect());
        let me = answer::read(response).await?;
        let text = |name: &str| me.get(name).and_then(Value::as_str).unwrap_or("without a name").to_owned();
        Ok(Standing { name: text("user"), team: text("team"), scopes })
    }

    /// Whether the bot is in a channel.
    ///
    /// # Errors
    /// When Slack does not tell, or there is no such channel for the bot.
    pub async fn is_in(&self, channel: &str) -> Result<bool, ChatError> {
        let asked = self.send(Method::ChannelInfo, |request| request.form(&[("channel", channel)])).await?;
        Ok(asked.pointer("/channel/is_member").and_then(Value::as_bool).unwrap_or_default())
    }
}
