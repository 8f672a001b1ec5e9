//! Whether somebody's key signed a token, and whether it is good now (RFC 7515 and RFC 7519).
//!
//! One algorithm and no other is known here, so there is none to be talked into.

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// How far Microsoft's clock and ours may be apart, in seconds.
const SKEW_S: i64 = 300;
/// Microsoft's tokens have some 1200 characters.
const LONGEST: usize = 8 * 1024;

/// A key that somebody signs with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    pub(super) modulus: Vec<u8>,
    pub(super) exponent: Vec<u8>,
    /// The channels that the Bot Connector signs for with it. Others name none.
    pub(crate) endorsements: Vec<String>,
}

/// A token taken apart, and nothing of it believed.
pub(crate) struct Unproven<'a> {
    /// Which key is said to have signed it.
    pub(crate) key: String,
    signed: &'a str,
    claims: &'a str,
    signature: Vec<u8>,
}

/// Why a token is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadToken {
    #[error("the header Authorization has no bearer token")]
    Missing,
    #[error("the token is no JSON Web Token that is signed with RS256")]
    Malformed,
    #[error("the signature does not match")]
    BadSignature,
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
struct Lifetime {
    exp: i64,
    nbf: i64,
}

impl<'a> Unproven<'a> {
    /// Takes apart what stands in the header `Authorization`.
    pub(crate) fn read(authorization: Option<&'a str>) -> Result<Self, BadToken> {
        let (scheme, token) = authorization.and_then(|text| text.split_once(' ')).ok_or(BadToken::Missing)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
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

    /// Checks the signature, and then the time, and gives what the token says. Who issued it, for whom and about
    /// what is for the caller to judge.
    pub(crate) fn prove<C: DeserializeOwned>(&self, key: &Key, now: Timestamp) -> Result<C, BadToken> {
        let components = RsaPublicKeyComponents { n: &key.modulus, e: &key.exponent };
        components
            .verify(&RSA_PKCS1_2048_8192_SHA256, self.signed.as_bytes(), &self.signature)
            .map_err(|_| BadToken::BadSignature)?;
        let Lifetime { exp, nbf } = json(self.claims).ok_or(BadToken::Malformed)?;
        let now = now.as_second();
        let in_time = nbf.saturating_sub(SKEW_S) <= now && now < exp.saturating_add(SKEW_S);
        if !in_time {
            return Err(BadToken::Stale);
        }
        json(self.claims).ok_or(BadToken::Malformed)
    }
}

fn json<T: DeserializeOwned>(part: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

#[cfg(test)]
mod tests;
