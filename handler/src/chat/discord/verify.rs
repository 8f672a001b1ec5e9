//! Whether a request comes from Discord: Ed25519 over the time and the raw body, before anything is parsed.

use aws_lc_rs::signature::{ED25519, ParsedPublicKey};
use axum::http::HeaderMap;
use jiff::Timestamp;

const TIMESTAMP: &str = "X-Signature-Timestamp";
const SIGNATURE: &str = "X-Signature-Ed25519";
/// How far Discord's clock and ours may be apart, in seconds. Discord names no limit; without one a request that
/// somebody has seen could be sent again next year.
const WINDOW_S: u64 = 300;

/// Knows the application's public key.
#[derive(Debug, Clone)]
pub struct Verifier(ParsedPublicKey);

/// Something that is not the public key of an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected the application's public key, 64 hexadecimal digits; its page in Discord's developer portal shows it"
)]
pub struct NotAKey;

/// Why a request is not taken for Discord's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unverified {
    /// A header is missing or unreadable.
    #[error("the header {0} is missing or unreadable")]
    MissingHeader(&'static str),
    /// It was signed too long ago, or in the future.
    #[error("the request was signed more than {WINDOW_S} s from now; is the clock right?")]
    Stale,
    /// The key does not fit.
    #[error("the signature does not match")]
    BadSignature,
}

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
        let stamp = header(headers, TIMESTAMP)?;
        let at: i64 = stamp.parse().map_err(|_| Unverified::MissingHeader(TIMESTAMP))?;
        if now.as_second().abs_diff(at) > WINDOW_S {
            return Err(Unverified::Stale);
        }
        let given = header(headers, SIGNATURE)?;
        let given: [u8; 64] = hex::decode(given)
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or(Unverified::BadSignature)?;
        let signed = [stamp.as_bytes(), body].concat();
        self.0.verify_sig(&signed, &given).map_err(|_| Unverified::BadSignature)
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<&'a str, Unverified> {
    headers.get(name).and_then(|value| value.to_str().ok()).ok_or(Unverified::MissingHeader(name))
}

#[cfg(test)]
mod tests;
