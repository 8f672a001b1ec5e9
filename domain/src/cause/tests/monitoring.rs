//! What Azure measures and logs, and the causes that rest on it.

use serde_json::{Value, json};

use super::{Diagnosis, Evidence, Finding, Overall, Verdict, found, lead, told, well};
use crate::evidence::fixture::{Azure, TIMEOUT, log_of};
use crate::evidence::{Reading, Seen, Visit, WhyNot};
use crate::gateway::Gateway;
use crate::gateway::fixture::{ID, id, list, shop_with};
use crate::health::{Health, Symptom};
use crate::id::Name;
use crate::monitor::logs::TIMED_OUT;
use crate::monitor::logs::tests::{ACCESS, BLOCKED, table};
use crate::monitor::metrics::tests::metric;

const WORKSPACE: &str =
    "/subscriptions/s/resourceGroups/rg-log/providers/Microsoft.OperationalInsights/workspaces/log";
const POLICY: &str = "/subscriptions/s/resourceGroups/rg-shop/providers/Microsoft.Network/ApplicationGatewayWebApplicationFirewallPolicies/waf";

fn at(extension: &str) -> String {
    format!("{ID}/providers/{extension}")
}

fn visit(seen: Seen) -> Visit {
    Visit { listener: Name::new("shop"), url: "https://shop.example/".to_owned(), seen }
}

/// A gateway on which every server is well and a visitor sees this.
fn visited(gateway: Gateway, seen: Seen) -> Evidence {
    Evidence { visits: vec![visit(seen)], ..Evidence::healthy(gateway) }
}

fn failing(status: u16) -> Evidence {
    visited(shop_with(|_| {}), Seen::GatewayError { status })
}

fn of<'d>(diagnosis: &'d Diagnosis, cause: &str) -> Option<&'d Finding> {
    diagnosis.findings.iter().find(|finding| finding.cause == cause)
}

fn verdict(diagnosis: &Diagnosis, cause: &str) -> Option<Verdict> {
    of(diagnosis, cause).map(|finding| finding.verdict)
}

fn diagnosed(azure: &Azure, evidence: Evidence) -> Diagnosis {
    found(&azure.ask(evidence).0)
}

/// Resource Health says that all is well, and logs go to a workspace.
fn azure() -> Azure {
    Azure::default()
        .with(&at("Microsoft.ResourceHealth/availabilityStatuses/current"), available("Available", ""))
        .with(
            &at("Microsoft.Insights/diagnosticSettings"),
            json!({ "value": [{ "properties": {
            "workspaceId": WORKSPACE, "logAnalyticsDestinationType": "Dedicated",
            "logs": [{ "categoryGroup": "allLogs", "enabled": true }],
        }}] }),
        )
}

fn available(state: &str, reason: &str) -> Value {
    json!({ "properties": {
        "availabilityState": state, "reasonType": reason, "summary": "In Azure's own words",
        "occuredTime": "2026-11-22T02:50:00Z",
    }})
}

fn logged(azure: Azure, columns: &[&str], rows: &Value) -> Azure {
    azure.with(&format!("{WORKSPACE}/query"), table(columns, rows))
}

/// Numbers of the load, and none of latency.
fn load(azure: Azure, name: &str, values: &[Option<f64>]) -> Azure {
    azure.with(
        &at("Microsoft.Insights/metrics"),
        json!({ "value": [metric(name, "average", &[(None, values)])] }),
    )
}

fn scaling(most: Option<u32>) -> Gateway {
    shop_with(|raw| {
        raw["properties"]["autoscaleConfiguration"] = json!({ "minCapacity": 0, "maxCapacity": most })
    })
}

const FULL: [Option<f64>; 6] = [Some(10.0), Some(20.0), Some(20.5), None, Some(20.0), Some(20.0)];

