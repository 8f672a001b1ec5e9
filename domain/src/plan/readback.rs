//! What a write has really done.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Plan;
use super::compare::{Change, Difference, changes};
use super::pointer::Pointer;
use crate::gateway::json::SETTINGS;
use crate::gateway::writable;

/// What a reading after the write shows, held against the one before it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReadBack {
    /// Whether all that the plan wanted is there.
    pub applied: bool,
    /// Where it is not, as a [`Pointer`] is written.
    pub missing: Vec<String>,
    /// What else has changed, outside the plan.
    pub unexpected: Vec<Difference>,
}

impl ReadBack {
    /// Whether the plan, and nothing but the plan, has come about.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.applied && self.unexpected.is_empty()
    }
}

impl Plan {
    /// Compares the readings before and after the write. Fields that only the service writes do not count,
    /// nor its defaults on the plan's probes, nor `probeEnabled` on the plan's settings, which follows the
    /// probe.
    #[must_use]
    pub fn read_back(&self, before: &Value, after: &Value) -> ReadBack {
        let missing: Vec<String> = self
            .edits
            .iter()
            .filter(|edit| !edit.is_in_effect(after))
            .map(|edit| edit.pointer.to_string())
            .collect();
        let (before, after) = (writable(before), writable(after));
        let mut unexpected = changes(&Pointer::root(), Some(&before), Some(&after));
        unexpected.retain(|change| !self.accounts_for(change));
        ReadBack {
            applied: missing.is_empty(),
            missing,
            unexpected: unexpected.into_iter().map(Difference::from).collect(),
        }
    }

    fn accounts_for(&self, change: &Change) -> bool {
        let follows = |setting| Pointer::child(SETTINGS, setting).key("properties").key("probeEnabled");
        self.edits.iter().any(|edit| change.pointer.is_within(&edit.pointer))
            || self.settings.iter().any(|setting| change.pointer == follows(setting))
    }
}
