//! Whether a request comes from Slack: HMAC-SHA256 over the raw body, before anything is parsed.

use axum::http::HeaderMap;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::Sha256;

use crate::chat::signature::{Unverified, header, recent};

const TIMESTAMP: &str = "X-Slack-Request-Timestamp";
const SIGNATURE: &str = "X-Slack-Signature";

/// Knows Slack's signing secrets: more than one while they are being rotated.
#[derive(Debug, Clone)]
pub struct Verifier {
    secrets: Vec<SecretString>,
}

/// There is no signing secret, or an empty one, which anybody could sign with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Slack's signing secret is missing or empty")]
pub struct NoSecret;

impl Verifier {
    /// A verifier that accepts any of these secrets.
    ///
    /// # Errors
    /// When there is none, or one is empty.
    pub fn new(secrets: impl IntoIterator<Item = SecretString>) -> Result<Self, NoSecret> {
        let secrets: Vec<_> = secrets.into_iter().collect();
        if secrets.is_empty() || secrets.iter().any(|secret| secret.expose_secret().is_empty()) {
            return Err(NoSecret);
        }
        Ok(Self { secrets })
    }

    /// Checks a request's headers against its raw body.
    ///
    /// # Errors
    /// When the request is not Slack's, or not a recent one.
    pub fn verify(&self, now: Timestamp, headers: &HeaderMap, body: &[u8]) -> Result<(), Unverified> {
        let stamp = recent(headers, TIMESTAMP, now)?;
        let given = header(headers, SIGNATURE)?;
        let given = given.strip_prefix("v0=").and_then(|digits| hex::decode(digits).ok());
        let given = given.ok_or(Unverified::BadSignature)?;
        let matches = |secret: &SecretString| {
            // HMAC takes keys of any length; the comparison takes the same time wherever they differ.
            signing(secret, stamp, body).is_some_and(|mac| mac.verify_slice(&given).is_ok())
        };
        self.secrets.iter().any(matches).then_some(()).ok_or(Unverified::BadSignature)
    }
}

fn signing(secret: &SecretString, stamp: &str, body: &[u8]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()).ok()?;
    mac.update(b"v0:");
    mac.update(stamp.as_bytes());
    mac.update(b":");
    mac.update(body);
    Some(mac)
}

/// The signature that Slack would send, for tests that play Slack.
#[cfg(test)]
pub(super) fn sign(secret: &str, at: Timestamp, body: &str) -> String {
    let mac = signing(&secret.to_owned().into(), &at.as_second().to_string(), body.as_bytes());
    format!("v0={}", hex::encode(mac.expect("a key of any length").finalize().into_bytes()))
}

#[cfg(test)]
mod tests;
