//! A plan made real on a document.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Plan, ProbeList};
use crate::gateway::json;

/// Why a plan cannot be applied to a document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, thiserror::Error)]
pub enum ApplyError {
    /// What would hold the edited place is not there, such as the HTTP setting.
    #[error("there is nothing at {pointer} to edit")]
    Missing {
        /// The edit's place.
        pointer: String,
    },
    /// The place holds neither what it held when the plan was made, nor what the plan puts there.
    #[error("{pointer} has been changed since the plan was made")]
    Conflict {
        /// The edit's place.
        pointer: String,
        /// What is there now.
        found: Option<Value>,
    },
}

impl Plan {
    /// Makes the edits on a gateway's raw document; everything else stays as it is, known or not.
    ///
    /// What is in effect already is left alone, so that applying twice is applying once. A probe that the plan
    /// would remove but something else uses is kept (see [`Plan::undo`]).
    ///
    /// # Errors
    /// When a place that the plan edits is gone or has been changed by somebody else. Nothing is done by half:
    /// the given document is not touched.
    pub fn apply(&self, raw: &Value) -> Result<Value, ApplyError> {
        let mut document = raw.clone();
        for edit in &self.edits {
            edit.apply(&mut document)?;
        }
        if self.probe_list == ProbeList::Dropped {
            drop_empty_list(&mut document);
        }
        Ok(document)
    }

    /// Whether a gateway's raw document has all that the plan wants, by meaning: what the service adds to a
    /// probe does not matter, nor the case of ids.
    #[must_use]
    pub fn is_applied(&self, raw: &Value) -> bool {
        self.edits.iter().all(|edit| edit.is_in_effect(raw))
    }
}

fn drop_empty_list(document: &mut Value) {
    let Some(own) = document.get_mut("properties").and_then(Value::as_object_mut) else { return };
    if own.get(json::PROBES).and_then(Value::as_array).is_some_and(Vec::is_empty) {
        own.remove(json::PROBES);
    }
}
