//! An issuer of tokens, a Connector and an Entra ID, on this machine.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_core::time::OffsetDateTime;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use url::Url;

use super::service::Services;
use super::token::Key;
use crate::chat::fakes::{self, NOW};

pub(super) const APP: &str = "22222222-3333-4444-5555-666666666666";
pub(super) const TENANT: &str = "33333333-4444-5555-6666-777777777777";
pub(super) const OTHER_TENANT: &str = "44444444-5555-6666-7777-888888888888";
pub(super) const ALEX: &str = "aaaaaaaa-0000-0000-0000-00000000a1e4";
/// The bot's own token for the Connector.
pub(super) const BEARER: &str = "the-bots-own-token";

/// Signs as the Bot Connector does, with a key of its own.
pub(super) struct Issuer {
    pair: KeyPair,
    pub(super) kid: &'static str,
}

impl Issuer {
    pub(super) fn new(kid: &'static str) -> Self {
        Self { pair: KeyPair::generate(KeySize::Rsa2048).expect("a key"), kid }
    }

    /// The public key: of 2048 bits in PKCS#1, where each part stands at its place.
    pub(super) fn key(&self, endorsements: &[&str]) -> Key {
        let der = self.pair.public_key().as_ref();
        let endorsements = endorsements.iter().map(|text| (*text).to_owned()).collect();
        Key { modulus: der[9..265].to_vec(), exponent: der[267..].to_vec(), endorsements }
    }

    pub(super) fn jwk(&self, endorsements: &[&str]) -> Value {
        let Key { modulus, exponent, endorsements } = self.key(endorsements);
        let [n, e] = [modulus, exponent].map(|number| URL_SAFE_NO_PAD.encode(number));
        json!({ "kty": "RSA", "use": "sig", "kid": self.kid, "n": n, "e": e, "endorsements": endorsements })
    }

    /// A token with this header and these claims.
    pub(super) fn sign(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(header), part(claims));
        let mut signature = vec![0; self.pair.public_modulus_len()];
        let random = SystemRandom::new();
        self.pair.sign(&RSA_PKCS1_SHA256, &random, signed.as_bytes(), &mut signature).expect("a signature");
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// The header that the Connector's tokens have.
    pub(super) fn header(&self) -> Value {
        json!({ "alg": "RS256", "typ": "JWT", "kid": self.kid, "x5t": self.kid })
    }

    /// A good token for a service.
    pub(super) fn token(&self, service: &str) -> String {
        self.sign(&self.header(), &claims(service))
    }
}

/// What a good token says.
pub(super) fn claims(service: &str) -> Value {
    json!({
        "iss": "https://api.botframework.com", "aud": APP, "serviceurl": service,
        "nbf": NOW - 600, "exp": NOW + 3000,
    })
}

/// Serves the documents that lead to keys, and counts how often.
#[derive(Clone, Default)]
pub(super) struct Documents {
    pub(super) keys: Arc<Mutex<Vec<Value>>>,
    pub(super) fetched: Arc<AtomicUsize>,
    /// Where the keys are said to be, if it is not here.
    pub(super) elsewhere: Arc<Mutex<Option<String>>>,
}

impl Documents {
    /// Serves them, and gives the address of the first.
    pub(super) async fn serve(&self) -> Url {
        let listener = fakes::listen().await;
        let base = format!("http://127.0.0.1:{}", fakes::port(&listener));
        let (documents, here) = (self.clone(), base.clone());
        let metadata = async move || {
            documents.fetched.fetch_add(1, Ordering::SeqCst);
            let elsewhere = documents.elsewhere.lock().expect("nobody panicked").clone();
            let keys = elsewhere.unwrap_or_else(|| format!("{here}/keys"));
            axum::Json(json!({ "issuer": "https://api.botframework.com", "jwks_uri": keys }))
        };
        let documents = self.clone();
        let keys = async move || {
            axum::Json(json!({ "keys": documents.keys.lock().expect("nobody panicked").clone() }))
        };
        fakes::serve_on(listener, Router::new().route("/metadata", get(metadata)).route("/keys", get(keys)));
        format!("{base}/metadata").parse().expect("a URL")
    }

    pub(super) fn publish(&self, keys: &[Value]) {
        *self.keys.lock().expect("nobody panicked") = keys.to_vec();
    }

    pub(super) fn count(&self) -> usize {
        self.fetched.load(Ordering::SeqCst)
    }
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
