//! Wrong ports and protocols, and what looks like them.

use serde_json::{Value, json};

use super::machines::finding;
use super::network::{Ground, rule, verdict};
use super::{found, lead, told, with_probe};
use crate::diagnosis::{Diagnosis, Verdict};
use crate::evidence::Evidence;
use crate::evidence::fixture::{NO_CONNECTION, TIMEOUT, log_of, server};
use crate::gateway::Gateway;
use crate::gateway::fixture::{id, list, pool, probe, setting, shop_with};
use crate::health::Symptom;

/// A ground on which the probe of the web pool has a port of its own.
fn with_probe_port(raw: &mut Value) {
    list(raw, "probes").push(probe("theirs", json!({ "path": "/healthz", "port": 8081 })));
    list(raw, "backendHttpSettingsCollection")[0]["properties"]["probe"] = id("probes", "theirs");
}

fn on_probe_port(ground: &Ground, log: &str, answer: &str) -> Diagnosis {
    let mut raw = ground.gateway().raw().clone();
    with_probe_port(&mut raw);
    let evidence = Evidence::healthy(Gateway::parse(raw).unwrap()).seen("web", "https", &[log]);
    found(&ground.ask(evidence.tried("web", "https", "/healthz", &[answer])).0)
}

#[test]
fn a_probes_own_port_is_confirmed_if_the_network_is_open_and_the_settings_port_answers() {
    let ground = || Ground::open().bare();
    let diagnosis = on_probe_port(&ground(), NO_CONNECTION, &log_of(200));
    insta::assert_snapshot!(told(lead(&diagnosis)), @"
    wrong-port confirmed: The probe theirs asks at port 8081, where nothing opens a connection; visitors are sent to port 443, which answers /healthz as wanted.
    - Backend health, port 8081: 10.0.1.4 could not be reached on the probe's port
    - On demand, port 443: 10.0.1.4 answered the probe with 200
    - Groups and routes let the probe pass
    > Let the probe theirs (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Network/applicationGateways/agw-shop/probes/theirs) ask at the port of the HTTP setting, unless health has a port of its own: az network application-gateway probe update -g rg-shop --gateway-name agw-shop -n theirs --port 443
    > If it has, start what should listen at port 8081.
    ");
    // A late answer comes from somebody, and what answers nowhere is another thing.
    let late = on_probe_port(&ground(), TIMEOUT, &log_of(200));
    assert_eq!(verdict(&late, "wrong-port"), Some(Verdict::Consistent));
    assert_eq!(verdict(&on_probe_port(&ground(), NO_CONNECTION, NO_CONNECTION), "wrong-port"), None);
}

#[test]
fn a_port_that_the_network_closes_is_not_wrong() {
    let rules = json!([rule("deny-health", 200, "Deny", "Inbound", "*", "8081")]);
    let closed = on_probe_port(&Ground::open().group(1, &rules).bare(), NO_CONNECTION, &log_of(200));
    assert_eq!(verdict(&closed, "wrong-port"), None);
    assert_eq!(verdict(&closed, "network-security-group"), Some(Verdict::Confirmed));
    // What may not be looked at may be closed.
    let unknown = on_probe_port(&Ground::open(), NO_CONNECTION, &log_of(200));
    assert_eq!(verdict(&unknown, "wrong-port"), Some(Verdict::Consistent));
    let by_name = Evidence::healthy(shop_with(with_probe_port)).seen("web", "https", &[NO_CONNECTION]);
    let by_name = found(&by_name.tried("web", "https", "/healthz", &[&log_of(200)]));
    assert_eq!(verdict(&by_name, "wrong-port"), Some(Verdict::Consistent));
}

/// The servers of the pool `api` behind a second HTTP setting.
fn twice(protocol: &str, port: u16, log: &str, first: (&str, u16)) -> Diagnosis {
    let gateway = shop_with(|raw| {
        let other = json!({ "port": port, "protocol": protocol });
        list(raw, "backendHttpSettingsCollection").push(setting("other", other));
        let own = &mut list(raw, "backendHttpSettingsCollection")[1]["properties"];
        own["protocol"] = json!(first.0);
        own["port"] = json!(first.1);
        list(raw, "requestRoutingRules").push(crate::gateway::fixture::rule("other", 30, "api", "other"));
    });
    found(&Evidence::healthy(gateway).seen("api", "http", &[log, log]))
}

const NO_TLS: &str = "The backend could not complete the TLS handshake.";

#[test]
fn a_port_that_speaks_the_other_protocol_is_confirmed_by_another_setting() {
    let plain = twice("Https", 8443, &log_of(400), ("Http", 8443));
    insta::assert_snapshot!(told(finding(&plain, "wrong-port")), @"
    wrong-port confirmed: Port 8443 of 10.0.0.4, 10.0.0.5 speaks Https, and the HTTP setting http speaks Http to it.
    - Backend health, Http: 10.0.0.4 failed the probe with 400
    - Backend health, Https at the same port (HTTP setting other): Healthy
    > Change the HTTP setting http (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Network/applicationGateways/agw-shop/backendHttpSettingsCollection/http): az network application-gateway http-settings update -g rg-shop --gateway-name agw-shop -n http --protocol Https
    > A custom probe has to speak the same protocol as its HTTP setting.
    ");
    // Another port, another status, another server: none of them proves it.
    let other_port = twice("Https", 443, &log_of(400), ("Http", 8443));
    assert_eq!(verdict(&other_port, "wrong-port"), Some(Verdict::Consistent));
    assert_eq!(verdict(&twice("Https", 8443, &log_of(403), ("Http", 8443)), "wrong-port"), None);
    assert_eq!(
        verdict(&twice("Http", 8443, &log_of(400), ("Http", 8443)), "wrong-port"),
        Some(Verdict::Consistent)
    );
}

#[test]
fn tls_to_a_plain_port_is_confirmed_and_a_bad_certificate_is_none() {
    let evidence = |symptom: Symptom| {
        let gateway = shop_with(|raw| {
            let other = json!({ "port": 8080, "protocol": "Http" });
            list(raw, "backendHttpSettingsCollection").push(setting("other", other));
            list(raw, "backendHttpSettingsCollection")[1]["properties"]["protocol"] = json!("Https");
            list(raw, "requestRoutingRules").push(crate::gateway::fixture::rule("other", 30, "api", "other"));
        });
        let mut evidence = Evidence::healthy(gateway).seen("api", "http", &[NO_TLS, NO_TLS]);
        for server in evidence.servers("api", "http") {
            server.health = crate::health::Health::Unhealthy;
            server.symptom = symptom.clone();
        }
        verdict(&found(&evidence), "wrong-port")
    };
    assert_eq!(evidence(Symptom::TlsOther { code: None }), Some(Verdict::Confirmed));
    assert_eq!(evidence(Symptom::TlsOther { code: Some("20".to_owned()) }), None);
    assert_eq!(evidence(Symptom::TlsExpired), None);
}

/// TLS that never begins may be told as a connection that fails, although the port answers plain requests.
#[test]
fn tls_to_a_plain_port_is_confirmed_when_it_is_told_as_no_connection() {
    let diagnosis = twice("Http", 8080, NO_CONNECTION, ("Https", 8080));
    assert_eq!(verdict(&diagnosis, "wrong-port"), Some(Verdict::Confirmed));
    assert_eq!(verdict(&diagnosis, "server-unreachable"), None);
    // Plain requests that are not even connected are another matter.
    let plain = twice("Https", 8080, NO_CONNECTION, ("Http", 8080));
    assert_eq!(verdict(&plain, "wrong-port"), None);
    assert_eq!(verdict(&plain, "server-unreachable"), Some(Verdict::Consistent));
}

#[test]
fn another_port_that_answers_proves_nothing_by_itself() {
    let diagnosis = twice("Http", 80, NO_CONNECTION, ("Http", 8080));
    insta::assert_snapshot!(told(finding(&diagnosis, "wrong-port")), @"
    wrong-port consistent, not proven: Nothing opens port 8080 of 10.0.0.4, 10.0.0.5, while port 80 answers. Either the port is wrong, or what should listen there is down.
    - Backend health: port 80 is Healthy under the HTTP setting other
    > On the server, look which port the application listens on.
    > If it is the other one, change the HTTP setting http (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Network/applicationGateways/agw-shop/backendHttpSettingsCollection/http): az network application-gateway http-settings update -g rg-shop --gateway-name agw-shop -n http --port 80
    ");
    // It says all that there is to say of a server that cannot be reached there.
    assert_eq!(verdict(&diagnosis, "server-unreachable"), None);
}

#[test]
fn a_usual_port_of_the_other_protocol_is_a_hint_and_an_answer_takes_it_back() {
    let gateway = || {
        shop_with(|raw| {
            list(raw, "backendAddressPools")[1] = pool("api", &["10.0.0.4"]);
            list(raw, "backendHttpSettingsCollection")[1]["properties"]["port"] = json!(443);
        })
    };
    let bad = log_of(400);
    let evidence =
        || Evidence::healthy(gateway()).seen("api", "http", &[&bad]).tried("api", "http", "/", &[&bad]);
    let hint = found(&evidence().tried("api", "http", "/healthz", &[&bad]));
    insta::assert_snapshot!(told(finding(&hint, "wrong-port")), @"
    wrong-port consistent, not proven: The HTTP setting speaks Http at port 443, where servers usually speak Https, and 10.0.0.4 failed the probe with 400.
    - Backend health: 10.0.0.4 failed the probe with 400
    > On the server, look which protocol port 443 speaks.
    > If it is Https, change the HTTP setting http (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Network/applicationGateways/agw-shop/backendHttpSettingsCollection/http): az network application-gateway http-settings update -g rg-shop --gateway-name agw-shop -n http --protocol Https
    ");
    let answered = found(&evidence().tried("api", "http", "/healthz", &[&log_of(200)]));
    assert_eq!(verdict(&answered, "wrong-port"), None);
}

#[test]
fn a_probe_without_a_port_of_its_own_asks_where_visitors_go() {
    let log = log_of(404);
    let evidence = Evidence::healthy(with_probe("/missing")).seen("web", "https", &[&log]);
    assert_eq!(verdict(&found(&evidence), "wrong-port"), None);
    assert_eq!(server("10.0.0.4", &log).symptom.status(), Some(404));
}
