//! What an alert says about its cause. Each kind of signal says it in another shape.

use serde_json::Value;

use super::fields::{MOST_ITEMS, at, gateway, plain_number, push_new, text, texts, tidy};
use super::{BackendDimension, Condition, Dimension, Signal};
use crate::id::{GatewayId, Name, ResourceId};

/// How long a summary may be, in characters: it is one line in a chat.
const LONGEST_SUMMARY: usize = 300;

fn criteria(json: &Value) -> &[Value] {
    let all = at(json, "data.alertContext.condition.allOf").and_then(Value::as_array);
    let all = all.map(Vec::as_slice).unwrap_or_default();
    all.get(..MOST_ITEMS).unwrap_or(all)
}

/// The dimensions of every criterion, each once.
pub(super) fn dimensions(json: &Value) -> Vec<Dimension> {
    let mut dimensions = Vec::new();
    for criterion in criteria(json) {
        let listed =
            at(criterion, "dimensions").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        for dimension in listed {
            push_new(&mut dimensions, read_dimension(dimension));
        }
    }
    dimensions.truncate(MOST_ITEMS);
    dimensions
}

fn read_dimension(dimension: &Value) -> Option<Dimension> {
    Some(Dimension { name: text(dimension, "name")?, value: text(dimension, "value").unwrap_or_default() })
}

/// Every gateway the alert names. A log alert's target is the workspace, and the gateway is in a dimension such
/// as `_ResourceId`; an activity log alert has it in its scope too.
pub(super) fn gateways(json: &Value, targets: &[ResourceId], dimensions: &[Dimension]) -> Vec<GatewayId> {
    let items = texts(json, "data.essentials.configurationItems");
    let scope = text(json, "data.alertContext.authorization.scope");
    let ids = targets.iter().map(ResourceId::as_str).chain(dimensions.iter().map(|d| d.value.as_str()));
    let ids = ids.chain(scope.as_deref()).chain(items.iter().map(String::as_str));
    let mut gateways = Vec::new();
    for id in ids {
        push_new(&mut gateways, gateway(id));
    }
    gateways
}

/// The pool and HTTP setting: `BackendSettingsPool` is `<pool>~<setting>` (Microsoft Learn, "Autoscale your AKS
/// pods using Application Gateway metrics"); the `Backend…` metrics have one dimension for each.
pub(super) fn backend(dimensions: &[Dimension]) -> Option<BackendDimension> {
    let value = |name: &str| {
        let found = dimensions.iter().find(|dimension| dimension.name.eq_ignore_ascii_case(name));
        found.map(|dimension| dimension.value.as_str())
    };
    let pair = value("BackendSettingsPool").and_then(|value| value.split_once('~'));
    let (pool, setting) = pair.or_else(|| value("BackendPool").zip(value("BackendHttpSetting")))?;
    let named = !pool.trim().is_empty() && !setting.trim().is_empty();
    named.then(|| BackendDimension { pool: Name::new(pool.trim()), setting: Name::new(setting.trim()) })
}

/// What was measured, in one line.
pub(super) fn summary(json: &Value, signal: &Signal, condition: Condition) -> Option<String> {
    let measured: Vec<String> =
        criteria(json).iter().take(3).filter_map(|one| measured(one, json, condition)).collect();
    let summary = match signal {
        _ if !measured.is_empty() => Some(measured.join("; ")),
        Signal::ResourceHealth => resource_health(json),
        Signal::ActivityLog => activity(json),
        _ => None,
    };
    let summary = summary.or_else(|| text(json, "data.essentials.description"));
    summary.map(|summary| tidy(&summary, LONGEST_SUMMARY))
}

/// `UnhealthyHostCount 2 > 0 (average over PT5M)`; once resolved, `UnhealthyHostCount 0 (threshold > 0, …)`.
fn measured(criterion: &Value, json: &Value, condition: Condition) -> Option<String> {
    let subject = text(criterion, "metricName").or_else(|| text(criterion, "metricMeasureColumn"));
    let subject = subject.or_else(|| text(criterion, "searchQuery").map(|_| "log query".to_owned()))?;
    let value =
        text(criterion, "metricValue").map(|value| format!(" {}", plain_number(&value))).unwrap_or_default();
    let threshold = threshold(criterion);
    let window = window(criterion, json);
    Some(match (condition, threshold) {
        (_, None) => format!("{subject}{value} ({window})"),
        (Condition::Fired, Some(threshold)) => format!("{subject}{value} {threshold} ({window})"),
        (Condition::Resolved, Some(threshold)) => {
            format!("{subject}{value} (threshold {threshold}, {window})")
        }
    })
}

/// `> 0`. A dynamic threshold has no number of its own.
fn threshold(criterion: &Value) -> Option<String> {
    let number = text(criterion, "threshold").map(|number| plain_number(&number));
    let operator = text(criterion, "operator")?;
    let sign = match operator.to_ascii_lowercase().as_str() {
        "greaterthan" => ">",
        "greaterthanorequal" | "greaterorequal" => ">=",
        "lessthan" => "<",
        "lessthanorequal" | "lessorequal" => "<=",
        "equal" | "equals" => "=",
        "notequal" | "notequals" => "≠",
        _ => operator.as_str(),
    };
    number.map(|number| format!("{sign} {number}"))
}

fn window(criterion: &Value, json: &Value) -> String {
    let aggregation = text(criterion, "timeAggregation").unwrap_or_else(|| "value".to_owned()).to_lowercase();
    match text(json, "data.alertContext.condition.windowSize") {
        Some(window) => format!("{aggregation} over {window}"),
        None => aggregation,
    }
}

/// `Available → Unavailable: Rebooted by user`.
fn resource_health(json: &Value) -> Option<String> {
    let property = |name: &str| text(json, &format!("data.alertContext.properties.{name}"));
    let now = property("currentHealthStatus")?;
    let before = property("previousHealthStatus").map(|before| format!("{before} → ")).unwrap_or_default();
    let title = property("title").map(|title| format!(": {title}")).unwrap_or_default();
    Some(format!("{before}{now}{title}"))
}

/// `Microsoft.Network/applicationGateways/write Succeeded`.
fn activity(json: &Value) -> Option<String> {
    let operation = text(json, "data.alertContext.operationName")?;
    let status =
        text(json, "data.alertContext.status").map(|status| format!(" {status}")).unwrap_or_default();
    Some(operation + &status)
}
