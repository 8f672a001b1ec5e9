//! The bot's token by a client secret, where there is no managed identity.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_core::error::{Error, ErrorKind};
use azure_core::time::OffsetDateTime;
use reqwest::{Client, redirect};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use url::Url;

use crate::ports::Clock;

const DEADLINE: Duration = Duration::from_secs(10);

/// An app that proves who it is by a secret (OAuth 2.0, client credentials).
pub struct ClientSecret {
    app: App,
    secret: SecretString,
    clock: Arc<dyn Clock>,
    /// Built for the first token.
    client: OnceLock<Client>,
}

/// An app in Entra ID.
#[derive(Debug, Clone)]
pub struct App {
    /// Where Entra ID is: https, or http on loopback.
    pub login: Url,
    /// The tenant that the app is registered in.
    pub tenant: String,
    /// The app's own id.
    pub id: String,
}

impl fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientSecret").field("app", &self.app).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Answer {
    access_token: String,
    expires_in: i64,
}

#[derive(Deserialize, Default)]
struct Refusal {
    error: String,
}

impl ClientSecret {
    /// The secret of an app. The clock tells until when a token is good, for it says only for how long.
    pub fn new(app: App, secret: SecretString, clock: Arc<dyn Clock>) -> Self {
        Self { app, secret, clock, client: OnceLock::new() }
    }

    fn client(&self) -> reqwest::Result<&Client> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        // A redirect could carry the secret somewhere else.
        let client = Client::builder().timeout(DEADLINE).redirect(redirect::Policy::none()).build()?;
        Ok(self.client.get_or_init(|| client))
    }

    fn address(&self) -> Option<Url> {
        let mut url = self.app.login.clone();
        url.path_segments_mut().ok()?.pop_if_empty().extend([
            self.app.tenant.as_str(),
            "oauth2",
            "v2.0",
            "token",
        ]);
        Some(url)
    }

    async fn ask(&self, scope: &str) -> azure_core::Result<AccessToken> {
        let address = self.address().ok_or_else(|| failed("teams.login is no base of addresses"))?;
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", self.app.id.as_str()),
            ("client_secret", self.secret.expose_secret()),
            ("scope", scope),
        ];
        let client = self.client().map_err(|error| lost(&error))?;
        let response = client.post(address).form(&form).send().await.map_err(|error| lost(&error))?;
        let status = response.status();
        let body = response.bytes().await.map_err(|error| lost(&error))?;
        if !status.is_success() {
            // The description behind it holds ids of requests, and may hold more.
            let Refusal { error } = serde_json::from_slice(&body).unwrap_or_default();
            let error: String = error.chars().filter(|c| c.is_ascii_graphic()).take(60).collect();
            return Err(failed(&format!("HTTP {} {error}", status.as_u16())));
        }
        let answer: Answer = serde_json::from_slice(&body)
            .map_err(|_| failed("an answer without access_token and expires_in"))?;
        let end = self.clock.now().as_second().saturating_add(answer.expires_in);
        let end =
            OffsetDateTime::from_unix_timestamp(end).map_err(|_| failed("a token that never expires"))?;
        Ok(AccessToken::new(answer.access_token, end))
    }
}

#[async_trait]
impl TokenCredential for ClientSecret {
    async fn get_token(
        &self,
        scopes: &[&str],
        _: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        self.ask(&scopes.join(" ")).await
    }
}

fn failed(what: &str) -> Error {
    Error::with_message(ErrorKind::Credential, format!("Entra ID gave no token for Teams: {what}"))
}

fn lost(error: &reqwest::Error) -> Error {
    failed(if error.is_timeout() { "no answer in time" } else { "it could not be reached" })
}

#[cfg(test)]
mod tests;
