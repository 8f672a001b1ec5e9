//! Who the bot is to Azure: a managed identity in Azure, the developer's own account elsewhere.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_core::http::{ClientOptions, ExponentialRetryOptions, RetryOptions};
use azure_identity::{
    DeveloperToolsCredential, ManagedIdentityCredential, ManagedIdentityCredentialOptions, UserAssignedId,
};
use tokio::sync::Mutex;

use crate::ports::Clock;

/// A token is renewed this many seconds before it expires.
const EARLY: i64 = 300;

/// How a credential tries again. What the SDK does by default takes 82 s.
const RETRIES: u32 = 2;

/// Where tokens come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The identity that Azure gave to the machine.
    ManagedIdentity {
        /// Which one, if it is not the machine's own but assigned to it.
        client_id: Option<String>,
    },
    /// Whoever is signed in: `az login`, else `azd auth login`.
    DeveloperTools,
}

impl Source {
    /// A managed identity where Azure offers one, else the developer's tools.
    ///
    /// `identity_endpoint` is the environment's `IDENTITY_ENDPOINT`.
    #[must_use]
    pub fn detect(identity_endpoint: Option<&str>, client_id: Option<String>) -> Self {
        match identity_endpoint {
            Some(endpoint) if !endpoint.is_empty() => Self::ManagedIdentity { client_id },
            _ => Self::DeveloperTools,
        }
    }

    /// A credential that keeps its tokens until they expire.
    ///
    /// # Errors
    /// When the environment does not describe an identity that can be used.
    pub fn credential(&self, clock: Arc<dyn Clock>) -> azure_core::Result<Arc<dyn TokenCredential>> {
        let inner: Arc<dyn TokenCredential> = match self {
            Self::ManagedIdentity { client_id } => managed(client_id.clone())?,
            Self::DeveloperTools => DeveloperToolsCredential::new(None)?,
        };
        Ok(Arc::new(CachedCredential::new(inner, clock)))
    }
}

fn managed(client_id: Option<String>) -> azure_core::Result<Arc<ManagedIdentityCredential>> {
    let retry = ExponentialRetryOptions { max_retries: RETRIES, ..Default::default() };
    let retry = RetryOptions::exponential(retry);
    let client_options = ClientOptions { retry, ..Default::default() };
    let user_assigned_id = client_id.map(UserAssignedId::ClientId);
    ManagedIdentityCredential::new(Some(ManagedIdentityCredentialOptions {
        user_assigned_id,
        client_options,
    }))
}

type Slot = Arc<Mutex<Option<AccessToken>>>;

/// Keeps the tokens of another credential, because some start a process to fetch a new one each time. Those
/// who want the same token at once wait for one fetch.
#[derive(Debug)]
pub struct CachedCredential {
    inner: Arc<dyn TokenCredential>,
    clock: Watch,
    slots: Mutex<HashMap<String, Slot>>,
}

impl CachedCredential {
    /// Wraps a credential.
    pub fn new(inner: Arc<dyn TokenCredential>, clock: Arc<dyn Clock>) -> Self {
        Self { inner, clock: Watch(clock), slots: Mutex::default() }
    }

    async fn slot(&self, scopes: &[&str]) -> Slot {
        self.slots.lock().await.entry(scopes.join(" ")).or_default().clone()
    }

    fn seconds_left(&self, token: &AccessToken) -> i64 {
        token.expires_on.unix_timestamp() - self.clock.0.now().as_second()
    }
}

#[async_trait]
impl TokenCredential for CachedCredential {
    async fn get_token(
        &self,
        scopes: &[&str],
        options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        let slot = self.slot(scopes).await;
        let mut kept = slot.lock().await;
        if let Some(token) = kept.as_ref().filter(|token| self.seconds_left(token) > EARLY) {
            return Ok(token.clone());
        }
        match self.inner.get_token(scopes, options).await {
            Ok(token) => Ok(kept.insert(token).clone()),
            // The old one is good for some minutes yet.
            Err(error) => kept.clone().filter(|token| self.seconds_left(token) > 0).ok_or(error),
        }
    }
}

/// A clock that can be printed, as the SDK wants of everything in a credential.
struct Watch(Arc<dyn Clock>);

impl std::fmt::Debug for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Clock")
    }
}
