//! Plans that leave the gateway as it is and set something up beside it.

use super::*;
use crate::id::ResourceId;

const GROUP: &str = "/subscriptions/s/resourceGroups/rg-ops/providers/";

fn workspace() -> ResourceId {
    ResourceId::parse(&format!("{GROUP}Microsoft.OperationalInsights/workspaces/log-ops")).unwrap()
}

fn action_group() -> ResourceId {
    ResourceId::parse(&format!("{GROUP}Microsoft.Insights/actionGroups/ag-ops")).unwrap()
}

fn waf() -> Gateway {
    shop_with(|raw| raw["properties"]["sku"]["tier"] = json!("WAF_v2"))
}

fn of(value: Value) -> Value {
    json!({ "value": value })
}

fn sending(name: &str, workspace: &str, categories: &[&str]) -> Value {
    let logs = categories.iter().map(|category| json!({ "category": category, "enabled": true }));
    let own = json!({ "workspaceId": workspace, "logs": logs.collect::<Vec<_>>() });
    json!({ "name": name, "properties": own })
}

fn categories(plan: &Plan) -> Vec<String> {
    let logs = plan.beside()[0].after.as_ref().unwrap()["properties"]["logs"].as_array().unwrap().clone();
    logs.iter().map(|log| log["category"].as_str().unwrap().to_owned()).collect()
}

const ACCESS: &str = "ApplicationGatewayAccessLog";
const FIREWALL: &str = "ApplicationGatewayFirewallLog";

