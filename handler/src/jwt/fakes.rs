//! An issuer of tokens, and the documents that lead to its keys, on this machine.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use axum::Router;
use axum::routing::get;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use url::Url;

use super::token::Key;
use crate::chat::fakes;

/// Signs as Microsoft's services do, with a key of its own.
pub(crate) struct Issuer {
    pair: KeyPair,
    pub(crate) kid: &'static str,
}

impl Issuer {
    pub(crate) fn new(kid: &'static str) -> Self {
        Self { pair: KeyPair::generate(KeySize::Rsa2048).expect("a key"), kid }
    }

    /// The public key: of 2048 bits in PKCS#1, where each part stands at its place.
    pub(crate) fn key(&self, endorsements: &[&str]) -> Key {
        let der = self.pair.public_key().as_ref();
        let endorsements = endorsements.iter().map(|text| (*text).to_owned()).collect();
        Key { modulus: der[9..265].to_vec(), exponent: der[267..].to_vec(), endorsements }
    }

    pub(crate) fn jwk(&self, endorsements: &[&str]) -> Value {
        let Key { modulus, exponent, endorsements } = self.key(endorsements);
        let [n, e] = [modulus, exponent].map(|number| URL_SAFE_NO_PAD.encode(number));
        json!({ "kty": "RSA", "use": "sig", "kid": self.kid, "n": n, "e": e, "endorsements": endorsements })
    }

    /// A token with this header and these claims.
    pub(crate) fn sign(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(header), part(claims));
        let mut signature = vec![0; self.pair.public_modulus_len()];
        let random = SystemRandom::new();
        self.pair.sign(&RSA_PKCS1_SHA256, &random, signed.as_bytes(), &mut signature).expect("a signature");
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// The header that its tokens have.
    pub(crate) fn header(&self) -> Value {
        json!({ "alg": "RS256", "typ": "JWT", "kid": self.kid, "x5t": self.kid })
    }
}

/// Serves the documents that lead to keys, and counts how often.
#[derive(Clone, Default)]
pub(crate) struct Documents {
    pub(crate) keys: Arc<Mutex<Vec<Value>>>,
    pub(crate) fetched: Arc<AtomicUsize>,
    /// Where the keys are said to be, if it is not here.
    pub(crate) elsewhere: Arc<Mutex<Option<String>>>,
}

impl Documents {
    /// Serves them, and gives the address of the first.
    pub(crate) async fn serve(&self) -> Url {
        let listener = fakes::listen().await;
        let base = format!("http://127.0.0.1:{}", fakes::port(&listener));
        let (documents, here) = (self.clone(), base.clone());
        let metadata = async move || {
            documents.fetched.fetch_add(1, Ordering::SeqCst);
            let elsewhere = documents.elsewhere.lock().expect("nobody panicked").clone();
            let keys = elsewhere.unwrap_or_else(|| format!("{here}/keys"));
            axum::Json(json!({ "jwks_uri": keys }))
        };
        let documents = self.clone();
        let keys = async move || {
            axum::Json(json!({ "keys": documents.keys.lock().expect("nobody panicked").clone() }))
        };
        fakes::serve_on(listener, Router::new().route("/metadata", get(metadata)).route("/keys", get(keys)));
        format!("{base}/metadata").parse().expect("a URL")
    }

    /// These are the keys from now on.
    pub(crate) fn publish(&self, keys: &[Value]) {
        *self.keys.lock().expect("nobody panicked") = keys.to_vec();
    }

    /// How often the first document was fetched.
    pub(crate) fn count(&self) -> usize {
        self.fetched.load(Ordering::SeqCst)
    }
}
