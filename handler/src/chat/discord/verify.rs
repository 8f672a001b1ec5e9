//! Whether a request comes from Discord: Ed25519 over the time and the raw body, before anything is parsed.

use aws_lc_rs::signature::{ED25519, ParsedPublicKey};
use axum::http::HeaderMap;
use jiff::Timestamp;

use crate::chat::signature::{Unverified, header, recent};

const TIMESTAMP: &str = "X-Signature-Timestamp";
const SIGNATURE: &str = "X-Signature-Ed25519";

/// Knows the application's public key.
#[derive(Debug, Clone)]
pub struct Verifier(ParsedPublicKey);

/// Something that is not the public key of an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected the application's public key, 64 hexadecimal digits; its page in Discord's developer portal shows it"
)]
pub struct NotAKey;

impl Verifier {
    /// A verifier that accepts what was signed for this key.
    ///
    /// # Errors
    /// When it is no key.
    pub fn new(key: &str) -> Result<Self, NotAKey> {
        let bytes: [u8; 32] =
            hex::decode(key.trim()).ok().and_then(|bytes| bytes.try_into().ok()).ok_or(NotAKey)?;
        ParsedPublicKey::new(&ED25519, bytes).map(Self).map_err(|_| NotAKey)
    }

    /// Checks a request's headers against its raw body.
    ///
    /// # Errors
    /// When the request is not Discord's, or not a recent one.
    pub fn verify(&self, now: Timestamp, headers: &HeaderMap, body: &[u8]) -> Result<(), Unverified> {
        let stamp = recent(headers, TIMESTAMP, now)?;
        let given = header(headers, SIGNATURE)?;
        let given: [u8; 64] = hex::decode(given)
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or(Unverified::BadSignature)?;
        let signed = [stamp.as_bytes(), body].concat();
        self.0.verify_sig(&signed, &given).map_err(|_| Unverified::BadSignature)
    }
}

#[cfg(test)]
mod tests;
