//! The keys that a service signs with, as its metadata document leads to them (`OpenID` Connect Discovery 1.0).

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use reqwest::{Client, redirect};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;

use super::token::Key;
use crate::chat::link;
use crate::ports::Clock;

/// After a day the keys are fetched again (bot-docs, "Authentication with the Bot Connector API").
const FRESH: SignedDuration = SignedDuration::from_hours(24);
/// Where they cannot be fetched, the old ones do for so long.
const USABLE: SignedDuration = SignedDuration::from_hours(24 * 5);
/// Between two attempts, where the one before failed.
const FAILED: SignedDuration = SignedDuration::from_secs(10);
/// For each of the two documents. Teams waits ten seconds for the whole answer.
const DEADLINE: Duration = Duration::from_secs(3);
/// Microsoft's documents have some ten kilobytes.
const LARGEST: usize = 1024 * 1024;

/// Whose keys they are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Signer {
    /// What it is called where a token is refused, and in the log.
    pub(crate) name: &'static str,
    /// A key that is not known makes the bot look again, but no more often than this: anybody can invent one.
    pub(crate) unknown_every: SignedDuration,
}

/// The keys, fetched when they are wanted.
pub(crate) struct Keys {
    signer: Signer,
    metadata: Url,
    clock: Arc<dyn Clock>,
    known: RwLock<Known>,
    /// Whoever fetches has this.
    fetching: tokio::sync::Mutex<()>,
    client: OnceLock<Client>,
}

#[derive(Default)]
struct Known {
    keys: HashMap<String, Arc<Key>>,
    fetched: Option<Timestamp>,
    tried: Option<Timestamp>,
}

/// Why there is no such key.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoKey {
    /// The signer has published no such key.
    #[error("the token is signed with a key that {0} does not name")]
    Unknown(&'static str),
    /// What it has published is not known, or was too long ago.
    #[error("the keys of {0} could not be fetched")]
    Unfetched(&'static str),
}

/// Why the keys were not fetched.
#[derive(Debug, thiserror::Error)]
enum NotFetched {
    #[error("{0}")]
    Http(#[from] reqwest::Error),
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    #[error("the document is larger than {LARGEST} bytes")]
    TooLarge,
    #[error("jwks_uri is '{0}': expected https, or http on loopback if the metadata is there too")]
    Elsewhere(String),
}

#[derive(Deserialize)]
struct Metadata {
    jwks_uri: String,
}

#[derive(Deserialize)]
struct Jwks {
    keys: Vec<Jwk>,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    r#use: Option<String>,
    n: Option<String>,
    e: Option<String>,
    #[serde(default)]
    endorsements: Vec<String>,
}

impl Keys {
    /// The keys that this metadata document leads to.
    pub(crate) fn of(signer: Signer, metadata: Url, clock: Arc<dyn Clock>) -> Self {
        let (known, fetching, client) = (RwLock::default(), tokio::sync::Mutex::default(), OnceLock::new());
        Self { signer, metadata, clock, known, fetching, client }
    }

    /// Fetches the keys, unless they are there, and tells whether they are.
    pub(crate) async fn ready(&self) -> bool {
        // No key has an empty id.
        !matches!(self.find("").await, Err(NoKey::Unfetched(_)))
    }

    /// The key with this id.
    pub(crate) async fn find(&self, id: &str) -> Result<Arc<Key>, NoKey> {
        if !self.wants_fetching(id) {
            return self.usable(id);
        }
        // Those who come meanwhile wait for the one who fetches, and then find what it found.
        let _turn = self.fetching.lock().await;
        if self.wants_fetching(id) {
            self.fetch().await;
        }
        self.usable(id)
    }

    fn wants_fetching(&self, id: &str) -> bool {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        let since = |at: Option<Timestamp>, least| at.is_none_or(|at| now.duration_since(at) >= least);
        let unknown = !known.keys.contains_key(id) && since(known.fetched, self.signer.unknown_every);
        since(known.tried, FAILED) && (unknown || since(known.fetched, FRESH))
    }

    fn usable(&self, id: &str) -> Result<Arc<Key>, NoKey> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let age = known.fetched.map(|at| self.clock.now().duration_since(at));
        if age.is_none_or(|age| age >= USABLE) {
            return Err(NoKey::Unfetched(self.signer.name));
        }
        known.keys.get(id).cloned().ok_or(NoKey::Unknown(self.signer.name))
    }

    async fn fetch(&self) {
        let fetched = self.read().await;
        let now = self.clock.now();
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.tried = Some(now);
        match fetched {
            Ok(keys) => {
                known.keys = keys;
                known.fetched = Some(now);
            }
            Err(error) => {
                let (signer, metadata) = (self.signer.name, &self.metadata);
                tracing::error!(%error, signer, %metadata, "the keys of a signer were not fetched");
            }
        }
    }

    async fn read(&self) -> Result<HashMap<String, Arc<Key>>, NotFetched> {
        let metadata: Metadata = self.get(self.metadata.clone()).await?;
        let address = link::safe(&metadata.jwks_uri);
        let address = address.filter(|url| url.scheme() == "https" || link::is_loopback(&self.metadata));
        let jwks: Jwks = self.get(address.ok_or(NotFetched::Elsewhere(metadata.jwks_uri))?).await?;
        Ok(jwks.keys.into_iter().filter_map(Jwk::key).collect())
    }

    async fn get<T: DeserializeOwned>(&self, url: Url) -> Result<T, NotFetched> {
        let mut response = self.client()?.get(url).send().await?.error_for_status()?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            body.extend_from_slice(&chunk);
            if body.len() > LARGEST {
                return Err(NotFetched::TooLarge);
            }
        }
        Ok(serde_json::from_slice(&body)?)
    }

    fn client(&self) -> Result<&Client, reqwest::Error> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = Client::builder().timeout(DEADLINE).redirect(redirect::Policy::none()).build()?;
        Ok(self.client.get_or_init(|| client))
    }
}

impl Jwk {
    /// The key, if it is one for RS256. Others in the set are none of ours.
    fn key(self) -> Option<(String, Arc<Key>)> {
        let fits = |given: Option<&str>, wanted| given.is_none_or(|given| given == wanted);
        let ours =
            self.kty == "RSA" && fits(self.alg.as_deref(), "RS256") && fits(self.r#use.as_deref(), "sig");
        let number = |text: Option<String>| URL_SAFE_NO_PAD.decode(text?).ok();
        let (modulus, exponent) = (number(self.n)?, number(self.e)?);
        ours.then_some((self.kid?, Arc::new(Key { modulus, exponent, endorsements: self.endorsements })))
    }
}

#[cfg(test)]
mod tests;
