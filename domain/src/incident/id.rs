//! An incident's name, short enough to say on the phone.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::request::RequestId;

/// The letters of an id: Crockford's base 32, which has no I, L, O or U to mistake.
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// How many letters an id has, unless a longer one is needed to be unique.
const SHORTEST: usize = 4;
const LONGEST: usize = 12;

/// An incident's name: `INC-7K2F`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct IncidentId(String);

/// A text that is no incident's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not an incident; they look like INC-7K2F")]
pub struct NotAnIncident(String);

impl IncidentId {
    /// The id of the incident that a request opens. The same request gives the same id, so a redelivery
    /// cannot open a second one; `attempt` makes it longer when another incident has it already.
    #[must_use]
    pub fn of(request: &RequestId, attempt: usize) -> Self {
        let digits = request.as_str().bytes().filter_map(|digit| char::from(digit).to_digit(16));
        let letters: String = digits
            .collect::<Vec<_>>()
            .chunks_exact(2)
            .map(|pair| pair.iter().fold(0usize, |value, digit| value * 16 + *digit as usize) % LETTERS.len())
            .filter_map(|index| LETTERS.get(index).copied().map(char::from))
            .take((SHORTEST + attempt).min(LONGEST))
            .collect();
        Self(format!("INC-{letters}"))
    }

    /// Reads an id as people type it: any case, `INC-` left out, O for 0, I or L for 1.
    ///
    /// # Errors
    /// When the text cannot be an incident's name.
    pub fn parse(text: &str) -> Result<Self, NotAnIncident> {
        let upper = text.trim().to_ascii_uppercase();
        let bare = upper.strip_prefix("INC-").unwrap_or(&upper);
        let letters: String = bare
            .chars()
            .map(|letter| match letter {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            })
            .collect();
        let known = letters.bytes().all(|letter| LETTERS.contains(&letter));
        if known && (SHORTEST..=LONGEST).contains(&letters.len()) {
            Ok(Self(format!("INC-{letters}")))
        } else {
            Err(NotAnIncident(text.chars().take(40).collect()))
        }
    }

    /// The id as it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for IncidentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for IncidentId {
    type Err = NotAnIncident;
    fn from_str(text: &str) -> Result<Self, NotAnIncident> {
        Self::parse(text)
    }
}

impl TryFrom<String> for IncidentId {
    type Error = NotAnIncident;
    fn try_from(text: String) -> Result<Self, NotAnIncident> {
        Self::parse(&text)
    }
}

impl From<IncidentId> for String {
    fn from(id: IncidentId) -> Self {
        id.0
    }
}
