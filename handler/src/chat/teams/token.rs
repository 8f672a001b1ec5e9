//! Whether a request comes from the Bot Connector: a JSON Web Token that it signed (bot-docs, "Authentication with
//! the Bot Connector API").
//!
//! One algorithm and no other is known here, so there is none to be talked into.

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Who signs.
const ISSUER: &str = "https://api.botframework.com";
/// How far Microsoft's clock and ours may be apart, in seconds.
const SKEW_S: i64 = 300;
/// The Connector's tokens have some 1200 characters.
const LONGEST: usize = 8 * 1024;

/// A key that the Connector signs with, and the channels that it signs for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) modulus: Vec<u8>,
    pub(super) exponent: Vec<u8>,
    pub(super) endorsements: Vec<String>,
}

/// A token taken apart, and nothing of it believed.
pub(super) struct Unproven<'a> {
    /// Which key is said to have signed it.
    pub(super) key: String,
    signed: &'a str,
    claims: &'a str,
    signature: Vec<u8>,
}

/// What a token says that was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Proven {
    /// Which service it was issued for.
    pub(super) service: String,
    /// The channels that its key may speak for.
    pub(super) endorsements: Vec<String>,
}

/// Why a token is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum BadToken {
    #[error("the header Authorization has no bearer token")]
    Missing,
    #[error("the token is no JSON Web Token that is signed with RS256")]
    Malformed,
    #[error("the signature does not match")]
    BadSignature,
    #[error("the token is not from the Bot Connector")]
    Issuer,
    #[error("the token is for another bot; is teams.app_id right?")]
    Audience,
    #[error("the token has expired, or is not valid yet; is the clock right?")]
    Stale,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: String,
    /// Extensions that have to be understood; none is.
    crit: Option<Value>,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    exp: i64,
    nbf: i64,
    serviceurl: String,
}

impl<'a> Unproven<'a> {
    /// Takes apart what stands in the header `Authorization`.
    pub(super) fn read(authorization: Option<&'a str>) -> Result<Self, BadToken> {
        let (scheme, token) = authorization.and_then(|text| text.split_once(' ')).ok_or(BadToken::Missing)?;
        // As the Connector writes it, and as Microsoft's SDK wants it.
        if scheme != "Bearer" {
            return Err(BadToken::Missing);
        }
        Self::parse(token).filter(|_| token.len() <= LONGEST).ok_or(BadToken::Malformed)
    }

    fn parse(token: &'a str) -> Option<Self> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let Header { alg, kid, crit } = json(header)?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        let usable = alg == "RS256" && crit.is_none() && !kid.is_empty() && !claims.contains('.');
        usable.then_some(Self { key: kid, signed, claims, signature })
    }

    /// Checks the signature, and then what the token says. App ids are in small letters, and so is `app_id`.
    pub(super) fn prove(&self, key: &Key, app_id: &str, now: Timestamp) -> Result<Proven, BadToken> {
        let components = RsaPublicKeyComponents { n: &key.modulus, e: &key.exponent };
        components
            .verify(&RSA_PKCS1_2048_8192_SHA256, self.signed.as_bytes(), &self.signature)
            .map_err(|_| BadToken::BadSignature)?;
        let claims: Claims = json(self.claims).ok_or(BadToken::Malformed)?;
        let now = now.as_second();
        let in_time = claims.nbf.saturating_sub(SKEW_S) <= now && now < claims.exp.saturating_add(SKEW_S);
        if claims.iss != ISSUER {
            Err(BadToken::Issuer)
        } else if claims.aud != app_id {
            Err(BadToken::Audience)
        } else if !in_time {
            Err(BadToken::Stale)
        } else {
            Ok(Proven { service: claims.serviceurl, endorsements: key.endorsements.clone() })
        }
    }
}

fn json<T: DeserializeOwned>(part: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

#[cfg(test)]
mod tests;
