//! Who may call the route. What is configured is required: a key, a token of Entra ID, or both.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::http::request::Parts;
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

use super::entra::{NotAzureMonitor, SecureWebhook};

/// The header that Azure Functions gives to a function key; `?code=` is its other form.
const KEY_HEADER: &str = "x-functions-key";

/// What somebody has to show to be let in.
#[derive(Clone, Default)]
pub struct Door {
    /// This key, where there is one.
    pub key: Option<Arc<SecretString>>,
    /// A token that Entra ID issued to Azure Monitor, where this is there.
    pub entra: Option<Arc<SecureWebhook>>,
    /// Whether a Functions host stands before it, which has checked the function's key (`authLevel` in
    /// `function.json`), and which nobody gets around.
    pub hosted: bool,
}

/// Why somebody is not let in.
#[derive(Debug, thiserror::Error)]
pub(super) enum Outside {
    #[error("the alert key is missing or wrong: send it as ?code= or in the header x-functions-key")]
    WrongKey,
    #[error("this bot takes no alerts: set AGW_ALERT_KEY, or alerts.app_id and alerts.tenant in agw.toml")]
    Closed,
    #[error(transparent)]
    Entra(#[from] NotAzureMonitor),
}

impl Outside {
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::WrongKey | Self::Closed => StatusCode::UNAUTHORIZED,
            Self::Entra(why) => why.status(),
        }
    }
}

impl Door {
    /// Whether nobody is let in: nothing is configured that anybody could show.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.key.is_none() && self.entra.is_none() && !self.hosted
    }

    /// Checks what a request shows, the key first: that costs nothing.
    pub(super) async fn check(&self, parts: &Parts) -> Result<(), Outside> {
        if self.is_closed() {
            return Err(Outside::Closed);
        }
        if let Some(key) = &self.key
            && !is_shown(key, parts)
        {
            return Err(Outside::WrongKey);
        }
        match &self.entra {
            Some(entra) => Ok(entra.check(&parts.headers).await?),
            None => Ok(()),
        }
    }
}

fn is_shown(key: &SecretString, parts: &Parts) -> bool {
    let header = parts.headers.get(KEY_HEADER).map(|value| value.as_bytes().to_vec());
    let query = || {
        let pairs = url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes());
        pairs.into_iter().find(|(name, _)| name == "code").map(|(_, value)| value.into_owned().into_bytes())
    };
    let given = header.or_else(query);
    given.is_some_and(|given| bool::from(given.ct_eq(key.expose_secret().as_bytes())))
}