#[test]
fn a_gateway_at_its_limit_is_confirmed() {
    let evidence = visited(scaling(Some(2)), Seen::GatewayError { status: 502 });
    let full = [Some(21.0), Some(20.0), Some(20.0), Some(20.0), Some(20.0)];
    let diagnosis = diagnosed(&load(azure(), "CapacityUnits", &full), evidence);
    assert_eq!(diagnosis.overall, Overall::Impaired);
    insta::assert_snapshot!(told(lead(&diagnosis)), @"
    gateway-capacity confirmed: The gateway works at the limit of its capacity, and turns visitors away.
    - Metric CapacityUnits: 20.2 on average over 5 minutes, of 20 that 2 instances can carry, measured until 2026-11-22 03:04 UTC
    - Visit to https://shop.example/: 502 from the gateway itself
    > Raise the most instances above 2, up to 125, in agw-shop (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Network/applicationGateways/agw-shop): az network application-gateway update -g rg-shop -n agw-shop --max-capacity 4
    > Each instance takes an address of the gateway's subnet; see that there are enough.
    ");
}

#[test]
fn a_busy_gateway_is_not_confirmed_and_one_with_room_is_ruled_out() {
    let judged = |gateway: Gateway, status, values: &[Option<f64>]| {
        let evidence = visited(gateway, Seen::GatewayError { status });
        verdict(&diagnosed(&load(azure(), "CapacityUnits", values), evidence), "gateway-capacity")
    };
    assert_eq!(judged(scaling(Some(2)), 502, &FULL), Some(Verdict::Consistent), "18.1 of 20");
    assert_eq!(judged(scaling(Some(2)), 502, &[Some(14.0)]), Some(Verdict::RuledOut));
    assert_eq!(
        judged(scaling(Some(2)), 504, &[Some(21.0)]),
        Some(Verdict::Consistent),
        "as a slow application"
    );
    assert_eq!(
        judged(scaling(None), 502, &[Some(99.0)]),
        Some(Verdict::Consistent),
        "ten instances by default"
    );
    assert_eq!(judged(scaling(None), 502, &[Some(100.0)]), Some(Verdict::Confirmed));
    assert_eq!(judged(scaling(Some(2)), 502, &[None]), Some(Verdict::NotChecked), "no data is not zero");
    let fixed = || shop_with(|raw| raw["properties"]["sku"]["capacity"] = json!(3));
    assert_eq!(judged(fixed(), 502, &[Some(31.0)]), Some(Verdict::Confirmed));
    assert_eq!(judged(shop_with(|_| {}), 502, &[Some(31.0)]), Some(Verdict::NotChecked), "no count at all");
}

#[test]
fn a_busy_processor_of_the_first_generation_is_never_confirmed() {
    let v1 = shop_with(|raw| raw["properties"]["sku"] = json!({ "tier": "Standard", "capacity": 2 }));
    let evidence = visited(v1, Seen::GatewayError { status: 503 });
    let diagnosis = diagnosed(&load(azure(), "CpuUtilization", &[Some(100.0)]), evidence);
    insta::assert_snapshot!(told(of(&diagnosis, "gateway-capacity").unwrap()), @r"
    gateway-capacity consistent, not proven: The gateway is busy, near the limit of its capacity. That it turns visitors away for that reason is not settled.
    - Metric CpuUtilization: 100 % on average over 5 minutes, measured until 2026-11-22 03:04 UTC
    - Visit to https://shop.example/: 503 from the gateway itself
    > Give agw-shop (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Network/applicationGateways/agw-shop) more instances: az network application-gateway update -g rg-shop -n agw-shop --capacity COUNT
    > Each instance takes an address of the gateway's subnet; see that there are enough.
    ");
}

#[test]
fn a_site_that_keeps_the_bot_waiting_confirms_nothing() {
    let waits = || Seen::Nothing { why: "no answer within 10 s".to_owned() };
    let azure = load(azure(), "CapacityUnits", &[Some(30.0)]);
    let judged = |gateway| verdict(&diagnosed(&azure, visited(gateway, waits())), "gateway-capacity");
    assert_eq!(judged(scaling(Some(2))), Some(Verdict::Consistent), "it may be kept out on purpose");
    let private = shop_with(|raw| {
        raw["properties"]["autoscaleConfiguration"] = json!({ "maxCapacity": 2 });
        list(raw, "frontendIPConfigurations")[0]["properties"]["publicIPAddress"] = Value::Null;
    });
    assert_eq!(judged(private), None, "a private address is out of the bot's reach");
}

#[test]
fn metrics_and_logs_are_asked_for_once_with_all_names() {
    let (evidence, _) = policy(azure(), "Prevention").ask(guarded(|_| {}));
    let (more, _) = azure().ask(failing(504));
    let requests = |evidence: &Evidence| evidence.facts.all().map(|(lookup, _)| lookup.request()).collect();
    let (mut requests, more): (Vec<String>, Vec<String>) = (requests(&evidence), requests(&more));
    requests.extend(more);
    let requests: Vec<String> = requests.iter().map(|request| request.replace(ID, "{gateway}")).collect();
    insta::assert_snapshot!(requests.join("\n"), @r"
    GET {gateway}/providers/Microsoft.Insights/diagnosticSettings?api-version=2021-05-01-preview
    GET {gateway}/providers/Microsoft.Insights/metrics?api-version=2024-02-01&metricnames=ResponseStatus%2CBackendResponseStatus&aggregation=total&interval=PT1M&timespan=2026-11-22T02%3A49%3A05Z%2F2026-11-22T03%3A04%3A05Z&$filter=HttpStatusGroup%20eq%20%27%2A%27
    POST /subscriptions/s/resourceGroups/rg-log/providers/Microsoft.OperationalInsights/workspaces/log/query?api-version=2017-10-01
    GET /subscriptions/s/resourceGroups/rg-shop/providers/Microsoft.Network/ApplicationGatewayWebApplicationFirewallPolicies/waf?api-version=2025-07-01
    POST getBackendHealthOnDemand (pool web, HTTP setting https, /)
    GET {gateway}/providers/Microsoft.Insights/diagnosticSettings?api-version=2021-05-01-preview
    GET {gateway}/providers/Microsoft.Insights/metrics?api-version=2024-02-01&metricnames=BackendConnectTime%2CBackendLastByteResponseTime&aggregation=average&interval=PT1M&timespan=2026-11-22T02%3A34%3A05Z%2F2026-11-22T03%3A04%3A05Z&$filter=BackendHttpSetting%20eq%20%27%2A%27
    GET {gateway}/providers/Microsoft.Insights/metrics?api-version=2024-02-01&metricnames=CapacityUnits%2CComputeUnits%2CCurrentConnections&aggregation=average&interval=PT1M&timespan=2026-11-22T02%3A49%3A05Z%2F2026-11-22T03%3A04%3A05Z
    GET {gateway}/providers/Microsoft.ResourceHealth/availabilityStatuses/current?api-version=2024-02-01
    POST /subscriptions/s/resourceGroups/rg-log/providers/Microsoft.OperationalInsights/workspaces/log/query?api-version=2017-10-01
    ");
}

/// What is asked of Azure Monitor and Resource Health.
fn monitoring_of(evidence: Evidence) -> Vec<String> {
    let (evidence, _) = Azure::default().ask(evidence);
    let requests = evidence.facts.all().map(|(lookup, _)| lookup.request());
    let monitoring = ["Microsoft.Insights", "Microsoft.ResourceHealth", "Microsoft.OperationalInsights"];
    requests.filter(|request| monitoring.iter().any(|part| request.contains(part))).collect()
}

#[test]
fn no_metric_is_asked_while_visitors_are_served_or_servers_are_sick() {
    let served = visited(shop_with(|_| {}), Seen::Answer { status: 502 });
    assert_eq!(monitoring_of(served), [""; 0]);
    let away = visited(shop_with(|_| {}), Seen::Nothing { why: "no connection: refused".to_owned() });
    assert_eq!(monitoring_of(away), [""; 0]);
    let sick = failing(502).seen("web", "https", &[&log_of(404)]);
    assert_eq!(monitoring_of(sick), [""; 0], "a 502 that its servers explain");
    let mut drained = failing(502);
    drained.servers("api", "http").iter_mut().for_each(|server| server.health = Health::Draining);
    assert_eq!(monitoring_of(drained), [""; 0], "nobody takes visitors of this pool");
    let empty = shop_with(|raw| list(raw, "backendAddressPools")[1] = super::pool("api", &[]));
    let empty = visited(empty, Seen::GatewayError { status: 502 });
    assert_eq!(monitoring_of(empty), [""; 0], "a pool without servers");
}

#[test]
fn what_may_not_be_read_names_its_action_and_comes_last() {
    let diagnosis = diagnosed(&Azure::default(), failing(504));
    assert_eq!(verdict(&diagnosis, "gateway-capacity"), Some(Verdict::NotChecked));
    assert_eq!(verdict(&diagnosis, "platform-event"), Some(Verdict::NotChecked));
    assert_eq!(verdict(&diagnosis, "request-timeout"), Some(Verdict::Consistent));
    assert_eq!(diagnosis.overall, Overall::Impaired, "visitors get an error, whatever is behind it");
    let mut open = diagnosis.findings.iter().filter(|finding| finding.verdict != Verdict::RuledOut);
    assert_eq!(open.next_back().unwrap().cause, "missing-permission");
    insta::assert_snapshot!(told(of(&diagnosis, "missing-permission").unwrap()), @r#"
    missing-permission not checked: The bot lacks some permissions, so this diagnosis has gaps.
    - Microsoft.Insights/diagnosticSettings/read: the gateway's diagnostic settings
    - Microsoft.Insights/metrics/read: the metrics BackendConnectTime, BackendLastByteResponseTime, the metrics CapacityUnits, ComputeUnits, CurrentConnections
    - Microsoft.ResourceHealth/availabilityStatuses/read: the gateway's Resource Health
    > Make a role of exactly these actions, or add them to the bot's own: az role definition create --role-definition '{"Name": "agw diagnosis", "Actions": ["Microsoft.Insights/diagnosticSettings/read", "Microsoft.Insights/metrics/read", "Microsoft.ResourceHealth/availabilityStatuses/read"], "AssignableScopes": ["/subscriptions/11111111-2222-3333-4444-555555555555"]}'
    > Give it to the bot's identity, on this subscription or less: az role assignment create --role 'agw diagnosis' --assignee IDENTITY --scope /subscriptions/11111111-2222-3333-4444-555555555555
    > Press Re-check some minutes later. What is read then may call for more: docs/permissions.md lists every action.
    "#);
}

#[test]
fn a_missing_permission_never_leads_while_something_else_is_open() {
    let action = "Microsoft.Authorization/locks/read".to_owned();
    let mut evidence = well().seen("web", "https", &["The flux capacitor is out of plutonium."]);
    evidence.locks = Reading::NotRead(WhyNot::Forbidden { action: action.clone() });
    assert_eq!(lead(&found(&evidence)).cause, "not-in-catalogue");
    let mut evidence = well();
    evidence.servers("api", "http")[0].health = Health::Draining;
    evidence.servers("api", "http")[1].health = Health::Draining;
    evidence.locks = Reading::NotRead(WhyNot::Forbidden { action });
    assert_eq!(lead(&found(&evidence)).cause, "not-in-catalogue", "found as the last resort");
    evidence.health = well().health;
    assert_eq!((found(&evidence).overall, found(&evidence).lead()), (Overall::Healthy, None));
    assert_eq!(found(&evidence).findings.len(), 1, "it is told all the same");
}

fn timed_out(setting: &str, error: &str) -> Value {
    json!([
        ["504", "", error, setting, "shop.azurewebsites.net", 7, 20.02, "2026-11-22T02:50:00Z"],
        ["200", "200", "", setting, "shop.azurewebsites.net", 99, 3.1, "2026-11-22T02:52:00Z"],
    ])
}

#[test]
fn requests_that_were_given_up_are_confirmed_by_the_log() {
    let azure = logged(azure(), &ACCESS, &timed_out("HTTPS", TIMED_OUT));
    let (evidence, waves) = azure.ask(failing(504));
    assert!(waves <= 3, "{waves}");
    let diagnosis = found(&evidence);
    assert_eq!(diagnosis.overall, Overall::Impaired);
    insta::assert_snapshot!(told(lead(&diagnosis)), @"
    request-timeout confirmed: The servers answer the probe, and take longer for visitors than the 20 s that HTTP setting https allows.
    - Access log: 7 requests in 30 minutes ended with ERRORINFO_UPSTREAM_TIMED_OUT, the last one 2026-11-22 02:50 UTC
    - Visit to https://shop.example/: 504 from the gateway itself
    > Find out which requests take so long, and why: the application, or what it waits for.
    > If they must: allow more time in https (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Network/applicationGateways/agw-shop/backendHttpSettingsCollection/https): az network application-gateway http-settings update -g rg-shop --gateway-name agw-shop -n https --timeout 40
    ");
    assert_eq!(lead(&diagnosis).setting, Some(Name::new("https")));
}

#[test]
fn a_log_that_does_not_say_so_confirms_nothing() {
    let judged = |rows: &Value| diagnosed(&logged(azure(), &ACCESS, rows), failing(504));
    for rows in [timed_out("other", TIMED_OUT), timed_out("https", "ERRORINFO_UPSTREAM_NO_LIVE"), json!([])] {
        let diagnosis = judged(&rows);
        assert_eq!(verdict(&diagnosis, "request-timeout"), Some(Verdict::Consistent), "{rows}");
    }
    let mut before = timed_out("https", TIMED_OUT);
    before[0][7] = json!("2026-11-22T02:37:00Z");
    let diagnosis = judged(&before);
    assert_eq!(verdict(&diagnosis, "request-timeout"), Some(Verdict::Consistent), "an earlier spell");
    let diagnosis = judged(&json!([]));
    insta::assert_snapshot!(told(of(&diagnosis, "request-timeout").unwrap()), @"
    request-timeout consistent, not proven: The servers answer the probe, and visitors wait in vain: the application may take longer than the 20 s that HTTP setting https allows.
    - Access log: nothing new in the last 20 minutes, as it comes late; it settles nothing yet
    - Visit to https://shop.example/: 504 from the gateway itself
    > Find out which requests take so long, and why: the application, or what it waits for.
    > If they must: allow more time in https (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Network/applicationGateways/agw-shop/backendHttpSettingsCollection/https): az network application-gateway http-settings update -g rg-shop --gateway-name agw-shop -n https --timeout 40
    ");
}

#[test]
fn a_timeout_of_requests_is_not_blamed_on_an_application_that_may_be_out_of_reach() {
    let azure = logged(azure(), &ACCESS, &timed_out("https", TIMED_OUT));
    let sick = failing(504).seen("web", "https", &[TIMEOUT]);
    assert_eq!(verdict(&diagnosed(&azure, sick), "request-timeout"), None);
    let mut suspect = failing(504).seen("web", "https", &[TIMEOUT]);
    suspect.servers("web", "https")[0].health = Health::Healthy;
    assert_eq!(of(&diagnosed(&azure, suspect), "request-timeout").map(|f| f.setting.clone()), None);
    let other_port = shop_with(|raw| {
        list(raw, "probes").push(super::probe("theirs", json!({ "path": "/", "port": 8443 })));
        list(raw, "backendHttpSettingsCollection")[0]["properties"]["probe"] = id("probes", "theirs");
    });
    let diagnosis = diagnosed(&azure, visited(other_port, Seen::GatewayError { status: 504 }));
    assert_eq!(verdict(&diagnosis, "request-timeout"), Some(Verdict::Consistent));
    assert_eq!(verdict(&diagnosed(&azure, failing(502)), "request-timeout"), None, "v2 answers 504 then");
}

#[test]
fn a_measured_response_time_above_the_limit_is_confirmed() {
    let judged = |value: f64| {
        let series = metric(
            "BackendLastByteResponseTime",
            "average",
            &[(Some(("BackendHttpSetting", "https")), &[Some(900.0), Some(value)])],
        );
        let azure = azure().with(&at("Microsoft.Insights/metrics"), json!({ "value": [series] }));
        diagnosed(&azure, failing(504))
    };
    assert_eq!(verdict(&judged(19_900.0), "request-timeout"), Some(Verdict::Consistent));
    let diagnosis = judged(20_100.0);
    assert_eq!(verdict(&diagnosis, "request-timeout"), Some(Verdict::Confirmed));
    let words = told(of(&diagnosis, "request-timeout").unwrap());
    assert!(words.contains("20.1 s on average in the minute from 2026-11-22 03:04 UTC"), "{words}");
}

/// The gateway has a firewall, and shows its own 403 page.
fn guarded(change: impl FnOnce(&mut Value)) -> Evidence {
    let gateway = shop_with(|raw| {
        raw["properties"]["firewallPolicy"] = json!({ "id": POLICY });
        change(raw);
    });
    visited(gateway, Seen::GatewayError { status: 403 })
}

fn policy(azure: Azure, mode: &str) -> Azure {
    azure.with(POLICY, json!({ "properties": { "policySettings": { "state": "Enabled", "mode": mode } } }))
}

const ASKED: &str = "POST getBackendHealthOnDemand (pool web, HTTP setting https, /)";

fn answering(azure: Azure, status: u16) -> Azure {
    probed(azure, ASKED, "web", "https", &[("shop.azurewebsites.net", &log_of(status))])
}

fn probed(azure: Azure, request: &str, pool: &str, setting: &str, servers: &[(&str, &str)]) -> Azure {
    let servers: Vec<Value> = servers
        .iter()
        .map(|(address, log)| {
            let health = if Symptom::read(log).is_healthy() { "Healthy" } else { "Unhealthy" };
            json!({ "address": address, "health": health, "healthProbeLog": log })
        })
        .collect();
    let setting = json!({
        "backendHttpSettings": id("backendHttpSettingsCollection", setting), "servers": servers,
    });
    let pool = id("backendAddressPools", pool);
    azure.with(request, json!({ "backendAddressPool": pool, "backendHealthHttpSettings": setting }))
}

#[test]
fn a_firewall_that_refuses_visitors_is_confirmed() {
    let rows = json!([
        ["949110", "shop.example", "/", 12, "2026-11-22T02:50:00Z"],
        ["930100", "other.example", "/x", 3, "2026-11-22T02:50:00Z"]
    ]);
    let azure = logged(answering(policy(azure(), "Prevention"), 200), &BLOCKED, &rows);
    let total = |name, group, count| {
        metric(name, "total", &[(Some(("HttpStatusGroup", group)), &[Some(count), Some(count)])])
    };
    let mut answers = total("ResponseStatus", "4xx", 30.0);
    let served = total("ResponseStatus", "2xx", 2.0)["timeseries"][0].clone();
    answers["timeseries"].as_array_mut().unwrap().push(served);
    let behind = total("BackendResponseStatus", "4xx", 1.0);
    let azure = azure.with(&at("Microsoft.Insights/metrics"), json!({ "value": [answers, behind] }));
    let (evidence, waves) = azure.ask(guarded(|_| {}));
    assert!(waves <= 3, "{waves}");
    let diagnosis = found(&evidence);
    assert_eq!(diagnosis.overall, Overall::Impaired);
    insta::assert_snapshot!(told(lead(&diagnosis)), @"
    web-application-firewall confirmed: The web application firewall refuses the visit to https://shop.example/ with 403. The servers answer that path, so nothing is wrong behind the gateway.
    - Firewall at this listener: enabled, mode Prevention
    - Probe of / on demand, which does not pass the firewall: shop.azurewebsites.net answered the probe with 200
    - Firewall log: rule 949110 blocked 12 requests for /
    - Metrics of the last 15 minutes: 60 requests answered with 4xx, 2 of them by servers, and 4 with 2xx
    - Visit to https://shop.example/: 403 from the gateway itself
    > Find in the firewall log the rule that blocks. 949110 only says that the score was too high: the rules behind it are Matched with the same transactionId.
    > If these visitors are welcome: add an exclusion or a custom rule for them in waf (https://portal.azure.com/#resource/subscriptions/s/resourceGroups/rg-shop/providers/Microsoft.Network/ApplicationGatewayWebApplicationFirewallPolicies/waf), and leave the firewall on. To look at it: az network application-gateway waf-policy show --ids /subscriptions/s/resourceGroups/rg-shop/providers/Microsoft.Network/ApplicationGatewayWebApplicationFirewallPolicies/waf
    ");
}

#[test]
fn a_403_that_may_come_from_elsewhere_is_not_pinned_on_the_firewall() {
    let judged = |azure: &Azure, evidence| verdict(&diagnosed(azure, evidence), "web-application-firewall");
    let green = || answering(policy(azure(), "Prevention"), 200);
    assert_eq!(
        judged(&answering(policy(azure(), "Prevention"), 403), guarded(|_| {})),
        Some(Verdict::Consistent),
        "the servers refuse it, too"
    );
    assert_eq!(
        judged(&policy(azure(), "Prevention"), guarded(|_| {})),
        Some(Verdict::Consistent),
        "not asked"
    );
    let tokens = guarded(|raw| {
        list(raw, "requestRoutingRules")[0]["properties"]["entraJWTValidationConfig"] = json!({ "id": "x" });
    });
    assert_eq!(judged(&green(), tokens), Some(Verdict::Consistent), "tokens are checked");
    assert_eq!(judged(&policy(azure(), "Detection"), guarded(|_| {})), Some(Verdict::RuledOut));
    assert_eq!(judged(&azure(), guarded(|_| {})), Some(Verdict::NotChecked), "the policy may not be read");
    let answer = Evidence { visits: vec![visit(Seen::Answer { status: 403 })], ..guarded(|_| {}) };
    assert_eq!(judged(&green(), answer), None, "a server's own 403");
    assert_eq!(judged(&green(), failing(403)), None, "no firewall");
}

#[test]
fn a_gateway_that_is_stopped_is_confirmed_when_nothing_speaks_against_it() {
    let stopped = || shop_with(|raw| raw["properties"]["operationalState"] = json!("Stopped"));
    let mut evidence = visited(stopped(), Seen::Nothing { why: "no answer within 10 s".to_owned() });
    evidence.health = Reading::NotRead(WhyNot::Failed { what: "the gateway is stopped".to_owned() });
    insta::assert_snapshot!(told(lead(&found(&evidence))), @r"
    gateway-stopped confirmed: The gateway is Stopped, so nobody is served.
    - Configuration: operationalState Stopped
    - Visit to https://shop.example/: no answer within 10 s
    > Find out in the activity log of agw-shop (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Network/applicationGateways/agw-shop) who stopped it and why.
    > Start it: az network application-gateway start -g rg-shop -n agw-shop. Any other change to it would start it as well.
    ");
    evidence.visits = vec![visit(Seen::Answer { status: 200 })];
    assert_eq!(verdict(&found(&evidence), "gateway-stopped"), Some(Verdict::Consistent));
    let healthy = Evidence::healthy(stopped());
    assert_eq!(verdict(&found(&healthy), "gateway-stopped"), Some(Verdict::Consistent));
    evidence.visits.clear();
    assert_eq!(verdict(&found(&evidence), "gateway-stopped"), Some(Verdict::Confirmed));
    assert_eq!(verdict(&found(&well()), "gateway-stopped"), None);
}

#[test]
fn a_change_that_failed_is_never_more_than_consistent() {
    let gateway = shop_with(|raw| {
        raw["properties"]["provisioningState"] = json!("Failed");
        list(raw, "sslCertificates")[0]["properties"]["keyVaultSecretId"] =
            json!("https://kv.example/secrets/tls");
    });
    insta::assert_snapshot!(told(lead(&found(&Evidence::healthy(gateway)))), @r"
    gateway-failed consistent, not proven: The last change to the gateway failed. Whether that is behind what visitors see is not settled.
    - Configuration: provisioningState Failed
    - Certificates from a Key Vault: tls
    > Read in the activity log of agw-shop (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Network/applicationGateways/agw-shop) which change failed, and why.
    > If it says Key Vault: look whether the secret exists, is enabled, and may be read by the gateway's identity.
    > Once that is mended, write the same configuration again: az network application-gateway update -g rg-shop -n agw-shop.
    ");
}

const NETWORK: &str =
    "/subscriptions/s/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/vnet";

/// A gateway in a subnet of its own that lets Azure in.
fn placed() -> Gateway {
    shop_with(|raw| {
        raw["properties"]["gatewayIPConfigurations"] =
            json!([{ "name": "ip", "properties": { "subnet": { "id": format!("{NETWORK}/subnets/agw") } } }]);
    })
}

fn with_network(azure: Azure) -> Azure {
    azure.with(
        NETWORK,
        json!({ "id": NETWORK, "properties": {
            "addressSpace": { "addressPrefixes": ["10.1.0.0/16"] },
            "subnets": [{ "name": "agw", "properties": { "addressPrefix": "10.1.0.0/24" } }],
        }}),
    )
}

#[test]
fn an_event_at_azure_is_confirmed_by_resource_health() {
    let evidence = || visited(placed(), Seen::GatewayError { status: 502 });
    let says = |state, reason| {
        azure().with(&at("Microsoft.ResourceHealth/availabilityStatuses/current"), available(state, reason))
    };
    let diagnosis = diagnosed(&with_network(says("Unavailable", "Unplanned")), evidence());
    insta::assert_snapshot!(told(of(&diagnosis, "platform-event").unwrap()), @"
    platform-event confirmed: Azure calls the gateway Unavailable, for an unplanned event at Azure.
    - Resource Health: Unavailable since 2026-11-22 02:50 UTC, In Azure's own words
    - Visit to https://shop.example/: 502 from the gateway itself
    > Follow Resource Health of agw-shop (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Network/applicationGateways/agw-shop) and the Service Health of its region.
    > If it lasts, open a support request with this finding. Change nothing at the gateway meanwhile.
    ");
    let judged = |azure: Azure| verdict(&diagnosed(&azure, evidence()), "platform-event");
    assert_eq!(judged(with_network(says("Degraded", "Planned"))), Some(Verdict::Confirmed));
    assert_eq!(judged(with_network(says("Unavailable", "UserInitiated"))), Some(Verdict::Consistent));
    assert_eq!(judged(with_network(says("Unavailable", ""))), Some(Verdict::Consistent));
    assert_eq!(
        judged(says("Unavailable", "Unplanned")),
        Some(Verdict::Consistent),
        "the subnet may be to blame"
    );
    assert_eq!(judged(with_network(says("Available", ""))), Some(Verdict::RuledOut));
    assert_eq!(judged(with_network(says("Unknown", ""))), Some(Verdict::NotChecked));
}

#[test]
fn resource_health_is_asked_when_nothing_is_known_of_any_server() {
    let mut evidence = Evidence::healthy(placed());
    let Reading::Read(health) = &mut evidence.health else { unreachable!() };
    for server in health.pools.iter_mut().flat_map(|pool| &mut pool.settings).flat_map(|s| &mut s.servers) {
        (server.health, server.symptom) = (Health::Unknown, Symptom::StatusUnavailable);
    }
    let diagnosis = diagnosed(&with_network(azure()), evidence.clone());
    assert_eq!(verdict(&diagnosis, "platform-event"), Some(Verdict::RuledOut));
    assert_eq!(verdict(&diagnosis, "not-in-catalogue"), Some(Verdict::NotChecked));
    let fault = azure().with(
        &at("Microsoft.ResourceHealth/availabilityStatuses/current"),
        available("Unavailable", "Unplanned"),
    );
    let diagnosis = diagnosed(&with_network(fault), evidence);
    assert_eq!(verdict(&diagnosis, "platform-event"), Some(Verdict::Confirmed));
    assert_eq!(verdict(&diagnosis, "not-in-catalogue"), None, "the fault accounts for it");
}

#[test]
fn what_was_cut_off_at_its_deadline_is_said_so() {
    let late = |what| azure().without(&at(what), WhyNot::TooSlow { seconds: 40 });
    let evidence = || visited(placed(), Seen::GatewayError { status: 504 });
    let diagnosis = diagnosed(&late("Microsoft.ResourceHealth/availabilityStatuses/current"), evidence());
    assert_eq!(verdict(&diagnosis, "platform-event"), Some(Verdict::NotChecked));
    assert!(diagnosis.gaps.iter().any(|gap| gap == "the gateway's Resource Health: no answer within 40 s"));
    let diagnosis = diagnosed(&late("Microsoft.Insights/diagnosticSettings"), evidence());
    let words = told(of(&diagnosis, "request-timeout").unwrap());
    assert!(words.contains("Access log: not read, no answer within 40 s"), "{words}");
}

#[test]
fn an_ingress_controller_owns_the_probe_that_is_refused() {
    let owned = || shop_with(|raw| raw["tags"]["managed-by-k8s-ingress"] = json!("1.7"));
    let refused = Evidence::healthy(owned()).seen("web", "https", &[&log_of(404)]);
    insta::assert_snapshot!(told(of(&found(&refused), "ingress-controller").unwrap()), @r"
    ingress-controller confirmed: A Kubernetes ingress controller owns agw-shop (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Network/applicationGateways/agw-shop): it writes the probes, and overwrites what others change. The probe that is refused is mended in Kubernetes.
    - Configuration: it has the tag 'managed-by-k8s-ingress'
    > Find the ingress: kubectl get ingress -A.
    > Give its pods a readinessProbe with a path that answers 200 without a login, or name that path: kubectl annotate ingress INGRESS -n NAMESPACE appgw.ingress.kubernetes.io/health-probe-path=/healthz --overwrite
    > The controller writes the probe within a minute or so; press Re-check then.
    ");
    let slow = Evidence::healthy(owned()).seen("web", "https", &[TIMEOUT]);
    assert_eq!(verdict(&found(&slow), "ingress-controller"), None);
    let free = well().seen("web", "https", &[&log_of(404)]);
    assert_eq!(verdict(&found(&free), "ingress-controller"), None);
}

const SAME: &str = "POST getBackendHealthOnDemand (pool web, HTTP setting https, /, 200-399, within 30 s)";

fn now(log: &str) -> Azure {
    probed(azure(), SAME, "web", "https", &[("shop.azurewebsites.net", log)])
}

/// The web server has this state and this latest probe.
fn state(health: Health, log: &str) -> Evidence {
    let mut evidence = well().seen("web", "https", &[log]);
    let server = &mut evidence.servers("web", "https")[0];
    (server.health, server.reported) = (health, format!("{health:?}"));
    evidence
}

#[test]
fn a_server_that_is_about_to_be_unhealthy_is_confirmed_by_the_same_probe() {
    let diagnosis = diagnosed(&now(TIMEOUT), state(Health::Healthy, TIMEOUT));
    assert_eq!(diagnosis.overall, Overall::Impaired);
    insta::assert_snapshot!(told(lead(&diagnosis)), @r"
    between-probes confirmed: Server shop.azurewebsites.net still counts as Healthy and fails the probe now: it will be Unhealthy after 3 failures in a row, within about 90 s.
    - Backend health: Healthy with the latest probe Time taken by the backend to respond to application gateway's health probe is more than the time-out threshold in the probe setting.
    - Probe of / on demand: shop.azurewebsites.net did not answer the probe in time
    > See what changed in the last minutes: a deployment, a rule, a peering. Other findings say what was looked at.
    ");
    let well_again = diagnosed(&now(&log_of(200)), state(Health::Healthy, TIMEOUT));
    assert_eq!(verdict(&well_again, "between-probes"), Some(Verdict::RuledOut));
    assert_eq!(well_again.overall, Overall::Healthy);
    let otherwise = diagnosed(&now(&log_of(404)), state(Health::Healthy, TIMEOUT));
    assert_eq!(verdict(&otherwise, "between-probes"), Some(Verdict::Consistent));
    let late = azure().without(SAME, WhyNot::TooSlow { seconds: 60 });
    let late = diagnosed(&late, state(Health::Healthy, TIMEOUT));
    assert_eq!(verdict(&late, "between-probes"), Some(Verdict::NotChecked));
    let forbidden = diagnosed(&azure(), state(Health::Healthy, TIMEOUT));
    assert_eq!(verdict(&forbidden, "between-probes"), Some(Verdict::NotChecked));
}

#[test]
fn a_server_that_recovers_gets_time() {
    let azure = counted(now(&log_of(200)), &[Some(0.0), Some(1.0)]);
    let diagnosis = diagnosed(&azure, state(Health::Unhealthy, &log_of(200)));
    assert_eq!(diagnosis.findings.len(), 1);
    insta::assert_snapshot!(told(lead(&diagnosis)), @r"
    between-probes confirmed: Server shop.azurewebsites.net answers the probe again and still counts as Unhealthy: the state follows within about 90 s.
    - Backend health: Unhealthy with the latest probe Success. Received 200 status code
    - Probe of / on demand: shop.azurewebsites.net answered the probe with 200
    > Wait, and press Re-check in about 90 s. If nothing has changed by then, not every instance of the gateway reaches the server: look whether its name has several addresses.
    ");
    let again = diagnosed(&now(TIMEOUT), state(Health::Unhealthy, &log_of(200)));
    assert_eq!(verdict(&again, "between-probes"), Some(Verdict::Consistent));
}

/// How many servers of the web pool were unhealthy, a minute a number.
fn counted(azure: Azure, values: &[Option<f64>]) -> Azure {
    let pool = ("BackendSettingsPool", "web~https");
    let series = metric("UnhealthyHostCount", "average", &[(Some(pool), values)]);
    azure.with(&at("Microsoft.Insights/metrics"), json!({ "value": [series] }))
}

#[test]
fn servers_that_come_and_go_are_told_by_the_metric() {
    let flapping =
        [Some(0.0), Some(1.0), Some(0.0), Some(0.6), None, Some(1.0), Some(0.2), Some(1.0), Some(0.0)];
    let diagnosis = diagnosed(&counted(now(&log_of(200)), &flapping), state(Health::Unhealthy, &log_of(200)));
    insta::assert_snapshot!(told(lead(&diagnosis)), @"
    between-probes confirmed: Server shop.azurewebsites.net answers the probe now. It comes and goes: its pool lost servers 3 times in 30 minutes.
    - Backend health: Unhealthy with the latest probe Success. Received 200 status code
    - Probe of / on demand: shop.azurewebsites.net answered the probe with 200
    - Metric UnhealthyHostCount: rose 3 times in 30 minutes, between 0 and 1, the last time 2026-11-22 03:03 UTC
    > Waiting does not mend it: compare those minutes with the server's restarts, deployments, load and log.
    ");
    let judged = |values: &[Option<f64>], log: &str, state: Evidence| {
        verdict(&diagnosed(&counted(now(log), values), state), "between-probes")
    };
    let failing = || state(Health::Healthy, TIMEOUT);
    let recovering = || state(Health::Unhealthy, &log_of(200));
    assert_eq!(judged(&flapping, &log_of(200), failing()), Some(Verdict::Confirmed));
    assert_eq!(judged(&flapping, TIMEOUT, failing()), Some(Verdict::Confirmed));
    assert_eq!(judged(&flapping, &log_of(404), failing()), Some(Verdict::Consistent));
    assert_eq!(judged(&flapping, TIMEOUT, recovering()), Some(Verdict::Confirmed));
    let one_outage = [Some(0.0), Some(1.0), Some(1.0), Some(2.0), Some(2.0), Some(1.0), Some(0.0)];
    assert_eq!(judged(&one_outage, &log_of(200), failing()), Some(Verdict::RuledOut));
    assert_eq!(judged(&one_outage, TIMEOUT, recovering()), Some(Verdict::Consistent));
    assert_eq!(judged(&[Some(1.0), Some(0.0)], TIMEOUT, recovering()), Some(Verdict::Consistent));
    assert_eq!(
        judged(&[None], &log_of(200), recovering()),
        Some(Verdict::Confirmed),
        "no data is no flapping"
    );
}

#[test]
fn more_time_proves_a_slow_application_only_after_the_usual_time_did_not_suffice() {
    let longer = "POST getBackendHealthOnDemand (pool web, HTTP setting https, /, within 60 s)";
    let azure = |log: &str| probed(azure(), longer, "web", "https", &[("shop.azurewebsites.net", log)]);
    let slow = || well().seen("web", "https", &[TIMEOUT]);
    let tried =
        |log: &str| slow().tried("web", "https", "/", &[log]).tried("web", "https", "/healthz", &[TIMEOUT]);
    let diagnosis = diagnosed(&azure(&log_of(200)), tried(TIMEOUT));
    insta::assert_snapshot!(told(lead(&diagnosis)), @"
    probe-timeout confirmed: The probe of / gets no answer within 30 s. Server shop.azurewebsites.net answers it when given 60 s, so the network is open and the application is slow.
    - Backend health: the one server does not answer in time
    - Probe of / on demand, pool web: shop.azurewebsites.net did not answer the probe in time
    - Probe of /healthz on demand, pool web: shop.azurewebsites.net did not answer the probe in time
    > Find out why the application is slow before you raise the probe's timeout.
    ");
    let judged = |azure: &Azure, evidence| verdict(&diagnosed(azure, evidence), "probe-timeout");
    assert_eq!(judged(&azure(TIMEOUT), tried(TIMEOUT)), Some(Verdict::Consistent));
    assert_eq!(judged(&azure(&log_of(200)), slow()), Some(Verdict::Consistent), "it may be well again");
    assert_eq!(judged(&azure(&log_of(200)), tried(&log_of(200))), Some(Verdict::Consistent));
}

#[test]
fn measured_latency_is_told_beside_a_timeout_and_settles_nothing() {
    let series =
        |name, value| metric(name, "average", &[(Some(("BackendHttpSetting", "https")), &[Some(value)])]);
    let answer = json!({ "value": [series("BackendConnectTime", 2.0), series("BackendLastByteResponseTime", 28_400.0)] });
    let azure = azure().with(&at("Microsoft.Insights/metrics"), answer);
    let diagnosis = diagnosed(&azure, well().seen("web", "https", &[TIMEOUT]));
    let finding = of(&diagnosis, "probe-timeout").unwrap();
    assert_eq!(finding.verdict, Verdict::Consistent);
    insta::assert_snapshot!(told(finding), @"
    probe-timeout consistent, not proven: The probe of / gets no answer within 30 s. A slow application looks like this, and so does a blocked network.
    - Backend health: the one server does not answer in time
    - Metric BackendConnectTime: at most 2 ms on average, in the minute from 2026-11-22 03:04 UTC
    - Metric BackendLastByteResponseTime: at most 28400 ms on average, in the minute from 2026-11-22 03:04 UTC
    > From a machine in the gateway's virtual network, time a request to port 443 of the server. No answer at all: look at what of the network is not ruled out, and at the server's own firewall.
    > A late answer: find out why the application is slow before you raise the probe's timeout.
    ");
}

#[test]
fn probes_of_its_own_are_run_for_a_few_settings_only() {
    let gateway = shop_with(|raw| {
        for name in ["one", "two", "three", "four"] {
            list(raw, "backendHttpSettingsCollection")
                .push(crate::gateway::fixture::setting(name, json!({})));
            list(raw, "requestRoutingRules").push(super::rule(name, 30, "web", name));
        }
    });
    let mut evidence = Evidence::healthy(gateway);
    for name in ["one", "two", "three", "four"] {
        evidence = evidence.seen("web", name, &[TIMEOUT]);
        evidence.servers("web", name)[0].health = Health::Healthy;
    }
    let (evidence, _) = azure().ask(evidence);
    assert_eq!(evidence.facts.all().filter(|(lookup, _)| lookup.request().contains("OnDemand")).count(), 3);
}

#[test]
fn a_slow_request_of_the_first_generation_is_a_502_and_its_log_names_no_setting() {
    let v1 = shop_with(|raw| raw["properties"]["sku"] = json!({ "tier": "WAF", "capacity": 2 }));
    let evidence = visited(v1, Seen::GatewayError { status: 502 });
    let diagnosis = diagnosed(&logged(azure(), &ACCESS, &timed_out("", TIMED_OUT)), evidence);
    assert_eq!(verdict(&diagnosis, "request-timeout"), Some(Verdict::Consistent));
}
