//! "Test action group" in the portal: samples about resources that nobody has.
//!
//! Microsoft Learn, "Common alert schema definitions for Test Action Group", lists them: ids in the subscription
//! `11111111-1111-1111-1111-111111111111`, rules called `test-…AlertRule`, and for a budget no rule at all.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::context;
use super::fields::{targets, text, texts};

/// Where the samples' resources are said to be.
const NOWHERE: &str = "/subscriptions/11111111-1111-1111-1111-111111111111";

/// An alert that somebody sent to see whether it arrives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestAlert {
    /// What the sample calls its rule, or else which service it is from: `test-metricAlertRule`, `CostAlerts`.
    pub rule: String,
}

/// The sample that a body is, if it is one.
pub(super) fn read(json: &Value) -> Option<TestAlert> {
    let rule = text(json, "data.essentials.alertRule");
    let id = text(json, "data.essentials.alertId");
    let is_sample = id.as_deref().is_some_and(is_nowhere)
        || texts(json, "data.essentials.alertTargetIDs").iter().any(|target| is_nowhere(target))
        || rule.as_deref().is_some_and(is_rule_of_a_sample);
    let name = rule.or_else(|| text(json, "data.essentials.monitoringService"));
    // Whatever it is called: what names a gateway is no sample.
    (is_sample && !names_a_gateway(json))
        .then(|| TestAlert { rule: name.unwrap_or_else(|| "no rule".to_owned()) })
}

fn is_nowhere(id: &str) -> bool {
    let id = id.to_ascii_lowercase();
    id.strip_prefix(NOWHERE).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Some come with the sender's own subscription, so the name has to do.
fn is_rule_of_a_sample(rule: &str) -> bool {
    rule.starts_with("test-") && rule.contains("AlertRule")
}

fn names_a_gateway(json: &Value) -> bool {
    !context::gateways(json, &targets(json), &context::dimensions(json)).is_empty()
}
