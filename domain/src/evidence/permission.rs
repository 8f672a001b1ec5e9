//! What the bot's own identities may do to a resource, as Azure tells them.

#[cfg(test)]
mod tests;

use serde_json::Value;

use super::{Asked, Asker, Question, Unknown};
use crate::id::ResourceId;

/// The version of Microsoft.Authorization/permissions that is read.
const PERMISSIONS: &str = "2022-04-01";
/// What writing a gateway needs.
pub(crate) const WRITE: &str = "Microsoft.Network/applicationGateways/write";

/// The actions that an identity may do, one entry for each role that it has there.
///
/// Source: Microsoft.Authorization, "Permissions - List For Resource". Within an entry what is in `notActions` is
/// taken away from what is in `actions`; another entry may give it nevertheless.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permissions(Vec<Entry>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    actions: Vec<String>,
    not_actions: Vec<String>,
}

/// What the identity that writes may do to a resource.
#[must_use]
pub fn permissions(resource: &ResourceId) -> Question<Permissions> {
    permissions_at(resource.as_str(), Asker::Writer)
}

/// What an identity may do at a scope: a resource's id, or that of a resource group.
#[must_use]
pub fn permissions_at(scope: &str, asker: Asker) -> Question<Permissions> {
    let path = format!("{scope}/providers/Microsoft.Authorization/permissions");
    let what = format!("what this bot may do to {}", scope.rsplit('/').next().unwrap_or_default());
    Question::get(path, PERMISSIONS, "Microsoft.Authorization/permissions/read", what, Permissions::read)
        .asked_by(asker)
}

impl Permissions {
    fn read(raw: &Value) -> Asked<Self> {
        let entries = raw.get("value").and_then(Value::as_array);
        let entries = entries.ok_or_else(|| Unknown::Odd("it has no list".to_owned()))?;
        let texts = |entry: &Value, key: &str| {
            let texts = entry.get(key).and_then(Value::as_array).into_iter().flatten();
            texts.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let entry = |raw| Entry { actions: texts(raw, "actions"), not_actions: texts(raw, "notActions") };
        Ok(Self(entries.iter().map(entry).collect()))
    }

    /// Whether the identity may do something.
    #[must_use]
    pub fn allow(&self, action: &str) -> bool {
        let listed = |patterns: &[String]| patterns.iter().any(|pattern| covers(pattern, action));
        self.0.iter().any(|entry| listed(&entry.actions) && !listed(&entry.not_actions))
    }
}

/// Whether a pattern such as `Microsoft.Network/*/read` covers an action. Case does not matter.
fn covers(pattern: &str, action: &str) -> bool {
    let (pattern, action) = (pattern.to_ascii_lowercase(), action.to_ascii_lowercase());
    let mut parts = pattern.split('*');
    let Some(mut rest) = action.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = rest.get(at + part.len()..).unwrap_or_default();
    }
    rest.ends_with(last)
}
