use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const GATEWAY: &str =
    "/subscriptions/s/resourcegroups/rg-web/providers/microsoft.network/applicationgateways/agw-prod";

fn other_gateway() -> String {
    GATEWAY.replace("agw-prod", "agw-two")
}

fn alert(signal: &str, targets: Value, context: Value) -> Value {
    json!({"schemaId": "azureMonitorCommonAlertSchema", "data": {
        "essentials": {
            "alertId": "/subscriptions/S/providers/Microsoft.AlertsManagement/alerts/1",
            "alertRule": "unhealthy-hosts", "severity": "Sev1", "signalType": signal,
            "monitorCondition": "Fired", "monitoringService": "Platform", "alertTargetIDs": targets,
            "configurationItems": ["agw-prod"], "firedDateTime": "2026-04-15T18:17:12.851Z",
            "description": "Some description",
        },
        "alertContext": context,
    }})
}

fn criterion(value: Value, threshold: Value, dimensions: Value) -> Value {
    json!({"windowSize": "PT5M", "allOf": [{
        "metricName": "UnhealthyHostCount", "operator": "GreaterThan", "threshold": threshold,
        "timeAggregation": "Average", "dimensions": dimensions, "metricValue": value,
    }]})
}

fn metric() -> Value {
    let split = json!([{"name": "BackendSettingsPool", "value": "Api~api-https"}]);
    alert("Metric", json!([GATEWAY]), json!({"condition": criterion(json!(2.0), json!("0"), split)}))
}

fn read(json: &Value) -> Alert {
    Alert::parse(json.to_string().as_bytes()).unwrap()
}

fn error(json: &Value) -> AlertError {
    Alert::parse(json.to_string().as_bytes()).unwrap_err()
}

/// A changed copy of an alert.
fn with(json: &Value, pointer: &str, value: Value) -> Value {
    let mut json = json.clone();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    json.pointer_mut(parent).unwrap().as_object_mut().unwrap().insert(key.to_owned(), value);
    json
}

fn resolved() -> Value {
    let json = with(&metric(), "/data/essentials/monitorCondition", json!("Resolved"));
    let json = with(&json, "/data/essentials/resolvedDateTime", json!("2026-04-15T18:27:12Z"));
    let split = json!([{"name": "BackendSettingsPool", "value": "api~API-https"}]);
    with(&json, "/data/alertContext/condition", criterion(json!(0), json!(0), split))
}

#[test]
fn a_metric_alert_names_gateway_pool_and_setting() {
    let alert = read(&metric());
    assert_eq!(alert.gateways, [GatewayId::parse(GATEWAY).unwrap()]);
    let backend = alert.backend.clone().unwrap();
    assert_eq!((backend.pool.as_str(), backend.setting.as_str()), ("Api", "api-https"));
    assert_eq!(alert.summary, "UnhealthyHostCount 2 > 0 (average over PT5M)");
    assert_eq!((alert.condition, &alert.signal), (Condition::Fired, &Signal::Metric));
    assert_eq!(alert.fired_at.unwrap().to_string(), "2026-04-15T18:17:12.851Z");
    assert_eq!(alert.delivery_key(), "/subscriptions/s/providers/microsoft.alertsmanagement/alerts/1:fired");
    let stored = serde_json::to_string(&alert).unwrap();
    assert_eq!(serde_json::from_str::<Alert>(&stored).unwrap(), alert);
}

#[test]
fn resolved_has_the_fingerprint_of_fired_and_a_key_of_its_own() {
    let (fired, resolved) = (read(&metric()), read(&resolved()));
    assert_eq!(fired.fingerprints(), resolved.fingerprints());
    assert_ne!(fired.delivery_key(), resolved.delivery_key());
    assert_eq!(resolved.summary, "UnhealthyHostCount 0 (threshold > 0, average over PT5M)");
    assert!(resolved.resolved_at > resolved.fired_at);
}

