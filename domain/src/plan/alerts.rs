//! Metric alerts on a gateway, wired to an action group.
//!
//! The set is that of Azure Monitor Baseline Alerts (`services/Network/applicationGateways/alerts.yaml`, commit
//! b772e9f9), of which those are left out that say little of a gateway's trouble: throughput, and the time to the
//! last byte, whose threshold the baseline leaves to be learnt.

use serde_json::{Value, json};

use super::beside::{ResourceKind, names};
use super::draft::check_writable;
use super::{FixKind, Plan, PlanRefused};
use crate::gateway::Gateway;
use crate::gateway::json as raw;
use crate::id::{Name, ResourceId};

/// The namespace of a gateway's metrics.
const NAMESPACE: &str = "Microsoft.Network/applicationGateways";

/// One alert of the baseline.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Baseline {
    metric: &'static str,
    aggregation: &'static str,
    operator: &'static str,
    threshold: u32,
    /// Azure Monitor's severity: 0 is critical, 4 is verbose.
    severity: u8,
    /// How often it is looked at.
    every: &'static str,
    /// A dimension and the value of it that counts.
    only: Option<(&'static str, &'static str)>,
    /// Which generation of gateways has the metric.
    of: Generation,
    says: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Generation {
    Both,
    First,
    Second,
}

const fn above(metric: &'static str, aggregation: &'static str, threshold: u32, severity: u8) -> Baseline {
    Baseline {
        metric,
        aggregation,
        operator: "GreaterThan",
        threshold,
        severity,
        every: "PT1M",
        only: None,
        of: Generation::Both,
        says: "",
    }
}

const FAILED: Option<(&str, &str)> = Some(("HttpStatusGroup", "5xx"));

const BASELINE: [Baseline; 10] = [
    Baseline { says: "Servers are Unhealthy.", ..above("UnhealthyHostCount", "Average", 0, 1) },
    Baseline {
        operator: "LessThan",
        says: "No server is Healthy.",
        ..above("HealthyHostCount", "Average", 1, 3)
    },
    Baseline { says: "Requests fail.", ..above("FailedRequests", "Total", 10, 3) },
    Baseline { only: FAILED, says: "Visitors get errors.", ..above("ResponseStatus", "Total", 10, 1) },
    Baseline {
        only: FAILED,
        of: Generation::Second,
        says: "Servers answer with errors.",
        ..above("BackendResponseStatus", "Total", 10, 2)
    },
    Baseline {
        every: "PT5M",
        of: Generation::Second,
        says: "Connections to servers take longer than 10 s.",
        ..above("BackendConnectTime", "Average", 10_000, 2)
    },
    Baseline {
        of: Generation::Second,
        says: "Requests take longer than 5 s.",
        ..above("ApplicationGatewayTotalTime", "Average", 5_000, 2)
    },
    Baseline {
        of: Generation::Second,
        says: "The gateway uses many capacity units.",
        ..above("CapacityUnits", "Average", 75, 2)
    },
    Baseline {
        of: Generation::Second,
        says: "The gateway uses many compute units.",
        ..above("ComputeUnits", "Average", 75, 2)
    },
    Baseline {
        of: Generation::First,
        says: "The gateway's processors are busy.",
        ..above("CpuUtilization", "Average", 80, 3)
    },
];

impl Plan {
    /// Plans the metric alerts of the baseline that the gateway lacks, each telling this action group. A metric
    /// on which some alert watches the gateway already is left to that one. `alerts` is the body of the list of
    /// metric alerts in the gateway's resource group, where the new ones are made.
    ///
    /// # Errors
    /// When the gateway must not be worked on, the list cannot be read or has a name already, or none is missing.
    pub fn alerts(gateway: &Gateway, alerts: &Value, action_group: &ResourceId) -> Result<Self, PlanRefused> {
        check_writable(gateway)?;
        if !alerts.get("value").is_some_and(Value::is_array) {
            return Err(PlanRefused::Unreadable { what: "the list of metric alerts".to_owned() });
        }
        let list: Vec<Value> = raw::list(alerts, "value").cloned().collect();
        let taken = names(&list);
        let mut created = Vec::new();
        for alert in BASELINE.iter().filter(|alert| alert.fits(gateway) && !is_watched(&list, gateway, alert))
        {
            let name = format!("{}-{}", gateway.id().name(), alert.metric);
            if taken.contains(&Name::new(&name)) {
                return Err(PlanRefused::ResourceExists { name });
            }
            let path = format!("{}/{name}", alerts_of(gateway));
            created.push((ResourceKind::MetricAlert, path, alert.body(gateway, action_group)));
        }
        Self::creating(gateway, FixKind::Alerts, created)
    }
}

/// Where a gateway's alerts are made: beside it, in its resource group.
#[must_use]
pub fn alerts_of(gateway: &Gateway) -> String {
    let id = gateway.id().resource();
    format!(
        "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Insights/metricAlerts",
        id.subscription(),
        id.resource_group()
    )
}

impl Baseline {
    fn fits(&self, gateway: &Gateway) -> bool {
        match self.of {
            Generation::Both => true,
            Generation::First => gateway.is_v1(),
            Generation::Second => !gateway.is_v1(),
        }
    }

    fn body(&self, gateway: &Gateway, action_group: &ResourceId) -> Value {
        let dimensions: Vec<Value> = self
            .only
            .iter()
            .map(|(name, value)| json!({ "name": name, "operator": "Include", "values": [value] }))
            .collect();
        json!({
            "location": "global",
            "properties": {
                "description": format!("{} {}", gateway.id().name(), self.says),
                "severity": self.severity,
                "enabled": true,
                "scopes": [gateway.id().as_str()],
                "evaluationFrequency": self.every,
                "windowSize": "PT5M",
                "autoMitigate": true,
                "criteria": {
                    "odata.type": "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria",
                    "allOf": [{
                        "name": self.metric,
                        "criterionType": "StaticThresholdCriterion",
                        "metricName": self.metric,
                        "metricNamespace": NAMESPACE,
                        "operator": self.operator,
                        "threshold": self.threshold,
                        "timeAggregation": self.aggregation,
                        "dimensions": dimensions,
                    }],
                },
                "actions": [{ "actionGroupId": action_group.as_str() }],
            },
        })
    }
}

/// Whether an alert that is switched on watches this metric of the gateway.
fn is_watched(list: &[Value], gateway: &Gateway, alert: &Baseline) -> bool {
    list.iter().map(raw::properties).any(|own| {
        let here =
            raw::texts(own, "scopes").iter().any(|scope| scope.eq_ignore_ascii_case(gateway.id().as_str()));
        let criteria = own.get("criteria").unwrap_or(&Value::Null);
        let same = raw::list(criteria, "allOf")
            .any(|one| raw::text(one, "metricName").is_some_and(|name| name == alert.metric));
        raw::flag(own, "enabled") && here && same
    })
}
