//! What an approval is for.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::Plan;

/// The fingerprint of a plan: SHA-256, in hex. Whoever approves it approves exactly these edits on exactly this
/// ground.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PlanHash(String);

/// A text that is no plan hash.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no plan hash: 64 lower-case hex digits")]
pub struct PlanHashError(String);

impl PlanHash {
    /// Reads a hash in full, as [`PlanHash::as_str`] writes it.
    ///
    /// # Errors
    /// When the text is not 64 lower-case hex digits.
    pub fn parse(text: &str) -> Result<Self, PlanHashError> {
        let hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
        if text.len() == 64 && text.chars().all(hex) {
            Ok(Self(text.to_owned()))
        } else {
            Err(PlanHashError(text.to_owned()))
        }
    }

    /// All 64 digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first 8 digits, for people to compare by eye; never to decide by.
    #[must_use]
    pub fn short(&self) -> &str {
        self.0.get(..8).unwrap_or(&self.0)
    }
}

impl fmt::Display for PlanHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for PlanHash {
    type Error = PlanHashError;
    fn try_from(text: String) -> Result<Self, PlanHashError> {
        Self::parse(&text)
    }
}

impl From<PlanHash> for String {
    fn from(hash: PlanHash) -> Self {
        hash.0
    }
}

impl Plan {
    /// The plan's fingerprint: SHA-256 over the canonical JSON (RFC 8785) of the gateway's id in lower case, the
    /// edits, what they require, what the settings serve, whether it is an undo, and the resources beside the
    /// gateway, if it is about those.
    #[must_use]
    pub fn hash(&self) -> PlanHash {
        let mut content = json!({
            "gateway": self.gateway.as_str().to_ascii_lowercase(),
            "edits": self.edits,
            "requires": self.requires,
            "serves": self.serves,
            "undo": self.undo,
        });
        if let Some(content) = content.as_object_mut().filter(|_| self.is_beside()) {
            content.insert("beside".to_owned(), json!(self.beside));
        }
        // Canonical JSON fails on numbers that JSON cannot hold, which a `Value` cannot either.
        let bytes =
            serde_json_canonicalizer::to_vec(&content).unwrap_or_else(|_| content.to_string().into_bytes());
        PlanHash(hex::encode(Sha256::digest(&bytes)))
    }
}