#[test]
fn a_fingerprint_never_changes() {
    let (gateway, fingerprint) = read(&metric()).fingerprints().remove(0);
    assert_eq!(gateway.as_str(), GATEWAY);
    insta::assert_snapshot!(fingerprint, @"0a809c12d2937f0010af4e28009c1fa35082b10821aabe3df791bacbb6d4bb8f");
}

#[test]
fn rule_gateway_and_dimensions_make_the_fingerprint_and_nothing_else_does() {
    let fingerprint = |json: &Value| read(json).fingerprints().remove(0).1;
    let same = fingerprint(&metric());
    assert_eq!(
        same,
        fingerprint(&with(&metric(), "/data/essentials/alertTargetIDs", json!([GATEWAY.to_uppercase()])))
    );
    assert_eq!(same, fingerprint(&with(&metric(), "/data/essentials/alertId", json!("2"))));
    assert_eq!(same, fingerprint(&with(&metric(), "/data/essentials/severity", json!("Sev3"))));
    assert_ne!(same, fingerprint(&with(&metric(), "/data/essentials/alertRule", json!("other"))));
    assert_ne!(
        same,
        fingerprint(&with(&metric(), "/data/essentials/alertTargetIDs", json!([other_gateway()])))
    );
    let split = json!([{"name": "BackendSettingsPool", "value": "web~api-https"}]);
    let condition = criterion(json!(2), json!("0"), split);
    assert_ne!(same, fingerprint(&with(&metric(), "/data/alertContext/condition", condition)));
}

#[test]
fn two_gateways_in_one_alert_are_two_incidents() {
    let alert =
        read(&with(&metric(), "/data/essentials/alertTargetIDs", json!([GATEWAY, other_gateway(), GATEWAY])));
    let prints = alert.fingerprints();
    assert_eq!(prints.len(), 2);
    assert_ne!(prints[0].1, prints[1].1);
    assert_eq!(read(&metric()).fingerprints()[0], prints[0]);
}

#[test]
fn a_log_alert_has_its_gateways_in_dimensions() {
    let workspace = "/subscriptions/s/resourcegroups/g/providers/microsoft.operationalinsights/workspaces/w";
    let row = |id: &str| {
        json!({"searchQuery": "AGWAccessLogs", "metricMeasureColumn": null, "operator": "GreaterThan",
            "threshold": "10", "timeAggregation": "Count", "metricValue": 31.5,
            "dimensions": [{"name": "_ResourceId", "value": id}]})
    };
    let condition = |rows: Value| json!({"condition": {"windowSize": "PT1H", "allOf": rows}});
    let both = alert("Log", json!([workspace]), condition(json!([row(GATEWAY), row(&other_gateway())])));
    let one = alert("Log", json!([workspace]), condition(json!([row(&GATEWAY.to_uppercase())])));
    assert_eq!(read(&one).summary, "log query 31.5 > 10 (count over PT1H)");
    assert_eq!(read(&one).signal, Signal::Log);
    assert_eq!(read(&both).fingerprints().len(), 2);
    assert_eq!(read(&both).fingerprints()[0], read(&one).fingerprints()[0]);
}

#[test]
fn an_activity_alert_names_its_gateway_in_the_scope() {
    let scope = format!("{GATEWAY}/probes/p").replace("agw-prod", "AGW-Prod");
    let context = json!({"authorization": {"scope": scope}, "status": "Succeeded",
        "operationName": "Microsoft.Network/applicationGateways/write"});
    let alert = read(&alert("Activity Log", json!([]), context));
    assert_eq!(alert.gateways[0].as_str(), GATEWAY);
    assert_eq!(alert.summary, "Microsoft.Network/applicationGateways/write Succeeded");
    assert_eq!(alert.signal, Signal::ActivityLog);
}

#[test]
fn a_resource_health_alert_tells_what_changed() {
    let properties = json!({"title": "Rebooted by user", "currentHealthStatus": "Unavailable",
        "previousHealthStatus": "Available", "details": null});
    let json = alert("Activity Log", json!([GATEWAY]), json!({"properties": properties}));
    let alert = read(&with(&json, "/data/essentials/monitoringService", json!("Resource Health")));
    assert_eq!(alert.summary, "Available → Unavailable: Rebooted by user");
    assert_eq!(alert.signal, Signal::ResourceHealth);
}

