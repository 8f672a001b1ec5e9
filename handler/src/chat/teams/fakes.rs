//! A Connector on this machine, and the tokens that it comes with.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_core::time::OffsetDateTime;
use serde_json::{Value, json};

use super::service::Services;
use crate::chat::fakes::{self, NOW};
use crate::jwt::fakes::Issuer;

pub(super) const APP: &str = "22222222-3333-4444-5555-666666666666";
pub(super) const TENANT: &str = "33333333-4444-5555-6666-777777777777";
pub(super) const OTHER_TENANT: &str = "44444444-5555-6666-7777-888888888888";
pub(super) const ALEX: &str = "aaaaaaaa-0000-0000-0000-00000000a1e4";
/// The bot's own token for the Connector.
pub(super) const BEARER: &str = "the-bots-own-token";

/// A good token for a service, as the Connector signs it.
pub(super) fn token(issuer: &Issuer, service: &str) -> String {
    issuer.sign(&issuer.header(), &claims(service))
}

/// What a good token says.
pub(super) fn claims(service: &str) -> Value {
    json!({
        "iss": "https://api.botframework.com", "aud": APP, "serviceurl": service,
        "nbf": NOW - 600, "exp": NOW + 3000,
    })
}

/// A request as the Connector got it: method, path, authorization, body.
pub(super) type Asked = (String, String, Option<String>, Value);

/// What the Connector was asked, and what it answers next.
#[derive(Clone, Default)]
pub(super) struct FakeConnector {
    asked: Arc<Mutex<Vec<Asked>>>,
    answers: Arc<Mutex<VecDeque<(u16, Value)>>>,
    pub(super) address: String,
}

impl FakeConnector {
    pub(super) async fn start() -> Self {
        let listener = fakes::listen().await;
        let address = format!("http://127.0.0.1:{}/teams", fakes::port(&listener));
        let connector = Self { address, ..Self::default() };
        fakes::serve_on(listener, Router::new().fallback(answer).with_state(connector.clone()));
        connector
    }

    pub(super) fn services(&self) -> Services {
        Services::with(&[self.address.parse().expect("a URL")]).expect("loopback")
    }

    pub(super) fn answers(&self, status: u16, body: Value) {
        self.answers.lock().expect("nobody panicked").push_back((status, body));
    }

    pub(super) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("nobody panicked").clone()
    }

    /// The method and path of each request.
    pub(super) fn paths(&self) -> Vec<String> {
        let paths = self.asked().into_iter();
        paths
            .map(|(method, path, ..)| format!("{method} {}", path.trim_start_matches("/teams/v3/")))
            .collect()
    }
}

async fn answer(
    State(connector): State<FakeConnector>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let token = headers.get("authorization").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let body = serde_json::from_slice(&body).unwrap_or_default();
    let asked = (method.to_string(), uri.to_string(), token, body);
    connector.asked.lock().expect("nobody panicked").push(asked);
    let next = connector.answers.lock().expect("nobody panicked").pop_front();
    let (status, body) = next.unwrap_or((201, json!({ "id": "1795376355741" })));
    (StatusCode::from_u16(status).expect("a status"), [("retry-after", "7")], axum::Json(body))
        .into_response()
}

/// A credential that has a token, or none.
#[derive(Debug)]
pub(super) struct Holder(pub(super) bool);

#[async_trait]
impl TokenCredential for Holder {
    async fn get_token(
        &self,
        scopes: &[&str],
        _: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        assert_eq!(scopes, ["https://api.botframework.com/.default"]);
        if self.0 {
            return Ok(AccessToken::new(BEARER, OffsetDateTime::UNIX_EPOCH));
        }
        Err(azure_core::Error::with_message(azure_core::error::ErrorKind::Credential, "no"))
    }
}
