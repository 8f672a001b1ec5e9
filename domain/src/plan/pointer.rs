//! Addresses within a gateway's JSON that survive other people's edits.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::gateway::json;
use crate::id::Name;

/// Where in a gateway's document something stands.
///
/// Like a JSON pointer, but children of a list are addressed by their name, without regard to case, because
/// somebody else's edit shifts their indexes. Written as
/// `/properties/backendHttpSettingsCollection[https]/properties/probe`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Pointer(Vec<Step>);

/// One step of a [`Pointer`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Step {
    /// Into a field of an object.
    Key(String),
    /// Into a list, to the child of this name.
    Named {
        /// The child's name.
        named: Name,
    },
}

impl Pointer {
    /// The whole document.
    #[must_use]
    pub fn root() -> Self {
        Self(Vec::new())
    }

    /// A child of the gateway, such as a probe.
    #[must_use]
    pub fn child(collection: &str, name: &Name) -> Self {
        Self::root().key("properties").key(collection).named(name)
    }

    /// A field of what this points at.
    #[must_use]
    pub fn key(&self, key: &str) -> Self {
        self.then(Step::Key(key.to_owned()))
    }

    /// The child of this name of the list that this points at.
    #[must_use]
    pub fn named(&self, name: &Name) -> Self {
        self.then(Step::Named { named: name.clone() })
    }

    fn then(&self, step: Step) -> Self {
        Self(self.0.iter().cloned().chain([step]).collect())
    }

    /// The steps from the document's root.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// Whether this points at the same place as the other pointer, or at a place within it.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.starts_with(&other.0)
    }

    /// What stands there.
    #[must_use]
    pub fn get<'a>(&self, document: &'a Value) -> Option<&'a Value> {
        self.0.iter().try_fold(document, |at, step| match step {
            Step::Key(key) => at.get(key),
            Step::Named { named } => at.get(index_of(at, named)?),
        })
    }

    /// The plain JSON pointer (RFC 6901) to the same place of this document; none if there is nothing there.
    #[must_use]
    pub fn resolve(&self, document: &Value) -> Option<String> {
        let mut at = document;
        let mut plain = String::new();
        for step in &self.0 {
            plain.push('/');
            match step {
                Step::Key(key) => {
                    plain.push_str(&key.replace('~', "~0").replace('/', "~1"));
                    at = at.get(key)?;
                }
                Step::Named { named } => {
                    let index = index_of(at, named)?;
                    plain.push_str(&index.to_string());
                    at = at.get(index)?;
                }
            }
        }
        Some(plain)
    }

    /// The place that holds this one, and the last step to it.
    pub(super) fn split(&self) -> Option<(Self, &Step)> {
        let (last, rest) = self.0.split_last()?;
        Some((Self(rest.to_vec()), last))
    }

    /// The name of the probe that this points at, if it points at one.
    pub(super) fn as_probe(&self) -> Option<&Name> {
        match self.0.as_slice() {
            [Step::Key(properties), Step::Key(list), Step::Named { named }]
                if properties == "properties" && list == json::PROBES =>
            {
                Some(named)
            }
            _ => None,
        }
    }
}

impl Pointer {
    /// The name of the probe that this points into, past the probe itself.
    pub(super) fn within_probe(&self) -> Option<&Name> {
        match self.0.as_slice() {
            [Step::Key(properties), Step::Key(list), Step::Named { named }, _, ..]
                if properties == "properties" && list == json::PROBES =>
            {
                Some(named)
            }
            _ => None,
        }
    }
}

/// The index of the child of this name.
pub(super) fn index_of(list: &Value, name: &Name) -> Option<usize> {
    list.as_array()?.iter().position(|child| json::name_of(child).as_ref() == Some(name))
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|step| match step {
            Step::Key(key) => write!(f, "/{key}"),
            Step::Named { named } => write!(f, "[{named}]"),
        })
    }
}
