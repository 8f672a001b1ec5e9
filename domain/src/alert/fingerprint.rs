//! The key under which the incident of an alert and a gateway is open.

use std::fmt::{self, Display, Formatter};

use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{Alert, Dimension};
use crate::id::{GatewayId, ResourceId};

/// SHA-256 over a rule, a gateway and the values the rule splits by, as 64 hex digits. Stored keys depend on
/// it, so it must not change.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// The key of an alert's incident on one gateway.
    ///
    /// Dimensions that are resource ids are left out: they say which resource, and with two gateways in one
    /// alert each would else depend on the other.
    #[must_use]
    pub fn of(alert: &Alert, gateway: &GatewayId) -> Self {
        let rule = alert.rule_id.as_ref().map_or(alert.rule.as_str(), ResourceId::as_str).to_lowercase();
        let splits = |dimension: &&Dimension| ResourceId::parse(&dimension.value).is_err();
        let lower = |dimension: &Dimension| (dimension.name.to_lowercase(), dimension.value.to_lowercase());
        let mut dimensions: Vec<_> = alert.dimensions.iter().filter(splits).map(lower).collect();
        dimensions.sort();
        dimensions.dedup();
        // A JSON array keeps its parts apart: no two alerts can run together into the same bytes.
        let parts = json!([rule, gateway.as_str().to_lowercase(), dimensions]);
        Self(hex::encode(Sha256::digest(parts.to_string())))
    }

    /// The 64 hex digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Display for Fingerprint {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
