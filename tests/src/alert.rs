//! What Azure Monitor posts.

use domain::alert::Condition;
use serde_json::{Value, json};

/// An alert in the common alert schema.
#[derive(Debug, Clone)]
pub struct AlertBody {
    /// What is watched.
    pub target: String,
    /// The last part of the alert's id: another one is another firing.
    pub firing: u32,
    /// The rule's name.
    pub rule: String,
    /// Whether it begins or ends.
    pub condition: Condition,
}

impl AlertBody {
    /// The first firing of the rule that watches a gateway.
    #[must_use]
    pub fn about(target: &str) -> Self {
        let rule = "agw-unhealthy-hosts".to_owned();
        Self { target: target.to_owned(), firing: 1, rule, condition: Condition::Fired }
    }

    /// As it is posted.
    #[must_use]
    pub fn json(&self) -> Value {
        let condition = if self.condition == Condition::Fired { "Fired" } else { "Resolved" };
        let subscription = self.target.split('/').nth(2).unwrap_or_default();
        json!({
            "schemaId": "azureMonitorCommonAlertSchema",
            "data": {
                "essentials": {
                    "alertId": format!(
                        "/subscriptions/{subscription}/providers/Microsoft.AlertsManagement/alerts/\
                         7d3f0a52-0000-4000-8000-{:012}",
                        self.firing
                    ),
                    "alertRule": self.rule,
                    "severity": "Sev1",
                    "signalType": "Metric",
                    "monitorCondition": condition,
                    "monitoringService": "Platform",
                    "alertTargetIDs": [self.target.to_ascii_lowercase()],
                    "firedDateTime": "2026-11-22T18:21:07.1234567Z",
                    "essentialsVersion": "1.0",
                    "alertContextVersion": "1.0"
                },
                "alertContext": {
                    "conditionType": "SingleResourceMultipleMetricCriteria",
                    "condition": {
                        "windowSize": "PT5M",
                        "allOf": [{
                            "metricName": "UnhealthyHostCount",
                            "metricNamespace": "Microsoft.Network/applicationGateways",
                            "operator": "GreaterThan",
                            "threshold": "0",
                            "timeAggregation": "Average",
                            "dimensions": [],
                            "metricValue": 2.0
                        }]
                    }
                }
            }
        })
    }
}
