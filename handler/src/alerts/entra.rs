//! The secure webhook of an action group: Azure Monitor comes with a token of Entra ID, issued for an app that stands for
//! this bot (Microsoft Learn, "Configure authentication for Secure webhook"; "Access token claims reference").

use std::sync::Arc;

use axum::http::{HeaderMap, StatusCode, header};
use jiff::SignedDuration;
use serde::Deserialize;
use url::Url;

use crate::chat::link;
use crate::jwt::{BadToken, Keys, NoKey, Signer, Unproven};
use crate::ports::Clock;

/// Who signs. Entra publishes a key before it signs with it, so a key that is not known is mostly somebody's invention.
const ENTRA: Signer = Signer { name: "Entra ID", unknown_every: SignedDuration::from_mins(5) };
/// Azure Monitor's action groups, as an application: `AzNS AAD Webhook`, the same in every tenant.
const ACTION_GROUPS: &str = "461e8683-5575-4561-ac7f-899cc907d62a";
/// The public cloud's Entra ID.
const PUBLIC: &str = "login.microsoftonline.com";

/// Which tokens are taken.
#[derive(Debug, Clone)]
pub struct Trust {
    /// The app that stands for this bot, which tokens have to be issued for.
    pub app_id: String,
    /// The tenant that issues them.
    pub tenant: String,
    /// The app role that Azure Monitor has to have.
    pub role: String,
    /// The document that leads to the keys, if it is not the tenant's own in the public cloud: https, or http on loopback.
    pub metadata: Option<Url>,
}

/// Knows Azure Monitor by its tokens.
pub struct SecureWebhook {
    trust: Trust,
    issuer: String,
    keys: Keys,
    clock: Arc<dyn Clock>,
}

/// What a token of version 2 says. Of version 1 it says less.
#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    tid: String,
    azp: Option<String>,
    #[serde(default)]
    roles: Vec<String>,
}

/// Why a token is not taken. Its `Display` is meant for the person who sets the webhook up.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotAzureMonitor {
    #[error("no token of Entra ID for this bot: {0}")]
    Token(#[from] BadToken),
    #[error("the token cannot be checked: {0}")]
    Key(#[from] NoKey),
    #[error(
        "the token is of version 1: set api.requestedAccessTokenVersion to 2 in the manifest of the app in Entra ID"
    )]
    VersionOne,
    #[error("the token was issued by another tenant; is alerts.tenant right?")]
    Issuer,
    #[error("the token is for another app; is alerts.app_id right?")]
    Audience,
    #[error("the token is not that of Azure Monitor's action groups")]
    Caller,
    #[error("the caller does not have the app role {0}: assign it to AzNS AAD Webhook")]
    Role(String),
}

impl NotAzureMonitor {
    /// What is answered. Azure Monitor tries again after 503 and after no other of these.
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::Key(NoKey::Unfetched(_)) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Caller | Self::Role(_) => StatusCode::FORBIDDEN,
            Self::Token(_)
            | Self::Key(NoKey::Unknown(_))
            | Self::VersionOne
            | Self::Issuer
            | Self::Audience => StatusCode::UNAUTHORIZED,
        }
    }
}

impl SecureWebhook {
    /// A webhook that trusts so far and no further.
    ///
    /// # Errors
    /// When the tenant cannot stand in an address.
    pub fn new(trust: Trust, clock: Arc<dyn Clock>) -> Result<Self, url::ParseError> {
        let given = trust.metadata.as_ref().filter(|url| !link::is_loopback(url)).and_then(Url::host_str);
        let host = given.unwrap_or(PUBLIC);
        let issuer = format!("https://{host}/{}/v2.0", trust.tenant);
        let metadata = match trust.metadata.clone() {
            Some(metadata) => metadata,
            None => Url::parse(&format!("{issuer}/.well-known/openid-configuration"))?,
        };
        let keys = Keys::of(ENTRA, metadata, Arc::clone(&clock));
        Ok(Self { trust, issuer, keys, clock })
    }

    /// Whether the keys are there to check a token with.
    pub async fn ready(&self) -> bool {
        self.keys.ready().await
    }

    /// Checks the token that a request came with.
    pub(super) async fn check(&self, headers: &HeaderMap) -> Result<(), NotAzureMonitor> {
        let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = Unproven::read(authorization)?;
        let key = self.keys.find(&token.key).await?;
        self.judge(&token.prove(&key, self.clock.now())?)
    }

    fn judge(&self, claims: &Claims) -> Result<(), NotAzureMonitor> {
        let Trust { app_id, tenant, role, .. } = &self.trust;
        let same = |one: &str, other: &str| one.eq_ignore_ascii_case(other);
        let is_version_one = same(&claims.iss, &format!("https://sts.windows.net/{tenant}/"));
        if is_version_one {
            Err(NotAzureMonitor::VersionOne)
        } else if !same(&claims.iss, &self.issuer) || !same(&claims.tid, tenant) {
            Err(NotAzureMonitor::Issuer)
        } else if !same(&claims.aud, app_id) {
            Err(NotAzureMonitor::Audience)
        } else if !claims.azp.as_deref().is_some_and(|azp| same(azp, ACTION_GROUPS)) {
            Err(NotAzureMonitor::Caller)
        } else if !claims.roles.contains(role) {
            Err(NotAzureMonitor::Role(role.clone()))
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests;