#[test]
fn what_is_missing_or_odd_is_borne() {
    let bare = alert("Prometheus", json!(GATEWAY), Value::Null);
    let bare = with(&bare, "/data/essentials/configurationItems", json!([other_gateway(), "agw-three"]));
    let bare = with(&bare, "/data/essentials/firedDateTime", json!("yesterday"));
    let alert = read(&bare);
    assert_eq!(alert.gateways.len(), 2);
    assert_eq!((alert.fired_at, alert.backend), (None, None));
    assert_eq!(alert.signal, Signal::Other("Prometheus".into()));
    assert_eq!(alert.summary, "Some description");
    let dynamic = json!({"condition": {"allOf": [{"metricName": "X", "operator": "GreaterOrLessThan", "metricValue": 7}]}});
    assert_eq!(read(&with(&metric(), "/data/alertContext", dynamic)).summary, "X 7 (value)");
}

#[test]
fn texts_are_tidied() {
    let rule = format!("a\u{202e}b\u{0}\n\u{1b}[31mc{}", "x".repeat(5000));
    let alert = read(&with(&metric(), "/data/essentials/alertRule", json!(rule)));
    assert!(alert.rule.starts_with("ab [31mcxx"), "{}", alert.rule);
    assert_eq!(alert.rule.chars().count(), 1024);
}

