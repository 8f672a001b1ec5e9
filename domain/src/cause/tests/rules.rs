//! What no rule leads to.

use serde_json::json;

use super::machines::finding;
use super::network::verdict;
use super::{found, lead, told};
use crate::diagnosis::{Overall, Verdict};
use crate::evidence::fixture::{Azure, log_of};
use crate::evidence::{Evidence, Seen, Visit};
use crate::gateway::Gateway;
use crate::gateway::fixture::{id, list, probe, setting, shop_with};
use crate::id::Name;

const CAUSE: &str = "setting-without-rule";

#[test]
fn a_gateway_without_rules_serves_nobody() {
    let bare = || shop_with(|raw| list(raw, "requestRoutingRules").clear());
    let diagnosis = found(&Evidence::healthy(bare()));
    assert_eq!(diagnosis.overall, Overall::Impaired);
    insta::assert_snapshot!(told(lead(&diagnosis)), @"
    setting-without-rule confirmed: No rule leads to a backend pool, so nobody is served and no server is probed.
    - Configuration: no rule uses the pools web, api or the HTTP settings https, http
    - Backend health: lists no server
    > Add a rule to agw-shop (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Network/applicationGateways/agw-shop): az network application-gateway rule create -g rg-shop --gateway-name agw-shop -n RULE --http-listener LISTENER --address-pool POOL --http-settings SETTING --priority 100
    > Look at its activity log, if there was one: the last change may have dropped it.
    ");
    // One that carries TCP, or redirects, needs no HTTP setting.
    let proxy = shop_with(|raw| {
        list(raw, "requestRoutingRules").clear();
        raw["properties"]["routingRules"] = json!([{ "name": "tcp", "properties": {} }]);
    });
    assert_eq!(verdict(&found(&Evidence::healthy(proxy)), CAUSE), None);
    let redirect = shop_with(|raw| {
        list(raw, "requestRoutingRules").retain(|rule| rule["name"] == "web");
        let own = &mut list(raw, "requestRoutingRules")[0]["properties"];
        own["redirectConfiguration"] = id("redirectConfigurations", "new");
    });
    assert_eq!(verdict(&found(&Evidence::healthy(redirect)), CAUSE), None);
}

fn visited(seen: Seen) -> Evidence {
    let gateway = shop_with(|raw| {
        let mut lost = list(raw, "httpListeners")[0].clone();
        lost["name"] = json!("lost");
        list(raw, "httpListeners").push(lost);
    });
    let mut evidence = Evidence::healthy(gateway);
    let url = "https://lost.shop.example/".to_owned();
    evidence.visits = vec![Visit { listener: Name::new("lost"), url, seen }];
    evidence
}

#[test]
fn a_listener_without_a_rule_is_told_once_visitors_suffer() {
    let diagnosis = found(&visited(Seen::GatewayError { status: 502 }));
    insta::assert_snapshot!(told(lead(&diagnosis)), @"
    setting-without-rule confirmed: No rule belongs to the listener lost, so its visitors get nowhere.
    - Configuration: no rule has the listener lost
    - Visit to https://lost.shop.example/: 502
    > Add a rule to agw-shop (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Network/applicationGateways/agw-shop): az network application-gateway rule create -g rg-shop --gateway-name agw-shop -n RULE --http-listener LISTENER --address-pool POOL --http-settings SETTING --priority 100
    > Look at its activity log, if there was one: the last change may have dropped it.
    ");
    let missing = found(&visited(Seen::Answer { status: 404 }));
    assert_eq!(verdict(&missing, CAUSE), Some(Verdict::Consistent));
    assert_eq!(missing.overall, Overall::Healthy);
    for seen in [Seen::Answer { status: 200 }, Seen::Nothing { why: "private".to_owned() }] {
        assert_eq!(verdict(&found(&visited(seen)), CAUSE), None);
    }
}

/// A probe at an HTTP setting that no rule uses.
fn misplaced(host: Option<&str>) -> Gateway {
    shop_with(|raw| {
        let mut own = json!({ "path": "/ready" });
        if let Some(host) = host {
            own["pickHostNameFromBackendHttpSettings"] = json!(false);
            own["host"] = json!(host);
        }
        list(raw, "probes").push(probe("ready", own));
        let unused = json!({ "probe": id("probes", "ready") });
        list(raw, "backendHttpSettingsCollection").push(setting("spare", unused));
    })
}

fn on_demand(answer: &str, host: &str) -> Azure {
    let request =
        format!("POST getBackendHealthOnDemand (pool web, HTTP setting https, /ready{host}, 200-399)");
    let servers = json!([{ "address": "shop.azurewebsites.net", "healthProbeLog": answer,
        "health": if answer.starts_with("Success") { "Healthy" } else { "Unhealthy" } }]);
    let health = json!({ "backendHealthHttpSettings": { "servers": servers } });
    Azure::default().with(&request, health)
}

#[test]
fn a_probe_at_the_wrong_setting_is_confirmed_by_what_the_servers_answer_to_it() {
    let evidence = |host| Evidence::healthy(misplaced(host)).seen("web", "https", &[&log_of(404)]);
    let (seen, waves) = on_demand(&log_of(200), "").ask(evidence(None));
    assert_eq!(waves, 2, "the probe, and then whether the bot may write");
    insta::assert_snapshot!(told(finding(&found(&seen), CAUSE)), @r#"
    setting-without-rule confirmed: The probe ready is attached to the HTTP setting spare, which no rule uses. The one in use, https, has the default probe of /, and its servers answer as the other probe wants.
    - Configuration: no rule leads to spare
    - Probe of /ready on demand, pool web: shop.azurewebsites.net answered the probe with 200
    > UseProbe { probe: "ready" }
    "#);
    // That the default path is refused follows from it, and is no question any more.
    assert_eq!(verdict(&found(&seen), "probe-path-refused"), None);
    let again = evidence(None).tried("web", "https", "/", &[&log_of(404)]);
    let (again, _) =
        on_demand(&log_of(200), "").ask(again.tried("web", "https", "/healthz", &[&log_of(404)]));
    assert_eq!(lead(&found(&again)).cause, CAUSE);
    assert_eq!(verdict(&found(&again), "probe-path-refused"), None);
    let (seen, _) = on_demand(&log_of(404), "").ask(evidence(None));
    assert_eq!(verdict(&found(&seen), CAUSE), Some(Verdict::Consistent));
    let (seen, _) = on_demand(&log_of(200), ", host ready.example").ask(evidence(Some("ready.example")));
    assert_eq!(verdict(&found(&seen), CAUSE), Some(Verdict::Confirmed));
    let (seen, _) = Azure::default().ask(evidence(None));
    assert_eq!(verdict(&found(&seen), CAUSE), Some(Verdict::Consistent));
}

#[test]
fn what_is_out_of_use_and_does_no_harm_is_not_told() {
    let well = found(&Evidence::healthy(misplaced(None)));
    assert!(well.overall == Overall::Healthy && well.findings.is_empty());
    let late = crate::evidence::fixture::TIMEOUT;
    let timeout = found(&Evidence::healthy(misplaced(None)).seen("web", "https", &[late]));
    assert_eq!(verdict(&timeout, CAUSE), None);
}
