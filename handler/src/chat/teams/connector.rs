//! The Bot Connector's REST API: the way out to Teams.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use azure_core::credentials::TokenCredential;
use domain::card::Card;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::time::timeout;

use super::address::Address;
use super::render;
use super::service::Services;
use crate::chat::http::LazyClient;
use crate::ports::ChatError;

mod answer;

pub(super) use answer::refused;

/// What the bot's token is for (microsoft/teams-sdk, "user-managed-identity").
pub const TOKEN_SCOPE: &str = "https://api.botframework.com/.default";
/// For a token, with what the identity tries again.
const TOKEN: Duration = Duration::from_secs(15);

/// Speaks as one bot.
pub(super) struct Connector {
    app_id: String,
    pub(super) services: Services,
    credential: Arc<dyn TokenCredential>,
    /// Which personal conversation somebody has with the bot, by service and person: it never changes.
    personal: Mutex<HashMap<(String, String), String>>,
    client: LazyClient,
}

impl Connector {
    pub(super) fn new(app_id: String, services: Services, credential: Arc<dyn TokenCredential>) -> Self {
        Self { app_id, services, credential, personal: Mutex::default(), client: LazyClient::default() }
    }

    /// Posts a card, and gives the id of its message.
    pub(super) async fn post(&self, to: &Address, card: &Card) -> Result<String, ChatError> {
        let path = ["conversations", &to.conversation, "activities"];
        let answer = self.send(Method::POST, &to.service_url, &path, &message(card)).await?;
        id(&answer).ok_or_else(|| answer::unexpected("a message was posted and has no id"))
    }

    /// Replaces a message, for everybody who sees it.
    pub(super) async fn put(&self, to: &Address, id: &str, card: &Card) -> Result<(), ChatError> {
        let mut body = message(card);
        if let Some(fields) = body.as_object_mut() {
            fields.insert("id".to_owned(), json!(id));
        }
        let path = ["conversations", &to.conversation, "activities", id];
        let put = self.send(Method::PUT, &to.service_url, &path, &body).await;
        put.map(drop).map_err(answer::gone_if_missing)
    }

    /// The personal conversation with whoever wrote from there; opened, if there is none yet.
    pub(super) async fn personal(&self, from: &Address) -> Result<Address, ChatError> {
        let user = from.user.clone().ok_or_else(|| refused("nobody to answer is named"))?;
        let key = (from.service_url.clone(), user);
        let conversation = match self.known_personal(&key) {
            Some(known) => known,
            None => self.open_personal(from, key).await?,
        };
        let kind = super::activity::Kind::Personal;
        Ok(Address { conversation, kind, ..from.clone() })
    }

    fn known_personal(&self, key: &(String, String)) -> Option<String> {
        self.personal.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    async fn open_personal(&self, from: &Address, key: (String, String)) -> Result<String, ChatError> {
        let body = json!({
            "bot": { "id": format!("28:{}", self.app_id) },
            "members": [{ "id": key.1 }],
            "isGroup": false,
            "tenantId": from.tenant,
            "channelData": { "tenant": { "id": from.tenant } },
        });
        let answer = self.send(Method::POST, &from.service_url, &["conversations"], &body).await?;
        let opened =
            id(&answer).ok_or_else(|| answer::unexpected("a conversation was opened and has no id"))?;
        self.personal.lock().unwrap_or_else(PoisonError::into_inner).insert(key, opened.clone());
        Ok(opened)
    }

    /// Whether the bot is in a conversation: who is not may not ask who is (Teams, "Get conversation members").
    pub(super) async fn is_in(&self, conversation: &Address) -> Result<(), ChatError> {
        let path = ["conversations", &conversation.conversation, "pagedmembers"];
        let request = self.request(Method::GET, &conversation.service_url, &path).await?;
        answer::read(request.send().await.map_err(answer::unreachable)?).await.map(drop)
    }

    /// Sends something.
    async fn send(
        &self,
        method: Method,
        service: &str,
        path: &[&str],
        body: &Value,
    ) -> Result<Value, ChatError> {
        let request = self.request(method, service, path).await?.json(body);
        answer::read(request.send().await.map_err(answer::unreachable)?).await
    }

    /// A request with the bot's token, to a service that is believed and to no other.
    async fn request(
        &self,
        method: Method,
        service: &str,
        path: &[&str],
    ) -> Result<RequestBuilder, ChatError> {
        let service = self
            .services
            .find(service)
            .ok_or_else(|| refused("the conversation is at a service that is none of Microsoft's"))?;
        let url = service.at(path).ok_or_else(|| refused("the conversation's id cannot be one"))?;
        let token = self.token().await?;
        Ok(self.client()?.request(method, url).bearer_auth(token))
    }

    async fn token(&self) -> Result<String, ChatError> {
        let asked = timeout(TOKEN, self.credential.get_token(&[TOKEN_SCOPE], None)).await;
        match asked {
            Ok(Ok(token)) => Ok(token.token.secret().to_owned()),
            Ok(Err(error)) => {
                tracing::error!(%error, "there is no token for Teams");
                Err(answer::no_token("no token; `agw check` and the log tell more"))
            }
            Err(_) => Err(answer::no_token("no token in time")),
        }
    }

    fn client(&self) -> Result<&Client, ChatError> {
        self.client.get(|client| client).map_err(answer::unreachable)
    }
}

/// A message that shows a card. Its summary is what a notification says.
fn message(card: &Card) -> Value {
    let attachment = json!({
        "contentType": "application/vnd.microsoft.card.adaptive",
        "content": render::card(card),
    });
    json!({ "type": "message", "summary": render::summary(card), "attachments": [attachment] })
}

fn id(answer: &Value) -> Option<String> {
    answer.get("id").and_then(Value::as_str).filter(|id| !id.is_empty()).map(str::to_owned)
}