#[test]
fn logs_that_go_nowhere_are_sent_to_the_workspace() {
    let plan = Plan::logs(&waf(), &of(json!([])), &workspace()).unwrap();
    assert_eq!(
        (plan.kind(), categories(&plan)),
        (FixKind::Logs, vec![ACCESS.to_owned(), FIREWALL.to_owned()])
    );
    assert!(plan.is_beside() && plan.edits().is_empty() && plan.serves().is_empty());
    let lines = plan.preview();
    let text: Vec<String> =
        lines.iter().map(|line| format!("{} {}", line.sign.as_char(), line.text)).collect();
    insta::assert_snapshot!(text.join("\n"), @r#"
      …/providers/Microsoft.Insights/diagnosticSettings/agw-logs
    + {
    +   "properties": {
    +     "logAnalyticsDestinationType": "Dedicated",
    +     "logs": [
    +       {"category": "ApplicationGatewayAccessLog", "enabled": true},
    +       {
    +         "category": "ApplicationGatewayFirewallLog",
    +         "enabled": true
    +       }
    +     ],
    +     "workspaceId": "/subscriptions/s/resourceGroups/rg-ops/providers/Microsoft.OperationalInsights/workspaces/log-ops"
    +   }
    + }
    "#);
    let plain = Plan::logs(&shop_with(|_| {}), &of(json!([])), &workspace()).unwrap();
    assert_eq!(categories(&plain), [ACCESS], "it has no firewall");
    let elsewhere = sending("theirs", &format!("{GROUP}x/workspaces/other"), &[ACCESS, FIREWALL]);
    assert!(Plan::logs(&waf(), &of(json!([elsewhere])), &workspace()).is_ok());
}

#[test]
fn logs_that_go_there_already_are_left_to_whoever_sends_them() {
    let here = |categories: &[&str]| of(json!([sending("theirs", workspace().as_str(), categories)]));
    assert_eq!(categories(&Plan::logs(&waf(), &here(&[ACCESS]), &workspace()).unwrap()), [FIREWALL]);
    for all in [&[ACCESS, FIREWALL][..], &["allLogs"]] {
        assert_eq!(Plan::logs(&waf(), &here(all), &workspace()).unwrap_err(), PlanRefused::NothingToDo);
    }
}

#[test]
fn names_that_are_taken_full_lists_and_gateways_that_are_not_ours_are_refused() {
    let refused = |gateway: &Gateway, list: Value| Plan::logs(gateway, &list, &workspace()).unwrap_err();
    let taken = of(json!([sending("AGW-logs", "/x", &[ACCESS])]));
    assert_eq!(refused(&waf(), taken), PlanRefused::ResourceExists { name: "agw-logs".to_owned() });
    let full: Vec<Value> = (0..5).map(|i| sending(&format!("s{i}"), "/x", &[ACCESS])).collect();
    assert_eq!(refused(&waf(), of(json!(full))), PlanRefused::TooManySettings { most: 5 });
    assert!(matches!(refused(&waf(), json!({})), PlanRefused::Unreadable { .. }));
    let owned = shop_with(|raw| raw["tags"]["managed-by-k8s-ingress"] = json!("1"));
    assert!(matches!(refused(&owned, of(json!([]))), PlanRefused::IngressController { .. }));
    let refused = Plan::alerts(&owned, &of(json!([])), &action_group()).unwrap_err();
    assert!(matches!(refused, PlanRefused::IngressController { .. }));
    let stopped = shop_with(|raw| raw["properties"]["operationalState"] = json!("Stopped"));
    let refused = Plan::alerts(&stopped, &of(json!([])), &action_group()).unwrap_err();
    assert!(matches!(refused, PlanRefused::NotRunning { .. }));
}

fn metrics(plan: &Plan) -> Vec<String> {
    let metric = |beside: &Beside| {
        let own = &beside.after.as_ref().unwrap()["properties"]["criteria"]["allOf"][0];
        own["metricName"].as_str().unwrap().to_owned()
    };
    plan.beside().iter().map(metric).collect()
}

#[test]
fn alerts_that_are_missing_are_made_beside_the_gateway() {
    let gateway = shop_with(|_| {});
    let plan = Plan::alerts(&gateway, &of(json!([])), &action_group()).unwrap();
    let all = metrics(&plan);
    assert_eq!((all.len(), all[0].as_str()), (9, "UnhealthyHostCount"));
    assert!(!all.contains(&"CpuUtilization".to_owned()), "the second generation has none");
    insta::assert_json_snapshot!(plan.beside()[3], @r#"
    {
      "kind": "metric-alert",
      "path": "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Insights/metricAlerts/agw-shop-ResponseStatus",
      "before": null,
      "after": {
        "location": "global",
        "properties": {
          "actions": [
            {
              "actionGroupId": "/subscriptions/s/resourceGroups/rg-ops/providers/Microsoft.Insights/actionGroups/ag-ops"
            }
          ],
          "autoMitigate": true,
          "criteria": {
            "allOf": [
              {
                "criterionType": "StaticThresholdCriterion",
                "dimensions": [
                  {
                    "name": "HttpStatusGroup",
                    "operator": "Include",
                    "values": [
                      "5xx"
                    ]
                  }
                ],
                "metricName": "ResponseStatus",
                "metricNamespace": "Microsoft.Network/applicationGateways",
                "name": "ResponseStatus",
                "operator": "GreaterThan",
                "threshold": 10,
                "timeAggregation": "Total"
              }
            ],
            "odata.type": "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria"
          },
          "description": "agw-shop Visitors get errors.",
          "enabled": true,
          "evaluationFrequency": "PT1M",
          "scopes": [
            "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Network/applicationGateways/agw-shop"
          ],
          "severity": 1,
          "windowSize": "PT5M"
        }
      }
    }
    "#);
    let v1 = shop_with(|raw| raw["properties"]["sku"]["tier"] = json!("WAF"));
    let plan = Plan::alerts(&v1, &of(json!([])), &action_group()).unwrap();
    let first =
        ["UnhealthyHostCount", "HealthyHostCount", "FailedRequests", "ResponseStatus", "CpuUtilization"];
    assert_eq!(metrics(&plan), first);
}

#[test]
fn a_metric_that_is_watched_already_is_left_to_that_alert() {
    let gateway = shop_with(|_| {});
    let made = Plan::alerts(&gateway, &of(json!([])), &action_group()).unwrap();
    let with = |change: fn(&mut Value)| {
        let mut alert = made.beside()[0].after.clone().unwrap();
        alert["name"] = json!("theirs");
        alert["properties"]["scopes"] = json!([ID.to_ascii_uppercase().replace("MICROSOFT", "Microsoft")]);
        change(&mut alert);
        Plan::alerts(&gateway, &of(json!([alert])), &action_group())
    };
    assert!(!metrics(&with(|_| {}).unwrap()).contains(&"UnhealthyHostCount".to_owned()));
    for change in
        [(|alert: &mut Value| alert["properties"]["enabled"] = json!(false)) as fn(&mut Value), |alert| {
            alert["properties"]["scopes"] = json!(["/subscriptions/s/other"])
        }]
    {
        assert!(metrics(&with(change).unwrap()).contains(&"UnhealthyHostCount".to_owned()));
    }
    let taken = with(|alert| {
        alert["name"] = json!("AGW-SHOP-unhealthyhostcount");
        alert["properties"]["enabled"] = json!(false);
    });
    let name = "agw-shop-UnhealthyHostCount".to_owned();
    assert_eq!(taken.unwrap_err(), PlanRefused::ResourceExists { name });
    let all: Vec<Value> = made
        .beside()
        .iter()
        .map(|beside| {
            let mut alert = beside.after.clone().unwrap();
            alert["name"] = json!(beside.name());
            alert
        })
        .collect();
    assert_eq!(
        Plan::alerts(&gateway, &of(json!(all)), &action_group()).unwrap_err(),
        PlanRefused::NothingToDo
    );
}

/// What the service makes of a diagnostic setting.
fn as_returned(beside: &Beside) -> Value {
    let mut shown = beside.after.clone().unwrap();
    shown["id"] = json!(beside.path.to_ascii_lowercase());
    shown["type"] = json!("Microsoft.Insights/diagnosticSettings");
    shown["identity"] = Value::Null;
    let own = &mut shown["properties"];
    own["workspaceId"] =
        json!(workspace().as_str().to_ascii_uppercase().replace("/SUBSCRIPTIONS", "/subscriptions"));
    own["storageAccountId"] = Value::Null;
    own["metrics"] = json!([{ "category": "AllMetrics", "enabled": false }]);
    let retention = json!({ "enabled": false, "days": 0 });
    let mut logs = own["logs"].as_array().unwrap().clone();
    logs.reverse();
    logs.iter_mut().for_each(|log| log["retentionPolicy"] = retention.clone());
    logs.push(json!({ "category": "ApplicationGatewayPerformanceLog", "enabled": false }));
    own["logs"] = json!(logs);
    shown
}

#[test]
fn what_the_service_adds_is_no_change_and_what_people_change_is() {
    let plan = Plan::logs(&waf(), &of(json!([])), &workspace()).unwrap();
    let shown = as_returned(&plan.beside()[0]);
    assert_eq!(plan.prepare_beside(&waf(), &[None]).unwrap().len(), 1);
    assert_eq!(plan.prepare_beside(&waf(), &[Some(shown.clone())]).unwrap_err(), Prepared::AlreadyApplied);
    assert!(plan.read_back_beside(&[Some(shown.clone())]).is_clean());
    assert_eq!(plan.read_back_beside(&[None]).missing, [plan.beside()[0].path.clone()]);

    let undo = plan.undo();
    assert_eq!((undo.beside()[0].after.as_ref(), undo.undo()), (None, plan.clone()));
    assert_ne!(undo.hash(), plan.hash());
    assert_eq!(undo.prepare_beside(&waf(), &[Some(shown.clone())]).unwrap().len(), 1);
    assert_eq!(undo.prepare_beside(&waf(), &[None]).unwrap_err(), Prepared::AlreadyApplied);
    assert!(undo.read_back_beside(&[None]).is_clean());

    let mut changed = shown;
    changed["properties"]["logs"][0]["enabled"] = json!(false);
    for plan in [plan, undo] {
        let Prepared::Void { changes } = plan.prepare_beside(&waf(), &[Some(changed.clone())]).unwrap_err()
        else {
            panic!()
        };
        assert_eq!(changes[0].pointer, plan.beside()[0].path);
    }
}

#[test]
fn what_is_left_of_several_is_written_and_the_rest_is_not_written_again() {
    let gateway = shop_with(|_| {});
    let plan = Plan::alerts(&gateway, &of(json!([])), &action_group()).unwrap();
    let mut found: Vec<Option<Value>> = vec![None; plan.beside().len()];
    found[0] = plan.beside()[0].after.clone();
    let left = plan.prepare_beside(&gateway, &found).unwrap();
    assert_eq!((left.len(), left[0].name()), (8, "agw-shop-HealthyHostCount"));
    let stopped = shop_with(|raw| raw["properties"]["operationalState"] = json!("Stopped"));
    assert!(matches!(plan.prepare_beside(&stopped, &found), Err(Prepared::Refused(_))));
    let text = serde_json::to_string(&plan).unwrap();
    assert_eq!(serde_json::from_str::<Plan>(&text).unwrap(), plan);
}