#[test]
fn what_is_no_alert_for_us_says_what_to_do() {
    assert!(matches!(Alert::parse(b"{"), Err(AlertError::NotJson { .. })));
    assert_eq!(
        Alert::parse(&vec![b' '; LARGEST_ALERT + 1]),
        Err(AlertError::TooLarge { size: LARGEST_ALERT + 1 })
    );
    insta::assert_snapshot!(error(&json!({"schemaId": "AzureMonitorMetricAlert"})), @r#"the alert has the schema 'AzureMonitorMetricAlert'; switch on "Enable the common alert schema" for this webhook in the action group"#);
    assert!(matches!(error(&json!([])), AlertError::NotCommonSchema { .. }));
    insta::assert_snapshot!(error(&with(&metric(), "/data/essentials/alertId", json!(""))), @"the alert has no 'data.essentials.alertId'");
    insta::assert_snapshot!(error(&with(&metric(), "/data/essentials/monitorCondition", json!("Muted"))), @"the alert's 'data.essentials.monitorCondition' is 'Muted', which is none of the values it can have");
    let server = GATEWAY.replace("applicationgateways/agw-prod", "loadbalancers/test-lb");
    let elsewhere = with(&metric(), "/data/essentials/alertTargetIDs", json!([server]));
    insta::assert_snapshot!(error(&elsewhere), @"the alert names no Application Gateway, only /subscriptions/s/resourcegroups/rg-web/providers/microsoft.network/loadbalancers/test-lb");
}

/// What "Test action group" sends, as far as it matters (Microsoft Learn, "Common alert schema definitions for Test
/// Action Group"): its rule, its service, and what it is about.
fn samples() -> Vec<(&'static str, Value)> {
    let nowhere = "/subscriptions/11111111-1111-1111-1111-111111111111";
    let sample = |rule: Value, service: &str, targets: Value| {
        let json = alert("Metric", targets, json!({}));
        let json = with(&json, "/data/essentials/alertRule", rule);
        let json = with(&json, "/data/essentials/monitoringService", json!(service));
        let id = format!(
            "{nowhere}/providers/Microsoft.AlertsManagement/alerts/12345678-1234-1234-1234-1234567890ab"
        );
        with(&json, "/data/essentials/alertId", json!(id))
    };
    let about = |what: &str| json!([format!("{nowhere}/resourcegroups/test-RG/providers/{what}")]);
    let storage = about("Microsoft.Storage/storageAccounts/test-storageAccount");
    let workspace = about("microsoft.operationalinsights/workspaces/test-logAnalyticsWorkspace");
    let budget = sample(Value::Null, "CostAlerts", Value::Null);
    let budget = with(&budget, "/data/essentials/monitorCondition", Value::Null);
    vec![
        ("test-metricAlertRule", sample(json!("test-metricAlertRule"), "Platform", storage)),
        ("test-logAlertRule-v2", sample(json!("test-logAlertRule-v2"), "Log Alerts V2", workspace)),
        (
            "test-ServiceHealthAlertRule",
            sample(json!("test-ServiceHealthAlertRule"), "ServiceHealth", json!([nowhere])),
        ),
        ("CostAlerts", budget),
    ]
}

#[test]
fn a_sample_of_the_portal_is_a_test() {
    for (rule, json) in samples() {
        let read = Notice::parse(json.to_string().as_bytes());
        assert_eq!(read, Ok(Notice::Test(TestAlert { rule: rule.to_owned() })));
        // Some samples come with the sender's own subscription.
        let own =
            json.to_string().replace("11111111-1111-1111-1111-111111111111", "5d1f6ce5-0000-4000-8000-1");
        let is_test = matches!(Notice::parse(own.as_bytes()), Ok(Notice::Test(_)));
        assert_eq!(is_test, rule != "CostAlerts", "{rule}");
    }
}

#[test]
fn an_alert_about_a_gateway_is_no_test_whatever_its_rule_is_called() {
    let json = with(&metric(), "/data/essentials/alertRule", json!("test-metricAlertRule"));
    let scope = json!({ "authorization": { "scope": GATEWAY } });
    let by_scope =
        with(&alert("Activity Log", json!([]), scope), "/data/essentials/alertRule", json!("test-AlertRule"));
    for json in [metric(), json, by_scope] {
        assert!(matches!(Notice::parse(json.to_string().as_bytes()), Ok(Notice::Alert(_))), "{json}");
    }
    let elsewhere = with(&metric(), "/data/essentials/alertTargetIDs", json!(["/subscriptions/s"]));
    let elsewhere = with(&elsewhere, "/data/essentials/alertRule", json!("test-the-backup"));
    assert!(matches!(Notice::parse(elsewhere.to_string().as_bytes()), Err(AlertError::NoGateway { .. })));
}

#[test]
fn a_sample_without_the_common_schema_says_what_to_switch_on() {
    for schema in ["AzureMonitorMetricAlert", "AIP Budget Notification", "Microsoft.Insights/activityLogs"] {
        let json = json!({ "schemaId": schema, "data": { "context": { "name": "test-metricAlertRule" } } });
        let said = Notice::parse(json.to_string().as_bytes()).unwrap_err().to_string();
        assert!(said.contains("Enable the common alert schema"), "{said}");
    }
}

/// JSON of any shape, with the names of an alert's fields sprinkled in.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        Just(json!(GATEWAY)),
        Just(json!("Fired")),
    ];
    let key =
        "allOf|condition|dimensions|name|value|metricName|threshold|operator|authorization|scope|[a-z]{1,3}";
    leaf.prop_recursive(6, 64, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(key, inner, 0..4).prop_map(|map| map.into_iter().collect()),
        ]
    })
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(Notice::parse(&bytes).is_err());
    }

    #[test]
    fn any_context_is_read_and_stays_small(context in any_json(), field in "alertRule|severity|alertTargetIDs|configurationItems", value in any_json()) {
        let json = with(&metric(), "/data/alertContext", context);
        let json = with(&json, &format!("/data/essentials/{field}"), value);
        if let Ok(alert) = Alert::parse(json.to_string().as_bytes()) {
            prop_assert!(!alert.gateways.is_empty());
            prop_assert!(alert.summary.chars().count() <= 1024);
            prop_assert!(alert.summary.chars().chain(alert.rule.chars()).all(|c| !c.is_control()));
            prop_assert_eq!(alert.fingerprints(), alert.clone().fingerprints());
        }
    }
}
